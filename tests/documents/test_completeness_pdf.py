"""The completeness report on paper: everything an auditor needs is legible, in both languages, however much it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import combinations

import pytest

from billing_service.core.completeness import (
    BREAKS,
    Break,
    CompletenessReport,
    Jump,
    ProvenSeries,
    ProvenYear,
    VatTotal,
)
from billing_service.core.frozen import reader, to_plain
from billing_service.documents.pdf import render_completeness
from billing_service.documents.pdf.completeness_texts import COMPLETENESS_TEXTS
from tests.documents.examples import released
from tests.documents.reading import HIGHEST, LOWEST, read

TOTALS = (
    VatTotal("S", Decimal("21.00"), Decimal("123456789.12"), Decimal("25925925.72")),
    VatTotal("S", Decimal("9.00"), Decimal("500.00"), Decimal("45.00")),
    VatTotal("AE", Decimal("0.00"), Decimal("70.00"), Decimal("0.00")),
    VatTotal("O", None, Decimal("1.00"), Decimal("0.00")),
)
JUMP = Jump("2026-00043", "2026-00057", 15, "2026-03-31T22:30:00+00:00", "key:0a1b2c3d4e5f6071")


def series(years: int = 2, breaks: tuple[Break, ...] = (), more: int = 0) -> ProvenSeries:
    return ProvenSeries(
        code="invoices",
        document_type="invoice",
        pattern="{year}-{number:5}",
        per_book_year=True,
        documents=12345,
        blocked=True,
        cut_over="2025-00811",
        jumps=(JUMP,),
        years=tuple(
            ProvenYear(str(year), date(year, 1, 1), date(year, 12, 31), f"{year}-00001", f"{year}-09999", 9999, TOTALS)
            for year in range(2026, 2026 + years)
        ),
        last_number="2026-03156",
        last_digest="5f" * 32,
        breaks=len(breaks) + more,
        first_breaks=breaks,
    )


def report(*proven: ProvenSeries, book_year: str | None = None) -> CompletenessReport:
    return CompletenessReport(released().seller, "EUR", date(2026, 11, 22), book_year, proven)


def text(found: CompletenessReport, language: str) -> str:
    return " ".join(page.text for page in read(render_completeness(found, language)))


def test_the_report_says_in_both_languages_what_was_proven_and_what_is_no_gap() -> None:
    dutch, english = (text(report(series(), book_year="2026"), language) for language in ("nl", "en"))
    for expected in ("volledig", "123.456.789,12", "verlegd", "2026-00043 tot en met 2026-00057 (15 nummers)"):
        assert expected in dutch
    for expected in ("complete", "123,456,789.12", "reversed", "2026-00043 to 2026-00057 (15 numbers)"):
        assert expected in english
    assert "1 april 2026" in dutch  # half past midnight in Amsterdam
    assert "begins at 2025-00811" in english
    assert "blocked since a backup was restored" in english
    assert "No deviations found." in english


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_break_is_printed_with_its_document_and_cause(language: str) -> None:
    breaks = tuple(
        Break(code, f"2026-{at:05d}", "id", "2026-00007", "2026-00009") for at, code in enumerate(BREAKS[language])
    )
    found = text(report(series(breaks=breaks, more=3)), language)
    for at, sentence in enumerate(BREAKS[language].values()):
        assert f"2026-{at:05d}" in found
        assert sentence.split("{")[0].strip() in found
    assert COMPLETENESS_TEXTS[language]["more_breaks"].format(many=3).split(";")[0] in found


@pytest.mark.parametrize("language", ["nl", "en"])
def test_long_reports_run_over_pages_and_nothing_overlaps(language: str) -> None:
    breaks = tuple(Break("row_differs", f"2026-{at:05d}", "id", "gross 10.00", "gross 12.50") for at in range(200))
    pages = read(render_completeness(report(series(30, breaks), series(0)), language))
    assert len(pages) > 4
    for page in pages:
        assert all(box.top >= HIGHEST and box.bottom <= LOWEST for box in page.boxes)
        assert [(one.text, other.text) for one, other in combinations(page.boxes, 2) if one.crosses(other)] == []


def test_equal_reports_give_equal_bytes_also_after_being_stored() -> None:
    made = report(series(breaks=(Break("document_changed", "1", "id"),)))
    again = reader(CompletenessReport)(to_plain(made))
    assert again == made
    assert render_completeness(again, "nl") == render_completeness(made, "nl")


def test_an_administration_without_series_says_so() -> None:
    assert "no number series" in text(report(), "en")


def test_every_word_exists_in_both_languages() -> None:
    assert COMPLETENESS_TEXTS["nl"].keys() == COMPLETENESS_TEXTS["en"].keys()
