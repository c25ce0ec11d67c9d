"""What changed about money: payments and open amounts since a cursor (accounting-apis 12.6).

Two streams, each read in the order of its last change. **Moves**: a payment is a line on a receivable account whose
move was posted since. **Invoices**: a payment that was there already gets its invoice later (or loses it), which only
the invoice shows. Neither is enough: reversing a part payment does not touch the invoice (ran on 8.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.base import OpenItem, PaymentFact, PaymentsPage, cents
from connectors.tryton.records import DOCUMENT_FIELDS, Row, open_item_of
from connectors.tryton.rpc import Rpc

OVERLAP: Final = timedelta(minutes=10)
"""A change shows when its transaction ends, but bears the moment at which it began: nothing takes longer than this."""
NO_MONEY: Final = ("revenue", "expense", "write-off")
"""Journals of invoices and of what is given up: their lines are no payments."""
MONEY_OUT: Final = ("cash", "statement")
"""In these a debit is money paid back; elsewhere it is a claim."""
LINE_FIELDS: Final = (
    "debit",
    "credit",
    "date",
    "party",
    "origin",
    "description_used",
    "move_description_used",
    "reconciliation",
    "invoice_payment",
    "move",
    "move.origin",
    "move.description",
    "move.journal.type",
    "move.company.currency.code",
    "move.last_modified_at",
)
INVOICE_FIELDS: Final = (*DOCUMENT_FIELDS, "last_modified_at", "payment_lines", "reconciliation_lines")


@dataclass(frozen=True, slots=True)
class Place:
    """How far a stream was read: everything up to this change of this record. ``more`` says that there was more."""

    at: datetime
    id: int = 0
    more: bool = False

    def clause(self, field: str) -> list[Any]:
        """What comes after it, as Tryton writes a condition."""
        return ["OR", [[field, ">", self.at]], [[field, "=", self.at], ["id", ">", self.id]]]

    def after(self, rows: Sequence[Row], at: Callable[[Row], datetime], size: int) -> Place:
        """The place after this page; at the end of a stream a little before it, so that what shows late is seen."""
        if len(rows) == size:
            return Place(at(rows[-1]), rows[-1]["id"], more=True)
        if rows or self.id:
            return Place((at(rows[-1]) if rows else self.at) - OVERLAP)
        return self


BEGINNING: Final = Place(datetime(1970, 1, 2, tzinfo=UTC))


def news(rpc: Rpc, cursor: str | None, size: int) -> PaymentsPage:
    """The next page of both streams."""
    moves, invoices = _places(cursor)
    lines = rpc.search(
        "account.move.line",
        [*_payment_lines(rpc), moves.clause("move.last_modified_at")],
        LINE_FIELDS,
        limit=size,
        order=[["move.last_modified_at", "ASC"], ["id", "ASC"]],
    )
    changed = rpc.search(
        "account.invoice",
        [*_booked(rpc), invoices.clause("last_modified_at")],
        INVOICE_FIELDS,
        limit=size,
        order=[["last_modified_at", "ASC"], ["id", "ASC"]],
    )
    known: dict[int, Row] = {line["id"]: line for line in lines}
    theirs = {one for row in changed for name in ("payment_lines", "reconciliation_lines") for one in row[name]}
    known.update(_lines(rpc, theirs - known.keys()))
    told, documents = _facts(rpc, known)
    items: dict[int, Row] = {row["id"]: row for row in changed}
    items.update(_invoices(rpc, [["id", "in", sorted(documents - items.keys())]]) if documents - items.keys() else {})
    places = (
        moves.after(lines, lambda row: row["move."]["last_modified_at"], size),
        invoices.after(changed, lambda row: row["last_modified_at"], size),
    )
    return PaymentsPage(
        payments=_numbered(told, items),
        open_items=tuple(_open_items(items.values())),
        cursor="|".join(f"{place.at.isoformat()}|{place.id}" for place in places),
        more=any(place.more for place in places),
    )


def payments_of(rpc: Rpc, document: int) -> tuple[PaymentFact, ...]:
    """The payments that were booked on this invoice itself, as pushing one does."""
    lines = rpc.search(
        "account.move.line",
        [*_payment_lines(rpc), ["move.origin", "=", f"account.invoice,{document}"]],
        LINE_FIELDS,
    )
    told, documents = _facts(rpc, {line["id"]: line for line in lines})
    return _numbered(told, _invoices(rpc, [["id", "in", sorted(documents)]]) if documents else {})


def number_of(description: str | None) -> str | None:
    """Our number of a receipt, which stands in brackets at the beginning of what a pushed payment is called."""
    found = re.match(r"\[([^\]]+)\]", description or "")
    return found[1] if found else None


def _places(cursor: str | None) -> tuple[Place, Place]:
    if cursor is None:
        return BEGINNING, BEGINNING
    moves_at, moves_id, invoices_at, invoices_id = cursor.split("|")
    return (
        Place(datetime.fromisoformat(moves_at), int(moves_id)),
        Place(datetime.fromisoformat(invoices_at), int(invoices_id)),
    )


# --- lines that are payments ----------------------------------------------------------------------------------------


def _payment_lines(rpc: Rpc) -> list[Any]:
    return [
        ["account.type.receivable", "=", True],
        ["move.company", "=", rpc.company],
        ["move.state", "=", "posted"],
        ["move.journal.type", "not in", list(NO_MONEY)],
    ]


def _lines(rpc: Rpc, ids: Iterable[int]) -> dict[int, Row]:
    wanted = sorted(ids)
    found = rpc.search("account.move.line", [*_payment_lines(rpc), ["id", "in", wanted]], LINE_FIELDS) if wanted else []
    return {line["id"]: line for line in found}


def _facts(rpc: Rpc, lines: dict[int, Row]) -> tuple[list[PaymentFact], set[int]]:
    """What these lines tell, and the ids of the invoices that they are about."""
    undoes = {key: _record(line["origin"], "account.move.line") for key, line in lines.items()}
    first = _lines(rpc, {one for one in undoes.values() if one is not None} - lines.keys())
    everything = {**first, **lines}
    spread, settled = _spread(rpc, lines.values()), _settled(rpc, everything.values())

    def about(line: Row) -> int | None:
        by_match = settled.get((line["reconciliation"], line["credit"] > 0))
        return line["invoice_payment"] or by_match or _record(line["move."]["origin"], "account.invoice")

    told = []
    for key, line in lines.items():
        undone = everything.get(undoes[key] or 0)
        if line["move"] not in spread and (undone or _is_payment(line)):
            told.append(_fact(line, about(undone or line), undone["id"] if undone else None))
    return told, {int(fact.document) for fact in told if fact.document is not None}


def _is_payment(line: Row) -> bool:
    return bool(line["credit"] > 0 or (line["debit"] > 0 and line["move."]["journal."]["type"] in MONEY_OUT))


def _spread(rpc: Rpc, lines: Iterable[Row]) -> set[int]:
    """Moves that spread a claim over other dates or payers: they bring no money."""
    moves = sorted({line["move"] for line in lines})
    found = rpc.search("account.invoice", [["additional_moves", "in", moves]], ["additional_moves"]) if moves else []
    return {move for row in found for move in row["additional_moves"]}


def _settled(rpc: Rpc, lines: Iterable[Row]) -> dict[tuple[int, bool], int]:
    """The invoice that each reconciliation settles, by whether a payment in does; of several none: a person sees."""
    wanted = sorted({line["reconciliation"] for line in lines if not line["invoice_payment"]} - {None})
    if not wanted:
        return {}
    domain = [
        ["reconciliation", "in", wanted],
        ["account.type.receivable", "=", True],
        ["move.journal.type", "=", "revenue"],
    ]
    settles: dict[tuple[int, bool], set[int]] = {}
    for claim in rpc.search("account.move.line", domain, ["reconciliation", "debit", "move.origin"]):
        invoice = _record(claim["move."]["origin"], "account.invoice")
        if invoice is not None:
            settles.setdefault((claim["reconciliation"], claim["debit"] > 0), set()).add(invoice)
    return {key: min(invoices) for key, invoices in settles.items() if len(invoices) == 1}


def _fact(line: Row, document: int | None, undone: int | None) -> PaymentFact:
    return PaymentFact(
        id=str(line["id"]),
        amount=cents(line["credit"] - line["debit"]),
        paid_on=line["date"],
        currency=line["move."]["company."]["currency."]["code"],
        document=None if document is None else str(document),
        customer=None if line["party"] is None else str(line["party"]),
        reference=line["description_used"] or line["move_description_used"] or None,
        undone=None if undone is None else str(undone),
        number=number_of(line["move."]["description"]) if undone is None else None,
    )


def _record(reference: str | None, model: str) -> int | None:
    name, _, key = (reference or "").partition(",")
    return int(key) if name == model and key.isdigit() else None


# --- invoices that they pay -----------------------------------------------------------------------------------------


def _booked(rpc: Rpc) -> list[Any]:
    return [["type", "=", "out"], ["company", "=", rpc.company], ["state", "in", ["posted", "paid", "cancelled"]]]


def _invoices(rpc: Rpc, more: list[Any]) -> dict[int, Row]:
    found = rpc.search("account.invoice", [["type", "=", "out"], ["company", "=", rpc.company], *more], INVOICE_FIELDS)
    return {row["id"]: row for row in found}


def _open_items(rows: Iterable[Row]) -> Iterable[OpenItem]:
    return (open_item_of(row) for row in rows if row["state"] in {"posted", "paid"})


def _numbered(told: list[PaymentFact], items: dict[int, Row]) -> tuple[PaymentFact, ...]:
    """The facts with our number of what they pay; what is no customer invoice is no document of ours."""
    return tuple(_of_invoice(fact, items) for fact in sorted(told, key=lambda fact: int(fact.id)))


def _of_invoice(fact: PaymentFact, items: dict[int, Row]) -> PaymentFact:
    row = items.get(int(fact.document)) if fact.document else None
    if row is None:
        return replace(fact, document=None)
    return replace(fact, document_number=row["reference"] or None)
