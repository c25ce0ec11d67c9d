"""The quote of a member-file import: what for, why it is not free, the price, what may follow, how to say yes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from billing_service.core.document import Line, make_line
from billing_service.core.imports.quote import QuotedFile, QuoteDocument
from billing_service.documents.pdf import lines
from billing_service.documents.pdf.closing import reasons, sums
from billing_service.documents.pdf.flow import Flow
from billing_service.documents.pdf.formats import long_date, money
from billing_service.documents.pdf.letter import Fact, letterhead
from billing_service.documents.pdf.marks import (
    ACCENT,
    BODY,
    BODY_BOLD,
    COLUMN,
    LEFT,
    MM,
    RIGHT,
    SMALL,
    SMALL_INK,
    Block,
    Mark,
    Panel,
    Rule,
    Strip,
    Style,
    gap,
    left,
    right,
    wrapped,
)
from billing_service.documents.pdf.quote_texts import QUOTE_TEXTS
from billing_service.documents.pdf.running import MOST_HEAD, Pages, add_running, too_long
from billing_service.documents.pdf.texts import TEXTS

_SECTION = Style(11, 15, BODY_BOLD.font, ACCENT)
_BULLET_X = LEFT + 4 * MM
_TITLES_ROOM = COLUMN - 34 * MM
_PRICE_ROOM = 52 * MM
_INSIDE = 5 * MM
_BETWEEN = gap(5.5 * MM)


class _Priced(NamedTuple):
    """What the table of lines needs."""

    language: str
    currency: str
    lines: Sequence[Line]


def lay_out_quote(quote: QuoteDocument, link: str | None = None) -> Pages:
    """The marks of every page. Raises InvalidInput naming the field whose content cannot be set."""
    texts = QUOTE_TEXTS[quote.language]
    flow = Flow()
    head_texts = {"/project": quote.project, "/project_name": quote.project_name, "/number": quote.number}
    marks, flow.y = letterhead(quote, texts["quote"], _facts(quote))
    if flow.y > MOST_HEAD:
        raise too_long(quote, head_texts)
    flow.pages[0].extend(marks)
    flow.y += 5 * MM
    flow.add([*_paragraph(texts[f"intro_{quote.purpose}"]), gap(3 * MM)])
    flow.add(_price(quote))
    _add_section(flow, texts["files"], [*(_file(file, texts) for file in quote.files), _answers(quote)])
    if quote.reasons:
        _add_section(flow, texts["reasons"], [_bullet(reason) for reason in quote.reasons])
    _add_section(flow, texts["later"], [_later(quote)])
    if quote.note:
        _add_section(flow, texts["note"], [_paragraph(line) for line in quote.note.splitlines()])
    flow.add([_acceptance(quote, link), _BETWEEN])
    title = texts["policy"].format(policy=quote.policy)
    _add_section(flow, title, [_bullet(sentence, SMALL_INK) for sentence in quote.policy_sentences])
    name = texts["name"].format(number=quote.number)
    add_running(flow.pages, quote, lambda _: name, head_texts)
    return flow.pages


def _facts(quote: QuoteDocument) -> Iterator[Fact]:
    texts = QUOTE_TEXTS[quote.language]
    yield texts["number"], quote.number
    yield texts["quoted_on"], long_date(quote.quoted_on, quote.language)
    yield texts["valid_until"], long_date(quote.valid_until, quote.language)
    yield TEXTS[quote.language]["customer_number"], quote.buyer.customer_number
    yield texts["project"], " · ".join(text for text in (quote.project, quote.project_name) if text)
    for key, value in (("buyer_vat_number", quote.buyer.vat_number), ("buyer_kvk_number", quote.buyer.kvk_number)):
        if value:
            yield TEXTS[quote.language][key], value


def _add_section(flow: Flow, title: str, blocks: Sequence[Block]) -> None:
    """A title that stays with the first of its blocks, and white space below the last."""
    first, *others = blocks or [[]]
    flow.add([Strip(_SECTION.leading + 3, (left(title, LEFT, _SECTION),)), *first])
    for block in others:
        flow.add(block)
    if flow.room > _BETWEEN.height:
        flow.add([_BETWEEN])


def _paragraph(text: str, style: Style = BODY) -> Block:
    return [Strip(style.leading, (left(line, LEFT, style),)) for line in wrapped(text, COLUMN, style)]


def _bullet(text: str, style: Style = BODY) -> Block:
    strips = []
    for at, line in enumerate(wrapped(text, RIGHT - _BULLET_X, style)):
        dot = (left("•", LEFT + 1 * MM, style),) if at == 0 else ()
        strips.append(Strip(style.leading, (*dot, left(line, _BULLET_X, style))))
    return [*strips, gap(1.5)]


def _file(file: QuotedFile, texts: dict[str, str]) -> Block:
    """Its name and number of columns, their titles below, then the columns that are skipped."""
    names = wrapped(file.name, _TITLES_ROOM, BODY_BOLD) or [""]
    strips = [Strip(BODY.leading, (left(name, LEFT, BODY_BOLD),)) for name in names]
    count = right(_counted(texts, "column", file.columns), RIGHT, BODY)
    strips[0] = strips[0]._replace(marks=(*strips[0].marks, count))
    small = [(line, SMALL) for line in wrapped(" · ".join(file.titles), _TITLES_ROOM, SMALL)]
    for column in file.skipped:
        sentence = texts["skipped"].format(column=column)
        small += [(line, SMALL_INK) for line in wrapped(sentence, _TITLES_ROOM, SMALL_INK)]
    strips += [Strip(style.leading, (left(line, LEFT, style),)) for line, style in small]
    return [*strips, Strip(6, (Rule(LEFT, 3, COLUMN),))]


def _answers(quote: QuoteDocument) -> Block:
    texts = QUOTE_TEXTS[quote.language]
    answers = (("only_members", quote.one_dimensional), ("website", quote.website))
    said = [texts[key].format(answer=texts["yes" if answer else "no"]) for key, answer in answers]
    return _paragraph(" · ".join(said), SMALL_INK)


def _counted(texts: dict[str, str], word: str, count: int) -> str:
    return texts[word if count == 1 else f"{word}s"].format(count=count)


def _price(quote: QuoteDocument) -> Block:
    """The one line with its VAT and totals, which stay together."""
    table = _Priced(quote.language, quote.currency, (_line(quote),))
    (row,) = lines.rows(table)
    return [*lines.head(table), *row, sums(quote), *reasons(quote)]


def _line(quote: QuoteDocument) -> Line:
    texts, (group,) = QUOTE_TEXTS[quote.language], quote.vat
    moments = _counted(texts, "moment", quote.moments)
    detail = texts["included_without"].format(moments=moments)
    if quote.feedback_rounds:
        feedback = _counted(texts, "feedback", quote.feedback_rounds)
        detail = texts["included"].format(moments=moments, feedback=feedback)
    return make_line(
        1,
        texts[f"line_{quote.purpose}"].format(
            files=_counted(texts, "count_file", len(quote.files)),
            columns=_counted(texts, "column", sum(file.columns for file in quote.files)),
        ),
        detail=detail,
        quantity=Decimal(1),
        unit_price=quote.totals.net,
        vat_category=group.category,
        vat_rate=group.rate,
    )


def _later(quote: QuoteDocument) -> Block:
    texts = QUOTE_TEXTS[quote.language]
    strips: Block = []
    for key, price in (("further_moment", quote.further_moment), ("new_structure", quote.new_structure)):
        shown = texts["on_quote"]
        if price is not None:
            shown = texts["price_excluding"].format(price=money(price, quote.currency, quote.language))
        figures = lines.fitted(shown, RIGHT, _PRICE_ROOM, f"/{key}", 0)
        for at, line in enumerate(wrapped(texts[key], COLUMN - _PRICE_ROOM, BODY)):
            strips.append(Strip(BODY.leading, (left(line, LEFT, BODY), *((figures,) if at == 0 else ()))))
        strips.append(Strip(6, (Rule(LEFT, 3, COLUMN),)))
    return [*strips, *_paragraph(texts["later_note"], SMALL)]


def _acceptance(quote: QuoteDocument, link: str | None) -> Strip:
    """How to say yes or no, on a panel of its own."""
    texts = QUOTE_TEXTS[quote.language]
    asked = texts["accept_by_link" if link else "accept_by_message"]
    said = [(asked.format(date=long_date(quote.valid_until, quote.language)), BODY)]
    said += [(link, BODY_BOLD)] if link else []
    said.append((texts["accept_costs"], BODY))
    x, y = LEFT + _INSIDE, _INSIDE * 0.8
    marks: list[Mark] = [left(texts["accept"], x, BODY_BOLD, y)]
    y += BODY_BOLD.leading + 1
    for text, style in said:
        for line in wrapped(text, COLUMN - 2 * _INSIDE, style):
            marks.append(left(line, x, style, y))
            y += style.leading
    tall = y + _INSIDE * 0.7
    return Strip(tall, (Panel(LEFT, 0, COLUMN, tall), *marks))
