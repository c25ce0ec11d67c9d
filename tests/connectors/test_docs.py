"""docs/connectors.md tells what the code declares."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from connectors import PACKAGES
from connectors.base import Capabilities, Fact, Verified, known, unverified
from connectors.overview import WORDS, table
from connectors.package import Setting

PAGE = Path(__file__).resolve().parents[2] / "docs" / "connectors.md"


def test_the_table_in_the_page_is_the_one_of_the_code():
    told = re.search(r"<!-- python -m connectors -->\n\n(.*)\n<!-- end -->", PAGE.read_text(), re.DOTALL)
    assert told is not None
    assert told[1] == table(PACKAGES)


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_the_page_of_a_package_asks_for_the_settings_that_the_package_asks_for(name):
    text = (PAGE.parent / "connectors" / f"{name}.md").read_text("utf-8")
    (told,) = re.findall(r"## Fill in\n\n\| Setting \| What \| Needed \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", text)
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in told.splitlines()]
    found = {
        Setting(setting, required=needed == "yes", secret=bool(secret), choices=choices_in(what, setting, name))
        for names, what, needed in rows
        for setting, secret in re.findall(r"`(\w+)`( \(secret\))?", names)
    }
    assert found == set(PACKAGES[name].settings)


def choices_in(what: str, setting: str, package: str) -> tuple[str, ...]:
    """The choices of this setting, those of them that its line tells."""
    (asked,) = (one for one in PACKAGES[package].settings if one.name == setting)
    return tuple(choice for choice in asked.choices if f"`{choice}`" in what)


def test_every_page_of_a_package_has_what_a_reader_looks_for():
    wanted = ("**What this was verified against.**", "## Prepare ", "## Fill in", "## What is synced", "## Limits")
    for name in PACKAGES:
        text = (PAGE.parent / "connectors" / f"{name}.md").read_text("utf-8")
        assert [heading for heading in wanted if heading not in text] == [], name
        assert f"(connectors/{name}.md)" in PAGE.read_text("utf-8"), name
        met = all(fact.verified is not Verified.DOCUMENTATION for fact in facts_of(name))
        assert met or re.search(r"never\*{0,2} met|has \*\*never met", text), name


def facts_of(name: str) -> list[Fact]:
    declared = PACKAGES[name].capabilities({})
    return [getattr(declared, field.name) for field in fields(Capabilities)]


def test_every_capability_has_its_words():
    assert {field.name for field in fields(Capabilities)} == WORDS.keys()


def test_what_was_only_read_about_and_what_is_off_is_said():
    fake = PACKAGES["fake"].capabilities({})
    facts = {name: getattr(fake, name).value for name in WORDS}
    read = {name: known(value, Verified.DOCUMENTATION, "a manual") for name, value in facts.items()}
    read["credit_link"] = unverified(claimed=True, off=False, source="a forum")
    page = table({"x": replace(PACKAGES["fake"], capabilities=lambda settings: Capabilities(**read))})
    assert "**Never met the real package.**" in page
    assert "no (off; said to be: yes) | unverified | a forum |" in page
    assert "Never met" not in table({"fake": PACKAGES["fake"]})
    told = {
        package.name: table({package.name: package}).count("**Never met the real package")
        for package in PACKAGES.values()
    }
    assert told == {"fake": 0, "exact": 1, "moneybird": 1, "odoo": 1, "tryton": 0}
