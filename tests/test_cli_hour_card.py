"""Hour cards, blocks and allowances on the command line."""

from __future__ import annotations

import re

import pytest

from billing_service.store.session import Database
from tests.invoicing.world import World
from tests.test_cli import Billing, billing, own_folder  # noqa: F401 - fixtures

SOLD = (
    *("hour-card", "sell", "--contract", "C-1", "--code", "support", "--title", "Strippenkaart support"),
    *("--amount", "900.00", "--on", "2026-03-02"),
)
DESIGN = (
    *("hour-card", "sell", "--block", "--contract", "C-1", "--code", "design", "--title", "Ontwerp"),
    *("--title-en", "Design", "--amount", "280.00", "--on", "2026-03-02"),
)


@pytest.fixture
def world(database: Database) -> World:
    world = World.founded(database)
    world.agree()
    return world


def test_a_card_is_sold_corrected_and_shown(world: World, billing: Billing) -> None:  # noqa: F811
    assert billing(*SOLD).stderr.splitlines()[1:] == [
        "  /minutes: is required of a card; only a block has a length of its own"
    ]
    made = billing(*SOLD, "--minutes", 600, "--valid-to", "2027-03-01", "--low", 60)
    assert made.exit_code == 0, made.output
    assert made.stdout == "Sold UK-0001: 10:00 for 900.00 on 2026-03-02, valid from 2026-03-02 to 2027-03-01.\n"
    corrected = billing("hour-card", "correct", "UK-0001", "--reason", "Telefoongesprek", "--", -45)
    assert corrected.stdout == "9:15 is left of UK-0001.\n", corrected.output
    over = billing("hour-card", "correct", "UK-0001", "--reason", "Te veel", "--", -600)
    assert (over.exit_code, over.stderr) == (1, "Of UK-0001 9:15 is left: 10:00 cannot be taken.\n")
    shown = billing("hour-card", "show", "UK-0001").stdout
    assert shown.startswith("UK-0001: Strippenkaart support / Strippenkaart support, open.\n")
    assert re.search(r"2026-03-31 +corrected +-0:45 +Telefoongesprek", shown)
    assert shown.endswith("9:15 is left.\n")
    listed = billing("hour-card", "list", "--contract", "C-1", "--state", "open").stdout
    assert re.search(r"UK-0001 +card +support +2026-03-02 +2027-03-01 +10:00 +9:15 +open", listed)
    assert "UK-0001" not in billing("hour-card", "list", "--state", "used_up").stdout
    assert billing("hour-card", "show", "UK-9").stderr == "There is no hour card UK-9.\n"


def test_feedback_on_a_finished_block_needs_a_new_one(world: World, billing: Billing) -> None:  # noqa: F811
    assert "Sold UK-0001: 4:00 for 280.00" in billing(*DESIGN).stdout
    work = ("hour-card", "feedback", "UK-0001")
    assert billing(*work, 240, "--description", "Lijst", "--on", "2026-03-10").stdout == "0:00 is left of UK-0001.\n"
    refused = billing(*work, 30, "--description", "Toch nog")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Block UK-0001 is used up. Its feedback needs a new one")
    assert billing(*DESIGN, "--follows", "UK-0001").exit_code == 0
    assert billing(*work, 30, "--description", "Toch nog").stdout == "3:30 is left of UK-0002.\n"


def test_a_sale_is_taken_back_until_it_is_on_a_document(world: World, billing: Billing) -> None:  # noqa: F811
    billing(*SOLD, "--minutes", 600)
    cancelled = billing("hour-card", "cancel", "UK-0001", "--reason", "Vergissing")
    assert cancelled.stdout == "UK-0001 is cancelled; it is not invoiced.\n"
    again = billing("hour-card", "cancel", "UK-0001", "--reason", "Nog eens")
    assert (again.exit_code, again.stderr) == (1, "UK-0001 was cancelled before.\n")
    billing(*SOLD, "--minutes", 600)
    world.release()
    refused = billing("hour-card", "cancel", "UK-0002", "--reason", "Vergissing")
    assert "withdraw that first" in refused.stderr


def test_an_allowance_is_given_shown_and_ended(world: World, billing: Billing) -> None:  # noqa: F811
    added = billing(
        *("allowance", "add", "--contract", "C-1", "--code", "questions", "--title", "Vrije vragen"),
        *("--unit", "questions", "--quantity", 5, "--carry-over", 1, "--valid-from", "2026-03-01"),
    )
    assert added.exit_code == 0, added.output
    (made,) = re.findall(r"Allowance ([0-9a-f-]{36}): 5 questions per calendar month from 2026-03-01", added.stdout)
    world.charge()
    world.release()
    shown = billing("allowance", "show", made).stdout
    assert re.search(r"2026-03-01 +given +5", shown)
    assert "5 is left of the period from 2026-03-01, usable until 2026-04-30." in shown
    assert re.search(rf"{made} +questions +5 questions per calendar month", billing("allowance", "list").stdout)
    assert billing("allowance", "end", made, "2026-03-30").stdout == "Ends on 2026-03-30.\n"
    assert made not in billing("allowance", "list", "--running", "--contract", "C-1").stdout
    late = billing("allowance", "end", made, "2026-12-31")
    assert (late.exit_code, late.stderr) == (1, "This allowance ends on 2026-03-30 already.\n")
    early = billing("allowance", "end", made, "2026-02-01")
    assert "lies before it begins" in early.stderr
