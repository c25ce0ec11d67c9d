"""Receipts, credits and balances on the command line."""

from __future__ import annotations

import re
import shlex
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select

from billing_service import receivables
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


def test_what_was_paid_of_a_credited_invoice_is_set_off_and_the_rest_paid_back(
    database: Database,
    billing: Billing,  # noqa: F811
) -> None:
    invoices(database, "100.00", "50.00")
    billing("receipt", "add", "--customer", "10000", "--amount", "121.00", "--invoice", "2026-00001")
    assert billing("credit", "2026-00001", "--reason", "Dubbel").exit_code == 0
    listed = billing("credit-notes", "--left", "--customer", "10000")
    assert re.search(r"C2026-00001 +2026-00001 +121\.00 +121\.00", listed.output)

    done = billing("set-off", "C2026-00001", "2026-00002")
    assert done.exit_code == 0, done.output
    assert "60.50 to 2026-00002, which is paid; 0.00 is open." in done.output
    assert "60.50 of C2026-00001 is left." in done.output
    again = billing("set-off", "C2026-00001", "2026-00002")
    assert (again.exit_code, again.stderr) == (1, "Nothing is left to allocate, or nothing is open.\n")
    shown = billing("receipt", "allocations", "--invoice", "2026-00002")
    assert re.search(r"C2026-00001 +2026-00002 +60\.50", shown.output)

    paid_back = billing("refund", "add", "--credit-note", "C2026-00001", "--amount", "60.00", "--reference", "Bank 17")
    assert paid_back.exit_code == 0, paid_back.output
    assert "60.00 on 2026-03-31; 0.50 is left." in paid_back.output
    (refund,) = re.findall(r"Refund ([0-9a-f-]{36})", paid_back.output)
    assert "60.00 is left again" in billing("refund", "undo", refund, "--reason", "Rekening bestaat niet").output
    assert "60.50 on 2026-03-31; 0.00 is left." in billing("refund", "add", "--credit-note", "C2026-00001").output
    assert [float(found) for found in re.findall(r"-?60\.[05]0", billing("refund", "list").output)] == [60.5, -60, 60]
    balance = billing("balance", "10000")
    assert "Open invoices 0.00 − receipts left 0.00 − credits left 0.00 = 0.00" in balance.output
    assert "C2026-00001" not in billing("credit-notes", "--left").output


def test_an_invoice_is_contested_and_what_nobody_expects_is_written_off(
    database: Database,
    billing: Billing,  # noqa: F811
) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    opened = billing("dispute", "open", "2026-00001", "--reason", "De uren kloppen niet", "--on", "2026-03-31")
    assert opened.stdout == "2026-00001 is contested since 2026-03-31.\n"
    twice = billing("dispute", "open", "2026-00001", "--reason", "Nog een")
    assert (twice.exit_code, twice.stderr) == (1, "This invoice is contested already: end that dispute first.\n")
    early = billing("dispute", "end", "2026-00001", "--outcome", "Uitgelegd", "--on", "2026-03-30")
    assert (early.exit_code, early.stderr) == (
        1,
        "A dispute ends after it began.\n  /ended_on: lies before opened_on\n",
    )
    assert "De uren kloppen niet" in billing("dispute", "list", "--running").output
    ended = billing("dispute", "end", "2026-00001", "--outcome", "Uitgelegd")
    assert ended.stdout == "2026-00001 was contested from 2026-03-31 to 2026-03-31.\n"
    assert billing("dispute", "end", "2026-00001", "--outcome", "Uitgelegd").stderr == (
        "No dispute about 2026-00001 is running.\n"
    )
    assert "De uren" not in billing("dispute", "list", "--running").output
    assert "Uitgelegd" in billing("dispute", "list", "--invoice", "2026-00001").output

    off = billing("write-off", "add", "2026-00001", "--reason", "Klein", "--amount", "21.00")
    assert "21.00 of 2026-00001, which is open; 100.00 is open." in off.output
    rest = billing("write-off", "add", "2026-00001", "--reason", "Failliet")
    assert "100.00 of 2026-00001, which is written_off; 0.00 is open." in rest.output
    assert "0.00 is open of 2026-00001." in billing("write-off", "add", "2026-00001", "--reason", "Nog eens").stderr
    (second,) = re.findall(r"Write-off ([0-9a-f-]{36})", rest.output)
    undone = billing("write-off", "undo", second, "--reason", "Curator betaalt toch")
    assert "100.00 of 2026-00001, which is open; 100.00 is open." in undone.output
    assert "Curator betaalt toch" in billing("write-off", "list", "--customer", "10000").output
    with world.reading() as scope:
        assert receivables.standing(scope, invoice_id).written_off == Decimal("21.00")


def test_several_lines_are_credited_at_once(database: Database, billing: Billing) -> None:  # noqa: F811
    world = World.founded(database)
    world.agree()
    for amount in ("10.00", "20.00", "40.00"):
        world.charge(amount=Decimal(amount))
    world.issue(world.release())
    credited = billing("credit", "2026-00001", "--reason", "Verkeerd", "--line", 1, "--line", 3)
    assert "Credit note C2026-00001: 50.00 + 10.50 VAT = 60.50." in credited.output
    again = billing("credit", "2026-00001", "--reason", "Verkeerd", "--line", 3, "--quantity", "one")
    assert again.exit_code == 1
    assert '  --quantity: is not a number such as "12.50"' in again.stderr


def test_what_cannot_be_is_refused_with_a_sentence(database: Database, billing: Billing) -> None:  # noqa: F811
    invoices(database, "100.00")
    assert "no customer 999" in billing("balance", "999").output
    refused = billing("credit", "2026-00001", "--reason", "Te veel", "--line", 1, "--amount", "100.01")
    assert refused.exit_code == 1
    assert "100.00 is left" in refused.output
    assert billing("credit", "2026-00001", "--reason", "Te veel", "--amount", "1.00").exit_code == 2
    both = ("refund", "add", "--credit-note", "C2026-00001", "--receipt", "019a6d0c-7a00-7000-8000-000000000001")
    assert billing(*both).exit_code == 2
    assert billing("refund", "add", "--credit-note", "2026-00001").stderr == (
        "This is no credit note.\n  /credit_note_id: is no credit note\n"
    )
    wrong = billing("write-off", "add", "2026-00001", "--reason", "Klein", "--amount", "1,00")
    assert wrong.exit_code == 1
    assert "  --amount: " in wrong.stderr


def test_the_example_of_the_documentation_is_what_comes_out(database: Database, billing: Billing) -> None:  # noqa: F811
    world = World.founded(database)
    world.agree(customer={"name": "Vereniging"})
    world.charge(minutes=60, unit_price=Decimal("95.00"))
    world.charge(quantity=Decimal(2), unit_price=Decimal("12.50"))
    world.issue(world.release())
    text = (Path(__file__).parents[1] / "docs" / "credit-and-payments.md").read_text(encoding="utf-8")
    said = text.split("## An example")[1].split("## Who may")[0]
    commands = re.findall(r"^\$ billing (.*)$", said, re.MULTILINE)
    assert len(commands) == 5
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
