"""Billing from the command line: preview, then release and issue, through the same use cases as over HTTP."""

from __future__ import annotations

import time
from datetime import date, datetime
from uuid import UUID

import click
from sqlalchemy import select

from billing_service import invoicing, jobs
from billing_service.cli.program import ACTOR, Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.errors import Conflict
from billing_service.invoicing import Draft
from billing_service.store.findings import Finding
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope
from billing_service.store.work import Job

WAIT_SECONDS = 0.2
until_option = click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="Bill what is dated up to and including this day.",
)


@click.command()
@administration_option
@until_option
@pass_program
def preview(program: Program, administration: str | None, until: datetime) -> None:
    """Show what would be invoiced, per contract. Writes nothing."""
    show_preview(program, Teller(), program.administration(administration), until.date())


@click.command()
@administration_option
@until_option
@click.option("--yes", is_flag=True, help="Issue without asking.")
@pass_program
def bill(program: Program, administration: str | None, until: datetime, yes: bool) -> None:
    """Preview, release and issue. Exit code 1 when something was refused; the rest is issued then."""
    teller, administration_id = Teller(), program.administration(administration)
    if not show_preview(program, teller, administration_id, until.date()):
        return
    if not yes:
        click.confirm("Release and issue these?", abort=True)
    run_id = release(program, administration_id, until.date())
    issue(program, administration_id, run_id)
    refused = show_invoices(program, teller, administration_id, run_id)
    raise SystemExit(1 if refused else 0)


def show_preview(program: Program, teller: Teller, administration_id: UUID, until: date) -> bool:
    """Print what would be invoiced; whether there is anything."""
    with program.context.database.read() as session:
        scope = Scope(session, administration_id, ACTOR, program.context.clock())
        found = invoicing.preview(scope, until)
        contracts = session.execute(
            select(Contract.id, Contract.reference).where(Contract.administration_id == administration_id)
        )
        references = {row.id: row.reference for row in contracts}
    drafts = [one for one in found if isinstance(one, Draft)]
    teller.table(
        ["Contract", "Customer", "Becomes", ">Lines", ">Net", ">VAT", ">Gross"],
        [
            (
                references[draft.contract_id],
                draft.document.buyer.name,
                draft.outcome.replace("_", " "),
                len(draft.document.lines),
                draft.document.totals.net,
                draft.document.totals.vat,
                draft.document.totals.gross,
            )
            for draft in drafts
        ],
    )
    for one in found:
        if not isinstance(one, Draft):
            teller.say(f"{references[one.contract_id]}: {one.error.detail}", style="yellow")
    if not found:
        teller.say("There is nothing to invoice.")
    return bool(found)


def release(program: Program, administration_id: UUID, until: date) -> UUID:
    """Release everything up to this day as a billing run; gives the run. Raises ``Conflict`` when its job fails."""
    with program.scope(administration_id) as scope:
        run, job = invoicing.start_run(scope, until)
    follow(program, administration_id, job.id)
    return run.id


def issue(program: Program, administration_id: UUID, run_id: UUID) -> None:
    """Issue what the run released, and render it. Raises ``Conflict`` when its job fails."""
    with program.scope(administration_id) as scope:
        job = invoicing.start_issue(scope, run_id)
    follow(program, administration_id, job.id)
    program.make_worker(program.context, program.settings).drain()


def follow(program: Program, administration_id: UUID, job_id: UUID) -> Job:
    """Work along until the job is done, here or by another worker. Raises ``Conflict`` when it needs attention."""
    worker = program.make_worker(program.context, program.settings)
    while True:
        worker.drain()
        with program.context.database.read() as session:
            job = jobs.get(Scope(session, administration_id, ACTOR, program.context.clock()), job_id)
        if job.state == "needs_attention":
            raise Conflict(job.error or "The job failed.", code="job_failed")
        if job.state == "done":
            return job
        time.sleep(WAIT_SECONDS)


def show_invoices(program: Program, teller: Teller, administration_id: UUID, run_id: UUID) -> int:
    """Print the documents of a run and why others were refused; gives how many were."""
    with program.context.database.read() as session:
        invoices = session.scalars(
            select(Invoice)
            .where(Invoice.administration_id == administration_id, Invoice.billing_run_id == run_id)
            .order_by(Invoice.number, Invoice.id)
        ).all()
        findings = session.scalars(
            select(Finding).where(
                Finding.administration_id == administration_id,
                Finding.state == "open",
                Finding.subject_id.in_([invoice.id for invoice in invoices] + [run_id]),
            )
        ).all()
    teller.table(
        ["Number", "State", ">Net", ">VAT", ">Gross", "Due", "Payment reference"],
        [
            (
                invoice.number or invoice.kind.replace("_", " "),
                invoice.state,
                invoice.net,
                invoice.vat,
                invoice.gross,
                invoice.due_date or "",
                invoice.payment_reference or "",
            )
            for invoice in invoices
        ],
    )
    for finding in findings:
        teller.say(f"Look at {finding.noun} {finding.subject_id}: {finding.facts.get('reason', finding.code)}")
    return sum(invoice.state == "released" for invoice in invoices)


COMMANDS = (preview, bill)
