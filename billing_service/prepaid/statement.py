"""How prepaid time stands on a document: what earlier documents showed, what moved since, and what that makes.

A movement stands on one document, which is remembered (``printed_movements``). The previous balance is the sum of the
movements on earlier documents, the new one that of these and those it shows: in whatever order cards were drawn from,
draws undone and documents released, nothing is left out and nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, and_, bindparam, delete, exists, func, null, select

from billing_service.core.document import (
    MovementKind,
    PrepaidBalance,
    PrepaidMovement,
    PrepaidUnit,
    prepaid_balance,
)
from billing_service.core.formats import long_date
from billing_service.core.ids import new_id
from billing_service.core.prepaid import Pot, PotKey
from billing_service.rating.locking import lock_contracts
from billing_service.rating.pots import Book, load_books
from billing_service.store import bulk
from billing_service.store.prepaid import Allowance, CardMovement, HourCard, PrintedMovement
from billing_service.store.questions import Question
from billing_service.store.scope import Scope

_SINCE: Final = {"nl": "{title}, vanaf {first}", "en": "{title}, from {first}"}


@dataclass(frozen=True, slots=True)
class Statement:
    """What a document says about prepaid time; ``movement_ids`` stand on it and on no other."""

    balances: tuple[PrepaidBalance, ...] = ()
    movement_ids: tuple[UUID, ...] = ()


NOTHING: Final = Statement()


def statement(scope: Scope, contract_id: UUID, until: date, language: str, *, commit: bool) -> Statement:
    """The cards, blocks and allowances of a contract after all movements for days up to and including ``until``.

    With ``commit`` (a release) the contract stays locked, so that no other document shows the same, and periods of
    allowances that nobody drew from are granted, so that they stand there whole; a preview shows the same and writes
    nothing. Shown is what is valid on that day and not empty, and whatever moved since the document before.
    """
    names = _names(scope, contract_id, language)
    if not names:
        return NOTHING
    if commit:
        lock_contracts(scope, [contract_id])
    values = {"mine": scope.administration_id, "owners": list(names), "until": until}
    book = load_books(scope, [contract_id])[contract_id]
    pots = {pot.key: pot for pot in book.pots([until])}
    printed = [row for query in _PRINTED for row in scope.session.execute(query, values)]
    before = {PotKey(row.owner, row.period_first): int(row.quantity) for row in printed}
    rows = [row._asdict() for query in _NEW for row in scope.session.execute(query, values)]
    granted = _grants(scope, book, pots, until)
    if commit:
        bulk.insert_rows(scope.session, CardMovement, granted)
    rows += [{"external_id": None, "subject": None} | row for row in granted]
    moved: dict[PotKey, list[dict[str, Any]]] = {}
    for row in rows:
        moved.setdefault(PotKey(row["hour_card_id"] or row["allowance_id"], row["period_first"]), []).append(row)
    shown = [
        _balance(key, names[key.owner], pots.get(key), before.get(key, 0), moved.get(key, []), scope, until, language)
        for key in sorted({*pots, *moved}, key=lambda key: (names[key.owner].place, key.period_first or date.min))
    ]
    kept = tuple(one for one in shown if one.balance or one.movements)
    return Statement(kept, tuple(row["id"] for row in rows))


def print_on(scope: Scope, invoice_id: UUID, said: Statement) -> None:
    """These movements stand on that document."""
    shared = {"administration_id": scope.administration_id, "invoice_id": invoice_id}
    bulk.insert_rows(scope.session, PrintedMovement, [shared | {"movement_id": key} for key in said.movement_ids])


def take_off(scope: Scope, invoice_ids: Sequence[UUID]) -> None:
    """These documents are withdrawn before issue: the next document shows what moved."""
    scope.session.execute(
        delete(PrintedMovement).where(
            PrintedMovement.administration_id == scope.administration_id, PrintedMovement.invoice_id.in_(invoice_ids)
        )
    )


@dataclass(frozen=True, slots=True)
class _Name:
    reference: str
    title: str
    unit: PrepaidUnit
    valid_to: date | None
    place: tuple[int, UUID]


def _names(scope: Scope, contract_id: UUID, language: str) -> dict[UUID, _Name]:
    """The cards and blocks of the contract, then its allowances, each by age."""
    values = {"mine": scope.administration_id, "of_contract": contract_id}
    found = {}
    for card in scope.session.execute(_CARDS, values):
        found[card.id] = _Name(card.reference, card.title[language], PrepaidUnit.MINUTES, card.valid_to, (0, card.id))
    for given in scope.session.execute(_ALLOWANCES, values):
        found[given.id] = _Name(given.code, given.title[language], PrepaidUnit(given.unit), None, (1, given.id))
    return found


def _balance(
    key: PotKey,
    name: _Name,
    pot: Pot | None,
    previous: int,
    rows: Sequence[dict[str, Any]],
    scope: Scope,
    until: date,
    language: str,
) -> PrepaidBalance:
    title, valid_to = name.title, name.valid_to
    if key.period_first is not None:
        title = _SINCE[language].format(title=title, first=long_date(key.period_first, language))
        valid_to = pot.valid_to if pot else None
    undone = {row["reverses_id"] for row in rows} & {row["id"] for row in rows}
    return prepaid_balance(
        reference=name.reference,
        title=title,
        unit=name.unit,
        as_of=min(until, scope.today),
        previous=previous,
        movements=[
            PrepaidMovement(
                row["work_date"],
                MovementKind(row["kind"]),
                row["quantity"],
                row["external_id"],
                row["subject"] or row["reason"],
            )
            for row in sorted(rows, key=lambda row: (row["work_date"], row["created_at"], row["id"]))
            # Drawn and booked back since the last document: together they are nothing.
            if row["id"] not in undone and row["reverses_id"] not in undone
        ],
        valid_to=valid_to,
    )


def _grants(scope: Scope, book: Book, pots: dict[PotKey, Pot], until: date) -> list[dict[str, Any]]:
    """Movements for the periods of allowances that were not opened yet."""
    return [
        {
            "administration_id": scope.administration_id,
            "id": new_id(),
            "hour_card_id": None,
            "allowance_id": key.owner,
            "period_first": key.period_first,
            "kind": "grant",
            "quantity": pot.balance,
            "work_date": min(pot.valid_from, until),
            "question_id": None,
            "part": None,
            "reverses_id": None,
            "reason": None,
            "actor": scope.actor,
            "created_at": scope.now,
        }
        for key, pot in pots.items()
        if key.period_first is not None and not book.is_opened(key)
    ]


# Built once: a release runs them for every contract.

_MINE: BindParameter[Any] = bindparam("mine")
_CONTRACT: BindParameter[Any] = bindparam("of_contract")
_CARDS: Final = select(HourCard.id, HourCard.reference, HourCard.title, HourCard.valid_to).where(
    HourCard.administration_id == _MINE, HourCard.contract_id == _CONTRACT
)
_ALLOWANCES: Final = select(Allowance.id, Allowance.code, Allowance.title, Allowance.unit).where(
    Allowance.administration_id == _MINE, Allowance.contract_id == _CONTRACT
)
_OWNERS: BindParameter[Any] = bindparam("owners", expanding=True)
_NO_PERIOD: Final[Any] = null()
_OWNED_BY: Final[Any] = (
    (CardMovement.hour_card_id, _NO_PERIOD),
    (CardMovement.allowance_id, CardMovement.period_first),
)
_ON_PAPER = exists().where(
    PrintedMovement.administration_id == CardMovement.administration_id,
    PrintedMovement.movement_id == CardMovement.id,
)
_POT = (CardMovement.hour_card_id, CardMovement.allowance_id, CardMovement.period_first)
# One statement for cards and one for allowances: asked for both at once, SQLite reads all movements there are.
_PRINTED: Final = [
    select(owner.label("owner"), period.label("period_first"), func.sum(CardMovement.quantity).label("quantity"))
    .where(CardMovement.administration_id == _MINE, owner.in_(_OWNERS), _ON_PAPER)
    .group_by(owner, *([] if period is _NO_PERIOD else [period]))
    for owner, period in _OWNED_BY
]
_NEW: Final = [
    select(
        CardMovement.id,
        *_POT,
        CardMovement.kind,
        CardMovement.quantity,
        CardMovement.work_date,
        CardMovement.reverses_id,
        CardMovement.reason,
        CardMovement.created_at,
        Question.external_id,
        Question.subject,
    )
    .outerjoin(
        Question,
        and_(Question.administration_id == CardMovement.administration_id, Question.id == CardMovement.question_id),
    )
    .where(
        CardMovement.administration_id == _MINE,
        owner.in_(_OWNERS),
        ~_ON_PAPER,
        CardMovement.work_date <= bindparam("until"),
    )
    for owner, _ in _OWNED_BY
]
