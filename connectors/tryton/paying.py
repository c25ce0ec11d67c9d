"""Setting things against an invoice: a receipt of ours, or its credit note (accounting-apis 12.5, 12.6).

Both go by Tryton's wizards. Opening one and asking it for its defaults books nothing; the call that books does so as a
whole or not at all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.base import Cause, ConnectorError, Fix, Payment, Refused, RemoteDocument, State
from connectors.tryton.records import Row, id_of
from connectors.tryton.rpc import Rpc, nothing

PAY = "wizard.account.invoice.pay"
RECONCILE = "wizard.account.move.reconcile_lines"
LINES = tuple(
    f"{kind}.{field}"
    for kind in ("lines_to_pay", "payment_lines")
    for field in ("debit", "credit", "reconciliation", "invoice_payment")
)


def pay(rpc: Rpc, payment: Payment, document: RemoteDocument) -> None:
    """Books the receipt on the invoice; raises ``Refused`` where less is open."""
    if document.state is not State.BOOKED or document.open is None or payment.amount > document.open:
        raise _nothing_open()
    about = _about("account.invoice", [int(document.id)])
    session = rpc.ask(f"{PAY}.create", read=_session)
    start = rpc.ask(f"{PAY}.execute", session, {}, "start", read=_defaults, **about)
    start.update(
        amount=payment.amount,
        date=payment.paid_on,
        payment_method=id_of(payment.method, Fix.MAPPING, Cause.PAYMENT_METHOD_UNKNOWN, "method"),
        description=f"[{payment.number}] {payment.description}".rstrip(),
    )
    asked = rpc.change(f"{PAY}.execute", session, {"start": start}, "choice", read=_asked, **about)
    if asked is not None:
        if asked.get("type") != "partial":
            raise _nothing_open()
        rpc.change(f"{PAY}.execute", session, {"start": start, "ask": asked}, "pay", read=nothing, **about)
    _end(rpc, PAY, session)


def close(rpc: Rpc, invoice: int, credit: int) -> None:
    """Sets a booked credit note against its invoice.

    What comes out at nothing is reconciled; else the credit note counts as a payment of the invoice, until that is paid
    too. Nothing is done where more is credited than is open and Tryton cannot split: a person sees to what was paid.
    """
    found = rpc.search("account.invoice", [["id", "in", [invoice, credit]]], LINES)
    there = {row["id"]: row for row in found}
    if there.keys() != {invoice, credit}:
        return
    claims, paid = _open(there[invoice], "lines_to_pay."), _open(there[invoice], "payment_lines.")
    credits_ = [one for one in _open(there[credit], "lines_to_pay.") if not one["invoice_payment"]]
    if not claims or not credits_:
        return
    for lines in ([*claims, *paid, *credits_], [*claims, *credits_]):
        if _sum(lines) == 0:
            _reconcile(rpc, [line["id"] for line in lines])
            return
    if _sum([*claims, *paid, *credits_]) > 0:
        lines_there = {"payment_lines": [["add", [line["id"] for line in credits_]]]}
        rpc.change("model.account.invoice.write", [invoice], lines_there, read=nothing, repeats=True)


def _reconcile(rpc: Rpc, lines: list[int]) -> None:
    session = rpc.ask(f"{RECONCILE}.create", read=_session)
    about = _about("account.move.line", lines)
    rpc.change(f"{RECONCILE}.execute", session, {}, "start", read=nothing, **about)
    _end(rpc, RECONCILE, session)


def _end(rpc: Rpc, wizard: str, session: int) -> None:
    """Has the server forget the wizard; if that fails, what was booked is booked all the same."""
    with contextlib.suppress(ConnectorError):
        rpc.ask(f"{wizard}.delete", session, read=nothing)


def _nothing_open() -> Refused:
    return Refused("Less is open in Tryton than was paid.", fix=Fix.DATA, cause=Cause.NOTHING_OPEN, field="amount")


def _about(model: str, keys: list[int]) -> dict[str, Any]:
    return {"active_model": model, "active_id": keys[0], "active_ids": keys}


def _open(row: Row, name: str) -> list[Row]:
    return [line for line in row[name] if not line["reconciliation"]]


def _sum(lines: list[Row]) -> Decimal:
    return sum((line["debit"] - line["credit"] for line in lines), Decimal())


def _session(value: Any) -> int:
    return int(value[0])


def _defaults(value: Mapping[str, Any]) -> dict[str, Any]:
    """What a form begins with; names with a dot are for showing only and must not be sent back (12.12)."""
    return {name: one for name, one in value["view"]["defaults"].items() if "." not in name}


def _asked(value: Mapping[str, Any]) -> dict[str, Any] | None:
    return _defaults(value) if "view" in value else None
