"""The questions of a service report: what was asked and how it was solved, beside it how fast, how long, how much."""

from __future__ import annotations

from billing_service.core.calendar import AMSTERDAM
from billing_service.core.minutes import hours_and_minutes
from billing_service.core.service_report import ReportHeader, ReportLine, ServiceReport, Timing, word
from billing_service.documents.pdf.flow import Flow, add_table
from billing_service.documents.pdf.formats import plain_amount, short_date
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
    wrapped,
)
from billing_service.documents.pdf.service_report_texts import SERVICE_REPORT_TEXTS

_SECTION = Style(11, 15, BODY_BOLD.font, ACCENT)
_SUBJECT_X = LEFT + 24 * MM
_NUMBER_ROOM = 22 * MM
_SUBJECT_ROOM = 53 * MM
_PICKED_UP_END = LEFT + 93 * MM
_SOLVED_END = LEFT + 107 * MM
_RAW_END = LEFT + 122 * MM
_CORRECTED_END = LEFT + 134 * MM
_BILLED_END = LEFT + 146 * MM
_TIME_ROOM = 11 * MM
_AMOUNT_ROOM = 23 * MM

_Cell = tuple[str, Style]


def add_questions(flow: Flow, report: ServiceReport, language: str) -> None:
    """The table of questions; a sentence where there are none, and one where there are more than stand here."""
    texts = SERVICE_REPORT_TEXTS[language]
    if not report.lines:
        flow.add([Strip(BODY.leading, (left(texts["none"], LEFT, BODY_BOLD),))])
        return
    flow.add([Strip(_SECTION.leading + 2, (left(texts["questions"], LEFT, _SECTION),))], together_with=30 * MM)
    rows = [_question(line, report.header, language) for line in report.lines]
    add_table(flow, _head(report.header, language), rows, keep_after=0)
    if report.more:
        said = texts["more"].format(many=report.more)
        flow.add([gap(2 * MM), *(Strip(SMALL.leading, (left(line, LEFT, SMALL_BOLD),)) for line in _wide(said))])


def _wide(text: str) -> list[str]:
    return wrapped(text, COLUMN, SMALL_BOLD)


def _head(header: ReportHeader, language: str) -> Block:
    texts = SERVICE_REPORT_TEXTS[language]
    ends = (
        ("picked_up_after", _PICKED_UP_END),
        ("solved_after", _SOLVED_END),
        ("raw", _RAW_END),
        ("corrected", _CORRECTED_END),
        ("billed_short", _BILLED_END),
    )
    marks: list[Mark] = [left(texts["number"], LEFT, HEAD, 2), left(texts["subject"], _SUBJECT_X, HEAD, 2)]
    marks += [right(texts[name], end, HEAD, 2) for name, end in ends]
    if header.amounts:
        marks.append(right(f"{texts['amount']} ({currency_sign(header.currency)})", RIGHT, HEAD, 2))
    return [Strip(HEAD.leading + 10, (*marks, Rule(LEFT, HEAD.leading + 6, COLUMN, 0.8, ACCENT)))]


def _question(line: ReportLine, header: ReportHeader, language: str) -> Block:
    """Beside one another, each from the top: number and day; subject and solution; how fast; how long; how much."""
    columns = (
        (LEFT, _about(line, language)),
        (_SUBJECT_X, _said(line)),
    )
    ended = (
        (_PICKED_UP_END, _TIME_ROOM, _speed(line.pickup, language)),
        (_SOLVED_END, _TIME_ROOM, _speed(line.solve, language)),
        (_RAW_END, _TIME_ROOM, _time(line.raw_minutes)),
        (_CORRECTED_END, _TIME_ROOM, _time(line.corrected_minutes)),
        (_BILLED_END, _TIME_ROOM, _time(line.billed_minutes)),
        (RIGHT, _AMOUNT_ROOM, _outcome(line, header, language)),
    )
    strips = []
    for at in range(max(len(cells) for cells in (*(c for _, c in columns), *(c for _, _, c in ended)))):
        marks: list[Mark] = [left(cells[at][0], x, cells[at][1]) for x, cells in columns if at < len(cells)]
        for end, room, cells in ended:
            if at < len(cells):
                text, style = cells[at]
                marks.append(fitted(text, end, room, "/lines", 0, style))
        strips.append(Strip(SMALL.leading, tuple(marks)))
    return [*strips, Strip(6, (Rule(LEFT, 3, COLUMN),))]


def _about(line: ReportLine, language: str) -> list[_Cell]:
    day = (line.closed_at or line.opened_at).astimezone(AMSTERDAM).date()
    cells = [(text, SMALL_INK) for text in wrapped(line.external_id, _NUMBER_ROOM, SMALL_INK)]
    cells.append((short_date(day, language), SMALL))
    if line.channel is not None:
        cells += [(text, SMALL) for text in wrapped(word(line.channel, language), _NUMBER_ROOM, SMALL)]
    return cells


def _said(line: ReportLine) -> list[_Cell]:
    asker = " · ".join(text for text in (line.organisation, line.asker) if text)
    texts = [(line.subject, SMALL_BOLD), (asker, SMALL), (line.solution_summary or "", SMALL_INK)]
    texts += [(sentence, SMALL) for sentence in line.explanation or ()]
    return [(piece, style) for text, style in texts for piece in wrapped(text, _SUBJECT_ROOM, style)]


def _speed(found: Timing, language: str) -> list[_Cell]:
    texts = SERVICE_REPORT_TEXTS[language]
    cells = _time(found.minutes)
    if found.within is not None:
        cells.append((texts["in_time"], SMALL) if found.within else (texts["late"], SMALL_BOLD))
    return cells


def _time(minutes: int | None) -> list[_Cell]:
    return [("–" if minutes is None else hours_and_minutes(minutes), SMALL_INK)]


def _outcome(line: ReportLine, header: ReportHeader, language: str) -> list[_Cell]:
    """The amount, and what was decided; of an open question that it is open."""
    cells: list[_Cell] = []
    if header.amounts and line.amount is not None:
        cells.append((plain_amount(line.amount, language), SMALL_INK))
    said = (word(line.decision or line.state, language), *line.drawn_from)
    return cells + [(piece, SMALL) for text in said for piece in wrapped(text, _AMOUNT_ROOM, SMALL)]
