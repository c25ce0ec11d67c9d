"""The reconciliation page: whatever differs is legible, in both languages, with the same words for the same things."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing_service.core import reconciling_texts
from billing_service.core.reconciling import REPAIRS, Class, Repair, VatAmount
from billing_service.core.reconciling_report import GroupOfBoth, ReconciliationReport, ShownDifference, SideTotals
from billing_service.documents.pdf import render_reconciliation
from billing_service.documents.pdf.reconciliation_texts import RECONCILIATION_TEXTS
from tests.documents.examples import released
from tests.documents.reading import read

FIELDS = (
    {"name": "total", "ours": "121.00", "theirs": "131.00"},
    {"name": "vat.S:5.5", "ours": "5.50 / 100.00", "theirs": "–"},
    {"name": "issue_date", "ours": "2026-11-02", "theirs": "2026-11-03"},
)


def report(many: int) -> ReconciliationReport:
    """Every class in turns, with the largest amounts that there are."""
    kinds = [list(Class)[at % len(Class)] for at in range(many)]
    most = Decimal("9999999999.99")
    shown = tuple(
        ShownDifference(kind, REPAIRS.get(kind, Repair.WAIT), f"2026-{at:05}", "9007199254740993", most, -most, FIELDS)
        for at, kind in enumerate(kinds)
    )
    group = VatAmount("S:21", most, most)
    return ReconciliationReport(
        seller=released().seller,
        connection="Boekhouding",
        package="Moneybird",
        company=None,
        since=date(2026, 1, 1),
        made_at=datetime(2026, 11, 21, 23, 30, tzinfo=UTC),
        currency="EUR",
        ours=SideTotals(1204, most, most),
        theirs=SideTotals(1204, most, most),
        vat=(GroupOfBoth("S:21", group, group), GroupOfBoth("E + O", group, None)),
        unexplained=Decimal("0.00"),
        unexplained_open=Decimal("0.00"),
        agrees=not many,
        classes={str(kind): kinds.count(kind) for kind in kinds},
        differences=shown,
        more=0,
        digest="3f" * 32,
    )


def text(found: ReconciliationReport, language: str) -> str:
    return " ".join(page.text for page in read(render_reconciliation(found, language)))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", ("sluit niet aan", "22 november 2026, 00:30", "btw 5,5%", "€ 131,00", "9.999.999.999,99")),
        ("en", ("does not agree", "22 November 2026, 00:30", "VAT 5.5%", "€131.00", "9,999,999,999.99")),
    ],
)
def test_every_difference_is_legible(language: str, said: tuple[str, ...]) -> None:
    found = report(40)
    shown = text(found, language)
    numbers = (one.number or "" for one in found.differences)
    assert [wanted for wanted in (*said, "Moneybird", "3f" * 20, *numbers) if wanted not in shown] == []
    assert render_reconciliation(found, language) == render_reconciliation(found, language)
    assert RECONCILIATION_TEXTS[language]["none"] in text(report(0), language)


def test_both_languages_have_the_same_words() -> None:
    tables = (RECONCILIATION_TEXTS, reconciling_texts.CLASSES, reconciling_texts.SENTENCES, reconciling_texts.REPAIRS)
    for texts in (*tables, reconciling_texts.COLUMNS, reconciling_texts.FINDINGS):
        assert set(texts["nl"]) == set(texts["en"])
    for language in ("nl", "en"):
        assert set(reconciling_texts.CLASSES[language]) == set(reconciling_texts.SENTENCES[language]) == set(Class)
        assert set(reconciling_texts.REPAIRS[language]) == set(Repair)
