"""A service report as pages: how fast, what it came to, then every question with its solution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from billing_service.core.calendar import AMSTERDAM
from billing_service.core.document import Address, Buyer, Seller
from billing_service.core.minutes import hours_and_minutes
from billing_service.core.service_report import ReportHeader, ReportTotals, ServiceReport, Share, Sum, word
from billing_service.documents.pdf.flow import Flow, add_table
from billing_service.documents.pdf.formats import long_date, money, number, period, plain_amount
from billing_service.documents.pdf.letter import Fact, letterhead
from billing_service.documents.pdf.lines import currency_sign, fitted
from billing_service.documents.pdf.marks import (
    ACCENT,
    BODY,
    BODY_BOLD,
    COLUMN,
    HEAD,
    LEFT,
    MM,
    RIGHT,
    SMALL,
    Block,
    Mark,
    Rule,
    Strip,
    Style,
    gap,
    height,
    left,
    right,
    shortened,
    wrapped,
)
from billing_service.documents.pdf.running import Pages, add_running
from billing_service.documents.pdf.service_report_questions import add_questions
from billing_service.documents.pdf.service_report_texts import SERVICE_REPORT_TEXTS

MOST_SUBJECTS = 20
"""How many subjects stand on the pages; the other files name more."""
_SECTION = Style(11, 15, BODY_BOLD.font, ACCENT)
_ENDS = (LEFT + 98 * MM, LEFT + 121 * MM, LEFT + 144 * MM, RIGHT)
_SPEED_ENDS = (LEFT + 100 * MM, LEFT + 136 * MM, RIGHT)
_LABEL_ROOM = 78 * MM
_LINE = Strip(3.5, (Rule(LEFT, 3, COLUMN),))


class _Letter(NamedTuple):
    """The report goes from the administration to its reader; of a reader who is no customer there is no address."""

    language: str
    seller: Seller
    buyer: Buyer


def lay_out_service_report(report: ServiceReport, language: str) -> Pages:
    """The marks of every page."""
    texts, header = SERVICE_REPORT_TEXTS[language], report.header
    nowhere = Buyer(header.reader, Address("", "", "", header.seller.address.country), "")
    letter = _Letter(language, header.seller, header.buyer or nowhere)
    flow = Flow()
    marks, flow.y = letterhead(letter, texts["title"], _facts(header, language))
    flow.pages[0].extend(marks)
    flow.y += 5 * MM
    flow.add([*_paragraph(texts["intro"].format(hours=header.working_time.hours)), gap(5 * MM)])
    _add_speed(flow, report, language)
    _add_sums(flow, report, language)
    add_questions(flow, report, language)
    add_running(flow.pages, letter, lambda _: texts["title"], {})
    return flow.pages


def _facts(header: ReportHeader, language: str) -> Iterator[Fact]:
    texts, made = SERVICE_REPORT_TEXTS[language], header.made_at.astimezone(AMSTERDAM)
    yield texts["period"], period(header.period.first, header.period.last, language)
    if len(header.contracts) == 1:
        (contract,) = header.contracts
        yield texts["contract"], f"{contract.reference} · {contract.title}"
    else:
        yield texts["contracts"], str(len(header.contracts))
    yield texts["customer"], header.customer_name
    if header.audience == "system_owner":
        yield texts["system_owner"], header.reader
    if header.organisation is not None:
        yield texts["organisation"], header.organisation
    yield texts["made_at"], f"{long_date(made.date(), language)}, {made:%H:%M}"
    yield texts["service_hours"], header.working_time.hours


def _paragraph(text: str, style: Style = BODY) -> Block:
    return [Strip(style.leading, (left(line, LEFT, style),)) for line in wrapped(text, COLUMN, style)]


def _table_head(cells: Sequence[str], ends: Sequence[float]) -> Block:
    first, *others = cells
    marks: list[Mark] = [left(first, LEFT, HEAD, 2)]
    marks += [right(cell, end, HEAD, 2) for cell, end in zip(others, ends, strict=False)]
    return [Strip(HEAD.leading + 7, (*marks, Rule(LEFT, HEAD.leading + 6, COLUMN, 0.8, ACCENT)))]


def _row(label: str, cells: Sequence[str], ends: Sequence[float], style: Style = BODY) -> Block:
    marks: list[Mark] = [left(shortened(label, _LABEL_ROOM, style), LEFT, style, 3)]
    room = ends[1] - ends[0] - 1 * MM
    marks += [fitted(cell, end, room, "/totals", 3, style) for cell, end in zip(cells, ends, strict=False)]
    return [Strip(style.leading + 3, tuple(marks))]


# --- how fast -------------------------------------------------------------------------------------------------------


def _add_speed(flow: Flow, report: ServiceReport, language: str) -> None:
    texts, totals, header = SERVICE_REPORT_TEXTS[language], report.totals, report.header
    picked_up = {contract.pickup_hours for contract in header.contracts}
    solved = {contract.solve_hours for contract in header.contracts}
    rows = [
        _share("picked_up", _agreed(picked_up, language), totals.picked_up, language),
        _share("solved", _agreed(solved, language), totals.solved, language),
        _share("one_working_day", header.working_time.hours, totals.one_working_day, language),
    ]
    head = _table_head((texts["speed"], texts["agreed"], texts["reached"], texts["share"]), _SPEED_ENDS)
    add_table(flow, head, [*rows[:-1], [*rows[-1], _LINE]], keep_after=0)
    flow.add([*_beside(totals, header, language), gap(5 * MM)])


def _agreed(hours: set[int | None], language: str) -> str:
    """What was agreed on: the hours where all contracts have the same, ``–`` where none has any."""
    texts = SERVICE_REPORT_TEXTS[language]
    if len(hours) == 1:
        (agreed,) = hours
        return "–" if agreed is None else texts["hours"].format(hours=agreed)
    return texts["per_contract"] if hours else "–"


def _share(name: str, agreed: str, share: Share, language: str) -> Block:
    texts, percentage = SERVICE_REPORT_TEXTS[language], share.percentage
    reached = texts["of"].format(within=share.within, of=share.of)
    told = (agreed, "–", "–")
    if percentage is not None:
        told = (agreed, reached, texts["percent"].format(share=number(percentage, language)))
    return _row(texts[name], told, _SPEED_ENDS)


def _beside(totals: ReportTotals, header: ReportHeader, language: str) -> Iterator[Strip]:
    """What the shares leave out, and what was given away or drawn."""
    texts = SERVICE_REPORT_TEXTS[language]
    if totals.open:
        yield from _paragraph(texts["still_open"].format(open=totals.open, late=totals.open_late), SMALL)
    if totals.pickup_unknown:
        yield from _paragraph(texts["pickup_unknown"].format(many=totals.pickup_unknown), SMALL)
    if totals.waived_questions:
        worth = money(totals.waived_value, header.currency, language)
        said = texts["waived" if header.amounts else "waived_time"]
        yield from _paragraph(said.format(many=totals.waived_questions, amount=worth), SMALL)
    if totals.drawn_questions or totals.drawn_minutes:
        time = hours_and_minutes(totals.drawn_minutes)
        yield from _paragraph(texts["drawn"].format(many=totals.drawn_questions, time=time), SMALL)


# --- what it came to ------------------------------------------------------------------------------------------------


def _add_sums(flow: Flow, report: ServiceReport, language: str) -> None:
    texts, totals = SERVICE_REPORT_TEXTS[language], report.totals
    if not totals.closed.questions:
        return
    subjects = dict(list(totals.subjects.items())[:MOST_SUBJECTS])
    others = Sum()
    for found in [*list(totals.subjects.values())[MOST_SUBJECTS:], totals.other_subjects]:
        others.add(found)
    if others.questions:
        subjects[texts["others"]] = others
    groups: tuple[tuple[str, Mapping[str, Sum]], ...] = (
        ("dispositions", {word(code, language): found for code, found in totals.dispositions.items()}),
        ("channels", {word(code, language): found for code, found in totals.channels.items()}),
        ("subjects", subjects),
    )
    total = [*_sum(texts["total"], totals.closed, report.header, language, BODY_BOLD), _LINE]
    for name, sums in groups:
        rows = [_sum(label, found, report.header, language) for label, found in sums.items()]
        rows[-1].append(_LINE)
        add_table(flow, _sums_head(name, report.header, language), rows, keep_after=height(total))
        flow.add(total)
        flow.add([gap(4 * MM)])


def _sums_head(name: str, header: ReportHeader, language: str) -> Block:
    texts = SERVICE_REPORT_TEXTS[language]
    cells = [texts[name], texts["count"], texts["spent"], texts["billed"]]
    if header.amounts:
        cells.append(f"{texts['amount']} ({currency_sign(header.currency)})")
    return _table_head(cells, _ENDS)


def _sum(label: str, found: Sum, header: ReportHeader, language: str, style: Style = BODY) -> Block:
    cells = [
        number(Decimal(found.questions), language),
        hours_and_minutes(found.raw_minutes),
        hours_and_minutes(found.billed_minutes),
    ]
    if header.amounts:
        cells.append(plain_amount(found.amount, language))
    return _row(label, cells, _ENDS, style)
