"""A report as a value, and its questions as CSV and XLSX: each made in one pass through little memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from billing_service import job_files
from billing_service.core.calendar import AMSTERDAM
from billing_service.core.service_report import (
    COLUMNS,
    ReportLine,
    ReportTotals,
    ServiceReport,
    Share,
    Sum,
    Tally,
    word,
)
from billing_service.documents.spreadsheets import Column, DecimalMark, Kind, Workbook, write_csv
from billing_service.service_reports.planning import Plan
from billing_service.service_reports.reading import lines_of
from billing_service.store.scope import Scope

MOST_ON_PAGES: Final = 1_000
"""How many questions stand in the PDF; CSV, XLSX and JSON hold them all."""
_PIECE: Final = 256 * 1024

_COLUMNS: Final[tuple[tuple[str, Kind, int], ...]] = (
    ("source", "text", 12),
    ("external_id", "text", 14),
    ("contract", "text", 14),
    ("organisation", "text", 24),
    ("asker", "text", 20),
    ("subject", "text", 40),
    ("solution_summary", "text", 48),
    ("channel", "text", 12),
    ("state", "text", 12),
    ("opened_at", "moment", 16),
    ("picked_up_at", "moment", 16),
    ("solved_at", "moment", 16),
    ("closed_at", "moment", 16),
    ("raw_minutes", "whole", 10),
    ("corrected_minutes", "whole", 10),
    ("billed_minutes", "whole", 10),
    ("drawn_minutes", "whole", 10),
    ("drawn_from", "text", 24),
    ("decision", "text", 18),
    ("amount", "amount", 12),
    ("waived_value", "amount", 12),
    ("currency", "text", 8),
    ("pickup_minutes", "whole", 12),
    ("pickup_agreed_hours", "whole", 12),
    ("pickup_within", "text", 10),
    ("solve_minutes", "whole", 12),
    ("solve_agreed_hours", "whole", 12),
    ("solve_within", "text", 10),
    ("within_one_working_day", "text", 10),
    ("explanation", "text", 60),
)
_MONEY: Final = frozenset({"amount", "waived_value", "currency"})
_TOTALS: Final[tuple[tuple[str, Kind, int], ...]] = (
    ("kind", "text", 14),
    ("what", "text", 44),
    ("count", "whole", 14),
    ("of", "whole", 10),
    ("percentage", "price", 12),
    ("raw_minutes", "whole", 14),
    ("billed_minutes", "whole", 14),
    ("amount", "amount", 14),
)


def report_of(scope: Scope, plan: Plan) -> ServiceReport:
    """The report for its pages: totals over every question, and the first of them."""
    tally = Tally()
    passing = tally.counting(lines_of(scope, plan))
    lines = tuple(islice(passing, MOST_ON_PAGES))
    more = sum(1 for _ in passing)
    return ServiceReport(plan.header, tally.totals(), lines, more)


def csv_of(scope: Scope, plan: Plan, mark: DecimalMark = "comma") -> Iterator[bytes]:
    """Every question as a line for a spreadsheet, in pieces."""
    return write_csv(_columns(plan), _rows(lines_of(scope, plan), plan), mark)


def write_csv_file(scope: Scope, plan: Plan, path: Path, mark: DecimalMark = "comma") -> ReportTotals:
    """The same as a file; returns the totals, which it does not hold."""
    tally = Tally()
    rows = _rows(tally.counting(lines_of(scope, plan)), plan)
    with path.open("wb") as file:
        file.writelines(write_csv(_columns(plan), rows, mark))
    return tally.totals()


def write_xlsx(scope: Scope, plan: Plan, path: Path) -> ReportTotals:
    """A workbook with a sheet of questions and one of totals, which it returns."""
    texts, tally = COLUMNS[plan.language], Tally()
    with Workbook(path) as book:
        lines = tally.counting(lines_of(scope, plan))
        book.add_sheet(texts["questions"], _columns(plan), _rows(lines, plan))
        titles = [Column(texts[name], kind, width) for name, kind, width in _TOTALS]
        totals = tally.totals()
        book.add_sheet(texts["totals"], titles, _totals(totals, plan))
    return totals


def xlsx_of(scope: Scope, plan: Plan) -> Iterator[bytes]:
    """The workbook in pieces: it is finished on disk before the first one."""
    with job_files.drafting() as folder:
        path = folder / "report.xlsx"
        write_xlsx(scope, plan, path)
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def file_name(plan: Plan, suffix: str) -> str:
    """``servicerapport-C-1-2026-03-01-2026-03-31.csv``; of a customer the number stands for the contract. A sign that
    no file may have in its name becomes a hyphen."""
    header = plan.header
    about = header.contracts[0].reference if len(header.contracts) == 1 else header.customer_number
    about = re.sub(r"[^\w.-]+", "-", about, flags=re.ASCII)
    name = COLUMNS[plan.language]["name"].lower().replace(" ", "-")
    return f"{name}-{about}-{header.period.first}-{header.period.last}.{suffix}"


def _shown(plan: Plan) -> Iterator[tuple[str, Kind, int]]:
    for column in _COLUMNS:
        name = column[0]
        if plan.explain if name == "explanation" else plan.header.amounts or name not in _MONEY:
            yield column


def _columns(plan: Plan) -> list[Column]:
    texts = COLUMNS[plan.language]
    return [Column(texts[name], kind, width) for name, kind, width in _shown(plan)]


def _rows(lines: Iterator[ReportLine], plan: Plan) -> Iterator[tuple[Any, ...]]:
    names = [name for name, _, _ in _shown(plan)]
    for line in lines:
        cells = _cells(line, plan)
        yield tuple(cells[name] for name in names)


def _cells(line: ReportLine, plan: Plan) -> dict[str, Any]:
    language = plan.language
    plain = ("source", "external_id", "contract", "organisation", "asker", "subject", "solution_summary")
    minutes = ("raw_minutes", "corrected_minutes", "billed_minutes", "drawn_minutes", "amount", "waived_value")
    cells = {name: getattr(line, name) for name in (*plain, *minutes)}
    for name in ("opened_at", "picked_up_at", "solved_at", "closed_at"):
        cells[name] = _local(getattr(line, name))
    for name in ("channel", "state", "decision"):
        code = getattr(line, name)
        cells[name] = None if code is None else word(code, language)
    for name, found in (("pickup", line.pickup), ("solve", line.solve)):
        cells[f"{name}_minutes"] = found.minutes
        cells[f"{name}_agreed_hours"] = found.agreed_hours
        cells[f"{name}_within"] = _flag(found.within, language)
    cells["within_one_working_day"] = _flag(line.within_one_working_day, language)
    cells["drawn_from"] = ", ".join(line.drawn_from) or None
    cells["currency"] = plan.header.currency
    cells["explanation"] = None if line.explanation is None else " ".join(line.explanation)
    return cells


def _flag(value: bool | None, language: str) -> str | None:
    return None if value is None else word("yes" if value else "no", language)


def _local(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(AMSTERDAM).replace(tzinfo=None)


def _totals(totals: ReportTotals, plan: Plan) -> Iterator[tuple[Any, ...]]:
    """The sheet of totals: kind, what, how many of how many, and what they come to."""
    texts, language = COLUMNS[plan.language], plan.language
    for name, share in (
        ("picked_up", totals.picked_up),
        ("solved", totals.solved),
        ("one_working_day", totals.one_working_day),
    ):
        yield (texts["percentage"], word(name, language), *_of(share), None, None, None)
    for name, count in (
        ("pickup_unknown", totals.pickup_unknown),
        ("open", totals.open),
        ("open_late", totals.open_late),
    ):
        yield (texts["state"], word(name, language), count, None, None, None, None, None)
    drawn = (totals.drawn_questions, None, None, None, totals.drawn_minutes, None)
    yield (texts["totals"], word("drawn", language), *drawn)
    if plan.header.amounts:
        given = (totals.waived_questions, None, None, None, None, totals.waived_value)
        yield (texts["totals"], word("waived", language), *given)
    others = {word("others", language): totals.other_subjects} if totals.other_subjects.questions else {}
    groups = chain(
        (("state", word("closed", language), found) for found in (totals.closed,)),
        (("decision", word(code, language), found) for code, found in totals.dispositions.items()),
        (("channel", word(code, language), found) for code, found in totals.channels.items()),
        (("subject", subject, found) for subject, found in {**totals.subjects, **others}.items()),
    )
    for kind, what, found in groups:
        yield (texts[kind], what, found.questions, None, None, *_sum(found, plan))


def _of(share: Share) -> tuple[int, int, Decimal | None]:
    return share.within, share.of, share.percentage


def _sum(found: Sum, plan: Plan) -> tuple[int, int, Decimal | None]:
    return found.raw_minutes, found.billed_minutes, found.amount if plan.header.amounts else None
