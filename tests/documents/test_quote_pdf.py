"""The printed quote, read back from its bytes by another program."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing_service.core.imports.quote import QuotedFile, QuoteDocument
from billing_service.core.vat import VatDecision
from billing_service.documents.pdf import lay_out_quote, render_quote
from billing_service.documents.pdf import lines as line_table
from billing_service.documents.pdf.fonts import readable
from billing_service.documents.pdf.marks import MM
from billing_service.documents.pdf.quote_texts import QUOTE_TEXTS
from billing_service.errors import InvalidInput
from tests.documents.examples import BUYER, SELLER
from tests.documents.quotes import MEMBERS, SENTENCES, quote
from tests.documents.reading import Page, faults, placed, read, single_blanks

ROOT = Path(__file__).parents[2]
LINK = "https://billing.zuiderhaven.example/quotes/Tq3v8mWc0bYh2nRk5sLxJf7uPe9aZd1o"


def english() -> QuoteDocument:
    """Another structure in English, to be done on a quote of its own if it changes once more."""
    return quote(
        language="en",
        purpose="new_structure",
        files=(QuotedFile("members.csv", 1, ("Name",)),),
        website=False,
        one_dimensional=True,
        reasons=("The columns are not those that were delivered before.",),
        moments=1,
        feedback_rounds=0,
        new_structure=None,
        policy="Import policy 2026",
        policy_sentences=("All prices are excluding VAT.",),
        note=None,
    )


def reverse_charge() -> QuoteDocument:
    """A Belgian business: btw verlegd."""
    buyer = replace(BUYER, vat_number="BE0428759497", address=replace(BUYER.address, country="BE"))
    return quote(buyer=buyer, vat=VatDecision("AE", Decimal("0.00"), "reverse_charge"))


def wide_file() -> QuoteDocument:
    """A file of 400 columns with long titles, and every one of 60 sentences: several pages."""
    titles = tuple(f"Vrij-veld-{at}-van-de-oude-ledenadministratie" for at in range(1, 401))
    return quote(files=(QuotedFile("alles.csv", 400, titles),), policy_sentences=SENTENCES * 7)


CASES: dict[str, Callable[[], QuoteDocument]] = {
    case.__name__: case for case in (quote, english, reverse_charge, wide_file)
}


@cache
def pages_of(name: str) -> list[Page]:
    return read(render_quote(CASES[name](), LINK))


def whole(name: str) -> str:
    return " ".join(page.text for page in pages_of(name))


@pytest.mark.parametrize("name", CASES)
def test_nothing_overlaps_and_nothing_leaves_the_page(name: str) -> None:
    assert faults(pages_of(name)) == []


def test_the_first_page_says_what_it_is_for_whom_until_when_and_what_it_costs() -> None:
    text = pages_of("quote")[0].text
    for said in (
        "OFFERTE",
        "IMP-2026-0007-1",
        "21 november 2026",
        "21 december 2026",
        "Stichting Waterlandmuseum",
        "Btw NL853746333B01",
        "Import van 3 bestanden (26 kolommen) 1 500,00 21% 500,00",
        "Inbegrepen: 2 importmomenten en 1 feedbackronde",
        "Totaal exclusief btw € 500,00",
        "Totaal btw € 105,00",
        "Totaal inclusief btw € 605,00",
    ):
        assert said in text


def test_it_names_every_file_its_columns_what_is_skipped_and_why_it_is_not_free() -> None:
    ours, text = quote(), whole("quote")
    for file in ours.files:
        assert file.name in text
        assert all(title in text for title in file.titles)
    assert "ledenbestand 2026.csv 14 kolommen" in text
    assert "Niet geïmporteerd: Geboortedatum: 2 schrijfwijzen van datums" in text
    assert "Alleen persoonsgegevens van leden: nee · Website in het project: ja" in text
    assert all(reason in text for reason in ours.reasons)


def test_it_names_what_may_follow_and_prints_the_whole_policy() -> None:
    text = whole("quote")
    assert "Elk volgend importmoment, na de inbegrepen € 250,00 exclusief btw" in text
    assert "Een nieuwe opbouw, als de oude niet meer kan € 500,00 exclusief btw" in text
    assert "Voorwaarden: Importbeleid 2026" in text
    assert [sentence for sentence in SENTENCES if single_blanks(sentence) not in text] == []
    assert "Wij koppelen de commissieleden aan hun lidnummer." in text


def test_a_new_structure_in_english_says_nothing_in_dutch() -> None:
    text = whole("english")
    assert "QUOTATION" in text
    assert "Import with a new structure, 1 file (1 column) 1 500.00 21% 500.00" in text
    assert "Included: 1 import moment" in text
    assert "A new structure, where the old one is no longer possible on quotation" in text
    dutch = {word for word in QUOTE_TEXTS["nl"].values() if word not in QUOTE_TEXTS["en"].values() and "{" not in word}
    assert [word for word in dutch if re.search(rf"\b{re.escape(word)}\b", text)] == []


def test_the_link_is_printed_where_it_is_given_and_referred_to_elsewhere() -> None:
    assert LINK in whole("quote")
    without = " ".join(page.text for page in read(render_quote(quote())))
    assert "https://" not in without
    assert "met de link die u bij deze offerte ontving" in without
    assert "Zonder akkoord brengen wij niets in rekening." in without


def test_a_reverse_charge_says_so_with_the_buyers_number() -> None:
    text = whole("reverse_charge")
    assert "Btw verlegd naar de afnemer" in text
    assert "Btw-nummer afnemer: BE0428759497." in text
    assert "Totaal inclusief btw € 500,00" in text


def test_a_file_of_hundreds_of_columns_runs_on_over_numbered_pages() -> None:
    pages = pages_of("wide_file")
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert f"Pagina {number} van {len(pages)}" in page.text
        assert number == 1 or "Offerte IMP-2026-0007-1" in page.text
    text = whole("wide_file")
    assert all(f"Vrij-veld-{at}-van-de-oude-ledenadministratie" in text for at in range(1, 401))


def test_the_file_knows_its_title_its_sender_and_its_language() -> None:
    pdf = pypdf.PdfReader(io.BytesIO(render_quote(english())))
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Quotation IMP-2026-0007-1 from Helpdesk Zuiderhaven B.V."
    root: Any = pdf.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert all("/Annots" not in page for page in pdf.pages)


def test_the_same_quote_is_the_same_bytes_whenever_and_wherever() -> None:
    program = (
        "import hashlib, sys, time_machine;"
        "travel = time_machine.travel(sys.argv[1]); travel.start();"
        "from billing_service.documents.pdf import render_quote;"
        "from tests.documents.quotes import quote;"
        "print(hashlib.sha256(render_quote(quote())).hexdigest())"
    )
    answers = set()
    for moment, seed, zone in (("2026-03-29", "1", "Pacific/Auckland"), ("2031-12-31", "77", "America/New_York")):
        run = subprocess.run(
            [sys.executable, "-c", program, moment],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        answers.add(run.stdout)
    assert len(answers) == 1


TOO_LONG: dict[str, dict[str, Any]] = {
    "/project_name": {"project_name": "Lang " * 400},
    "/buyer/name": {"buyer": replace(BUYER, name="Naam " * 400)},
    "/seller/legal_name": {"seller": replace(SELLER, legal_name="Naam " * 130)},
}


@pytest.mark.parametrize("pointer", TOO_LONG)
def test_what_cannot_be_set_is_refused_by_its_field(pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        lay_out_quote(quote(**TOO_LONG[pointer]))
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_a_shifted_column_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_table, "VAT_END", line_table.VAT_END + 14 * MM)
    assert faults(read(render_quote(quote()))) != []


def test_dutch_and_english_have_the_same_keys_and_the_same_places() -> None:
    assert QUOTE_TEXTS["nl"].keys() == QUOTE_TEXTS["en"].keys()
    for key, text in QUOTE_TEXTS["nl"].items():
        places = re.compile(r"\{\w+\}")
        assert sorted(places.findall(text)) == sorted(places.findall(QUOTE_TEXTS["en"][key]))
        assert readable(text) == text


anything = st.text(max_size=300)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(anything, st.lists(anything, max_size=40), anything, anything, st.sampled_from(["nl", "en"]))
def test_whatever_files_and_columns_are_called_the_page_holds_it(
    name: str, titles: list[str], reason: str, note: str, language: str
) -> None:
    file = QuotedFile(name, len(titles), tuple(titles), (reason,))
    document = quote(files=(file, MEMBERS), reasons=(reason, ""), note=note, language=language, policy=reason[:80])
    assert faults(placed(lay_out_quote(document, name))) == []
    assert len(read(render_quote(document))) >= 1
