"""The reconciliation page: whether both sides agree, their totals side by side, every difference with its repair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from billing_service.core.calendar import AMSTERDAM
from billing_service.core.document import Buyer, Seller
from billing_service.core.money import ZERO
from billing_service.core.reconciling_report import GroupOfBoth, ReconciliationReport, ShownDifference
from billing_service.core.reconciling_texts import CLASSES, REPAIRS, group_name, sentence
from billing_service.documents.pdf.flow import Flow, add_table
from billing_service.documents.pdf.formats import long_date, plain_amount
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
    shortened,
    wrapped,
)
from billing_service.documents.pdf.reconciliation_texts import RECONCILIATION_TEXTS
from billing_service.documents.pdf.running import Pages, add_running

_SECTION = Style(11, 15, BODY_BOLD.font, ACCENT)
_ENDS = (LEFT + 103 * MM, LEFT + 137 * MM, RIGHT)
_VAT_ENDS = (LEFT + 66 * MM, LEFT + 98 * MM, LEFT + 138 * MM, RIGHT)
_ROOM = 31 * MM
_HEAD_ROOM = 28 * MM
_LABEL_ROOM = 70 * MM
_CLASS_X = LEFT + 28 * MM
_SAID_X = LEFT + 53 * MM
_AMOUNT_END = RIGHT - 23 * MM
_AMOUNT_ROOM = 20 * MM
_SAID_ROOM = _AMOUNT_END - _AMOUNT_ROOM - 2 * MM - _SAID_X


class _ToItself(NamedTuple):
    """The page goes from the administration to itself, for its files."""

    language: str
    seller: Seller
    buyer: Buyer


def lay_out_reconciliation(report: ReconciliationReport, language: str) -> Pages:
    """The marks of every page."""
    texts = RECONCILIATION_TEXTS[language]
    seller = report.seller
    letter = _ToItself(language, seller, Buyer(seller.legal_name, seller.address, ""))
    flow = Flow()
    marks, flow.y = letterhead(letter, texts["title"], _facts(report, language))
    flow.pages[0].extend(marks)
    flow.y += 5 * MM
    intro = texts["intro"].format(since=long_date(report.since, language), package=report.package)
    flow.add([*_paragraph(intro), gap(5 * MM)])
    _add_totals(flow, report, language)
    _add_vat(flow, report, language)
    _add_differences(flow, report, language)
    flow.add([gap(3 * MM), *_paragraph(texts["digest"].format(digest=report.digest), SMALL)])
    add_running(flow.pages, letter, lambda _: texts["title"], {})
    return flow.pages


def _facts(report: ReconciliationReport, language: str) -> Iterator[Fact]:
    texts = RECONCILIATION_TEXTS[language]
    made = report.made_at.astimezone(AMSTERDAM)
    yield texts["verdict"], texts["agrees" if report.agrees else "differs"]
    yield texts["made_at"], f"{long_date(made.date(), language)}, {made:%H:%M}"
    yield texts["connection"], f"{report.connection} ({report.package})"
    yield texts["company"], report.company or "–"


# --- totals ---------------------------------------------------------------------------------------------------------


def _add_totals(flow: Flow, report: ReconciliationReport, language: str) -> None:
    texts, sign = RECONCILIATION_TEXTS[language], currency_sign(report.currency)
    there = shortened(texts["there"].format(package=report.package), _ROOM, HEAD)
    head = _head((f"{texts['totals']} ({sign})", texts["here"], there, texts["difference"]), _ENDS)
    ours, theirs = report.ours, report.theirs
    rows = [_row(texts["documents"], *map(str, _beside(ours.documents, theirs.documents)))]
    rows += _amounts(texts["total"], _beside(ours.total, theirs.total), report.unexplained, language)
    rows += _amounts(texts["open"], _beside(ours.open, theirs.open), report.unexplained_open, language)
    add_table(flow, head, rows, keep_after=0)
    flow.add([gap(6 * MM)])


def _beside(ours: Decimal | int, theirs: Decimal | int) -> tuple[Decimal | int, ...]:
    return ours, theirs, theirs - ours


def _amounts(label: str, cells: Sequence[Decimal | int], unexplained: Decimal, language: str) -> Iterator[Block]:
    """A sum of both sides; under it how much of the difference the list explains, and what is left."""
    texts = RECONCILIATION_TEXTS[language]
    amounts = [Decimal(cell) for cell in cells]
    yield _row(label, *(plain_amount(amount, language) for amount in amounts))
    explained = plain_amount(amounts[2] - unexplained, language)
    yield _row(texts["explained"], "", "", explained, style=SMALL, top=0)
    loud = SMALL_BOLD if unexplained != ZERO else SMALL
    yield [*_row(texts["unexplained"], "", "", plain_amount(unexplained, language), style=loud, top=0), _LINE]


_LINE = Strip(3.5, (Rule(LEFT, 3, COLUMN),))


def _head(cells: Sequence[str], ends: Sequence[float]) -> Block:
    first, *others = cells
    marks: list[Mark] = [left(first, LEFT, HEAD, 2)]
    marks += [right(cell, end, HEAD, 2) for cell, end in zip(others, ends, strict=True)]
    return [Strip(HEAD.leading + 7, (*marks, Rule(LEFT, HEAD.leading + 6, COLUMN, 0.8, ACCENT)))]


def _row(label: str, *cells: str, style: Style = BODY, top: float = 4, ends: Sequence[float] = _ENDS) -> Block:
    marks: list[Mark] = [left(shortened(label, _LABEL_ROOM, style), LEFT, style, top)]
    marks += [fitted(cell, end, _ROOM, "/totals", top, style) for cell, end in zip(cells, ends, strict=True) if cell]
    return [Strip(style.leading + top, tuple(marks))]


# --- VAT ------------------------------------------------------------------------------------------------------------


def _add_vat(flow: Flow, report: ReconciliationReport, language: str) -> None:
    if not report.vat:
        return
    texts = RECONCILIATION_TEXTS[language]
    here, there = texts["here"].lower(), report.package
    heads = [f"{texts[name]} {side}" for side in (here, there) for name in ("taxable", "tax")]
    cells = [shortened(text, _HEAD_ROOM, HEAD) for text in heads]
    told = [group for group in report.vat if group.theirs is not None]
    rows = [_group(group, language) for group in report.vat]
    add_table(flow, _head((texts["vat"], *cells), _VAT_ENDS), [*rows[:-1], [*rows[-1], _LINE]], keep_after=0)
    if not told:
        flow.add(_paragraph(texts["vat_not_told"].format(package=report.package), SMALL))
    flow.add([gap(6 * MM)])


def _group(group: GroupOfBoth, language: str) -> Block:
    sides = (group.ours, group.theirs)
    amounts = [None if side is None else amount for side in sides for amount in _of(side)]
    cells = ["–" if amount is None else plain_amount(amount, language) for amount in amounts]
    return _row(group_name(group.group, language), *cells, ends=_VAT_ENDS)


def _of(side: object) -> tuple[Decimal, Decimal]:
    return getattr(side, "taxable", ZERO), getattr(side, "tax", ZERO)


# --- differences ----------------------------------------------------------------------------------------------------


def _add_differences(flow: Flow, report: ReconciliationReport, language: str) -> None:
    texts = RECONCILIATION_TEXTS[language]
    many = len(report.differences) + report.more
    if not many:
        flow.add(_paragraph(texts["none"], BODY_BOLD))
        return
    counted = ", ".join(f"{CLASSES[language][kind]} {count}" for kind, count in report.classes.items())
    title: Block = [Strip(_SECTION.leading, (left(texts["differences"].format(many=many), LEFT, _SECTION),))]
    flow.add([*title, *_paragraph(counted, SMALL), gap(1 * MM)], together_with=30 * MM)
    rows = [_difference(one, report, language) for one in report.differences]
    add_table(flow, _difference_head(report.currency, language), rows, keep_after=0)
    if report.more:
        flow.add(_paragraph(texts["more"].format(many=report.more), SMALL_BOLD))


def _difference_head(currency: str, language: str) -> Block:
    texts, sign = RECONCILIATION_TEXTS[language], currency_sign(currency)
    marks = (
        left(texts["number"], LEFT, HEAD, 2),
        left(texts["class"], _CLASS_X, HEAD, 2),
        left(texts["what"], _SAID_X, HEAD, 2),
        right(f"{texts['amount']} ({sign})", _AMOUNT_END, HEAD, 2),
        right(f"{texts['open_amount']} ({sign})", RIGHT, HEAD, 2),
        Rule(LEFT, HEAD.leading + 6, COLUMN, 0.8, ACCENT),
    )
    return [Strip(HEAD.leading + 10, marks)]


def _difference(one: ShownDifference, report: ReconciliationReport, language: str) -> Block:
    """Number and class, beside them what is the matter and what to do, at the end by how much theirs is more."""
    said = sentence(
        one.kind,
        language,
        number=one.number,
        remote_id=one.remote_id,
        currency=report.currency,
        fields=one.fields,
    )
    columns = (
        (LEFT, wrapped(one.number or "–", _CLASS_X - LEFT - 2 * MM, SMALL_BOLD), SMALL_BOLD),
        (_CLASS_X, wrapped(CLASSES[language][one.kind], _SAID_X - _CLASS_X - 2 * MM, SMALL_INK), SMALL_INK),
        (_SAID_X, wrapped(said, _SAID_ROOM, SMALL_INK), SMALL_INK),
    )
    repair = wrapped(REPAIRS[language][one.repair], _SAID_ROOM, SMALL)
    strips = []
    for at in range(max(len(cells) for _, cells, _ in columns)):
        marks: list[Mark] = [left(cells[at], x, style) for x, cells, style in columns if at < len(cells)]
        if at == 0:
            for amount, end in ((one.amount, _AMOUNT_END), (one.open, RIGHT)):
                marks.append(fitted(plain_amount(amount, language), end, _AMOUNT_ROOM, "/amount", 0, SMALL_INK))
        strips.append(Strip(SMALL.leading, tuple(marks)))
    strips += [Strip(SMALL.leading, (left(line, _SAID_X, SMALL),)) for line in repair]
    return [*strips, Strip(5, (Rule(LEFT, 2, COLUMN),))]


def _paragraph(text: str, style: Style = BODY) -> Block:
    return [Strip(style.leading, (left(line, LEFT, style),)) for line in wrapped(text, COLUMN, style)]
