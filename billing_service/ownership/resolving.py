"""One call resolves a conflict: ours again, theirs accepted where that has a meaning, or kept so with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service.connections import capabilities_of
from billing_service.connections.facts import STATE
from billing_service.delivery import again
from billing_service.errors import Conflict, FieldError, InvalidInput, NotFound
from billing_service.ownership.ours import COLUMNS
from billing_service.ownership.seeing import settle
from billing_service.parties import customers
from billing_service.receivables import cancel_receipt, receipt_rests, undo_allocation
from billing_service.store import collecting, dispatch
from billing_service.store.agreements import SyncConflict, agree, agreed
from billing_service.store.connections import Connection
from billing_service.store.receivables import Allocation, Receipt
from billing_service.store.scope import Scope
from connectors.base import Change, Push

TAKEN_OVER: Final = "Taken over from the accounting package"


def get(scope: Scope, conflict_id: UUID, *, lock: bool = False) -> SyncConflict:
    """Raises ``NotFound``."""
    row = scope.session.get(SyncConflict, (scope.administration_id, conflict_id), with_for_update=lock or None)
    if row is None:
        raise NotFound("There is no such conflict.")
    return row


def resolve(scope: Scope, conflict_id: UUID, choice: str, reason: str | None = None) -> SyncConflict:
    """``ours``: what we say is brought there again. ``theirs``: what stands there counts here, too. ``keep``: each side
    stays as it is, for this ``reason``; it is a conflict again when it is changed there once more.

    Raises:
        NotFound: no such conflict.
        Conflict: resolved before, the connection is closed, or this choice has no meaning: ``not_changeable_there``
            (``ours``), ``not_acceptable_here`` (``theirs``).
        InvalidInput: ``keep`` without a reason; what stands there cannot be right here.
    """
    row = get(scope, conflict_id, lock=True)
    if row.state != "open":
        raise Conflict("This conflict was resolved before.", code="already_resolved")
    connection = scope.session.get_one(Connection, (scope.administration_id, row.connection_id))
    if connection.state == "closed":
        raise Conflict("This connection is closed.", code="connection_closed")
    if choice == "keep":
        _keep(scope, row, reason)
    else:
        _WAYS[row.noun, choice](scope, row, connection)
    settle(scope, row, choice, reason)
    return row


def _keep(scope: Scope, row: SyncConflict, reason: str | None) -> None:
    if not reason:
        raise InvalidInput("Why does it stay so?", errors=[FieldError("/reason", "is needed to keep it as it is")])
    _agree_on_theirs(scope, row)


def _agree_on_theirs(scope: Scope, row: SyncConflict) -> None:
    if row.kind == "by_hand":
        return
    last = agreed(scope, row.connection_id, row.noun, row.subject_id)
    known: Mapping[str, Any] = {} if last is None else last.facts
    agree(scope, row.connection_id, row.noun, row.subject_id, {**known, **_theirs(row)})


def _theirs(row: SyncConflict) -> dict[str, str | None]:
    return {field["name"]: field["theirs"] for field in row.compared}


# --- ours again -----------------------------------------------------------------------------------------------------


def _customer_again(scope: Scope, row: SyncConflict, connection: Connection) -> None:
    again.customer(scope, connection.id, row.subject_id, gone=row.kind == "gone")


def _document_again(scope: Scope, row: SyncConflict, connection: Connection) -> None:
    if row.kind in ("gone", "cancelled"):
        again.anew(scope, connection.id, "document", row.subject_id)
        return
    edits = capabilities_of(connection).edits.value
    is_draft = _theirs(row).get(STATE) == "draft"
    if edits is Change.NEVER or (edits is Change.DRAFT and not is_draft):
        detail = "The package does not let us change a booked document: put it right there, or keep it with a reason."
        raise Conflict(detail, code="not_changeable_there")
    again.overwrite(scope, connection.id, row.subject_id)


def _receipt_again(scope: Scope, row: SyncConflict, connection: Connection) -> None:
    if row.kind != "by_hand":
        detail = "A booked payment cannot be changed there: accept what stands there, or keep it with a reason."
        raise Conflict(detail, code="not_changeable_there")
    if capabilities_of(connection).push_payment.value is Push.NO:
        detail = "The package takes no payments from us: book it there by hand, or accept that it is not paid."
        raise Conflict(detail, code="not_changeable_there")
    dispatch.push_receipt(scope, connection.id, row.subject_id)


# --- theirs accepted ------------------------------------------------------------------------------------------------


def _customer_theirs(scope: Scope, row: SyncConflict, connection: Connection) -> None:
    if row.kind == "gone":
        detail = "A customer that is gone there stays ours: bring it there again, or keep it so with a reason."
        raise Conflict(detail, code="not_acceptable_here")
    values = {COLUMNS[name]: value for name, value in _theirs(row).items() if name in COLUMNS}
    _agree_on_theirs(scope, row)
    customers.change(scope, customers.get(scope, row.subject_id), values)


def _document_theirs(scope: Scope, row: SyncConflict, connection: Connection) -> None:
    detail = "An issued document never changes: credit it here and charge anew what is to be otherwise."
    raise Conflict(detail, code="not_acceptable_here")


def _receipt_theirs(scope: Scope, row: SyncConflict, connection: Connection) -> None:
    """What stands there of it, if anything, is booked here as any payment there."""
    delivery = dispatch.delivery_of(scope, connection.id, "receipt", row.subject_id)
    if delivery is not None:
        delivery.state = "cancelled"
        scope.session.flush()
        collecting.settle_again(scope, connection.id, delivery.number)
    allocation = scope.session.get_one(Allocation, (scope.administration_id, row.subject_id))
    undone = select(Allocation.id).filter_by(administration_id=scope.administration_id, reverses_id=allocation.id)
    if scope.session.scalars(undone).first() is None:
        undo_allocation(scope, allocation.id, TAKEN_OVER)
    receipt = scope.session.get_one(Receipt, (scope.administration_id, allocation.receipt_id))
    if receipt.cancelled_at is None and receipt_rests(scope, [receipt.id])[receipt.id] == receipt.amount:
        cancel_receipt(scope, receipt.id, TAKEN_OVER)


_WAYS: Final[Mapping[tuple[str, str], Callable[[Scope, SyncConflict, Connection], None]]] = {
    ("customer", "ours"): _customer_again,
    ("customer", "theirs"): _customer_theirs,
    ("document", "ours"): _document_again,
    ("document", "theirs"): _document_theirs,
    ("receipt", "ours"): _receipt_again,
    ("receipt", "theirs"): _receipt_theirs,
}
