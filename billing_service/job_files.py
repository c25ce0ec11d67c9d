"""Files that jobs make: stored in the database, so that every web machine can hand them out, and kept for 30 days.

They are written and read in parts of 1 MiB: a workbook of a million lines passes through little memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final
from uuid import UUID

from sqlalchemy import delete, exists, insert, select
from sqlalchemy.orm import Session

from billing_service.errors import NotFound
from billing_service.jobs import RunningJob
from billing_service.store.job_files import JobFile, JobFilePart
from billing_service.store.scope import Scope
from billing_service.store.work import Job

KEPT: Final = timedelta(days=30)
PART_BYTES: Final = 1024 * 1024


@contextmanager
def drafting() -> Iterator[Path]:
    """A folder for files in the making, gone afterwards."""
    with TemporaryDirectory(prefix="billing-") as folder:
        yield Path(folder)


def keep(job: RunningJob, path: Path, media_type: str, needs_scope: str) -> dict[str, Any]:
    """Store the file at ``path`` under its own name; one that an earlier attempt left is replaced.

    A transaction per part: no other writer waits for the whole of it. Returns what the job's result tells about it.
    """
    name, digest, size = path.name, hashlib.sha256(), 0
    with job.scope() as scope:
        for table in (JobFile, JobFilePart):
            scope.session.execute(delete(table).where(*_one(table, scope, job.id, name)))
    key = {"administration_id": None, "job_id": job.id, "name": name}
    with path.open("rb") as file:
        for part, content in enumerate(_parts(file)):
            digest.update(content)
            size += len(content)
            with job.scope() as scope:
                key["administration_id"] = scope.administration_id
                scope.session.execute(insert(JobFilePart), [{**key, "part": part, "content": content}])
    told = {"media_type": media_type, "size": size, "sha256": digest.hexdigest()}
    with job.scope() as scope:
        key["administration_id"] = scope.administration_id
        row = {**key, **told, "needs_scope": needs_scope, "created_at": scope.now}
        scope.session.execute(insert(JobFile), [row])
    return {"name": name, **told}


def get(scope: Scope, job_id: UUID, name: str) -> JobFile:
    """The file of this name that a job made. Raises ``NotFound``: there is none, not yet, or no longer."""
    row = scope.session.get(JobFile, (scope.administration_id, job_id, name))
    if row is None:
        raise NotFound("This job has no such file, or it was made over 30 days ago.")
    return row


def content(scope: Scope, job_id: UUID, name: str) -> Iterator[bytes]:
    """The bytes of a file, part by part. Nothing for one that does not exist."""
    part = 0
    while True:
        query = select(JobFilePart.content).where(*_one(JobFilePart, scope, job_id, name), JobFilePart.part == part)
        found = scope.session.scalars(query).one_or_none()
        if found is None:
            return
        yield found
        part += 1


def prune(session: Session, now: datetime) -> None:
    """Forget the files of jobs that ended over 30 days ago, in all administrations; the jobs and results stay."""
    for table in (JobFile, JobFilePart):
        ended = exists().where(
            Job.administration_id == table.administration_id, Job.id == table.job_id, Job.finished_at < now - KEPT
        )
        session.execute(delete(table).where(ended))


def _parts(file: BinaryIO) -> Iterator[bytes]:
    while part := file.read(PART_BYTES):
        yield part


def _one(table: Any, scope: Scope, job_id: UUID, name: str) -> tuple[Any, ...]:
    return table.administration_id == scope.administration_id, table.job_id == job_id, table.name == name
