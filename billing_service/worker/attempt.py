"""One attempt at one claimed piece of work, and how it ends: done, to go on later, given back, tried again, or
needs_attention."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog

from billing_service import findings
from billing_service.errors import BillingError, Busy
from billing_service.store.outbox import REQUEST_ID
from billing_service.store.scope import Scope
from billing_service.worker import claims
from billing_service.worker.claims import LeaseLost
from billing_service.worker.handlers import Handler
from billing_service.worker.work import ACTOR, Interrupted, Work

log = structlog.get_logger(__name__)

Ending = Callable[[Scope], None]


def attempt(work: Work, handlers: Mapping[str, Handler]) -> bool:
    """Do the work without a transaction around it. Whether it is done; any other end is recorded already, in a short
    transaction guarded by the claim."""
    claimed = work.claimed
    told = {name: claimed.payload[name] for name in (REQUEST_ID, "job_id") if name in claimed.payload}
    with structlog.contextvars.bound_contextvars(outbox_id=str(claimed.id), kind=claimed.kind, **told):
        try:
            began = time.monotonic()
            ending = _do(work, handlers.get(claimed.kind))
            if ending is None:
                log.info("worker.done", seconds=round(time.monotonic() - began, 3), attempts=claimed.attempts)
                return True
            with work.context.database.write() as session:
                ending(Scope(session, claimed.administration_id, ACTOR, work.context.clock()))
        except LeaseLost:
            log.warning("worker.lease_lost")
        return False


def _do(work: Work, handler: Handler | None) -> Ending | None:
    claimed, most = work.claimed, work.pace.max_attempts
    if handler is None:
        return _give_up(work, None, f"Nothing here does work of kind {claimed.kind!r}.")
    if claimed.attempts > most:
        return _give_up(work, handler, f"Its worker ended without a word, {most} times.")
    try:
        wait = handler.run(work)
    except LeaseLost:
        raise
    except Interrupted:
        return lambda scope: claims.release(scope.session, claimed)
    except Exception as error:  # noqa: BLE001 the edge: whatever went wrong is recorded
        return _fail(work, handler, error)
    return None if wait is None else lambda scope: claims.come_back(scope.session, claimed, wait)


def _fail(work: Work, handler: Handler, error: Exception) -> Ending:
    claimed = work.claimed
    expected = isinstance(error, BillingError)
    # The first line: what a database adds below it holds the statement and may hold a customer's values.
    reason = error.detail if isinstance(error, BillingError) else f"{type(error).__name__}: {_first_line(error)}"
    reason = reason.rstrip(": ")
    log.warning("worker.attempt_failed", reason=reason, attempts=claimed.attempts, exc_info=None if expected else error)
    may_pass = isinstance(error, Busy) or not expected
    if may_pass and claimed.attempts < work.pace.max_attempts:
        return lambda scope: claims.try_again(scope.session, claimed, reason)
    return _give_up(work, handler, reason)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")


def _give_up(work: Work, handler: Handler | None, reason: str) -> Ending:
    claimed = work.claimed
    noun, subject_id = handler.about(work) if handler else ("outbox", claimed.subject_id)

    def record(scope: Scope) -> None:
        claims.needs_attention(scope.session, claimed, reason)
        if handler and handler.gave_up:
            handler.gave_up(scope, work, reason)
        facts = {"kind": claimed.kind, "reason": reason, "attempts": claimed.attempts}
        findings.report(scope, "work_failed", noun, subject_id, facts)
        log.error("worker.needs_attention", reason=reason, attempts=claimed.attempts)

    return record
