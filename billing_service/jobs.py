"""Long work that a caller follows: a row in ``jobs``, and in the outbox the request to do it.

The caller gets 202 and the job; a worker runs it. A step of the flow says which function runs a kind of job::

    @jobs.runs("issue_run")
    def issue_run(job: RunningJob) -> Mapping[str, Any]: ...

Such a function opens its own transactions with ``job.scope()`` and is run again from the start when its worker died or
was stopped, so every transaction leaves things in a state from which it can go on. ``job.scope()`` refuses when another
worker has taken the job over meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from billing_service.core.ids import new_id
from billing_service.errors import InvalidInput, NotFound
from billing_service.store import audit, outbox
from billing_service.store.scope import Scope
from billing_service.store.work import Job

OUTBOX_KIND = "job"
CALLING_KIND = "calling_job"
"""Jobs that call others over a network wait for them in lanes of their own."""
PAYLOAD_KEPT = timedelta(days=30)

OpenScope = Callable[[], AbstractContextManager[Scope]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningJob:
    """A job in the hands of a worker. ``done`` is how far an earlier attempt came (0 at first).

    ``scope()`` opens one write transaction, by the actor who asked for the job; ``reading()`` one that only reads, on
    one consistent picture, for as long as that takes: nobody waits for it. ``outside`` is the context of the worker,
    for steps that talk to the outside (``connections.Outside``).
    """

    id: UUID
    kind: str
    subject_id: UUID | None
    media_type: str | None
    payload: bytes
    options: Mapping[str, Any]
    done: int
    scope: OpenScope
    reading: OpenScope
    outside: Any = None

    def progress(self, scope: Scope, done: int, total: int | None = None) -> None:
        """Show how far the job is, in the transaction of the work itself, so that the two never disagree."""
        values: dict[str, Any] = {"done": done} | ({} if total is None else {"total": total})
        _change(scope, self.id, **values)


Runner = Callable[[RunningJob], Mapping[str, Any]]
_RUNNERS: dict[str, Runner] = {}
_CALLING: set[str] = set()


def runs(kind: str, *, calls_out: bool = False) -> Callable[[Runner], Runner]:
    """Make the decorated function the one that runs jobs of this kind; what it returns becomes the job's result.

    ``calls_out``: it spends its time waiting for others over a network, and holds up no other jobs.
    """

    def register(function: Runner) -> Runner:
        if _RUNNERS.setdefault(kind, function) is not function:
            raise ValueError(f"two functions for jobs of kind {kind}")
        if calls_out:
            _CALLING.add(kind)
        return function

    return register


def start(
    scope: Scope,
    kind: str,
    *,
    subject_id: UUID | None = None,
    payload: bytes | None = None,
    media_type: str | None = None,
    options: Mapping[str, Any] | None = None,
    total: int | None = None,
) -> Job:
    """Ask for a job, in the transaction of the change that needs it.

    ``payload`` is its input as bytes of ``media_type``, ``options`` what else it must know (JSON-able), ``total`` how
    many pieces ``done`` counts to. Jobs about one ``subject_id`` run one after another, in the order of asking.

    Raises:
        InvalidInput: nothing runs jobs of this kind.
    """
    if kind not in _RUNNERS:
        raise InvalidInput(f"There are no jobs of kind {kind!r}.")
    job = Job(
        administration_id=scope.administration_id,
        id=new_id(),
        kind=kind,
        state="queued",
        subject_id=subject_id,
        media_type=media_type,
        payload=payload,
        options=audit.plain(dict(options or {})),
        done=0,
        total=total,
        created_at=scope.now,
    )
    scope.session.add(job)
    scope.session.flush()
    request = {"job_id": str(job.id), "actor": scope.actor}
    outbox.enqueue(scope, CALLING_KIND if kind in _CALLING else OUTBOX_KIND, subject_id or job.id, payload=request)
    audit.record(scope, "job.started", "job", job.id, {"kind": kind, "subject_id": subject_id})
    return job


def get(scope: Scope, job_id: UUID) -> Job:
    """The job with this id.

    Raises:
        NotFound: no such job in this administration.
    """
    job = scope.session.get(Job, (scope.administration_id, job_id))
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return job


def run(open_scope: OpenScope, job_id: UUID, reading: OpenScope | None = None, outside: Any = None) -> None:
    """Run a job to its end: for the worker. Whatever its function raises passes through and the job stays running."""
    with open_scope() as scope:
        job = get(scope, job_id)
        if job.state in ("done", "needs_attention"):
            return
        job.state = "running"
        job.started_at = job.started_at or scope.now
        running = RunningJob(
            id=job.id,
            kind=job.kind,
            subject_id=job.subject_id,
            media_type=job.media_type,
            payload=job.payload or b"",
            options=dict(job.options),
            done=job.done,
            scope=open_scope,
            reading=reading or open_scope,
            outside=outside,
        )
    result = _RUNNERS[running.kind](running)
    with open_scope() as scope:
        _change(scope, job_id, state="done", result=audit.plain(dict(result)), finished_at=scope.now)


def give_up(scope: Scope, job_id: UUID, reason: str) -> None:
    """A person must look at this job: it shows ``reason`` as its error."""
    _change(scope, job_id, state="needs_attention", error=reason, finished_at=scope.now)


def prune_payloads(session: Session, now: datetime) -> None:
    """Forget the input of jobs that ended over 30 days ago, in all administrations; the job and its result stay."""
    session.execute(
        update(Job).where(Job.finished_at < now - PAYLOAD_KEPT, Job.payload.is_not(None)).values(payload=None)
    )


def _change(scope: Scope, job_id: UUID, **values: Any) -> None:
    scope.session.execute(
        update(Job)
        .where(Job.administration_id == scope.administration_id, Job.id == job_id)
        .values(version=Job.version + 1, **values)
    )
