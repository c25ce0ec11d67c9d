"""docs/connectors.md tells what the code declares."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

from connectors import PACKAGES
from connectors.base import Capabilities, Verified, known, unverified
from connectors.overview import WORDS, table

PAGE = Path(__file__).resolve().parents[2] / "docs" / "connectors.md"


def test_the_table_in_the_page_is_the_one_of_the_code():
    told = re.search(r"<!-- python -m connectors -->\n\n(.*)\n<!-- end -->", PAGE.read_text(), re.DOTALL)
    assert told is not None
    assert told[1] == table(PACKAGES)


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
