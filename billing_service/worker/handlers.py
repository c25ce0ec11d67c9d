"""Which function does which kind of work. A handler opens its own transactions with ``work.scope()``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from billing_service import (
    auditing,
    collection,
    connections,
    delivery,
    exports,
    intake,
    invoicing,
    jobs,
    notifying,
    ownership,
    reconciliation,
    replay,
    service_reports,
)
from billing_service.notifying.endpoints import Rules
from billing_service.store import collecting, dispatch, looking
from billing_service.store.scope import Scope
from billing_service.vault import Vault
from billing_service.worker.work import Work


@dataclass(frozen=True, slots=True)
class Handler:
    """How a kind of work is done. ``run`` returns ``None`` when it is done, or after how long it wants to go on.

    ``about`` names the noun and id that a finding points at when it fails for good, ``gave_up`` records that in the
    transaction of the finding. ``calls_out``: it waits for others over a network, in lanes of its own.
    """

    run: Callable[[Work], timedelta | None]
    about: Callable[[Work], tuple[str, UUID]]
    gave_up: Callable[[Scope, Work, str], None] | None = None
    calls_out: bool = False


def _run_job(work: Work) -> None:
    jobs.run(work.scope, _job_id(work), work.reading, work.context)


def _job_gave_up(scope: Scope, work: Work, reason: str) -> None:
    jobs.give_up(scope, _job_id(work), reason)


def _job_id(work: Work) -> UUID:
    return UUID(work.payload["job_id"])


def _render_pdf(work: Work) -> None:
    invoicing.render_pdf(work.scope, work.subject_id)


def _notify(work: Work) -> timedelta | None:
    rules = Rules(Vault(work.context.secret_keys), work.context.webhook_networks)
    return notifying.deliver(work, work.subject_id, rules)


def _nobody_notified(scope: Scope, work: Work, reason: str) -> None:
    notifying.gave_up(scope, work.subject_id, reason)


def _deliver(work: Work) -> timedelta | None:
    hands = delivery.Hands(work.reading, work.scope, work.recording)
    return delivery.deliver(work.context, hands, work.subject_id)


def _not_delivered(scope: Scope, work: Work, reason: str) -> None:
    delivery.gave_up(scope, work.subject_id, reason)


def _dispatch(work: Work) -> None:
    delivery.dispatch_since_start(work.scope, work.subject_id)


def _collect(work: Work) -> timedelta | None:
    hands = delivery.Hands(work.reading, work.scope, work.recording)
    return collection.collect(work.context, hands, work.subject_id)


def _settle_again(work: Work) -> None:
    with work.scope() as scope:
        collection.settle_again(scope, work.subject_id, work.payload["number"])


def _look(work: Work) -> timedelta | None:
    connection_id, noun = UUID(work.payload["connection_id"]), work.payload["noun"]
    return ownership.look(work.context, _hands(work), connection_id, noun, work.subject_id)


def _look_at_customers(work: Work) -> timedelta | None:
    return ownership.look_at_customers(work.context, _hands(work), work.subject_id)


def _receipt_by_hand(work: Work) -> None:
    with work.scope() as scope:
        ownership.receipt_by_hand(scope, UUID(work.payload["connection_id"]), work.subject_id)


def _hands(work: Work) -> delivery.Hands:
    return delivery.Hands(work.reading, work.scope, work.recording)


STEPS_WITH_JOBS: Final = (auditing, connections, exports, intake, invoicing, reconciliation, replay, service_reports)
"""Importing these has registered, with ``jobs.runs``, the functions of every kind of job there is."""

HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        jobs.OUTBOX_KIND: Handler(_run_job, lambda work: ("job", _job_id(work)), _job_gave_up),
        jobs.CALLING_KIND: Handler(_run_job, lambda work: ("job", _job_id(work)), _job_gave_up, calls_out=True),
        invoicing.RENDER_PDF: Handler(_render_pdf, lambda work: ("invoice", work.subject_id)),
        dispatch.DELIVER: Handler(_deliver, lambda work: ("delivery", work.subject_id), _not_delivered, calls_out=True),
        dispatch.DISPATCH: Handler(_dispatch, lambda work: ("connection", work.subject_id)),
        collecting.COLLECT: Handler(_collect, lambda work: ("connection", work.subject_id), calls_out=True),
        collecting.SETTLE_AGAIN: Handler(_settle_again, lambda work: ("connection", work.subject_id)),
        looking.LOOK: Handler(_look, lambda work: (work.payload["noun"], work.subject_id), calls_out=True),
        looking.LOOK_AT_CUSTOMERS: Handler(
            _look_at_customers, lambda work: ("connection", work.subject_id), calls_out=True
        ),
        dispatch.BY_HAND: Handler(_receipt_by_hand, lambda work: ("allocation", work.subject_id)),
        notifying.DELIVER: Handler(
            _notify, lambda work: ("webhook_delivery", work.subject_id), _nobody_notified, calls_out=True
        ),
    }
)
