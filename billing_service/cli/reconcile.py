"""``billing reconcile``: whether the accounting package agrees with what was issued here; ends with 1 where not."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import select

from billing_service import reconciliation
from billing_service.cli.bill import follow
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.connections import connecting
from billing_service.core.reconciling_texts import CLASSES, REPAIRS, group_name
from billing_service.errors import Conflict
from billing_service.reconciliation import reading, repairing
from billing_service.reconciliation.recording import agrees
from billing_service.store.reconciliations import Reconciliation, ReconciliationDifference
from billing_service.store.scope import Scope

DIFFERS = 1
SHOWN = 100
"""How many differences are printed; the files hold them all."""


@click.command("reconcile")
@administration_option
@click.option("--csv", type=click.Path(dir_okay=False, path_type=Path), help="Write every difference as CSV.")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write the page for your files.")
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="Of the files.")
@click.option("--repair", is_flag=True, help="Deliver again what is gone there, and have drafts booked.")
@pass_program
def reconcile(
    program: Program, administration: str | None, csv: Path | None, pdf: Path | None, language: str, repair: bool
) -> None:
    """Compare every document and open amount with the accounting package; the worker does so every night.

    Ends with 0 when both sides agree, also where something is still on its way, and with 1 when something differs or
    the package could not be read.
    """
    administration_id = program.administration(administration)
    with program.scope(administration_id) as scope:
        job_id = reconciliation.start(scope, connecting.not_closed(scope)).id
    result = follow(program, administration_id, job_id).result or {}
    if not result.get("reconciled"):
        raise Conflict(f"Not reconciled: {result.get('reason')}")
    with program.reading(administration_id) as scope:
        made = reading.get(scope, UUID(result["reconciliation_id"]))
        _tell(scope, made)
        _write(scope, made, csv, pdf, language)
    if repair:
        _repair(program, administration_id, made)
    if not agrees(made):
        raise SystemExit(DIFFERS)


def _tell(scope: Scope, made: Reconciliation) -> None:
    teller = Teller()
    sums: list[tuple[object, ...]] = [
        ("Documents", made.documents_ours, made.documents_theirs, made.documents_theirs - made.documents_ours),
        ("Total", made.total_ours, made.total_theirs, made.total_theirs - made.total_ours),
        ("Open", made.open_ours, made.open_theirs, made.open_theirs - made.open_ours),
    ]
    for one in made.vat:
        sides = [one[side]["tax"] if one[side] else "–" for side in ("ours", "theirs")]
        sums.append((f"VAT {group_name(one['group'], 'en')}", *sides, ""))
    teller.table(["", ">Here", ">There", ">Difference"], sums)
    found = reading.differences(scope, made).order_by(ReconciliationDifference.id).limit(SHOWN)
    rows = scope.session.scalars(found).all()
    for row in rows:
        told = reading.shown(row, made.currency)
        teller.say(f"{CLASSES['en'][row.class_]}: {told['problem']['en']} {REPAIRS['en'][row.repair]}")
    if made.differences > len(rows):
        teller.say(f"And {made.differences - len(rows)} more: --csv writes them all.")
    verdict = "Both sides agree." if agrees(made) else f"{made.differences} differences."
    teller.say(f"{verdict} Unexplained: {made.unexplained}, of what is open {made.unexplained_open}.")
    teller.say(f"Compared: {made.digest}")


def _write(scope: Scope, made: Reconciliation, csv: Path | None, pdf: Path | None, language: str) -> None:
    if csv is not None:
        csv.write_bytes(b"".join(reading.csv_of(scope, made, language, "comma")))
        click.echo(f"Written: {csv}")
    if pdf is not None:
        from billing_service.documents.pdf import render_reconciliation  # here, so that nothing else loads it

        pdf.write_bytes(render_reconciliation(reading.report_of(scope, made), language))
        click.echo(f"Written: {pdf}")


def _repair(program: Program, administration_id: UUID, made: Reconciliation) -> None:
    """Each in a transaction of its own: one that stands otherwise by now does not keep the others."""
    with program.reading(administration_id) as scope:
        mine = ReconciliationDifference.reconciliation_id == made.id
        wanted = ReconciliationDifference.repair.in_(repairing.CARRIED_OUT)
        ids = scope.session.scalars(select(ReconciliationDifference.id).where(mine, wanted)).all()
    for difference_id in ids:
        try:
            with program.scope(administration_id) as scope:
                row = repairing.carry_out(scope, made.id, difference_id)
            click.echo(f"{row.number} goes again.")
        except Conflict as refused:
            click.echo(f"  {refused.detail}")


COMMANDS = (reconcile,)
