"""docs/subscriptions.md: its session as a reader would type it, its table against what is charged."""

from __future__ import annotations

import re
import shlex
from datetime import date
from decimal import Decimal

from click.testing import CliRunner

from billing_service import cli
from billing_service.core.subscriptions import POLICIES, Subscription, Term, due_charges
from billing_service.store.session import Database
from tests import builders
from tests.sessions import block, page
from tests.test_cli import program_on

PAGE = "docs/subscriptions.md"


def test_the_session_of_300_once_and_30_a_month(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        ours = builders.administration(session)
        tariff = builders.tariff(session, ours, {"name": "Tarief", "rules": []})
        builders.contract(session, ours, builders.customer(session, ours), tariff, reference="KV-2024")
    said = []
    for line in block(PAGE, "desk").splitlines():
        done = CliRunner().invoke(cli.main, shlex.split(line)[1:], obj=program_on(sqlite_database))
        assert done.exit_code == 0, (line, done.output)
        said.append(" ".join(done.stdout.split()))
    assert said[1].endswith("Together: 660.00")
    assert "until 2027-06-15" in said[3]
    assert "KV-2024 Financial app active 30.00 per month 2026-01-01" in said[4]


def test_the_table_of_policies_says_what_is_charged() -> None:
    start, rows = (
        date(2026, 3, 17),
        re.findall(r"^\| `(\w+)` \| [^|]+ \| ([\d.]+(?: \| [\d.]+){3}) \|$", page(PAGE), re.M),
    )
    assert [policy for policy, _ in rows] == ["days", "thirty", "full", "none"]
    assert {policy for policy, _ in rows} == set(POLICIES)
    terms = (Term(start, "amount", Decimal("30.00")),)
    for policy, amounts in rows:
        app = Subscription(start, date(2026, 6, 10), "month", terms, first_policy=policy, last_policy=policy)
        assert [str(due.amount) for due in due_charges(app, date(2026, 12, 31))] == amounts.split(" | ")
