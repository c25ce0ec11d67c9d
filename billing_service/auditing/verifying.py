"""Verifying an audit trail: page by page, each in a short transaction of its own, with memory that does not grow.

The job of an administration verifies its stored PDFs (``pdfs``) as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service import jobs
from billing_service.auditing.pdfs import VerifiedPdfs, VerifyingPdfs
from billing_service.auditing.trails import Trail, Unsealed, columns, head_of, unsealed
from billing_service.core.audit_chain import SENTENCES, BrokenLink, ChainCheck, Seal
from billing_service.jobs import RunningJob
from billing_service.store.scope import Scope
from billing_service.store.work import Job

VERIFY_AUDIT: Final = "verify_audit"
PAGE: Final = 2000
"""Rows read in one transaction."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of it: how many sealed rows were looked at, where the chain ended then, the first broken link and how
    many there are, and what was not sealed yet."""

    rows: int
    head: Seal | None
    first: BrokenLink | None
    broken: int
    unsealed: Unsealed


class Verifying:
    """Verifies one trail up to where its chain ends at the first ``step``; rows sealed after that wait for next time.

    ``noted`` is a seal that somebody wrote down earlier and that must still stand there.
    """

    def __init__(self, trail: Trail, noted: Seal | None = None) -> None:
        self._trail = trail
        self._noted = noted
        self._check: ChainCheck | None = None
        self._seen = 0
        self._unsealed = Unsealed(0, None, None)

    @property
    def done(self) -> int:
        return self._check.rows if self._check else 0

    @property
    def total(self) -> int:
        return self._check.head.number if self._check and self._check.head else 0

    def step(self, session: Session) -> bool:
        """Look at the next page. False once everything was."""
        if self._check is None:
            head = head_of(session, self._trail)
            self._check = ChainCheck(head if head and head.number else None, self._noted)
            self._unsealed = unsealed(session, self._trail)
        rows = self._trail.rows
        found = session.execute(
            select(*columns(rows))
            .where(self._trail.of(rows), rows.c.seal_number > self._seen, rows.c.seal_number <= self.total)
            .order_by(rows.c.seal_number)
            .limit(PAGE)
        )
        page = found.mappings().all()
        for row in page:
            self._check.take(row)
        if len(page) == PAGE:
            self._seen = page[-1]["seal_number"]
            return True
        self._check.end(self._beyond(session))
        return False

    def result(self) -> Verified:
        assert self._check is not None  # noqa: S101 - somebody stepped
        return Verified(self._check.rows, self._check.head, self._check.first, self._check.broken, self._unsealed)

    def _beyond(self, session: Session) -> Mapping[Any, Any] | None:
        """A row with a number after the end of the chain as it is now."""
        rows, head = self._trail.rows, head_of(session, self._trail)
        last = head.number if head else 0
        query = select(*columns(rows)).where(self._trail.of(rows), rows.c.seal_number > last)
        return session.execute(query.order_by(rows.c.seal_number).limit(1)).mappings().one_or_none()


def describe(found: Verified, pdfs: VerifiedPdfs) -> dict[str, Any]:
    """The result as plain values: that of the job, over HTTP."""
    link = found.first
    return {
        "sound": found.broken == 0 and pdfs.changed == 0,
        "rows": found.rows,
        "seal_number": found.head.number if found.head else 0,
        "seal": found.head.seal if found.head else None,
        "broken_links": found.broken,
        "first_broken_link": link
        and {
            "code": link.code,
            "sentence": {language: SENTENCES[language][link.code] for language in SENTENCES},
            "seal_number": link.seal_number,
            "row_id": link.row_id,
            "row": link.row and {name: value for name, value in link.row.items() if name != "administration_id"},
        },
        "unsealed": {
            "rows": found.unsealed.count,
            "oldest_id": found.unsealed.oldest_id,
            "oldest_at": found.unsealed.oldest_at,
        },
        "pdfs": pdfs.pdfs,
        "changed_pdfs": pdfs.changed,
        "first_changed_pdf": pdfs.first and asdict(pdfs.first),
    }


def start_verification(scope: Scope, noted: Seal | None = None) -> Job:
    """Ask for a verification of the administration's trail and PDFs; the job's result is what ``describe`` says."""
    options = {"noted": {"seal_number": noted.number, "seal": noted.seal}} if noted else {}
    return jobs.start(scope, VERIFY_AUDIT, options=options)


@jobs.runs(VERIFY_AUDIT)
def verify_audit(job: RunningJob) -> Mapping[str, Any]:
    """Verify page by page; what was verified before the worker died is verified again."""
    chosen = job.options.get("noted")
    noted = Seal(chosen["seal_number"], chosen["seal"]) if chosen else None
    verifying: Verifying | None = None
    pdfs: VerifyingPdfs | None = None
    more = more_pdfs = True
    while more or more_pdfs:
        with job.reading() as scope:
            verifying = verifying or Verifying(Trail(scope.administration_id), noted)
            pdfs = pdfs or VerifyingPdfs(scope.administration_id)
            if more:
                more = verifying.step(scope.session)
            else:
                more_pdfs = pdfs.step(scope.session)
        with job.scope() as scope:
            job.progress(scope, verifying.done + pdfs.done, verifying.total + pdfs.total)
    assert verifying is not None  # noqa: S101 - the loop runs at least once
    assert pdfs is not None  # noqa: S101
    return describe(verifying.result(), pdfs.result())
