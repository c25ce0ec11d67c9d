"""Billing runs: release everything uninvoiced up to a date, then issue it, each as a job that may die at any commit.

Whatever is done stays done and is found done: a job that is run again goes on where the database says it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from billing_service import findings, jobs, subscriptions
from billing_service.core.ids import new_id
from billing_service.errors import BillingError, Conflict, FieldError, InvalidInput, IssueRefused
from billing_service.invoicing.drafts import contracts_to_bill
from billing_service.invoicing.issue import BATCH, Issued, issue_batch, issue_invoice
from billing_service.invoicing.reading import get_run
from billing_service.invoicing.release import release_contract, withdraw
from billing_service.jobs import RunningJob
from billing_service.parties.selling import load_issuer
from billing_service.store import audit
from billing_service.store.findings import Finding
from billing_service.store.invoices import BillingRun, Invoice
from billing_service.store.scope import Scope
from billing_service.store.work import Job

RELEASE_RUN = "release_run"
ISSUE_RUN = "issue_run"
ISSUE_REFUSED = "issue_refused"
_CHARGED_TOGETHER = 250
"""Contracts whose subscriptions are charged in one transaction."""


def start_run(scope: Scope, until: date, contract_ids: Sequence[UUID] | None = None) -> tuple[BillingRun, Job]:
    """Make a billing run and ask for its release. ``contract_ids`` limits it to these contracts.

    Raises:
        NotFound: one of the contracts does not exist.
        InvalidInput: an empty list of contracts, or no number series for invoices.
    """
    if contract_ids is not None and not contract_ids:
        detail = "Name at least one contract, or leave the list out for all."
        raise InvalidInput(detail, errors=[FieldError("/contract_ids", detail)])
    load_issuer(scope)
    contracts = None if contract_ids is None else sorted(set(contract_ids))
    contracts_to_bill(scope, until, contracts)
    run = BillingRun(
        administration_id=scope.administration_id,
        id=new_id(),
        until=until,
        contract_ids=None if contracts is None else [str(contract_id) for contract_id in contracts],
        state="releasing",
        counts={},
        created_at=scope.now,
    )
    scope.session.add(run)
    scope.session.flush()
    audit.record(scope, "billing_run.started", "billing_run", run.id, {"until": until, "contract_ids": contracts})
    return run, jobs.start(scope, RELEASE_RUN, subject_id=run.id)


def start_issue(scope: Scope, run_id: UUID, issue_date: date | None = None) -> Job:
    """Ask for everything released in this run to be issued, today or on ``issue_date``.

    Raises:
        Conflict: the run is still being released or issued, or was withdrawn.
        IssueRefused: ``issue_date`` lies in the future.
        NotFound: no such run.
    """
    run = get_run(scope, run_id, lock=True)
    if run.state not in ("released", "issued"):
        raise Conflict(f"This billing run is {run.state}; it can be issued once it is released.")
    if issue_date is not None and issue_date > scope.today:
        detail = f"The invoice date {issue_date} lies in the future; today is {scope.today}."
        raise IssueRefused(detail, code="issue_date_in_future", errors=[FieldError("/issue_date", detail)])
    run.state = "issuing"
    scope.session.flush()
    audit.record(scope, "billing_run.issuing", "billing_run", run.id, {"issue_date": issue_date})
    return jobs.start(scope, ISSUE_RUN, subject_id=run.id, options={"issue_date": issue_date})


def withdraw_run(scope: Scope, run_id: UUID) -> BillingRun:
    """Take back what the run released and has not issued; what is issued stays.

    Raises:
        Conflict: the run is being released or issued at this moment.
        NotFound: no such run.
    """
    run = get_run(scope, run_id, lock=True)
    if run.state in ("releasing", "issuing"):
        raise Conflict(f"This billing run is {run.state}; wait until that is done.")
    withdraw(scope, _released(scope, run_id, after=None, most=None))
    run = get_run(scope, run_id)
    run.counts = _counts(scope, run_id)
    run.state = "issued" if run.counts.get("issued") else "withdrawn"
    scope.session.flush()
    audit.record(scope, "billing_run.withdrawn", "billing_run", run_id, run.counts)
    return run


def issue_one(scope: Scope, invoice_id: UUID, issue_date: date | None = None) -> Issued:
    """Issue one document outside a run and settle the finding of an earlier refusal. Raises as ``issue_invoice``."""
    issued = issue_invoice(scope, invoice_id, issue_date)
    findings.settle(scope, ISSUE_REFUSED, invoice_id, "issued")
    return issued


def report_refused(scope: Scope, invoice_id: UUID, error: BillingError) -> None:
    """Leave a finding that this document could not be issued, for a refusal that was undone."""
    facts = {"reason": error.detail, "code": error.code}
    findings.report(scope, ISSUE_REFUSED, "invoice", invoice_id, facts)


@jobs.runs(RELEASE_RUN)
def release_run(job: RunningJob) -> Mapping[str, Any]:
    """Release contract by contract, each in a transaction of its own; one that is refused does not stop the others."""
    run_id = _subject(job)
    with job.scope() as scope:
        run = get_run(scope, run_id)
        if run.state != "releasing":
            return run.counts
        chosen = None if run.contract_ids is None else [UUID(contract_id) for contract_id in run.contract_ids]
        issuer = load_issuer(scope)
        contracts = contracts_to_bill(scope, run.until, chosen)
        job.progress(scope, 0, len(contracts))
    _charge_subscriptions(job, contracts, issuer.currency)
    refused = 0
    for done, (contract_id, until) in enumerate(contracts, start=1):
        with job.scope() as scope:
            refused += release_contract(scope, issuer, contract_id, until, run_id) == "refused"
            job.progress(scope, done)
    with job.scope() as scope:
        return _finish(scope, run_id, "released", refused)


def _charge_subscriptions(job: RunningJob, contracts: Sequence[tuple[UUID, date]], currency: str) -> None:
    """What falls due of subscriptions, for many contracts at once: contract by contract it costs as much for each."""
    for start in range(0, len(contracts), _CHARGED_TOGETHER):
        with job.scope() as scope:
            subscriptions.charge_due(scope, dict(contracts[start : start + _CHARGED_TOGETHER]), currency)


@jobs.runs(ISSUE_RUN)
def issue_run(job: RunningJob) -> Mapping[str, Any]:
    """Issue in batches of at most 100 per transaction; a document that is refused stays released, with a finding.

    Raises:
        IssueRefused: the date or the series forbids it for all; the run goes back to released, with a finding on it.
    """
    run_id = _subject(job)
    chosen = job.options.get("issue_date")
    issue_date = date.fromisoformat(chosen) if chosen else None
    after: UUID | None = None
    done = refused = 0
    try:
        while True:
            with job.scope() as scope:
                run = get_run(scope, run_id, lock=True)
                if run.state != "issuing":
                    return run.counts
                batch = _released(scope, run_id, after=after, most=BATCH)
                if not batch:
                    return _finish(scope, run_id, "issued", refused)
                outcome = issue_batch(scope, batch, issue_date)
                for one in outcome.refused:
                    report_refused(scope, one.invoice_id, one.error)
                _settle(scope, [issued.id for issued in outcome.issued])
                done += len(batch)
                refused += len(outcome.refused)
                job.progress(scope, done)
            after = batch[-1]
    except IssueRefused as error:
        with job.scope() as scope:
            findings.report(scope, ISSUE_REFUSED, "billing_run", run_id, {"reason": error.detail, "code": error.code})
            _finish(scope, run_id, "released", refused)
        raise


def _subject(job: RunningJob) -> UUID:
    if job.subject_id is None:
        raise InvalidInput(f"A job of kind {job.kind} needs a billing run.")
    return job.subject_id


def _released(scope: Scope, run_id: UUID, *, after: UUID | None, most: int | None) -> list[UUID]:
    """Documents of the run that wait to be issued, in the order in which they were released."""
    query = (
        select(Invoice.id)
        .where(
            Invoice.administration_id == scope.administration_id,
            Invoice.billing_run_id == run_id,
            Invoice.state == "released",
        )
        .order_by(Invoice.id)
        .limit(most)
    )
    if after is not None:
        query = query.where(Invoice.id > after)
    return list(scope.session.scalars(query))


def _settle(scope: Scope, issued: Sequence[UUID]) -> None:
    """Settle the findings of earlier refusals of these documents."""
    refused = select(Finding.subject_id).where(
        Finding.administration_id == scope.administration_id,
        Finding.code == ISSUE_REFUSED,
        Finding.state == "open",
        Finding.subject_id.in_(issued),
    )
    for invoice_id in scope.session.scalars(refused).all():
        findings.settle(scope, ISSUE_REFUSED, invoice_id, "issued")


def _finish(scope: Scope, run_id: UUID, state: str, refused: int) -> dict[str, Any]:
    run = get_run(scope, run_id, lock=True)
    if state == "issued":
        findings.settle(scope, ISSUE_REFUSED, run_id, "issued")
    run.counts = _counts(scope, run_id) | {"refused": refused}
    run.state = "released" if run.counts["released"] else state
    scope.session.flush()
    audit.record(scope, f"billing_run.{state}", "billing_run", run_id, run.counts)
    return run.counts


def _counts(scope: Scope, run_id: UUID) -> dict[str, Any]:
    """Documents of the run by state, and how many of them are zero statements."""
    rows = scope.session.execute(
        select(Invoice.state, Invoice.kind, func.count())
        .where(Invoice.administration_id == scope.administration_id, Invoice.billing_run_id == run_id)
        .group_by(Invoice.state, Invoice.kind)
    ).all()
    counts = {"released": 0, "issued": 0, "withdrawn": 0, "zero_statements": 0}
    for state, kind, count in rows:
        counts[state] += count
        counts["zero_statements"] += count if kind == "zero_statement" and state != "withdrawn" else 0
    return counts
