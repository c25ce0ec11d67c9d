"""Drafts and documents as plain values for whoever shows them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import and_, select

from billing_service.core.document import to_json
from billing_service.invoicing.drafts import Draft, Unpriceable, recipient
from billing_service.receivables import Standing, standings
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Contract, Customer
from billing_service.store.scope import Scope

_SHOWN = tuple(
    column.key for column in Invoice.__table__.columns if column.key not in ("administration_id", "document")
)


def describe_invoices(scope: Scope, rows: Sequence[Invoice]) -> list[dict[str, Any]]:
    """Each document with its contract's reference, its customer's number and where it goes."""
    parties = _parties(scope, {row.contract_id for row in rows})
    stand = standings(scope, [row.id for row in rows])
    described = []
    for row in rows:
        contract, customer = parties[row.contract_id]
        described.append(
            {
                **{name: getattr(row, name) for name in _SHOWN},
                "contract": contract.reference,
                "customer": customer.number,
                "recipient": recipient(contract, customer),
                **_standing(stand.get(row.id)),
            }
        )
    return described


def _standing(found: Standing | None) -> dict[str, Any]:
    """How an issued invoice stands; nothing of other documents."""
    return {
        "payment_state": found and found.state,
        "open_amount": found and found.open,
        "paid_amount": found and found.paid,
        "credited_amount": found and found.credited,
        "written_off_amount": found and found.written_off,
        "overdue": found and found.overdue,
        "disputed": found and found.disputed,
    }


def describe_invoice(scope: Scope, row: Invoice) -> dict[str, Any]:
    """One document with everything it says."""
    return describe_invoices(scope, [row])[0] | {"document": orjson.loads(row.document)}


def describe_preview(scope: Scope, found: Sequence[Draft | Unpriceable]) -> dict[str, Any]:
    """Drafts, and the contracts for which none can be made."""
    parties = _parties(scope, {one.contract_id for one in found})
    drafts, refused = [], []
    for one in found:
        contract, customer = parties[one.contract_id]
        about = {"contract_id": contract.id, "contract": contract.reference}
        about |= {"customer_id": customer.id, "customer": customer.number}
        if isinstance(one, Unpriceable):
            refused.append(about | {"code": one.error.code, "detail": one.error.detail})
        else:
            drafts.append(about | _draft(one))
    return {"drafts": drafts, "refused": refused}


def _draft(draft: Draft) -> dict[str, Any]:
    totals = draft.document.totals
    return {
        "outcome": draft.outcome,
        "until": draft.until,
        "net": totals.net,
        "vat": totals.vat,
        "gross": totals.gross,
        "recipient": draft.recipient,
        "findings": [code for code, _, _ in draft.findings],
        "document": orjson.loads(to_json(draft.document)),
    }


def _parties(scope: Scope, contract_ids: Collection[UUID]) -> dict[UUID, tuple[Contract, Customer]]:
    rows = scope.session.execute(
        select(Contract, Customer)
        .join(
            Customer,
            and_(Customer.administration_id == Contract.administration_id, Customer.id == Contract.customer_id),
        )
        .where(Contract.administration_id == scope.administration_id, Contract.id.in_(contract_ids))
    )
    return {contract.id: (contract, customer) for contract, customer in rows}
