"""Billing runs: preview, release, issue, withdraw."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import invoicing
from billing_service.api.glue import Answer, Routes, accepted, page
from billing_service.api.schemas.invoicing import IssueIn, NothingIn, PreviewOut, RunIn, RunOut, RunQuery
from billing_service.api.schemas.watching import JobOut
from billing_service.store.invoices import BillingRun
from billing_service.store.scope import Scope

routes = Routes(
    "billing-runs", "Everything uninvoiced up to a date: preview, release, issue. One invoice per contract."
)

_ONE = "/billing-runs/<uuid:billing_run_id>"


@routes.operation("POST", "/billing-runs/preview", scope="billing_runs:read", body=RunIn, out=PreviewOut, writes=False)
def preview_billing_run(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Show what a run would release. Writes nothing."""
    found = invoicing.preview(scope, body["until"], body.get("contract_ids"))
    return invoicing.describe_preview(scope, found)


@routes.operation("POST", "/billing-runs", scope="billing_runs:write", body=RunIn, out=JobOut, status=202)
def start_billing_run(scope: Scope, body: dict[str, Any]) -> Answer:
    """Release everything uninvoiced up to a date; the job's `subject_id` is the billing run.

    Charges and decisions are locked until the documents are issued or withdrawn. A contract that cannot be released
    gets a finding and the run goes on.
    """
    _, job = invoicing.start_run(scope, body["until"], body.get("contract_ids"))
    return accepted(job)


@routes.operation("GET", "/billing-runs", scope="billing_runs:read", query=RunQuery, page_of=RunOut)
def list_billing_runs(scope: Scope, query: dict[str, Any]) -> Any:
    """List billing runs, oldest first."""
    statement = select(BillingRun).where(BillingRun.administration_id == scope.administration_id)
    if "state" in query:
        statement = statement.where(BillingRun.state == query["state"])
    return page(scope, statement, BillingRun.id, query)


@routes.operation("GET", _ONE, scope="billing_runs:read", out=RunOut)
def get_billing_run(scope: Scope, billing_run_id: UUID) -> BillingRun:
    """Read a billing run."""
    return invoicing.get_run(scope, billing_run_id)


@routes.operation("POST", f"{_ONE}/issue", scope="invoices:issue", body=IssueIn, out=JobOut, status=202)
def issue_billing_run(scope: Scope, billing_run_id: UUID, body: dict[str, Any]) -> Answer:
    """Issue everything the run released, in batches.

    A document that cannot be issued stays released, with a finding, and the run goes on.
    """
    return accepted(invoicing.start_issue(scope, billing_run_id, body.get("issue_date")))


@routes.operation("POST", f"{_ONE}/withdraw", scope="billing_runs:write", body=NothingIn, out=RunOut)
def withdraw_billing_run(scope: Scope, billing_run_id: UUID, body: dict[str, Any]) -> BillingRun:
    """Withdraw what the run released and has not issued: its charges are open again."""
    return invoicing.withdraw_run(scope, billing_run_id)
