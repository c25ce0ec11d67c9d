"""The completeness report, for an auditor's files: per series its book years, VAT totals, jumps and breaks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from billing_service.core.calendar import business_date
from billing_service.core.completeness import (
    Break,
    CompletenessReport,
    Jump,
    ProvenSeries,
    ProvenYear,
    VatTotal,
    sentence,
)
from billing_service.core.document import Buyer, Seller
from billing_service.core.money import ZERO
from billing_service.documents.pdf.completeness_texts import COMPLETENESS_TEXTS
from billing_service.documents.pdf.flow import Flow, add_table
from billing_service.documents.pdf.formats import long_date, plain_amount
from billing_service.documents.pdf.letter import Fact, letterhead
from billing_service.documents.pdf.lines import currency_sign, fitted, vat_label
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
    SMALL_BOLD,
    SMALL_INK,
    Block,
    Mark,
    Rule,
    Strip,
    Style,
    gap,
    left,
    right,
    wrapped,
)
from billing_service.documents.pdf.running import Pages, add_running

_SECTION = Style(11, 15, BODY_BOLD.font, ACCENT)
_FIRST_X = LEFT + 24 * MM
_LAST_X = LEFT + 56 * MM
_COUNT_END = LEFT + 103 * MM
_RATE_END = LEFT + 121 * MM
_TAXABLE_END = LEFT + 146 * MM
_YEAR_ROOM, _NUMBER_ROOM, _AMOUNT_ROOM = 22 * MM, 30 * MM, 23 * MM
_BREAK_X = LEFT + 34 * MM


class _ToItself(NamedTuple):
    """The report goes from the administration to itself, for its files."""

    language: str
    seller: Seller
    buyer: Buyer


def lay_out_completeness(report: CompletenessReport, language: str) -> Pages:
    """The marks of every page."""
    texts = COMPLETENESS_TEXTS[language]
    seller = report.seller
    letter = _ToItself(language, seller, Buyer(seller.legal_name, seller.address, ""))
    flow = Flow()
    marks, flow.y = letterhead(letter, texts["title"], _facts(report, language))
    flow.pages[0].extend(marks)
    flow.y += 5 * MM
    flow.add([*_paragraph(texts["intro"]), gap(5 * MM)])
    if not report.series:
        flow.add(_paragraph(texts["no_series"]))
    for series in report.series:
        _add_series(flow, series, report.currency, language)
    add_running(flow.pages, letter, lambda _: texts["title"], {})
    return flow.pages


def _facts(report: CompletenessReport, language: str) -> Iterator[Fact]:
    texts = COMPLETENESS_TEXTS[language]
    yield texts["verdict"], texts["incomplete" if report.breaks else "complete"]
    yield texts["made_on"], long_date(report.made_on, language)
    yield texts["book_year"], report.book_year or texts["all_years"]
    yield texts["documents"], str(sum(series.documents for series in report.series))


def _add_series(flow: Flow, series: ProvenSeries, currency: str, language: str) -> None:
    texts = COMPLETENESS_TEXTS[language]
    title = f"{texts['series'].format(code=series.code)} · {texts[f'document_type_{series.document_type}']}"
    counts = texts["counts_per_year" if series.per_book_year else "counts_on"]
    head: Block = [
        *(Strip(_SECTION.leading, (left(line, LEFT, _SECTION),)) for line in wrapped(title, COLUMN, _SECTION)),
        *_paragraph(texts["pattern"].format(pattern=series.pattern, counts=counts), SMALL),
        gap(2 * MM),
    ]
    if not series.years:
        flow.add([*head, *_paragraph(texts["no_documents"]), gap(2 * MM)])
    else:
        flow.add(head, together_with=30 * MM)
        rows = [row for year in series.years for row in _year(year, language)]
        add_table(flow, _table_head(currency, language), rows, keep_after=0)
    for remark in _remarks(series, language):
        flow.add([gap(1.5 * MM), *_paragraph(remark, SMALL_INK)])
    flow.add([gap(2 * MM)])
    _add_breaks(flow, series, language)
    flow.add([gap(7 * MM)])


def _table_head(currency: str, language: str) -> Block:
    texts, sign = COMPLETENESS_TEXTS[language], currency_sign(currency)
    marks = (
        left(texts["column_year"], LEFT, HEAD, 2),
        left(texts["column_first"], _FIRST_X, HEAD, 2),
        left(texts["column_last"], _LAST_X, HEAD, 2),
        right(texts["column_documents"], _COUNT_END, HEAD, 2),
        right(f"{texts['column_taxable']} ({sign})", _TAXABLE_END, HEAD, 2),
        right(f"{texts['column_tax']} ({sign})", RIGHT, HEAD, 2),
        Rule(LEFT, HEAD.leading + 6, COLUMN, 0.8, ACCENT),
    )
    return [Strip(HEAD.leading + 7, marks)]


def _year(year: ProvenYear, language: str) -> Iterator[Block]:
    """A row with the year's numbers and its total, and one per VAT group."""
    total = VatTotal(
        "", None, sum((one.taxable for one in year.totals), ZERO), sum((one.tax for one in year.totals), ZERO)
    )
    numbers = [
        wrapped(year.book_year or "–", _YEAR_ROOM, BODY),
        wrapped(year.first, _NUMBER_ROOM, BODY),
        wrapped(year.last, _NUMBER_ROOM, BODY),
    ]
    strips = []
    for at in range(max(map(len, numbers))):
        marks: list[Mark] = [
            left(cell[at], x, BODY, 4 if at == 0 else 0)
            for x, cell in zip((LEFT, _FIRST_X, _LAST_X), numbers, strict=True)
            if at < len(cell)
        ]
        if at == 0:
            marks.append(right(str(year.documents), _COUNT_END, BODY, 4))
            marks += _amounts(total, language, BODY, 4)
        strips.append(Strip(BODY.leading + (4 if at == 0 else 0), tuple(marks)))
    yield strips
    for at, group in enumerate(year.totals):
        marks = [right(vat_label(group.category, group.rate, language), _RATE_END, SMALL)]
        marks += _amounts(group, language, SMALL_INK, 0)
        if at == len(year.totals) - 1:
            marks.append(Rule(LEFT, SMALL.leading + 3, COLUMN))
        yield [Strip(SMALL.leading + (3.5 if at == len(year.totals) - 1 else 0), tuple(marks))]


def _amounts(total: VatTotal, language: str, style: Style, top: float) -> list[Mark]:
    return [
        fitted(plain_amount(total.taxable, language), _TAXABLE_END, _AMOUNT_ROOM, "/totals/taxable", top, style),
        fitted(plain_amount(total.tax, language), RIGHT, _AMOUNT_ROOM, "/totals/tax", top, style),
    ]


def _remarks(series: ProvenSeries, language: str) -> Iterator[str]:
    """What an auditor would otherwise take for a gap, and where the chain ends."""
    texts = COMPLETENESS_TEXTS[language]
    if series.blocked:
        yield texts["blocked"]
    if series.cut_over:
        yield texts["cut_over"].format(number=series.cut_over)
    for jump in series.jumps:
        yield _jump(jump, language)
    if series.last_number and series.last_digest:
        yield texts["seal"].format(documents=series.documents, number=series.last_number, digest=series.last_digest)
    if series.pdfs:
        yield texts["pdfs"].format(many=series.pdfs)


def _jump(jump: Jump, language: str) -> str:
    day = long_date(business_date(datetime.fromisoformat(jump.confirmed_at)), language)
    return COMPLETENESS_TEXTS[language]["jump"].format(
        first=jump.first, last=jump.last, many=jump.many, day=day, actor=jump.confirmed_by
    )


def _add_breaks(flow: Flow, series: ProvenSeries, language: str) -> None:
    texts = COMPLETENESS_TEXTS[language]
    if not series.breaks:
        flow.add(_paragraph(texts["sound"], BODY_BOLD))
        return
    first, *others = [_break(found, language) for found in series.first_breaks]
    flow.add([*_paragraph(texts["breaks"].format(many=series.breaks), BODY_BOLD), gap(1 * MM), *first])
    for block in others:
        flow.add(block)
    if series.breaks > len(series.first_breaks):
        flow.add(_paragraph(texts["more_breaks"].format(many=series.breaks - len(series.first_breaks)), SMALL_BOLD))


def _break(found: Break, language: str) -> Block:
    """The number, and beside it the cause."""
    numbers = wrapped(found.number or "–", _BREAK_X - LEFT - 2 * MM, SMALL_BOLD)
    causes = wrapped(sentence(found, language), RIGHT - _BREAK_X, SMALL_INK)
    strips = []
    for at in range(max(len(numbers), len(causes))):
        marks: list[Mark] = []
        if at < len(numbers):
            marks.append(left(numbers[at], LEFT, SMALL_BOLD))
        if at < len(causes):
            marks.append(left(causes[at], _BREAK_X, SMALL_INK))
        strips.append(Strip(SMALL.leading, tuple(marks)))
    return [*strips, gap(1.5)]


def _paragraph(text: str, style: Style = BODY) -> Block:
    return [Strip(style.leading, (left(line, LEFT, style),)) for line in wrapped(text, COLUMN, style)]
