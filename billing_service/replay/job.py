"""The job: decide in batches, count ordinals, price what they price, write the files. Begun anew after a kill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby, islice
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, exists, literal, or_, select, union_all, update
from sqlalchemy.orm import Session

from billing_service import jobs
from billing_service.job_files import KEPT
from billing_service.jobs import RunningJob
from billing_service.replay import deciding
from billing_service.replay.asking import REPLAY, Plan, read_plan
from billing_service.replay.counting import Place, numbers
from billing_service.replay.drawing import Draws
from billing_service.replay.rounding import Roundings
from billing_service.replay.telling import tell
from billing_service.store.replays import ReplayRow
from billing_service.store.scope import Scope
from billing_service.store.work import Job

_ROWS: Final = cast(Table, ReplayRow.__table__)


@jobs.runs(REPLAY)
def run(job: RunningJob) -> Mapping[str, Any]:
    """Decisions and charges are only read; what is written are rows of this job, gone at its end, and its files."""
    plan = read_plan(job)
    left_out: Counter[str] = Counter(withdrawn=0, reopened=0, contract_no_longer_valid=0)
    with job.scope() as scope:
        _forget(scope, job.id)
        plan = deciding.reaching(scope, plan)
        total = deciding.count(scope, plan)
        job.progress(scope, 0, total)
    done = _decide(job, plan, left_out)
    counted = _count(job)
    if counted:
        _price(job, plan, done, done + counted)
    with job.reading() as scope:
        left_out.update(deciding.count_left_out(scope, plan))
    result = tell(job, plan, dict(left_out))
    with job.scope() as scope:
        _forget(scope, job.id)
    return result


def prune(session: Session, now: datetime) -> None:
    """Forget the rows that a replay left which failed for good over 30 days ago, in all administrations."""
    ended = exists().where(
        Job.administration_id == ReplayRow.administration_id,
        Job.id == ReplayRow.job_id,
        Job.finished_at < now - KEPT,
    )
    session.execute(delete(ReplayRow).where(ended))


def _forget(scope: Scope, job_id: UUID) -> None:
    scope.session.execute(delete(ReplayRow).where(*_of(scope, job_id)))


def _decide(job: RunningJob, plan: Plan, left_out: Counter[str]) -> int:
    after, done, roundings, drawn = None, 0, Roundings(plan), Draws()
    while True:
        with job.scope() as scope:
            found = deciding.decide_batch(scope, job.id, plan, after, left_out, roundings, drawn)
            if found is None:
                return done
            after, looked_at = found
            done += looked_at
            job.progress(scope, done)


def _count(job: RunningJob) -> int:
    """Store the ordinal of every question that a table of the replayed tariff counts; returns how many."""
    counted = 0
    with job.reading() as reading:
        found = _numbered(reading, job.id)
        while batch := list(islice(found, deciding.BATCH)):
            counted += len(batch)
            with job.scope() as scope:
                _change(scope, job.id, [{"of_question": key, "new_ordinal": number} for key, number in batch])
    return counted


def _numbered(scope: Scope, job_id: UUID) -> Iterator[tuple[UUID, int]]:
    """One count after the other: never more than one of them in memory."""
    place = (ReplayRow.closed_at, ReplayRow.source, ReplayRow.external_id, ReplayRow.question_id)
    same = ReplayRow.old_counter == ReplayRow.new_counter
    counts = select(
        ReplayRow.new_counter.label("counter"),
        *place,
        ReplayRow.old_ordinal,
        same.label("same"),
        literal(1).label("counts"),
    ).where(*_of(scope, job_id), ReplayRow.new_counter.is_not(None))
    elsewhere = select(ReplayRow.old_counter, *place, ReplayRow.old_ordinal, literal(True), literal(0)).where(
        *_of(scope, job_id), ReplayRow.old_counter.is_not(None), or_(ReplayRow.new_counter.is_(None), ~same)
    )
    both = union_all(counts, elsewhere).subquery()
    rows = scope.session.execute(
        select(both).order_by(both.c.counter), execution_options={"yield_per": deciding.BATCH, "stream_results": True}
    )
    for _, group in groupby(rows, key=lambda row: row.counter):
        yield from numbers(_place(row) for row in group)


def _place(row: Any) -> Place:
    taken = row.old_ordinal if row.same else None
    return Place(row.closed_at, row.source, row.external_id, row.question_id, taken, bool(row.counts))


def _price(job: RunningJob, plan: Plan, done: int, total: int) -> None:
    after = None
    while True:
        with job.scope() as scope:
            found = deciding.price_batch(scope, job.id, plan, after)
            if found is None:
                job.progress(scope, total, total)
                return
            after, values = found
            _change(scope, job.id, values)
            done += len(values)
            job.progress(scope, done, total)


def _change(scope: Scope, job_id: UUID, values: list[dict[str, Any]]) -> None:
    names = [name for name in values[0] if name != "of_question"]
    statement = (
        update(_ROWS)
        .where(*_of(scope, job_id), _ROWS.c.question_id == bindparam("of_question"))
        .values({name: bindparam(name) for name in names})
    )
    scope.session.connection().execute(statement, values)


def _of(scope: Scope, job_id: UUID) -> tuple[Any, ...]:
    return ReplayRow.administration_id == scope.administration_id, ReplayRow.job_id == job_id
