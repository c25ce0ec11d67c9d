"""How prepaid time stands, as a document prints it: hour cards, blocks and allowances, each with its movements.

The balance is never stated by itself: ``prepaid_balance`` adds the movements to what stood on earlier documents, and
``wrong_balances`` (run by ``check``) adds them up once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing_service.errors import FieldError


class PrepaidUnit(StrEnum):
    """What is counted: whole minutes of work, or questions."""

    MINUTES = "minutes"
    QUESTIONS = "questions"


class MovementKind(StrEnum):
    """Why a balance changed."""

    SALE = "sale"
    GRANT = "grant"
    """What an allowance gives for a period."""
    DRAW = "draw"
    UNDO = "undo"
    """A draw taken back: the question was decided anew or withdrawn."""
    CORRECTION = "correction"
    """By a person, with a reason."""


@dataclass(frozen=True, slots=True)
class PrepaidMovement:
    """One change of a balance: positive is added. ``question`` is its number at its source; ``subject`` says what was
    asked, or why a person corrected."""

    on: date
    kind: MovementKind
    quantity: int
    question: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class PrepaidBalance:
    """One card, block or allowance on ``as_of``. ``previous`` is where earlier documents left it; ``movements`` are
    those that stood on none of them; ``balance`` is the sum of them all. ``title`` is in the language of the document.
    """

    reference: str
    title: str
    unit: PrepaidUnit
    as_of: date
    previous: int
    movements: tuple[PrepaidMovement, ...]
    balance: int
    valid_to: date | None = None


def prepaid_balance(
    *,
    reference: str,
    title: str,
    unit: PrepaidUnit,
    as_of: date,
    previous: int,
    movements: Iterable[PrepaidMovement],
    valid_to: date | None = None,
) -> PrepaidBalance:
    """The balance that these movements make of the previous one."""
    found = tuple(movements)
    balance = previous + sum(movement.quantity for movement in found)
    return PrepaidBalance(reference, title, unit, as_of, previous, found, balance, valid_to)


def wrong_balances(balances: Iterable[PrepaidBalance]) -> Iterator[FieldError]:
    """Every balance that its movements do not make, or that says nothing of what it is."""
    for at, stated in enumerate(balances):
        made = stated.previous + sum(movement.quantity for movement in stated.movements)
        if made != stated.balance:
            detail = f"The movements of {stated.reference} come to {made}, not {stated.balance}."
            yield FieldError(f"/prepaid/{at}/balance", detail)
        if not stated.reference.strip() or not stated.title.strip():
            yield FieldError(f"/prepaid/{at}/title", "What was prepaid has a reference and a title.")
