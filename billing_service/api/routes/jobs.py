"""Jobs: long work that a caller follows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import flask
from sqlalchemy import select
from sqlalchemy.orm import defer

from billing_service import job_files, jobs
from billing_service.api.glue import Routes, current_identity, page
from billing_service.api.glue.streaming import streamed
from billing_service.api.schemas.watching import JobOut, JobQuery
from billing_service.errors import NotAllowed
from billing_service.store.scope import Scope
from billing_service.store.work import Job

routes = Routes("jobs", "Long work: what a 202 points to.")


@routes.operation("GET", "/jobs", scope="jobs:read", query=JobQuery, page_of=JobOut)
def list_jobs(scope: Scope, query: dict[str, Any]) -> Any:
    """List jobs, oldest first."""
    statement = select(Job).where(Job.administration_id == scope.administration_id).options(defer(Job.payload))
    for name in ("kind", "state", "subject_id"):
        if name in query:
            statement = statement.where(getattr(Job, name) == query[name])
    return page(scope, statement, Job.id, query)


@routes.operation("GET", "/jobs/<uuid:job_id>", scope="jobs:read", out=JobOut)
def get_job(scope: Scope, job_id: UUID) -> Job:
    """Read a job: its state, how far it is, what came out.

    It ends as `done`, or as `needs_attention` with the reason in `error`.
    """
    return jobs.get(scope, job_id)


@routes.operation("GET", "/jobs/<uuid:job_id>/files/<code:file_name>", scope="jobs:read", file="*/*")
def get_job_file(scope: Scope, job_id: UUID, file_name: str) -> flask.Response:
    """Download a file that a job made; the job's result names its files.

    The key also needs the scope that what is in it asks for, such as `invoices:read`. Files are kept for 30 days after
    the job ended.
    """
    row = job_files.get(scope, job_id, file_name)
    if row.needs_scope not in current_identity().scopes:
        raise NotAllowed(f"This API key lacks the scope {row.needs_scope}, which this file asks for.")
    return streamed(lambda own: job_files.content(own, job_id, file_name), row.media_type, file_name, row.size)
