"""Questions by the thousand: good rows are taken, bad ones reported with their line, nothing is taken twice."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import Any, Final, TypeVar

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from billing_service import jobs
from billing_service.errors import Busy, FieldError, InvalidInput
from billing_service.intake.accept import accept
from billing_service.intake.references import CreateMissing, References
from billing_service.intake.rows import MEDIA_TYPES, Row, read_rows
from billing_service.intake.rules import Bounds, QuestionInput, read_question
from billing_service.intake.single import bounds
from billing_service.store.scope import Scope
from billing_service.store.work import Job

CHUNK: Final = 2_000
"""Rows per transaction: enough to spread the cost of a commit, few enough to hold no lock for long."""

MOST_ERRORS: Final = 1_000
"""Errors that are listed; the rest is counted."""

JOB_KIND: Final = "question_import"
_ATTEMPTS: Final = 5
_T = TypeVar("_T")

OpenScope = Callable[[], AbstractContextManager[Scope]]


@dataclass(slots=True)
class Tally:
    """What became of the rows so far. ``errors``: line, pointer and reason of each bad row, at most ``MOST_ERRORS``."""

    taken: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    errors_left_out: int = 0

    @property
    def rows(self) -> int:
        return self.taken + self.changed + self.unchanged + self.refused

    def refuse(self, line: int, errors: Iterable[FieldError]) -> None:
        self.refused += 1
        for error in errors:
            if len(self.errors) < MOST_ERRORS:
                self.errors.append({"line": line, "pointer": error.pointer, "detail": error.detail})
            else:
                self.errors_left_out += 1

    def plain(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def import_questions(
    open_scope: OpenScope,
    rows: Iterable[Row],
    *,
    create: CreateMissing | None = None,
    tally: Tally | None = None,
    after_chunk: Callable[[Scope, Tally], None] | None = None,
) -> Iterator[Tally]:
    """Take rows in, a transaction per ``CHUNK`` of them; yields the tally after each.

    ``open_scope`` opens one write transaction; ``after_chunk`` runs in it, just before its commit. A row is refused on
    its own; what a database cannot do (a lost connection) is raised, and running the rows again goes on from there,
    since what was taken is taken.
    """
    tally = tally or Tally()
    limits: Bounds | None = None
    for chunk in _chunks(rows):
        if limits is None:
            with open_scope() as scope:
                limits = bounds(scope)
        with _uncollected():
            tally = _take_chunk(open_scope, chunk, limits, create or CreateMissing(), tally, after_chunk)
        yield tally


def _take_chunk(
    open_scope: OpenScope,
    chunk: list[Row],
    limits: Bounds,
    create: CreateMissing,
    before: Tally,
    after_chunk: Callable[[Scope, Tally], None] | None,
) -> Tally:
    """One chunk in one transaction, again from its start when another import of the same questions was quicker."""
    for attempt in range(1, _ATTEMPTS + 1):
        tally = Tally(**(before.plain() | {"errors": list(before.errors)}))
        lines, questions, names, bad = _read_chunk(chunk, limits)
        try:
            with open_scope() as scope:
                references = References(scope, CreateMissing(create.organisations, create.persons, names))
                for line, receipt in zip(lines, accept(scope, questions, references), strict=True):
                    if receipt.what == "refused":
                        bad.append((line, receipt.errors))
                    else:
                        setattr(tally, receipt.what, getattr(tally, receipt.what) + 1)
                for line, errors in sorted(bad, key=itemgetter(0)):
                    tally.refuse(line, errors)
                if after_chunk is not None:
                    after_chunk(scope, tally)
        except (IntegrityError, OperationalError) as clash:
            if attempt == _ATTEMPTS or not _passes(clash):
                raise
            time.sleep(0.02 * attempt)
        else:
            return tally
    raise Busy("Other imports of the same questions kept this one from going on.")


def _read_chunk(
    chunk: list[Row], limits: Bounds
) -> tuple[list[int], list[QuestionInput], dict[tuple[str, str], str], list[tuple[int, Sequence[FieldError]]]]:
    """Lines, questions and names of the good rows of a chunk, and the bad rows."""
    bad: list[tuple[int, Sequence[FieldError]]] = []
    lines: list[int] = []
    questions: list[QuestionInput] = []
    names: dict[tuple[str, str], str] = {}
    for row in chunk:
        if row.errors:
            bad.append((row.line, row.errors))
            continue
        try:
            questions.append(read_question(row.value, limits))
        except InvalidInput as error:
            bad.append((row.line, error.errors or [FieldError("", error.detail)]))
            continue
        lines.append(row.line)
        names.update(row.names)
    return lines, questions, names, bad


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without cyclic garbage collection: a chunk makes some 100,000 objects that all live until its commit and hold no
    cycles; looking through them again and again takes a fifth of the time (measured)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _passes(clash: Exception) -> bool:
    """Whether trying again can help: a key that somebody else just took, a deadlock, a lock that was not free."""
    state = getattr(getattr(clash, "orig", None), "sqlstate", None)
    return isinstance(clash, IntegrityError) or state in ("40P01", "40001", "55P03")


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk


# --- as a job ---------------------------------------------------------------------------------------------------------


def start_import(scope: Scope, content: bytes, media_type: str, charset: str | None) -> Job:
    """Ask for a bulk import of this body. What makes it unreadable as a whole is said at once (``read_rows``)."""
    if media_type not in MEDIA_TYPES:
        raise InvalidInput(f"The body must be one of {', '.join(MEDIA_TYPES)}.")
    first = next(read_rows(content, media_type, bounds(scope).currency, encoding=charset), None)
    if first is None:
        raise InvalidInput("The body holds no question.", errors=[FieldError("", "holds no row")])
    return jobs.start(scope, JOB_KIND, payload=content, media_type=media_type, options={"charset": charset})


@jobs.runs(JOB_KIND)
def run_import(job: jobs.RunningJob) -> Mapping[str, Any]:
    """Run a bulk import from where an earlier attempt stopped; the result is the tally."""
    with job.scope() as scope:
        currency = bounds(scope).currency
        stored = scope.session.scalars(
            select(Job.result).where(Job.administration_id == scope.administration_id, Job.id == job.id)
        ).one()
    tally = Tally(**stored) if stored else Tally()
    rows = read_rows(job.payload, job.media_type or "", currency, encoding=job.options.get("charset"))

    def remember(scope: Scope, tally: Tally) -> None:
        job.progress(scope, tally.rows)
        scope.session.execute(
            update(Job)
            .where(Job.administration_id == scope.administration_id, Job.id == job.id)
            .values(result=tally.plain())
        )

    for now in import_questions(job.scope, islice(rows, job.done, None), tally=tally, after_chunk=remember):
        tally = now
    with job.scope() as scope:
        job.progress(scope, tally.rows, tally.rows)
    return tally.plain()
