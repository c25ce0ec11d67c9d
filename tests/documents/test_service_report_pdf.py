"""The pages of a service report: nothing crosses or leaves the margins, whoever reads it and however long texts are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from billing_service.core.calendar import Period
from billing_service.core.service_report import ReportContract, ReportHeader, ReportLine, ServiceReport, Tally, timing
from billing_service.core.working_days import WorkingTime
from billing_service.documents.pdf import render_service_report
from billing_service.documents.pdf.service_report import lay_out_service_report
from billing_service.documents.pdf.service_report_texts import SERVICE_REPORT_TEXTS
from tests.documents.examples import released
from tests.documents.reading import faults, placed, read

OFFICE = WorkingTime()
DECISIONS = ("charge", "included", "draw", "waived", "not_billable", "needs_decision", "blocked")
VARIOUS = (ReportContract("C-1", "Helpdesk", 4, None), ReportContract("C-2", "Website", 2, None))
LONG = "Gemeenschappelijke ledenadministratie van de vereniging te 's-Hertogenbosch " * 4


def line(at: int) -> ReportLine:
    """Number ``at``: every decision in turns, every seventh one open, some with long texts and large amounts."""
    opened, is_open = datetime(2026, 3, 2, 8, 0, tzinfo=UTC) + timedelta(hours=at), at % 7 == 6
    solved = None if is_open else opened + timedelta(hours=at % 30)
    return ReportLine(
        question_id=UUID(int=at),
        source="desk",
        external_id=f"V-2026-{at:05}" if at % 5 else f"VRAAG/2026/{at:020}",
        contract="C-1",
        organisation="Assen" if at % 2 else LONG,
        asker="Anna",
        subject="Wachtwoord" if at % 3 else LONG,
        solution_summary="Opnieuw ingesteld." if at % 4 else None,
        channel=("phone", None, "chat")[at % 3],
        state="open" if is_open else "closed",
        opened_at=opened,
        picked_up_at=solved,
        solved_at=solved,
        closed_at=solved,
        raw_minutes=50 if at % 5 else 99_999,
        corrected_minutes=None if at % 2 else 45,
        billed_minutes=None if is_open else 45,
        drawn_minutes=30,
        drawn_from=("Strippenkaart UK-2026-00001",) if at % 7 == 2 else (),
        decision=None if is_open else DECISIONS[at % 7],
        amount=None if is_open else Decimal("9999999999.99"),
        waived_value=Decimal("12.50"),
        pickup=timing(OFFICE, opened, solved, 4, None),
        solve=timing(OFFICE, opened, solved, 8, opened if is_open else None),
        within_one_working_day=None if is_open else at % 3 > 0,
        explanation=(LONG,) if at % 6 == 0 else None,
    )


def report(many: int, **changes: object) -> ServiceReport:
    lines, tally, paper = [line(at) for at in range(many)], Tally(), released()
    for one in lines:
        tally.add(one)
    header = ReportHeader(
        seller=paper.seller,
        audience="customer",
        reader=paper.buyer.name,
        buyer=paper.buyer,
        customer_name=paper.buyer.name,
        customer_number="10001",
        contracts=(ReportContract("C-1", "Helpdesk", 4, 8),),
        organisation=None,
        period=Period(date(2026, 3, 1), date(2026, 3, 31)),
        made_at=datetime(2026, 3, 31, 22, 30, tzinfo=UTC),
        currency="EUR",
        amounts=True,
        working_time=OFFICE,
    )
    return ServiceReport(replace(header, **changes), tally.totals(), tuple(lines), 5 if many else 0)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("many", [0, 1, 40])
def test_nothing_crosses_or_leaves_the_page(language: str, many: int) -> None:
    asker = {"audience": "asker", "reader": "Assen", "organisation": "Assen", "buyer": None, "amounts": False}
    for found in (report(many), report(many, **asker), report(many, contracts=VARIOUS)):
        assert faults(placed(lay_out_service_report(found, language))) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", ("1 april 2026, 00:30", "4 uur", "8 uur", "te laat", "9.999.999.999,99", "Verdere vragen: 5")),
        ("en", ("1 April 2026, 00:30", "4 hours", "8 hours", "late", "9,999,999,999.99", "Further questions: 5")),
    ],
)
def test_the_pages_are_legible_and_always_the_same(language: str, said: tuple[str, ...]) -> None:
    found = report(40)
    content = render_service_report(found, language)
    shown = " ".join(page.text for page in read(content))
    assert [wanted for wanted in said if wanted not in shown] == []
    assert render_service_report(found, language) == content


def test_no_money_where_the_reader_sees_none() -> None:
    closed = replace(line(0), amount=None, waived_value=None)
    hidden = replace(report(0, amounts=False, contracts=()), lines=(closed,))
    shown = " ".join(page.text for page in read(render_service_report(hidden, "nl")))
    assert "€" not in shown
    assert SERVICE_REPORT_TEXTS["nl"]["amount"] not in shown


def test_of_no_questions_there_are_no_percentages() -> None:
    shown = " ".join(page.text for page in read(render_service_report(report(0), "nl")))
    assert SERVICE_REPORT_TEXTS["nl"]["none"] in shown
    assert "%" not in shown


def test_both_languages_have_the_same_words() -> None:
    assert SERVICE_REPORT_TEXTS["nl"].keys() == SERVICE_REPORT_TEXTS["en"].keys()
