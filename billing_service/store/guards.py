# ruff: noqa: S608 the names put into this SQL are our own
"""What a guard is, and the guards over credit notes, over money that came in and over prepaid time.

Sums are compared inside the database, after the rows they are about were locked by the use case: two at once never get
past them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Event = Literal["INSERT", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuse ``event`` on ``table`` where ``condition`` (SQL over OLD and NEW) holds, with ``sentence``."""

    name: str
    table: str
    event: Event
    condition: str
    sentence: str


def never(name: str, sentence: str, *events: Event, condition: str = "1 = 1", table: str | None = None) -> list[Guard]:
    """Guards for these events, named after what they keep."""
    return [Guard(f"{name}_{event.lower()}_refused", table or name, event, condition, sentence) for event in events]


_SIBLINGS = (
    "SELECT COALESCE(SUM({what}), 0) FROM invoices c {join} WHERE c.administration_id = NEW.administration_id"
    " AND c.credits_invoice_id = {invoice} AND c.state <> 'withdrawn'"
)
"""What the credit notes of one invoice come to."""

_OVER_INVOICE = (
    "NEW.kind = 'credit_note' AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.administration_id ="
    " NEW.administration_id AND i.id = NEW.credits_invoice_id AND i.kind = 'invoice' AND i.state = 'issued'"
    " AND i.customer_id = NEW.customer_id AND i.gross >= NEW.gross + ("
    + _SIBLINGS.format(what="c.gross", join="", invoice="NEW.credits_invoice_id")
    + "))"
)
_LINES = (
    "JOIN invoice_lines cl ON cl.administration_id = c.administration_id AND cl.invoice_id = c.id"
    " AND cl.credits_line = NEW.credits_line"
)
_TAKEN = _SIBLINGS.format(what="cl.amount", join=_LINES, invoice="n.credits_invoice_id")
_OVER_LINE = (
    "EXISTS (SELECT 1 FROM invoices n WHERE n.administration_id = NEW.administration_id AND n.id = NEW.invoice_id"
    " AND n.kind = 'credit_note' AND NOT EXISTS (SELECT 1 FROM invoice_lines o"
    " WHERE o.administration_id = NEW.administration_id AND o.invoice_id = n.credits_invoice_id"
    " AND o.line = NEW.credits_line"
    f" AND (o.amount >= 0 AND NEW.amount BETWEEN 0 AND o.amount - ({_TAKEN})"
    f" OR o.amount < 0 AND NEW.amount BETWEEN o.amount - ({_TAKEN}) AND 0)))"
)


def credit_guards() -> list[Guard]:
    """A credit note belongs to an issued invoice and stays within it, in all and per line."""
    over = "credits never exceed their invoice"
    return [
        *never("invoices_credited", over, "INSERT", table="invoices", condition=_OVER_INVOICE),
        *never("invoice_lines_credited", over, "INSERT", table="invoice_lines", condition=_OVER_LINE),
    ]


def _sum_of(table: str, column: str, value: str | None = None) -> str:
    """What the rows of ``table`` come to whose ``column`` is that of the new row."""
    return (
        f"(SELECT COALESCE(SUM(s.amount), 0) FROM {table} s WHERE s.administration_id = NEW.administration_id"
        f" AND s.{column} = {value or f'NEW.{column}'})"
    )


def _spent(source: str) -> str:
    """What was allocated and refunded of the new row's receipt or credit note."""
    return f"{_sum_of('allocations', source)} + {_sum_of('refunds', source)}"


_OVER_RECEIPT = (
    "NEW.amount > 0 AND NEW.receipt_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM receipts r"
    " WHERE r.administration_id = NEW.administration_id AND r.id = NEW.receipt_id AND r.cancelled_at IS NULL"
    f" AND r.customer_id = NEW.customer_id AND r.amount >= NEW.amount + {_spent('receipt_id')})"
)
_OVER_CREDIT = (
    "NEW.amount > 0 AND NEW.credit_note_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM invoices r"
    " WHERE r.administration_id = NEW.administration_id AND r.id = NEW.credit_note_id AND r.kind = 'credit_note'"
    " AND r.state = 'issued' AND r.customer_id = NEW.customer_id"
    f" AND r.gross >= NEW.amount + {_spent('credit_note_id')})"
)
_SETTLED = f"{_sum_of('allocations', 'invoice_id')} + {_sum_of('write_offs', 'invoice_id')}"


def _over_invoice(more: str = "") -> str:
    return (
        "NEW.amount > 0 AND NOT EXISTS (SELECT 1 FROM invoices i WHERE i.administration_id = NEW.administration_id"
        " AND i.id = NEW.invoice_id AND i.kind = 'invoice' AND i.state = 'issued' AND i.customer_id = NEW.customer_id"
        f" AND ({more}i.gross >= NEW.amount + {_SETTLED}))"
    )


def _undoes_another(table: str, *same: str) -> str:
    """A row that undoes one must be its mirror, and one that undoes cannot be undone."""
    equal = "".join(
        f" AND (o.{name} = NEW.{name} OR o.{name} IS NULL AND NEW.{name} IS NULL)" for name in ("customer_id", *same)
    )
    return (
        f"NEW.reverses_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {table} o WHERE o.administration_id ="
        " NEW.administration_id AND o.id = NEW.reverses_id AND o.reverses_id IS NULL"
        f" AND o.amount = -NEW.amount{equal})"
    )


_OTHER_RECEIPT = (
    "OLD.cancelled_at IS NOT NULL OR NEW.amount <> OLD.amount OR NEW.received_on <> OLD.received_on"
    " OR NEW.customer_id <> OLD.customer_id OR NEW.id <> OLD.id OR (NEW.cancelled_at IS NOT NULL AND "
    + " + ".join(_sum_of(table, "receipt_id", "OLD.id") for table in ("allocations", "refunds"))
    + " <> 0)"
)


_UNDONE = {
    "allocations": ("invoice_id", "receipt_id", "credit_note_id"),
    "refunds": ("receipt_id", "credit_note_id"),
    "write_offs": ("invoice_id",),
}


def money_guards() -> list[Guard]:
    """Money is written once and undone by a row of its own; nothing is given out twice."""
    guards = [
        *never("receipts", "a receipt never changes", "UPDATE", condition=_OTHER_RECEIPT),
        *never("receipts", "a receipt never changes", "DELETE"),
        *never("disputes", "an ended dispute never changes", "UPDATE", condition="OLD.ended_on IS NOT NULL"),
        *never("disputes", "a dispute is kept for ever", "DELETE"),
    ]
    for table, ends in _UNDONE.items():
        sentence = f"{table.replace('_', '-')} are undone by a row of their own, never changed"
        guards += never(table, sentence, "UPDATE", "DELETE")
        mirror, other = _undoes_another(table, *ends), "this undoes another row than it names"
        guards += never(f"{table}_mirror", other, "INSERT", table=table, condition=mirror)
    for table in ("allocations", "refunds"):
        more = "more than is left of the receipt"
        guards += never(f"{table}_receipt", more, "INSERT", table=table, condition=_OVER_RECEIPT)
        more = "more than is left of the credit note"
        guards += never(f"{table}_credit", more, "INSERT", table=table, condition=_OVER_CREDIT)
    over, unless = "more than is open of the invoice", _over_invoice("NEW.overpays OR ")
    guards += never("allocations_invoice", over, "INSERT", table="allocations", condition=unless)
    guards += never("write_offs_invoice", over, "INSERT", table="write_offs", condition=_over_invoice())
    return guards


def _left(*pot: str) -> str:
    same = "".join(f" AND s.{name} = NEW.{name}" for name in pot)
    return (
        "(SELECT COALESCE(SUM(s.quantity), 0) FROM card_movements s WHERE s.administration_id = NEW.administration_id"
        f"{same})"
    )


def _begins_otherwise(kind: str, table: str, key: str, column: str) -> str:
    return (
        f"NEW.kind = '{kind}' AND NOT EXISTS (SELECT 1 FROM {table} c WHERE c.administration_id ="
        f" NEW.administration_id AND c.id = NEW.{key} AND c.{column} = NEW.quantity)"
    )


_OVERDRAWS = (
    f"NEW.quantity < 0 AND (NEW.hour_card_id IS NOT NULL AND NEW.quantity + {_left('hour_card_id')} < 0"
    f" OR NEW.allowance_id IS NOT NULL AND NEW.quantity + {_left('allowance_id', 'period_first')} < 0)"
)
_NO_MIRROR = (
    "NEW.reverses_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM card_movements o WHERE o.administration_id ="
    " NEW.administration_id AND o.id = NEW.reverses_id AND o.reverses_id IS NULL AND o.quantity = -NEW.quantity"
    " AND o.work_date = NEW.work_date"
    + "".join(
        f" AND (o.{name} = NEW.{name} OR o.{name} IS NULL AND NEW.{name} IS NULL)"
        for name in ("hour_card_id", "allowance_id", "period_first", "question_id", "part")
    )
    + ")"
)
_OTHER_CARD = " OR ".join(
    f"OLD.{name} <> NEW.{name}"
    for name in ("contract_id", "customer_id", "reference", "kind", "minutes", "price", "multi_purpose")
)
_OTHER_ALLOWANCE = " OR ".join(
    f"OLD.{name} <> NEW.{name}"
    for name in ("contract_id", "code", "unit", "quantity", "period", "carry_over_periods", "valid_from")
)


def prepaid_guards() -> list[Guard]:
    """Nothing is drawn that is not there, what was granted stays granted, and every movement stays as it was."""
    kept = "movements of prepaid time are undone by a movement of their own, never changed"
    mirror, other = _NO_MIRROR, "this undoes another movement than it names"
    sold, granted = "a sale brings what its card holds", "a grant brings what its allowance gives"
    return [
        *never("card_movements", kept, "UPDATE", "DELETE"),
        *never("card_movements_left", "more than is left", "INSERT", table="card_movements", condition=_OVERDRAWS),
        *never("card_movements_mirror", other, "INSERT", table="card_movements", condition=mirror),
        *never(
            "card_movements_sale",
            sold,
            "INSERT",
            table="card_movements",
            condition=_begins_otherwise("sale", "hour_cards", "hour_card_id", "minutes"),
        ),
        *never(
            "card_movements_grant",
            granted,
            "INSERT",
            table="card_movements",
            condition=_begins_otherwise("grant", "allowances", "allowance_id", "quantity"),
        ),
        *never("hour_cards", "what was sold with a card never changes", "UPDATE", condition=_OTHER_CARD),
        *never("hour_cards", "a card is kept for ever", "DELETE"),
        *never("allowances", "what an allowance gives never changes", "UPDATE", condition=_OTHER_ALLOWANCE),
        *never("allowances", "an allowance is kept for ever", "DELETE"),
    ]
