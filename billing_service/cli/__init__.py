"""The command line: ``billing …``. Exit codes: 0 done, 1 refused or failed, 2 wrong settings or wrong use.

``program`` is what ``app`` hands down; each other module holds commands of one kind.
"""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.exc import OperationalError

from billing_service.cli import (
    audit,
    backups,
    bill,
    conflicts,
    connection,
    consult,
    deliveries,
    export,
    hour_card,
    import_project,
    import_questions,
    keys,
    load,
    money,
    operate,
    payments_in,
    reconcile,
    replay,
    run,
    sending,
    series,
    service_report,
    subscription,
    vat,
)
from billing_service.config import InvalidSettings
from billing_service.errors import BillingError

REFUSED = 1
WRONG_SETTINGS = 2


class Commands(click.Group):
    """Turns expected errors into sentences on standard error and an exit code: no traces."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BillingError as error:
            click.echo(error.detail, err=True)
            for wrong in error.errors:
                click.echo(f"  {wrong.pointer}: {wrong.detail}", err=True)
            raise SystemExit(WRONG_SETTINGS if isinstance(error, InvalidSettings) else REFUSED) from None
        except OperationalError as error:
            click.echo(f"The database does not answer: {str(error.orig).splitlines()[0]}", err=True)
            raise SystemExit(REFUSED) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="billing-service", message="%(version)s")
def main() -> None:
    """From a helpdesk question to a numbered PDF invoice."""


for _command in (
    *operate.COMMANDS,
    *backups.COMMANDS,
    *keys.COMMANDS,
    *load.COMMANDS,
    *import_questions.COMMANDS,
    *import_project.COMMANDS,
    *subscription.COMMANDS,
    *consult.COMMANDS,
    *bill.COMMANDS,
    *money.COMMANDS,
    *export.COMMANDS,
    *hour_card.COMMANDS,
    *service_report.COMMANDS,
    *replay.COMMANDS,
    *series.COMMANDS,
    *sending.COMMANDS,
    *connection.COMMANDS,
    *deliveries.COMMANDS,
    *payments_in.COMMANDS,
    *reconcile.COMMANDS,
    *conflicts.COMMANDS,
    *vat.COMMANDS,
    *audit.COMMANDS,
    *run.COMMANDS,
):
    main.add_command(_command)
