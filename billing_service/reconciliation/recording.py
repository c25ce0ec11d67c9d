"""What a comparison came to: stored with its differences, told as findings, and repaired where that is safe.

Safe is what changes nothing in the package: going on with what is on its way, and reading its payments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, func, literal_column, select

from billing_service import findings, ownership
from billing_service.core.ids import new_id
from billing_service.core.money import ZERO
from billing_service.core.reconciling import Class, Comparison, Difference, Repair, VatAmount
from billing_service.reconciliation.comparing import Compared
from billing_service.reconciliation.ours import Side
from billing_service.store import audit, bulk, collecting, dispatch, outbox
from billing_service.store.connections import Connection
from billing_service.store.deliveries import IS_WAITING, NOT_DELIVERED, Delivery
from billing_service.store.receivables import Allocation, WriteOff
from billing_service.store.reconciliations import Reconciliation, ReconciliationDifference
from billing_service.store.scope import Scope
from billing_service.store.work import OutboxRow
from connectors.base import RemoteDocument

AT_ONCE: Final = 500
NAMED: Final = 5
"""How many documents a finding names."""
TOLD: Final = tuple(kind for kind in Class if kind is not Class.UNDER_WAY)
"""Classes with a finding of their own; what is on its way, or stuck on it, is told by deliveries."""
_OURS_TO_SAY: Final = frozenset({Class.MISSING, Class.NOT_BOOKED, Class.VOIDED, Class.CHANGED})
UNEXPLAINED: Final = "reconciliation_unexplained"


def finding_of(kind: str) -> str:
    """The code of the finding about differences of this class."""
    return f"reconciliation_{kind}"


def of_job(scope: Scope, job_id: UUID) -> Reconciliation | None:
    """What this job made, if it came so far."""
    mine = {"administration_id": scope.administration_id, "job_id": job_id}
    return scope.session.scalars(select(Reconciliation).filter_by(**mine)).one_or_none()


def told(row: Reconciliation) -> dict[str, Any]:
    """What the job's result says of it."""
    counted = {"differences": row.differences, "on_their_way": row.on_their_way, "classes": row.classes}
    return {"reconciled": True, "reconciliation_id": row.id, "agrees": agrees(row), **counted}


def agrees(row: Reconciliation) -> bool:
    """Whether nothing differs but what goes by itself."""
    return row.differences == row.on_their_way and row.unexplained == row.unexplained_open == ZERO


def record(scope: Scope, job_id: UUID, side: Side, compared: Compared, began: datetime) -> Reconciliation:
    """All of it in the caller's transaction."""
    found = compared.result
    differences = list(_with_repairs(scope, side, found.differences))
    row = Reconciliation(
        administration_id=scope.administration_id,
        id=new_id(),
        connection_id=side.connection_id,
        job_id=job_id,
        since=side.since,
        currency=side.currency,
        documents_ours=found.ours.documents,
        documents_theirs=found.theirs.documents,
        total_ours=found.ours.total,
        total_theirs=found.theirs.total,
        open_ours=found.ours.open,
        open_theirs=found.theirs.open,
        unexplained=found.unexplained,
        unexplained_open=found.unexplained_open,
        vat=_vat(found),
        classes=dict(sorted(Counter(str(one.kind) for one in differences).items())),
        differences=len(differences),
        on_their_way=sum(one.repair is Repair.WAIT for one in differences),
        digest=found.digest,
        started_at=began,
        created_at=scope.now,
    )
    scope.session.add(row)
    scope.session.flush()
    bulk.insert_rows(scope.session, ReconciliationDifference, [_row(row, one) for one in differences])
    facts = {"differences": row.differences, "unexplained": row.unexplained, "digest": row.digest}
    audit.record(scope, "reconciled", "connection", row.connection_id, facts)
    _tell(scope, row, differences)
    _tell_owners(scope, row, compared.seen, differences)
    _repair(scope, side.connection_id, differences)
    return row


def _row(row: Reconciliation, one: Difference) -> dict[str, Any]:
    return {
        "administration_id": row.administration_id,
        "id": new_id(),
        "reconciliation_id": row.id,
        "class": str(one.kind),
        "repair": str(one.repair),
        "number": one.number,
        "document_id": one.document_id,
        "remote_id": one.remote_id,
        "amount": one.amount,
        "open": one.open,
        "fields": [{"name": field.name, "ours": field.ours, "theirs": field.theirs} for field in one.fields],
    }


def _vat(found: Comparison) -> list[dict[str, Any]]:
    """Both sides by group. Where no document there tells its VAT, theirs is left out."""
    sides: dict[str, Mapping[str, VatAmount]] = {
        name: {one.code: one for one in totals.vat} for name, totals in (("ours", found.ours), ("theirs", found.theirs))
    }
    groups = []
    for code in sorted(set().union(*sides.values())):
        amounts = {name: side.get(code, VatAmount(code, ZERO, ZERO)) for name, side in sides.items() if side}
        told_by = {name: {"taxable": str(one.taxable), "tax": str(one.tax)} for name, one in amounts.items()}
        groups.append({"group": code, "ours": None, "theirs": None, **told_by})
    return groups


# --- findings -------------------------------------------------------------------------------------------------------


def _tell(scope: Scope, row: Reconciliation, differences: Sequence[Difference]) -> None:
    """One finding for each class that needs a person, with how many and the first few; those that are gone settle."""
    connection = scope.session.get_one(Connection, (scope.administration_id, row.connection_id))
    for kind in TOLD:
        these = [one for one in differences if one.kind is kind and one.repair is not Repair.WAIT]
        if not these:
            findings.settle(scope, finding_of(kind), row.connection_id, "reconciled")
            continue
        names = [one.number or one.remote_id or "–" for one in these]
        named = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
        facts = {"connection": connection.title, "many": len(these), "numbers": named, "reconciliation_id": row.id}
        findings.report(scope, finding_of(kind), "connection", row.connection_id, facts)
    if row.unexplained or row.unexplained_open:
        amounts = {"amount": row.unexplained, "left": {"amount": row.unexplained_open}}
        findings.report(
            scope, UNEXPLAINED, "connection", row.connection_id, {"connection": connection.title, **amounts}
        )
    else:
        findings.settle(scope, UNEXPLAINED, row.connection_id, "reconciled")


def _tell_owners(
    scope: Scope, row: Reconciliation, seen: Mapping[str, RemoteDocument | None], differences: Sequence[Difference]
) -> None:
    """Documents are ours: what was changed there is a conflict that a person resolves, with what was agreed on last."""
    read_at = row.started_at
    for one in differences:
        known, remote_id = one.document_id, one.remote_id
        if one.kind in _OURS_TO_SAY and known is not None and remote_id is not None and remote_id in seen:
            there = seen[remote_id]
            ownership.document_seen(scope, row.connection_id, known, there, found_by="reconciliation", read_at=read_at)
    differing = {one.document_id for one in differences if one.document_id is not None}
    ownership.settle_others(scope, row.connection_id, "document", differing, read_at=read_at)


# --- repairs --------------------------------------------------------------------------------------------------------


def _with_repairs(scope: Scope, side: Side, differences: Iterable[Difference]) -> Iterator[Difference]:
    """What is differently paid because of something here is not repaired by reading payments there."""
    found = list(differences)
    paid = {one.document_id for one in found if one.kind is Class.DIFFERENTLY_PAID and one.document_id is not None}
    on_their_way = _receipts_on_their_way(scope, side.connection_id, paid)
    written_off = _written_off(scope, paid)
    for one in found:
        if one.kind is Class.DIFFERENTLY_PAID and one.document_id is not None:
            repair = on_their_way.get(one.document_id)
            if repair is None and one.document_id in written_off and one.open > ZERO:
                repair = Repair.CORRECT_THERE
            one = replace(one, repair=repair) if repair else one
        yield one


def _receipts_on_their_way(scope: Scope, connection_id: UUID, documents: Iterable[UUID]) -> dict[UUID, Repair]:
    """Documents of which a receipt of ours is not booked there yet: it goes by itself, or waits for a person."""
    found: dict[UUID, Repair] = {}
    for some in _some(documents):
        rows = scope.session.execute(
            select(Allocation.invoice_id, Delivery.state)
            .join(Delivery, Delivery.subject_id == Allocation.id)
            .where(
                Allocation.administration_id == scope.administration_id,
                Allocation.invoice_id.in_(some),
                Delivery.administration_id == scope.administration_id,
                Delivery.connection_id == connection_id,
                Delivery.noun == "receipt",
                NOT_DELIVERED,
            )
        )
        for invoice_id, state in rows:
            if state == "waiting":
                found.setdefault(invoice_id, Repair.WAIT)
            else:
                found[invoice_id] = Repair.RETRY
    return found


def _written_off(scope: Scope, documents: Iterable[UUID]) -> set[UUID]:
    """Documents of which something was written off here: a package does not hear of that."""
    found: set[UUID] = set()
    for some in _some(documents):
        sums = (
            select(WriteOff.invoice_id)
            .where(WriteOff.administration_id == scope.administration_id, WriteOff.invoice_id.in_(some))
            .group_by(WriteOff.invoice_id)
            .having(func.sum(WriteOff.amount) > 0)
        )
        found |= set(scope.session.scalars(sums))
    return found


def _repair(scope: Scope, connection_id: UUID, differences: Sequence[Difference]) -> None:
    if any(one.repair is Repair.PULL_PAYMENTS for one in differences):
        collecting.ask(scope, connection_id)
    under_way = [one.document_id for one in differences if one.kind is Class.UNDER_WAY and one.document_id is not None]
    forgotten = False
    for some in _some(under_way):
        forgotten |= _not_asked_for(scope, connection_id, some)
        dispatch.ask(scope, _without_work(scope, connection_id, some))
    if forgotten:
        outbox.enqueue(scope, dispatch.DISPATCH, connection_id)


def _not_asked_for(scope: Scope, connection_id: UUID, documents: Sequence[UUID]) -> bool:
    """Whether some of these have no delivery at all."""
    asked = select(func.count()).where(*_of(scope, connection_id, documents))
    return scope.session.execute(asked).scalar_one() < len(documents)


def _without_work(scope: Scope, connection_id: UUID, documents: Sequence[UUID]) -> list[UUID]:
    """Deliveries of these that wait, and that no worker is going to take up."""
    work = exists().where(
        OutboxRow.administration_id == Delivery.administration_id,
        OutboxRow.subject_id == Delivery.id,
        OutboxRow.state.in_((literal_column("'ready'"), literal_column("'running'"))),
    )
    waiting = select(Delivery.id).where(*_of(scope, connection_id, documents), IS_WAITING, ~work)
    return list(scope.session.scalars(waiting.order_by(Delivery.id)))


def _of(scope: Scope, connection_id: UUID, documents: Sequence[UUID]) -> tuple[Any, ...]:
    return (
        Delivery.administration_id == scope.administration_id,
        Delivery.connection_id == connection_id,
        Delivery.noun == "document",
        Delivery.subject_id.in_(documents),
    )


def _some(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    found = sorted(set(ids))
    for at in range(0, len(found), AT_ONCE):
        yield found[at : at + AT_ONCE]
