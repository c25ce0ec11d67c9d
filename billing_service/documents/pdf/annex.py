"""The annex, on pages of its own: every question with its time, the decision and the reasons; every import with what
was delivered and why it costs what it costs; every card, consult and subscription with how it comes to its amount.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from billing_service.core.document import AnnexEntry, InvoiceDocument
from billing_service.documents.pdf.flow import TOP, Flow, add_table
from billing_service.documents.pdf.formats import hours, plain_amount, short_date
from billing_service.documents.pdf.lines import currency_sign, fitted
from billing_service.documents.pdf.marks import (
    ACCENT,
    BODY,
    COLUMN,
    HEAD,
    LEFT,
    MM,
    RIGHT,
    SMALL,
    TITLE,
    Block,
    Mark,
    Rule,
    Strip,
    Style,
    height,
    left,
    right,
    wrapped,
)
from billing_service.documents.pdf.texts import TEXTS

_SUBJECT_X = LEFT + 23 * MM
_RAW_END = LEFT + 91 * MM
_CORRECTED_END = LEFT + 110 * MM
_BILLED_END = LEFT + 125 * MM
_DISPOSITION_X = LEFT + 128.5 * MM
_QUESTION_ROOM = 21 * MM
_SUBJECT_ROOM = 55 * MM
_DISPOSITION_ROOM = 23 * MM
_EXPLANATION_ROOM = RIGHT - _SUBJECT_X - 24 * MM
_MINUTES_ROOM = 14 * MM
_PROJECT_ROOM = 32 * MM
_WHAT_X = LEFT + 35 * MM
_DAY_END = RIGHT - 24 * MM
_WHAT_ROOM = 78 * MM
_WHY_ROOM = RIGHT - _WHAT_X - 24 * MM
_PADDING = 4.0
_AMOUNT_ROOM = 17 * MM
_ENTRY = Style(8.5, 12)


def add_annex(flow: Flow, document: InvoiceDocument) -> None:
    """Set the annex on new pages; nothing when the document has none."""
    if not document.annex and not document.imports and not document.items:
        return
    texts = TEXTS[document.language]
    flow.new_page()
    flow.y = TOP
    if document.annex:
        flow.add(_opening(texts["annex"], texts["annex_intro"], _counts(document)))
        rows = [_row(document, at) for at in range(len(document.annex))]
        add_table(flow, _head(document), rows, keep_after=0)
    if document.imports:
        rows = [_import_row(document, at) for at in range(len(document.imports))]
        _add_told(flow, document, "import", rows, below=bool(document.annex))
    if document.items:
        rows = [_item_row(document, at) for at in range(len(document.items))]
        _add_told(flow, document, "item", rows, below=bool(document.annex or document.imports))


def _add_told(flow: Flow, document: InvoiceDocument, what: str, rows: Sequence[Block], *, below: bool) -> None:
    """A table of what tells itself why it costs this, under its own title."""
    texts = TEXTS[document.language]
    flow.y += 10 * MM if below else 0
    head = _told_head(document, texts[what])
    flow.add(_opening(texts[f"{what}s"], texts[f"{what}s_intro"]), together_with=height([*head, *rows[0]]))
    add_table(flow, head, rows, keep_after=0)


def _opening(title: str, *intro: str) -> Block:
    style = TITLE._replace(size=15, leading=22)
    lines = [line for text in intro for line in wrapped(text, COLUMN, BODY)]
    return [
        Strip(style.leading + 2, (left(title, LEFT, style),)),
        *(Strip(BODY.leading, (left(line, LEFT, BODY),)) for line in lines),
        Strip(4 * MM),
    ]


def _counts(document: InvoiceDocument) -> str:
    """How many questions there are, and how many by decision."""
    texts = TEXTS[document.language]
    counts = Counter(entry.disposition for entry in document.annex)
    by_decision = [f"{texts.get(code, code)} {many}" for code, many in counts.most_common()]
    return f"{texts['questions']}: {len(document.annex)} ({', '.join(by_decision)})."


def _head(document: InvoiceDocument) -> Block:
    texts = TEXTS[document.language]
    sign = currency_sign(document.currency)
    return [
        Strip(
            HEAD.leading + 7,
            (
                left(texts["question"], LEFT, HEAD, 2),
                left(texts["subject"], _SUBJECT_X, HEAD, 2),
                right(texts["raw_minutes"], _RAW_END, HEAD, 2),
                right(texts["corrected_minutes"], _CORRECTED_END, HEAD, 2),
                right(texts["billed_minutes"], _BILLED_END, HEAD, 2),
                left(texts["disposition"], _DISPOSITION_X, HEAD, 2),
                right(f"{texts['amount']} ({sign})", RIGHT, HEAD, 2),
                Rule(LEFT, HEAD.leading + 6, COLUMN, 0.8, ACCENT),
            ),
        )
    ]


def _row(document: InvoiceDocument, at: int) -> Block:
    entry, texts = document.annex[at], TEXTS[document.language]
    disposition = texts.get(entry.disposition, entry.disposition)
    columns = [
        wrapped(entry.question, _QUESTION_ROOM, _ENTRY),
        wrapped(entry.subject, _SUBJECT_ROOM, _ENTRY),
        wrapped(disposition, _DISPOSITION_ROOM, _ENTRY),
    ]
    places = (LEFT, _SUBJECT_X, _DISPOSITION_X)
    strips = []
    for position in range(max(1, *map(len, columns))):
        top = _PADDING if position == 0 else 0.0
        marks: list[Mark] = [
            left(cell[position], x, _ENTRY, top)
            for x, cell in zip(places, columns, strict=True)
            if position < len(cell)
        ]
        if position == 0:
            marks += _figures(entry, document.language, f"/annex/{at}", top)
        strips.append(Strip(top + _ENTRY.leading, tuple(marks)))
    for sentence in (_about(entry, document.language), *entry.explanation):
        for line in wrapped(sentence, _EXPLANATION_ROOM, SMALL):
            strips.append(Strip(SMALL.leading, (left(line, _SUBJECT_X, SMALL),)))
    return [*strips, Strip(_PADDING, (Rule(LEFT, _PADDING, COLUMN),))]


def _figures(entry: AnnexEntry, language: str, pointer: str, top: float) -> list[Mark]:
    marks = [
        fitted("–" if minutes is None else hours(minutes), end, _MINUTES_ROOM, f"{pointer}/{field}", top, _ENTRY)
        for field, minutes, end in (
            ("raw_minutes", entry.raw_minutes, _RAW_END),
            ("corrected_minutes", entry.corrected_minutes, _CORRECTED_END),
            ("billed_minutes", entry.billed_minutes, _BILLED_END),
        )
    ]
    marks.append(fitted(plain_amount(entry.amount, language), RIGHT, _AMOUNT_ROOM, f"{pointer}/amount", top, _ENTRY))
    return marks


def _about(entry: AnnexEntry, language: str) -> str:
    """Who asked, and when it was asked and closed."""
    texts = TEXTS[language]
    dates = (("asked_on", entry.asked_on), ("closed_on", entry.closed_on))
    said = [texts[key].format(date=short_date(day, language)) for key, day in dates if day]
    return " · ".join([entry.asker, *said] if entry.asker else said)


def _told_head(document: InvoiceDocument, first: str) -> Block:
    texts = TEXTS[document.language]
    return [
        Strip(
            HEAD.leading + 7,
            (
                left(first, LEFT, HEAD, 2),
                left(texts["description"], _WHAT_X, HEAD, 2),
                right(texts["import_on"], _DAY_END, HEAD, 2),
                right(f"{texts['amount']} ({currency_sign(document.currency)})", RIGHT, HEAD, 2),
                Rule(LEFT, HEAD.leading + 6, COLUMN, 0.8, ACCENT),
            ),
        )
    ]


def _import_row(document: InvoiceDocument, at: int) -> Block:
    """The project beside what was delivered, the day and the amount; the reasons below."""
    fee, language = document.imports[at], document.language
    figures = _day_and_amount(fee.on, fee.amount, language, f"/imports/{at}/amount")
    return _told_row(fee.project, fee.description, fee.explanation, figures)


def _item_row(document: InvoiceDocument, at: int) -> Block:
    """The kind of charge beside what it is, the day and the amount; the reasons below."""
    item, language = document.items[at], document.language
    figures = _day_and_amount(item.on, item.amount, language, f"/items/{at}/amount")
    kind = TEXTS[language].get(f"item_{item.source}", item.source)
    return _told_row(kind, item.description, item.explanation, figures)


def _day_and_amount(on: date, amount: Decimal, language: str, pointer: str) -> tuple[Mark, ...]:
    return (
        right(short_date(on, language), _DAY_END, _ENTRY, _PADDING),
        fitted(plain_amount(amount, language), RIGHT, _AMOUNT_ROOM, pointer, _PADDING, _ENTRY),
    )


def _told_row(first: str, description: str, reasons: Sequence[str], figures: tuple[Mark, ...]) -> Block:
    projects = wrapped(first, _PROJECT_ROOM, _ENTRY)
    described = [(line, _ENTRY) for line in wrapped(description, _WHAT_ROOM, _ENTRY)]
    described += [(line, SMALL) for sentence in reasons for line in wrapped(sentence, _WHY_ROOM, SMALL)]
    strips = []
    for position in range(max(1, len(projects), len(described))):
        top = _PADDING if position == 0 else 0.0
        text, style = described[position] if position < len(described) else ("", _ENTRY)
        marks: list[Mark] = [left(text, _WHAT_X, style, top)]
        if position < len(projects):
            marks.append(left(projects[position], LEFT, _ENTRY, top))
        tall = style.leading if position >= len(projects) else max(style.leading, _ENTRY.leading)
        strips.append(Strip(top + tall, (*marks, *(figures if position == 0 else ()))))
    return [*strips, Strip(_PADDING, (Rule(LEFT, _PADDING, COLUMN),))]
