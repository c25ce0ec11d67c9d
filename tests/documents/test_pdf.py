"""The printed invoice, read back from its bytes by another program."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing_service.core.document import DocumentKind, InvoiceDocument, PrecedingDocument, check, issue, make_line
from billing_service.core.references import grouped
from billing_service.core.vat import VAT_TEXTS, vat_text
from billing_service.documents.pdf import lay_out, render
from billing_service.documents.pdf import lines as line_table
from billing_service.documents.pdf.fonts import REPLACEMENT, readable
from billing_service.documents.pdf.formats import hours, long_date, money, plain_amount, unit_price
from billing_service.documents.pdf.marks import MM, RIGHT
from billing_service.documents.pdf.texts import TEXTS, UNITS
from billing_service.errors import InvalidInput
from tests.documents.cases import CASES, HOSTILE
from tests.documents.examples import (
    BUYER,
    ISSUED_ON,
    NUMBER,
    SELLER,
    annex_entry,
    issued,
    released,
    standard,
    with_line,
)
from tests.documents.reading import Page, codes, faults, laid_out, read, single_blanks

ROOT = Path(__file__).parents[2]


@cache
def case(name: str) -> InvoiceDocument:
    document = CASES[name]()
    check(document)
    return document


@cache
def printed(name: str) -> bytes:
    return render(case(name))


@cache
def pages_of(name: str) -> list[Page]:
    return read(printed(name))


def invoice_pages(name: str) -> list[Page]:
    """The pages up to the totals."""
    totals = TEXTS[case(name).language]["gross"]
    texts = [totals in page.text for page in pages_of(name)]
    return pages_of(name)[: texts.index(True) + 1]


def annex_pages(name: str) -> list[Page]:
    pages, titles = pages_of(name), [TEXTS[case(name).language][key] for key in ("annex", "imports", "items")]
    texts = [any(title in page.text for title in titles) for page in pages]
    return pages[texts.index(True) :] if any(texts) else []


def spaced(text: str) -> str:
    """Formatted text as it is read back: every kind of blank is one blank."""
    return single_blanks(readable(text))


@pytest.mark.parametrize("name", CASES)
def test_nothing_overlaps_and_nothing_leaves_the_page(name: str) -> None:
    assert faults(pages_of(name)) == []


@pytest.mark.parametrize("name", CASES)
def test_the_first_page_has_what_the_law_asks_of_both_parties(name: str) -> None:
    document, page = case(name), pages_of(name)[0]
    seller, buyer = document.seller, document.buyer
    texts = TEXTS[document.language]
    expected = [
        texts["invoice"].upper(),
        document.number,
        long_date(document.issue_date, document.language) if document.issue_date else None,
        long_date(document.due_date, document.language) if document.due_date else None,
        seller.address.city,
        seller.address.postal_code,
        f"KvK {seller.kvk_number}",
        f"{texts['vat_number']} {seller.vat_number}" if seller.vat_number else None,
        f"IBAN {grouped(seller.iban)}" if seller.iban else None,
        buyer.address.postal_code,
        buyer.vat_number,
    ]
    missing = [text for text in expected if text and spaced(text) not in page.text]
    assert missing == []
    packed = page.text.replace(" ", "")  # long names are broken over lines
    long = (seller.legal_name, seller.address.street, buyer.name, buyer.address.street, buyer.address.city)
    assert [text for text in long if spaced(text).replace(" ", "") not in packed] == []


@pytest.mark.parametrize("name", CASES)
def test_every_line_shows_kind_extent_price_rate_and_amount(name: str) -> None:
    document = case(name)
    text = " ".join(page.text for page in invoice_pages(name))
    at = 0
    for line in document.lines:
        words = [word for word in spaced(line.description).split() if REPLACEMENT not in word and len(word) < 40]
        assert [word for word in words if word not in text] == []
        shown = [plain_amount(line.amount, document.language)]
        if line.minutes is not None:
            shown.insert(0, hours(line.minutes))
        if line.unit_price is not None:
            shown.insert(-1, unit_price(line.unit_price, document.language))
        for figure in shown:  # in this order, line after line
            found = text.find(figure, at)
            assert found >= at, f"line {line.number} lacks {figure}"
            at = found


@pytest.mark.parametrize("name", CASES)
def test_the_totals_stand_together_on_one_page_with_the_last_line(name: str) -> None:
    document, page = case(name), invoice_pages(name)[-1]
    texts, language = TEXTS[document.language], document.language
    figures = [document.totals.net, document.totals.vat, document.totals.gross, document.totals.payable]
    for group in document.vat:
        figures += [group.taxable, group.tax]
        assert all(spaced(vat_text(code, language)) in page.text for code in group.texts)
    missing = [figure for figure in figures if spaced(money(figure, document.currency, language)) not in page.text]
    assert missing == []
    assert texts["net"] in page.text
    assert texts["gross"] in page.text
    assert plain_amount(document.lines[-1].amount, language) in page.text
    assert document.payment.reference is not None
    assert grouped(document.payment.reference) in page.text


@pytest.mark.parametrize("name", CASES)
def test_amounts_end_at_the_right_edge(name: str) -> None:
    document = case(name)
    pages = invoice_pages(name)
    amounts = [plain_amount(line.amount, document.language) for line in document.lines]
    ends = [box.right for page in pages for box in page.boxes if box.text in amounts and box.left > RIGHT - 30 * MM]
    assert len(ends) >= len(amounts)
    assert all(abs(end - RIGHT) < 2.1 for end in ends)  # a 1 leaves 2 points of room beside it


@pytest.mark.parametrize("name", CASES)
def test_prices_hang_on_their_decimal_sign(name: str) -> None:
    document = case(name)
    sign = "," if document.language == "nl" else "."
    prices = {unit_price(line.unit_price, document.language) for line in document.lines if line.unit_price is not None}
    digit = 9 * 0.572
    points = [
        box.right - digit * len(box.text.partition(sign)[2])
        for page in invoice_pages(name)
        for box in page.boxes
        if box.text in prices and abs(box.right - line_table.PRICE_END) < 4 * digit
    ]
    assert len(points) >= len([line for line in document.lines if line.unit_price is not None])
    assert not points or max(points) - min(points) < 0.8


@pytest.mark.parametrize("name", CASES)
def test_pages_are_numbered_and_heads_are_repeated(name: str) -> None:
    document, pages = case(name), pages_of(name)
    texts = TEXTS[document.language]
    for number, page in enumerate(pages, 1):
        assert texts["page"].format(page=number, pages=len(pages)) in page.text
    for page in invoice_pages(name):
        heads = [texts[key] for key in ("description", "quantity", "vat")] + [f"{texts['amount']} (€)"]
        assert all(page.find(head) for head in heads)
    for page in annex_pages(name):
        heads = [texts[key] for key in ("question", "subject", "raw_minutes", "corrected_minutes", "billed_minutes")]
        assert all(page.find(head) for head in heads)
        assert texts["annex_of"].format(number=document.number) in page.text


@pytest.mark.parametrize("name", CASES)
def test_a_scanner_reads_the_payment_from_the_page_with_the_totals(name: str) -> None:
    document = case(name)
    (payload,) = codes(printed(name), len(invoice_pages(name)) - 1)
    lines = payload.split("\n")
    assert lines[:4] == ["BCD", "002", "1", "SCT"]
    assert document.seller.legal_name.startswith(lines[5])
    assert len(lines[5]) == min(70, len(document.seller.legal_name))
    assert lines[6:] == [document.payment.iban, f"EUR{document.totals.payable}", "", document.payment.reference]


def test_the_annex_tells_each_question_its_fate() -> None:
    document = case("annex")
    pages = annex_pages("annex")
    assert len(pages) == 2
    text = " ".join(page.text for page in pages)
    assert "Aantal vragen: 19 (berekend 15, inbegrepen 1, kwijtgescholden 1, strippenkaart 1, niet berekend 1)." in text
    for entry in document.annex:
        assert entry.question in text
        assert spaced(entry.subject) in text
        assert all(spaced(sentence) in text for sentence in entry.explanation)
    assert "V-1033 Factuur kwam dubbel binnen 1:20 0:45 – kwijtgescholden 0,00" in text
    assert "V-1032 Wachtwoord vergeten 0:06 – 0:15 inbegrepen 0,00" in text
    assert "S. de Boer · gesteld op 2 nov 2026 · afgerond op 3 nov 2026" in text


def test_the_annex_tells_of_each_import_what_was_delivered_when_and_why_it_costs_this() -> None:
    (page,) = annex_pages("import_fees")
    assert page.text.index(TEXTS["nl"]["annex"]) < page.text.index(TEXTS["nl"]["imports"])
    assert "IMP-2026-0007 Verder importmoment (moment 3) 19 nov 2026 90,00" in page.text
    assert "20 nov 2026 180,00" in page.text
    packed = page.text.replace(" ", "")
    for fee in case("import_fees").imports:
        assert all(spaced(part).replace(" ", "") in packed for part in (fee.description, *fee.explanation))


def test_an_annex_of_imports_alone_has_no_table_of_questions() -> None:
    document = replace(case("import_fees"), annex=())
    *_, page = read(render(document))
    assert TEXTS["nl"]["imports"] in page.text
    assert not page.find(TEXTS["nl"]["raw_minutes"])
    assert faults([page]) == []


def test_each_card_shows_what_stood_there_what_changed_and_what_is_left() -> None:
    document = case("prepaid_time")
    text = " ".join(page.text for page in pages_of("prepaid_time"))
    assert text.index("Totaal inclusief btw") < text.index(TEXTS["nl"]["prepaid"])
    assert "UK-0001 · Strippenkaart support, 10 uur (geldig tot en met 31 oktober 2027)" in text
    assert "Vorige stand 0:00 1 nov 2026 Gekocht +10:00" in text
    assert "4 nov 2026 Afgeschreven: V-1034 Vraag over de incasso 4 -0:20" in text
    assert "5 nov 2026 Teruggeboekt: V-1035 Vraag over de incasso 5 +0:25" in text
    assert "12 nov 2026 Gecorrigeerd: Te veel tijd genoteerd +0:15" in text
    assert "Stand op 30 november 2026 7:00" in text  # 600 - 220 + 25 + 15
    assert "Vorige stand 1:00 18 nov 2026 Afgeschreven: V-1051 Huisstijl in de nieuwsbrief -1:00" in text
    assert "Stand op 30 november 2026 0:00" in text
    assert "Vorige stand 0 1 nov 2026 Inbegrepen in deze periode +5" in text
    assert [stated.balance for stated in document.prepaid] == [420, 0, 4]


def test_a_card_of_a_hundred_draws_runs_on_under_a_repeated_head() -> None:
    first = case("prepaid_time").prepaid[0]
    many = tuple(replace(first.movements[1], quantity=-2, question=f"V-{at}") for at in range(100))
    document = replace(case("prepaid_time"), prepaid=(replace(first, previous=200, movements=many, balance=0),))
    pages = read(render(document))
    assert faults(pages) == []
    assert sum(page.text.count("UK-0001 · Strippenkaart") for page in pages) == len(pages)
    assert len(pages) == 4


def test_the_annex_tells_how_cards_and_subscriptions_come_to_their_amount_below_the_imports() -> None:
    pages = annex_pages("other_items")
    text = " ".join(page.text for page in pages)
    assert text.index(TEXTS["nl"]["imports"]) < text.index(TEXTS["nl"]["items"])
    assert "Abonnement Financiële app, 16 t/m 30 november 2026 16 nov 2026 15,00" in text
    packed = text.replace(" ", "")
    for item in case("other_items").items:
        assert all(spaced(part).replace(" ", "") in packed for part in (item.description, *item.explanation))


def test_included_work_stands_at_nothing_beside_its_time() -> None:
    assert "Vragen onder het contract 0:35 uur inbegrepen 21% 0,00" in pages_of("annex")[0].text


def test_a_reverse_charge_says_so_with_the_buyers_number() -> None:
    text = pages_of("reverse_charge")[0].text
    assert "Btw verlegd" in text
    assert "Btw-nummer afnemer: BE0428759497." in text
    assert "BELGIË" in text
    assert "NEDERLAND" in text


def test_two_rates_are_summed_apart_and_what_was_paid_is_taken_off() -> None:
    text = pages_of("two_rates")[0].text
    assert "21% € 150,43 € 31,59" in text
    assert "9% € 269,46 € 24,25" in text
    assert "Reeds betaald € -100,00" in text
    assert "Te betalen € 375,73" in text


def test_the_totals_take_the_last_line_along_to_the_next_page() -> None:
    first, second = pages_of("page_break_at_the_totals")
    assert "Vraag nummer 14 " in first.text
    assert "Vraag nummer 15 " not in first.text
    assert "Totaal" not in first.text
    assert second.text.index("Vraag nummer 15") < second.text.index("Totaal exclusief btw")


def test_english_says_nothing_in_dutch() -> None:
    text = " ".join(page.text for page in pages_of("english"))
    assert "Restored the web shop connection 20:45 hours 95.00 no VAT 1,971.25" in text
    assert "Please transfer €1,971.25 by 21 December 2026" in text
    dutch = {word for word in TEXTS["nl"].values() if word not in TEXTS["en"].values() and "{" not in word}
    assert [word for word in dutch if re.search(rf"\b{re.escape(word)}\b", text)] == []


def test_markup_of_strangers_is_printed_and_never_obeyed() -> None:
    pdf = pypdf.PdfReader(io.BytesIO(printed("non_ascii_names")))
    text = pages_of("non_ascii_names")[0].text
    assert all(part in text for part in ("Bröd & <b>Søn</b>", '<img src="/etc/passwd">', "{number} %s \\) Tj"))
    assert all(part in HOSTILE for part in ("<b>", "<img", "{number} %s \\) Tj"))
    for page in pdf.pages:
        assert "/Annots" not in page
        assert not page.images
    assert b"/JavaScript" not in printed("non_ascii_names")
    assert b"/URI" not in printed("non_ascii_names")


def test_names_keep_their_letters_and_a_sign_stands_for_a_letter_that_cannot_be_drawn() -> None:
    text = pages_of("non_ascii_names")[0].text
    for name in ("Związek Żeglarzy Łódź & Gdańsk", "Şükrü Yıldırım-İğneada", "Håkan Ångström", "Ελένη", "Дмитрий"):
        assert name in text
    assert "東" not in text
    assert readable("東京 🙂") == REPLACEMENT * 2 + " " + REPLACEMENT
    assert readable("e\u0301\u200bn\u00ad\tb\x00c\u2028d") == "én b c d"


def test_every_font_is_embedded() -> None:
    for name in ("non_ascii_names", "annex"):
        for page in pypdf.PdfReader(io.BytesIO(printed(name))).pages:
            fonts: Any = page["/Resources"]["/Font"]  # type: ignore[index]
            assert fonts
            assert all("/FontFile2" in font.get_object()["/FontDescriptor"].get_object() for font in fonts.values())


def test_the_file_knows_its_title_its_sender_and_its_language() -> None:
    pdf = pypdf.PdfReader(io.BytesIO(printed("two_rates")))
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Factuur 20260042 van Helpdesk Zuiderhaven B.V."
    assert pdf.metadata.author == "Helpdesk Zuiderhaven B.V."
    root: Any = pdf.trailer["/Root"]
    assert root["/Lang"] == "nl"


def test_the_same_document_is_the_same_bytes_whenever_and_wherever() -> None:
    program = (
        "import hashlib, sys, time_machine;"
        "travel = time_machine.travel(sys.argv[1]); travel.start();"
        "from billing_service.documents.pdf import render;"
        "from tests.documents.cases import CASES;"
        "print(*(hashlib.sha256(render(CASES[name]())).hexdigest() for name in sys.argv[2:]))"
    )
    names = ["non_ascii_names", "annex"]
    answers = set()
    for moment, seed, zone in (("2026-03-29", "1", "Pacific/Auckland"), ("2031-12-31", "77", "America/New_York")):
        run = subprocess.run(
            [sys.executable, "-c", program, moment, *names],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        answers.add(run.stdout)
    assert len(answers) == 1


def test_a_document_drawn_before_does_not_change_the_next() -> None:
    before = printed("two_rates")
    render(CASES["non_ascii_names"]())
    assert render(CASES["two_rates"]()) == before


def test_a_released_document_is_a_concept_without_number_or_code() -> None:
    pdf = render(released())
    (page,) = read(pdf)
    assert len(page.find("concept")) == 4  # number, two dates, reference
    assert page.find("CONCEPTFACTUUR")
    assert NUMBER not in page.text
    assert codes(pdf, 0) == []
    assert faults([page]) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"paid": Decimal("126.05")}, "U hoeft voor deze factuur niets te betalen."),
        ({"paid": Decimal("150.00")}, "Het tegoed van € 23,95"),
        ({"seller": replace(SELLER, iban=None, bic=None)}, "uiterlijk op 21 december 2026 te voldoen."),
        ({"currency": "USD"}, "Wij verzoeken u US$ 126,05"),
    ],
)
def test_no_code_where_no_transfer_in_euro_is_asked(changes: dict[str, Any], said: str) -> None:
    pdf = render(issued(**changes))
    (page,) = read(pdf)
    assert said in page.text
    assert codes(pdf, 0) == []
    assert faults([page]) == []


def test_a_zero_statement_has_a_date_and_asks_for_nothing() -> None:
    lines = [standard(1, "Vragen onder het contract", minutes=35, included=True)]
    pdf = render(issue(released(lines, kind=DocumentKind.ZERO_STATEMENT, annex=[annex_entry(1)]), None, ISSUED_ON))
    first, second = read(pdf)
    assert first.find(TEXTS["nl"]["zero_statement"].upper())
    assert first.find("21 november 2026")
    assert TEXTS["nl"]["nothing_to_pay_statement"] in first.text
    assert not any(word in first.text for word in ("Factuurnummer", "Vervaldatum", "Betalingskenmerk", "concept"))
    assert TEXTS["nl"]["annex_to_statement"] in second.text
    assert codes(pdf, 0) == []
    assert faults([first, second]) == []


def test_a_document_that_corrects_another_names_it() -> None:
    document = issued(preceding=PrecedingDocument("20260017", date(2026, 10, 1)))
    (page,) = read(render(document))
    assert "Betreft factuur" in page.text
    assert "20260017 van 1 oktober 2026" in single_blanks(page.text)


def test_a_description_longer_than_a_page_runs_on_under_a_repeated_head() -> None:
    lines = [
        standard(1, "Uitgebreid verslag. " * 400, amount=Decimal("1.00")),
        standard(2, "Kort", amount=Decimal("2.00")),
    ]
    pages = read(render(issued(lines)))
    assert len(pages) > 2
    assert all(page.find("Omschrijving") for page in pages)
    assert faults(pages) == []
    assert " ".join(page.text for page in pages).count("Uitgebreid") == 400


def too_wide() -> Iterator[tuple[str, InvoiceDocument]]:
    yield "/lines/1/amount", with_line(released(), 1, amount=Decimal("9" * 18 + ".99"))
    yield "/lines/1/quantity", with_line(released(), 1, quantity=Decimal("123456789012.123456"))
    yield "/lines/0/unit_price", with_line(released(), 0, unit_price=Decimal("123456789012.1234"))
    yield "/lines/0/minutes", with_line(released(), 0, minutes=10**18)
    yield "/totals/net", replace(released(), totals=replace(released().totals, net=Decimal("9" * 26 + ".99")))
    yield "/annex/0/amount", released(annex=[annex_entry(1, amount=Decimal("99999999999.00"))])
    yield "/annex/0/raw_minutes", released(annex=[annex_entry(1, raw_minutes=10**15)])
    yield "/buyer/name", released(buyer=replace(BUYER, name="Naam " * 400))
    yield "/contract_description", released(contract_description="Lang " * 400)
    yield "/seller/legal_name", released(seller=replace(SELLER, legal_name="Naam " * 130))


TOO_WIDE = dict(too_wide())


@pytest.mark.parametrize("pointer", TOO_WIDE)
def test_what_cannot_be_set_is_refused_by_its_field_when_it_is_released(pointer: str) -> None:
    document = TOO_WIDE[pointer]
    with pytest.raises(InvalidInput) as refused:
        lay_out(document)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_long_figures_are_set_smaller_and_still_end_at_the_edge() -> None:
    pages = read(render(issued([standard(1, "Veel", amount=Decimal("99999999999.99"))])))
    (box,) = pages[0].find("99.999.999.999,99")
    assert box.size < 9
    assert abs(box.right - RIGHT) < 0.8
    assert faults(pages) == []


@pytest.mark.parametrize("column", ["VAT_END", "PRICE_END", "UNIT_X"])
def test_a_shifted_column_would_be_noticed(column: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_table, column, getattr(line_table, column) + 14 * MM)
    assert faults(read(render(CASES["two_rates"]()))) != []


def test_a_margin_that_is_crossed_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_table, "RIGHT", RIGHT + 2)
    assert faults(read(render(CASES["two_rates"]()))) != []


def test_dutch_and_english_have_the_same_keys_and_the_same_places() -> None:
    assert TEXTS["nl"].keys() == TEXTS["en"].keys()
    assert UNITS["nl"].keys() == UNITS["en"].keys()
    for key, text in TEXTS["nl"].items():
        places = re.compile(r"\{\w+\}")
        assert sorted(places.findall(text)) == sorted(places.findall(TEXTS["en"][key]))
        assert readable(text) == text
        assert readable(TEXTS["en"][key]) == TEXTS["en"][key]


def test_sentences_for_every_zero_can_be_printed() -> None:
    for language, texts in VAT_TEXTS.items():
        for code in texts:
            line = make_line(1, "Advies", amount=Decimal(10), vat_category="E", vat_rate=Decimal(0), vat_text=code)
            pages = read(render(issued([line], language=language)))
            assert vat_text(code, language) in pages[0].text
            assert faults(pages) == []


names = st.text(max_size=90)
anything = st.text(max_size=400)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(names, names, names, anything, anything, anything, st.sampled_from(["nl", "en"]))
def test_whatever_people_call_things_the_page_holds_it(
    buyer: str, attention: str, street: str, description: str, detail: str, explanation: str, language: str
) -> None:
    document = issued(
        [standard(1, description, detail=detail, minutes=50, unit_price=Decimal("95.00"))],
        language=language,
        buyer=replace(BUYER, name=buyer, attention=attention, address=replace(BUYER.address, street=street)),
        seller=replace(SELLER, legal_name=street, trade_name=buyer),
        contract_description=attention,
        annex=[annex_entry(1, subject=description, asker=buyer, explanation=(explanation, detail))],
    )
    assert faults(laid_out(document)) == []
    assert len(read(render(document))) >= 2
