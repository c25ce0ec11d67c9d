"""What people ask about deliveries: how they stand, that they go again after a repair, or do not go at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service.connections.matching import link
from billing_service.core.delivery_texts import WAITS, wording
from billing_service.delivery import telling
from billing_service.errors import Conflict, FieldError, InvalidInput, NotFound
from billing_service.store import audit, dispatch
from billing_service.store.connections import Connection, ConnectionCustomer
from billing_service.store.deliveries import IS_STUCK, Delivery
from billing_service.store.scope import Scope

UNCLEAR: Final = "outcome_unclear"
TOLD_APART: Final = frozenset({UNCLEAR})
"""Causes of which a person must say, for each, whether it stands there."""
LANGUAGES: Final = ("nl", "en")


def get(scope: Scope, delivery_id: UUID, *, lock: bool = False) -> Delivery:
    """Raises ``NotFound``."""
    row = scope.session.get(Delivery, (scope.administration_id, delivery_id), with_for_update=lock or None)
    if row is None:
        raise NotFound("There is no such delivery.")
    return row


def shown(scope: Scope, rows: Iterable[Delivery]) -> list[dict[str, Any]]:
    """Deliveries as people read them: with why they wait, or what is the matter and what to do."""
    return [_shown(row) for row in rows]


def _shown(row: Delivery) -> dict[str, Any]:
    columns = {column.key: getattr(row, column.key) for column in Delivery.__table__.columns}
    told: dict[str, Any] = {"problem": None, "next_action": None, "waits_for": None}
    if row.cause is not None:
        worded = {
            language: wording(
                row.cause,
                language,
                number=row.number,
                detail=row.detail,
                field=row.field,
                differences=row.differences or (),
            )
            for language in LANGUAGES
        }
        told["problem"], told["next_action"] = (
            {language: texts[part] for language, texts in worded.items()} for part in (0, 1)
        )
    elif row.state == "waiting" and row.waits is not None:
        told["waits_for"] = {language: WAITS[language][row.waits] for language in LANGUAGES}
    return columns | told


def retry(
    scope: Scope,
    delivery_id: UUID,
    *,
    stands_there: bool | None = None,
    remote_id: str | None = None,
    without_file: bool = False,
) -> Delivery:
    """It goes again, now. Where an attempt is unclear it is looked for first.

    ``stands_there`` is what a person found in the package: ``True`` with its ``remote_id`` there (not needed where only
    the file was in doubt), ``False``: it is not there, so that it is created (again). ``without_file``: its file is
    left out.

    Raises:
        NotFound: no such delivery.
        Conflict: it arrived or its connection is closed (``delivery_ended``), or nobody can tell whether it arrived and
            the caller does not say (``outcome_needed``).
        InvalidInput: it stands there, but where.
        AlreadyExists: the customer there is another one of ours.
    """
    telling.lock(scope, get(scope, delivery_id).connection_id)
    row = get(scope, delivery_id, lock=True)
    if row.state == "delivered" or _is_closed(scope, row):
        raise Conflict("This delivery has ended: nothing is left to do.", code="delivery_ended")
    if row.cause in TOLD_APART and stands_there is None:
        detail = "Nobody can tell whether it arrived: look in the package and say whether it stands there."
        raise Conflict(detail, code="outcome_needed")
    if stands_there is not None:
        _settle(scope, row, stands_there, remote_id)
    row.without_file = row.without_file or without_file
    scope.session.flush()
    told = {"stands_there": stands_there, "remote_id": remote_id, "without_file": without_file or None}
    audit.record(scope, "retry", "delivery", row.id, {name: value for name, value in told.items() if value is not None})
    _go(scope, [row.id], row.connection_id)
    return row


def retry_all(scope: Scope, cause: str, connection_id: UUID | None = None) -> int:
    """Everything that needs attention for this cause goes again; how many that are.

    Raises ``Conflict`` (``outcome_needed``) for a cause of which each must be told apart.
    """
    if cause in TOLD_APART:
        detail = "Of each of these a person must say whether it stands there: let them go again one by one."
        raise Conflict(detail, code="outcome_needed")
    stuck = select(Delivery.id, Delivery.connection_id).where(
        Delivery.administration_id == scope.administration_id,
        IS_STUCK,
        Delivery.cause == cause,
    )
    if connection_id is not None:
        stuck = stuck.where(Delivery.connection_id == connection_id)
    rows = scope.session.execute(stuck.order_by(Delivery.id)).all()
    for of_connection in sorted({row.connection_id for row in rows}):
        telling.lock(scope, of_connection)
        ids = [row.id for row in rows if row.connection_id == of_connection]
        audit.record(scope, "retry_all", "connection", of_connection, {"cause": cause, "deliveries": len(ids)})
        _go(scope, ids, of_connection)
    return len(rows)


def cancel(scope: Scope, delivery_id: UUID, reason: str) -> Delivery:
    """It does not go (any more): a person takes care of it. What stands there stays.

    Raises ``NotFound``, and ``Conflict`` (``delivery_ended``) for one that is delivered or cancelled.
    """
    telling.lock(scope, get(scope, delivery_id).connection_id)
    row = get(scope, delivery_id, lock=True)
    if row.state not in ("waiting", "needs_attention"):
        raise Conflict(f"This delivery is {row.state}: nothing is left to do.", code="delivery_ended")
    row.state = "cancelled"
    for name in ("cause", "fix", "field", "detail", "differences", "waits", "waiting_since", "next_at"):
        setattr(row, name, None)
    scope.session.flush()
    audit.record(scope, "cancel", "delivery", row.id, {"reason": reason})
    telling.told(scope, row.connection_id)
    return row


def _settle(scope: Scope, row: Delivery, stands_there: bool, remote_id: str | None) -> None:
    """What a person found there takes the place of what we do not know."""
    only_file = row.unclear and row.step == "attach"
    if not stands_there:
        row.unclear = False
        if not only_file:
            row.remote_id, row.step, row.digest, row.attached = None, None, None, False
            _forget_customer(scope, row)
        return
    if only_file:
        row.unclear, row.attached = False, True
        return
    known = remote_id or row.remote_id
    if known is None:
        problem = "is needed: its id in the package"
        raise InvalidInput("It stands there, but where?", errors=[FieldError("/remote_id", problem)])
    row.unclear, row.remote_id = False, known
    if row.noun == "customer":
        _forget_customer(scope, row)
        scope.session.flush()
        link(scope, row.connection_id, row.subject_id, known)


def _is_closed(scope: Scope, row: Delivery) -> bool:
    return scope.session.get_one(Connection, (scope.administration_id, row.connection_id)).state == "closed"


def _forget_customer(scope: Scope, row: Delivery) -> None:
    if row.noun == "customer":
        link = scope.session.get(ConnectionCustomer, (scope.administration_id, row.connection_id, row.subject_id))
        if link is not None:
            scope.session.delete(link)


def _go(scope: Scope, delivery_ids: list[UUID], connection_id: UUID) -> None:
    telling.again(scope, delivery_ids)
    scope.session.expire_all()
    telling.hurry(scope, delivery_ids)
    dispatch.ask(scope, delivery_ids)
    telling.told(scope, connection_id)
