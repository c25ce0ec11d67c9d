"""Receipts, credits and balances on the command line."""

from __future__ import annotations

import re
import shlex
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select

from billing_service.store.invoices import InvoicePdf
from billing_service.store.session import Database
from tests.invoicing.world import World
from tests.receivables.test_receivables import invoices
from tests.test_cli import Billing, billing, own_folder  # noqa: F401 - fixtures


def test_a_receipt_settles_invoices_and_a_credit_the_rest(database: Database, billing: Billing) -> None:  # noqa: F811
    world, _ = invoices(database, "100.00", "50.00")
    added = billing(
        *("receipt", "add", "--customer", "10000", "--amount", "140.00", "--on", "2026-03-30"),
        *("--invoice", "2026-00001", "--invoice", "2026-00002", "--reference", "2026-00001 en 2026-00002"),
    )
    assert added.exit_code == 0, added.output
    assert "121.00 to 2026-00001, which is paid; 0.00 is open." in added.output
    assert "19.00 to 2026-00002, which is partly_paid; 41.50 is open." in added.output
    assert "0.00 of it is left." in added.output

    credited = billing("credit", "2026-00002", "--reason", "Dubbel", "--line", 1, "--amount", "40.00")
    assert credited.exit_code == 0, credited.output
    assert "Credit note C2026-00001: 40.00 + 8.40 VAT = 48.40." in credited.output
    assert "41.50 closes 2026-00002; 6.90 stands as the customer's balance." in credited.output
    with database.read() as session:
        assert len(session.scalars(select(InvoicePdf.invoice_id)).all()) == 3  # of the invoices and the credit note

    balance = billing("balance", "10000", "--from", "2026-03-01")
    assert balance.exit_code == 0, balance.output
    assert "Open invoices 0.00 − receipts left 0.00 − credits left 6.90 = -6.90" in balance.output
    listed = billing("receipt", "list", "--customer", "10000")
    assert "2026-00001 en 2026-00002" in listed.output
    assert world.administration_id


def test_a_wrong_allocation_and_a_wrong_receipt_are_undone(database: Database, billing: Billing) -> None:  # noqa: F811
    invoices(database, "100.00")
    added = billing("receipt", "add", "--customer", "10000", "--amount", "21.00", "--invoice", "2026-00001")
    receipt, allocation = re.findall(r"(?:Receipt|Allocation) ([0-9a-f-]{36})", added.output)
    assert billing("receipt", "cancel", receipt, "--reason", "Dubbel").exit_code == 1
    undone = billing("receipt", "undo", allocation, "--reason", "Andere factuur")
    assert "21.00 is left again" in undone.output
    again = billing("receipt", "allocate", receipt, "2026-00001", "--amount", "20.00")
    assert "20.00 to 2026-00001" in again.output
    (second,) = re.findall(r"Allocation ([0-9a-f-]{36})", again.output)
    assert billing("receipt", "undo", second, "--reason", "Toch niet").exit_code == 0
    assert billing("receipt", "cancel", receipt, "--reason", "Dubbel").exit_code == 0


def test_what_cannot_be_is_refused_with_a_sentence(database: Database, billing: Billing) -> None:  # noqa: F811
    invoices(database, "100.00")
    assert "no customer 999" in billing("balance", "999").output
    refused = billing("credit", "2026-00001", "--reason", "Te veel", "--line", 1, "--amount", "100.01")
    assert refused.exit_code == 1
    assert "100.00 is left" in refused.output
    assert billing("credit", "2026-00001", "--reason", "Te veel", "--amount", "1.00").exit_code == 2


def test_the_example_of_the_documentation_is_what_comes_out(database: Database, billing: Billing) -> None:  # noqa: F811
    world = World.founded(database)
    world.agree(customer={"name": "Vereniging"})
    world.charge(minutes=60, unit_price=Decimal("95.00"))
    world.charge(quantity=Decimal(2), unit_price=Decimal("12.50"))
    world.issue(world.release())
    text = (Path(__file__).parents[1] / "docs" / "credit-and-payments.md").read_text(encoding="utf-8")
    said = text.split("## An example")[1].split("## Who may")[0]
    commands = re.findall(r"^\$ billing (.*)$", said, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        words = shlex.split(command.replace("10001", "10000").replace("2026-11-18", "2026-03-31"))
        answer = billing(*words)
        assert answer.exit_code == 0, answer.output
        shown = said.split(f"$ billing {command}\n")[1].split("$ billing")[0].split("```")[0]
        assert _figures(shown) == _figures(answer.stdout)


def _figures(text: str) -> list[str]:
    """Amounts, numbers and words; no days and ids, which are those of the day, and no lines of the log."""
    text = re.sub(r"^\S+ \d\d:\d\d:\d\d .*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"\d{4}-\d{2}-\d{2}(?!\d)|019a…|[0-9a-f]{8}-[0-9a-f-]{27}", "", text)
    return text.split()
