"""What stands of payments that were told: the same for every order and repetition, because only the whole set counts.

A payment stands for its amount, less what takes it back. What takes back names its payment (``undoes``), also before
that one was told; a payment that names itself was removed. Money out that names none takes back from payments of the
same document: one of exactly this amount where there is one, else from the latest on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing_service.core.money import ZERO


@dataclass(frozen=True, slots=True)
class Told:
    """A payment as it was told last, by its id there; money out is negative. An amount of 0.00 takes back all."""

    id: str
    amount: Decimal
    paid_on: date
    document: str | None = None
    undoes: str | None = None


def standing(told: Iterable[Told]) -> dict[str, Decimal]:
    """By id what stands of each. What takes another one back stands for nothing, however much of it was used.

    All of a document, and whatever takes one of them back, must be among them.
    """
    known = {one.id: one for one in told}
    takes_back: dict[str, list[Told]] = defaultdict(list)
    for one in known.values():
        if one.undoes is not None and one.undoes != one.id:
            takes_back[one.undoes].append(one)
    left = {one.id: _left(one, takes_back, frozenset()) for one in known.values()}
    stands = {key: amount if known[key].undoes is None else ZERO for key, amount in left.items()}
    _set_off(stands, known)
    return stands


def _left(one: Told, takes_back: Mapping[str, list[Told]], above: frozenset[str]) -> Decimal:
    """Its amount less what takes it back, which may be taken back itself; never past zero."""
    if one.undoes == one.id or one.id in above:
        return ZERO
    amount = one.amount
    for other in takes_back.get(one.id, ()):
        if other.amount == ZERO:
            return ZERO
        amount += _left(other, takes_back, above | {one.id})
    return max(amount, ZERO) if one.amount > ZERO else min(amount, ZERO)


def _set_off(stands: dict[str, Decimal], known: Mapping[str, Told]) -> None:
    """Money out that names no payment, against the payments of its document."""
    outs = [one for one in known.values() if one.document is not None and stands[one.id] < ZERO]
    for out in sorted(outs, key=_order):
        ins = [one for one in known.values() if one.document == out.document and stands[one.id] > ZERO]
        ins.sort(key=_order, reverse=True)
        exact = [one for one in ins if stands[one.id] == -stands[out.id]]
        for one in exact[:1] or ins:
            taken = min(stands[one.id], -stands[out.id])
            stands[one.id] -= taken
            stands[out.id] += taken


def _order(one: Told) -> tuple[date, str]:
    return one.paid_on, one.id
