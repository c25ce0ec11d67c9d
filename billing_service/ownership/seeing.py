"""What was seen there is held against what both sides agreed on: a difference is a conflict until somebody resolves it,
or until what stands there is right again.

Nothing here calls the package. ``found_by`` is who saw it: ``hook``, ``collection``, ``reconciliation`` or ``look``;
``read_at`` is when that reading began: of what was agreed on since then it says nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service import findings
from billing_service.connections.facts import GONE, STATE, Facts, customer_facts, document_facts, payment_facts
from billing_service.core.ids import new_id
from billing_service.ownership import ours
from billing_service.store import audit, dispatch
from billing_service.store.agreements import IS_OPEN, SyncConflict, agree, agreed, code_of, open_conflicts
from billing_service.store.connections import Connection
from billing_service.store.deliveries import Delivery
from billing_service.store.payments_in import PaymentIn
from billing_service.store.receivables import Allocation
from billing_service.store.scope import Scope
from connectors.base import PaymentFact, RemoteCustomer, RemoteDocument

_KINDS: Final = {"gone": "gone", "cancelled": "cancelled"}


def customer_seen(
    scope: Scope,
    connection_id: UUID,
    customer_id: UUID,
    there: RemoteCustomer | None,
    *,
    found_by: str,
    read_at: datetime,
) -> SyncConflict | None:
    """A customer of ours as it stands there (``None``: no more). The conflict about it, if it was changed there.

    While it is on its way nothing is said: what stands there may be what we just sent.
    """
    if _under_way(scope, connection_id, "customer", customer_id):
        return None
    theirs = GONE if there is None else customer_facts(there)
    number, mine = ours.customer(scope, customer_id)
    remote_id = None if there is None else there.id
    seen = _Sighting(connection_id, "customer", customer_id, number, mine, theirs, remote_id, found_by, read_at)
    return _held_against(scope, seen)


def document_seen(
    scope: Scope,
    connection_id: UUID,
    invoice_id: UUID,
    there: RemoteDocument | None,
    *,
    found_by: str,
    read_at: datetime,
) -> SyncConflict | None:
    """A delivered document of ours as it stands there (``None``: no more). The conflict, if it was changed there.

    One that is on its way is left to its delivery, which reads it back.
    """
    if _under_way(scope, connection_id, "document", invoice_id):
        return None
    theirs = GONE if there is None else document_facts(there)
    number, mine = ours.document(scope, connection_id, invoice_id)
    remote_id = None if there is None else there.id
    return _held_against(
        scope, _Sighting(connection_id, "document", invoice_id, number, mine, theirs, remote_id, found_by, read_at)
    )


def receipt_seen(
    scope: Scope, connection_id: UUID, there: PaymentFact, *, found_by: str, read_at: datetime
) -> SyncConflict | None:
    """A payment there that carries our number: a receipt of ours, pushed. The conflict, if it was changed there.

    ``undone`` or an amount of nothing says that it was taken back. A number that is none of ours is no matter.
    """
    delivery = scope.session.scalars(
        select(Delivery).where(
            Delivery.administration_id == scope.administration_id,
            Delivery.connection_id == connection_id,
            Delivery.noun == "receipt",
            Delivery.number == there.number,
        )
    ).one_or_none()
    if delivery is None or delivery.state != "delivered":
        return None
    theirs = payment_facts(there) if there.amount else GONE
    receipt, mine = ours.receipt(scope, delivery.subject_id)
    number = receipt.reference or delivery.number
    return _held_against(
        scope,
        _Sighting(connection_id, "receipt", delivery.subject_id, number, mine, theirs, there.id, found_by, read_at),
    )


def settle_others(
    scope: Scope, connection_id: UUID, noun: str, differing: Collection[UUID], *, read_at: datetime
) -> int:
    """Everything of this noun was seen, and only these differ: the other conflicts went by themselves. How many."""
    seen = [row for row in open_conflicts(scope, connection_id) if row.noun == noun and row.kind != "by_hand"]
    rows = [row for row in seen if row.subject_id not in differing and row.created_at <= read_at]
    for row in rows:
        settle(scope, row, "none", None)
    return len(rows)


def settle(scope: Scope, row: SyncConflict, choice: str, reason: str | None) -> None:
    """The conflict is resolved, and its finding with it."""
    row.state, row.choice, row.reason = "resolved", choice, reason
    row.resolved_at, row.resolved_by = scope.now, scope.actor
    scope.session.flush()
    findings.settle(scope, code_of(row), row.id, choice)
    audit.record(scope, "resolve", "conflict", row.id, {"choice": choice, "reason": reason})


def _under_way(scope: Scope, connection_id: UUID, noun: str, subject_id: UUID) -> bool:
    row = dispatch.delivery_of(scope, connection_id, noun, subject_id)
    return row is not None and row.state in ("waiting", "needs_attention")


@dataclass(frozen=True, slots=True)
class _Sighting:
    """One of ours, our side of it and theirs. ``number`` is what people call it."""

    connection_id: UUID
    noun: str
    subject_id: UUID
    number: str
    mine: Facts
    theirs: Facts
    remote_id: str | None
    found_by: str
    read_at: datetime

    @property
    def about(self) -> tuple[UUID, str, UUID]:
        return self.connection_id, self.noun, self.subject_id


def _held_against(scope: Scope, seen: _Sighting) -> SyncConflict | None:
    """Only what they changed since it was agreed on counts, and only where it is not what we say now."""
    last = agreed(scope, *seen.about)
    if last is not None and last.agreed_at > seen.read_at:
        return None
    known = {STATE: seen.mine[STATE]} if last is None else last.facts
    changed = [name for name in seen.theirs if name in known and seen.theirs[name] != known[name]]
    compared = [
        {"name": name, "ours": ours_, "theirs": seen.theirs[name], "agreed": known[name]}
        for name in changed
        if (ours_ := seen.mine.get(name, known[name])) != seen.theirs[name]
    ]
    if compared:
        return _reported(scope, seen, compared, _KINDS.get(seen.theirs.get(STATE) or "", "changed"))
    if changed or last is None or seen.theirs.keys() - known.keys():
        agree(scope, *seen.about, {**known, **seen.theirs})
    if (row := _open(scope, *seen.about)) is not None:
        settle(scope, row, "none", None)
    return None


def _open(scope: Scope, connection_id: UUID, noun: str, subject_id: UUID) -> SyncConflict | None:
    key = {"administration_id": scope.administration_id, "connection_id": connection_id}
    found = select(SyncConflict).filter_by(**key, noun=noun, subject_id=subject_id).where(IS_OPEN)
    return scope.session.scalars(found).one_or_none()


def _reported(scope: Scope, seen: _Sighting, compared: list[dict[str, Any]], kind: str) -> SyncConflict:
    row = _open(scope, *seen.about)
    if row is None:
        row = SyncConflict(
            administration_id=scope.administration_id,
            id=new_id(),
            connection_id=seen.connection_id,
            noun=seen.noun,
            subject_id=seen.subject_id,
            kind=kind,
            number=seen.number,
            remote_id=seen.remote_id,
            compared=compared,
            found_by=seen.found_by,
            created_at=scope.now,
        )
        scope.session.add(row)
        scope.session.flush()
        audit.record(scope, "report", "conflict", row.id, {"noun": seen.noun, "kind": kind, "found_by": seen.found_by})
    elif (row.kind, row.compared) != (kind, compared):
        row.kind, row.compared = kind, compared
        scope.session.flush()
    connection = scope.session.get_one(Connection, (scope.administration_id, seen.connection_id))
    facts = {"connection": connection.title, "number": seen.number, "compared": compared}
    findings.report(scope, code_of(row), "conflict", row.id, facts)
    return row


def receipt_by_hand(scope: Scope, connection_id: UUID, allocation_id: UUID) -> SyncConflict | None:
    """A receipt was recorded here by hand for a document there, whose payments the package owns: it does not know.

    Nothing where it came from there, or was undone meanwhile.
    """
    undone = select(Allocation.id).where(
        Allocation.administration_id == scope.administration_id, Allocation.reverses_id == allocation_id
    )
    came_from_there = (
        select(PaymentIn.id)
        .join(
            Allocation,
            (Allocation.administration_id == PaymentIn.administration_id)
            & (Allocation.receipt_id == PaymentIn.receipt_id),
        )
        .where(PaymentIn.administration_id == scope.administration_id, Allocation.id == allocation_id)
    )
    if any(scope.session.scalars(reason).first() is not None for reason in (undone, came_from_there)):
        return None
    receipt, mine = ours.receipt(scope, allocation_id)
    compared = [{"name": name, "ours": mine[name], "theirs": None, "agreed": None} for name in ("amount", "paid_on")]
    number = receipt.reference or dispatch.receipt_number(allocation_id)
    seen = _Sighting(connection_id, "receipt", allocation_id, number, mine, {}, None, "here", scope.now)
    return _reported(scope, seen, compared, "by_hand")
