"""``billing subscription``: agreed on, looked at, indexed, ended and cancelled from the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from billing_service import cli
from billing_service.store.session import Database
from billing_service.store.subscriptions import Subscription
from tests import builders
from tests.test_cli import program_on

Desk = Callable[..., Result]
APP = ("--title-nl", "Financiële app", "--title-en", "Financial app")


@pytest.fixture
def desk(database: Database) -> Desk:
    """``billing subscription …`` with contract DL-2026."""
    with database.write() as session:
        ours = builders.administration(session)
        tariff = builders.tariff(session, ours, {"name": "Tarief", "rules": []})
        builders.contract(session, ours, builders.customer(session, ours), tariff, reference="DL-2026")

    def run(*words: object) -> Result:
        return CliRunner().invoke(cli.main, ["subscription", *map(str, words)], obj=program_on(database))

    return run


def done(result: Result) -> str:
    """What a command that did its work printed, with single blanks."""
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def refused(result: Result, code: int = 1) -> str:
    assert result.exit_code == code, result.output
    return result.stderr


def test_300_once_and_30_a_month_from_agreement_to_end(desk: Desk) -> None:
    said = done(desk("add", "DL-2026", *APP, "--from", "2026-01-01", "--price", "30.00", "--once", "300.00"))
    assert "Financial app, contract DL-2026: active, from 2026-01-01, goes on." in said
    said = done(desk("show", "DL-2026", "--until", "2026-12-31"))
    assert "2026-01-01 2026-01-01 2026-01-01 300.00 once, on 1 January 2026" in said
    assert "2026-12-01 2026-12-31 2026-12-01 30.00 €30.00 per month." in said
    assert "Together: 660.00" in said
    said = done(desk("agree", "DL-2026", "--from", "2026-01-01", "--price", "12.5"))
    assert "Together: 437.50" in said  # once and eleven months
    said = done(desk("end", "DL-2026", "--on", "2026-02-14"))
    assert "2026-02-01 2026-02-14 2026-02-01 6.25 €12.50 per month. For 14 of its 28 days: €6.25." in said
    assert "goes on." in done(desk("end", "DL-2026", "--goes-on"))
    assert "give --on with a day, or --goes-on" in refused(desk("end", "DL-2026"), 2)
    assert "can be ended, not cancelled" in refused(desk("cancel", "DL-2026", "--reason", "Toch niet"))


def test_maintenance_and_apps_are_told_apart_by_their_label_and_indexed_together(
    desk: Desk, database: Database
) -> None:
    care = ("--title-nl", "Onderhoud", "--title-en", "Maintenance", "--percentage", "15", "--of", "12000.00")
    said = done(desk("add", "DL-2026", *care, "--from", "2026-01-01", "--label", "care", "--period", "quarter"))
    assert "Price: 15.00% a year of 12000.00, 1800.00 a year per quarter" in said
    done(desk("add", "DL-2026", *APP, "--from", "2026-06-01", "--price", "30", "--quantity", "2", "--label", "app"))
    assert "Which subscription? Give an id:" in refused(desk("show", "DL-2026"))
    assert "There is no subscription DL-2026/other" in refused(desk("show", "DL-2026/other"))
    assert "There is no contract X" in refused(desk("list", "--contract", "X"))
    assert "2 × 30.00" in done(desk("list", "--contract", "DL-2026"))

    rise = ("index", "--from", "2027-01-01", "--percentage", "2.5")
    assert "2 would be indexed; --yes does it." in done(desk(*rise))
    assert "1 indexed." in done(desk(*rise, "--yes", "--label", "care", "--contract", "DL-2026"))
    said = done(desk(*rise, "--yes"))
    assert "indexed from that day before: left alone" in said
    assert "30.00 30.75" in said
    assert "cancelled" in done(desk("cancel", "DL-2026/app", "--reason", "Toch niet"))
    assert "--price is less than 0." in refused(desk("agree", "DL-2026/care", "--from", "2027-01-01", "--price", "-1"))
    with database.read() as session:
        row = session.scalars(select(Subscription).where(Subscription.label == "care")).one()
        assert (row.period, row.next_due) == ("quarter", date(2026, 1, 1))
        assert "12000.00" in done(desk("show", row.id, "--language", "nl"))
