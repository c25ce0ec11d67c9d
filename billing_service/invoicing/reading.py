"""Finding billing runs and documents."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from billing_service.errors import NotFound
from billing_service.store.invoices import BillingRun, Invoice
from billing_service.store.scope import Scope


def get_invoice(scope: Scope, invoice_id: UUID, *, lock: bool = False) -> Invoice:
    """The document with this id, with ``lock`` held until the transaction ends. Raises NotFound."""
    query = select(Invoice).where(Invoice.administration_id == scope.administration_id, Invoice.id == invoice_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = scope.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no invoice {invoice_id}.")
    return row


def get_run(scope: Scope, run_id: UUID, *, lock: bool = False) -> BillingRun:
    """The billing run with this id, with ``lock`` held until the transaction ends. Raises NotFound."""
    query = select(BillingRun).where(BillingRun.administration_id == scope.administration_id, BillingRun.id == run_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = scope.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no billing run {run_id}.")
    return row
