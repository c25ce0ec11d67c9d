"""Payments as they were told last, in memory: those of one page with everything that bears on them, read and stored."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, or_, select, update

from billing_service.core.ids import new_id
from billing_service.core.payments_in import Told
from billing_service.store import bulk
from billing_service.store.payments_in import PaymentIn
from billing_service.store.scope import Scope
from connectors.base import PaymentFact

AT_ONCE: Final = 2_000
"""Ids in one question to the database."""


@dataclass(slots=True)
class Payment:
    """A row of ``PaymentIn`` in memory, with the same names; ``version`` 0 is one that is not stored yet."""

    id: UUID
    remote_id: str
    amount: Decimal
    paid_on: date
    currency: str
    document: str | None
    document_number: str | None
    customer: str | None
    reference: str | None
    iban: str | None
    undoes: str | None
    number: str | None
    derived: bool
    digest: str
    state: str
    evidence: str | None
    doubt: str | None
    proposals: list[str] | None
    decision: dict[str, Any] | None
    customer_id: UUID | None
    receipt_id: UUID | None
    refund_id: UUID | None
    booked: str | None
    told_at: datetime
    created_at: datetime
    version: int

    @property
    def told(self) -> Told:
        """What counts of it when all are taken together."""
        return Told(self.remote_id, self.amount, self.paid_on, self.document, self.undoes)


_NAMES: Final = tuple(field.name for field in fields(Payment))
_COLUMNS: Final = tuple(getattr(PaymentIn, name) for name in _NAMES)
_FACT: Final = ("amount", "paid_on", "currency", "document", "document_number", "customer", "reference", "iban")
Payments = dict[str, Payment]


def take_in(
    scope: Scope, connection_id: UUID, facts: Iterable[PaymentFact], *, derived: bool = False
) -> tuple[Payments, set[str]]:
    """What is told now, with all that bears on it; and the remote ids of what is new or was told otherwise before.

    Nothing is stored yet. Where a fact comes twice, the last one counts.
    """
    told = {fact.id: fact for fact in facts}
    known = {one.remote_id: one for one in load(scope, connection_id, "remote_id", told)}
    changed: set[str] = set()
    documents = set()
    for key, fact in told.items():
        digest = _digest(fact)
        before = known.get(key)
        if before is not None and before.digest == digest:
            continue
        changed.add(key)
        documents.add(before.document if before else None)
        known[key] = _taken(scope, fact, digest, before, derived=derived)
    payments = {key: known[key] for key in changed}
    complete(scope, connection_id, payments, documents - {None})
    return payments, changed


def bearing_on(scope: Scope, connection_id: UUID, remote_ids: Collection[str]) -> Payments:
    """These payments as they stand stored, with all that bears on them."""
    payments = {one.remote_id: one for one in load(scope, connection_id, "remote_id", remote_ids)}
    complete(scope, connection_id, payments)
    return payments


def load(scope: Scope, connection_id: UUID, column: str, values: Collection[Any]) -> Iterator[Payment]:
    """The payments of this connection of which this column has one of these values."""
    for some in portions(list(values)):
        yield from find(scope, connection_id, getattr(PaymentIn, column).in_(some))


def find(scope: Scope, connection_id: UUID, *conditions: ColumnElement[bool]) -> list[Payment]:
    """The payments of this connection for which these hold."""
    mine = PaymentIn.administration_id == scope.administration_id, PaymentIn.connection_id == connection_id
    rows = scope.session.execute(select(*_COLUMNS).where(*mine, *conditions))
    return [Payment(*row) for row in rows]


def save(scope: Scope, connection_id: UUID, payments: Iterable[Payment]) -> None:
    """Stores these, all at once."""
    given = list(payments)
    key = {"administration_id": scope.administration_id, "connection_id": connection_id}
    made = [_values(one) | key | {"version": 1} for one in given if one.version == 0]
    bulk.insert_rows(scope.session, PaymentIn, made)
    older = [one for one in given if one.version]
    if older:
        names = [name for name in _NAMES if name not in {"id", "version"}]
        statement = (
            update(PaymentIn)
            .where(PaymentIn.administration_id == bindparam("mine"), PaymentIn.id == bindparam("of_id"))
            .values({name: bindparam(f"new_{name}") for name in names} | {"version": PaymentIn.version + 1})
            .execution_options(synchronize_session=False)
        )
        keys = [{"mine": scope.administration_id, "of_id": one.id} for one in older]
        bound = [{f"new_{name}": getattr(one, name) for name in names} for one in older]
        scope.session.connection().execute(statement, [one | more for one, more in zip(keys, bound, strict=True)])


def copies(payments: Payments) -> Payments:
    """The same, to be compared with later."""
    return {key: replace(one) for key, one in payments.items()}


def _taken(scope: Scope, fact: PaymentFact, digest: str, before: Payment | None, *, derived: bool) -> Payment:
    values: dict[str, Any] = {name: getattr(fact, name) for name in _FACT} | {
        "undoes": fact.undone,
        "number": fact.number,
    }
    if before is not None:
        return replace(before, **values, digest=digest, told_at=scope.now)
    nothing: dict[str, Any] = dict.fromkeys(
        ("evidence", "doubt", "proposals", "decision", "customer_id", "receipt_id", "refund_id", "booked")
    )
    return Payment(
        id=new_id(),
        remote_id=fact.id,
        derived=derived,
        digest=digest,
        state="elsewhere",
        told_at=scope.now,
        created_at=scope.now,
        version=0,
        **values,
        **nothing,
    )


def complete(
    scope: Scope, connection_id: UUID, payments: Payments, documents: Collection[str | None] = frozenset()
) -> None:
    """Adds what takes one of them back or is taken back by one, and all others of their documents (and of these),
    until no more are found."""
    asked_ids: set[str] = set()
    asked_documents: set[str | None] = set()
    while True:
        undone = {one.undoes for one in payments.values() if one.undoes} | payments.keys()
        ids = undone - asked_ids
        there = ({one.document for one in payments.values() if one.document}.union(documents)) - asked_documents
        if not ids and not there:
            return
        asked_ids |= ids
        asked_documents |= there
        for one in _related(scope, connection_id, sorted(ids), sorted(there)):
            payments.setdefault(one.remote_id, one)


def _related(scope: Scope, connection_id: UUID, ids: Sequence[str], documents: Sequence[Any]) -> Iterator[Payment]:
    for some in portions(ids):
        yield from find(scope, connection_id, or_(PaymentIn.remote_id.in_(some), PaymentIn.undoes.in_(some)))
    for some in portions(documents):
        yield from find(scope, connection_id, PaymentIn.document.in_(some))


def portions(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """As many of them as fit into one question to the database, until there are no more."""
    for first in range(0, len(values), AT_ONCE):
        yield values[first : first + AT_ONCE]


def _digest(fact: PaymentFact) -> str:
    told = [str(getattr(fact, name)) for name in (*_FACT, "undone", "number")]
    return hashlib.sha256("\x1f".join(told).encode()).hexdigest()


def _values(payment: Payment) -> dict[str, Any]:
    return {name: getattr(payment, name) for name in _NAMES}
