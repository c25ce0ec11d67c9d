"""The exports there are: their columns, where each comes from, what limits them, in which order the rows come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, Text, and_, cast, select
from sqlalchemy.orm import aliased

from billing_service.documents.spreadsheets import Kind
from billing_service.store.administrations import Administration
from billing_service.store.charges import Charge, Decision
from billing_service.store.invoices import Invoice, InvoiceLine
from billing_service.store.parties import Contract, Customer
from billing_service.store.questions import Question
from billing_service.store.scope import Scope
from billing_service.store.tariffs import Tariff, TariffVersion

Shown = Literal["plain", "code", "texts", "flag"]
"""How a value becomes words: as it is; a code by its word; a text per language; yes or no."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column; ``title`` is a key of ``wording.TITLES``."""

    title: str
    of: ColumnElement[Any] | Any
    kind: Kind = "text"
    shown: Shown = "plain"
    width: int = 16


@dataclass(frozen=True, slots=True)
class Export:
    """One export. ``needs_scope`` is what a key needs; ``filters`` are the conditions there are, each with one value.

    ``period`` is the day that ``date_from`` and ``date_until`` are about.
    """

    name: str
    needs_scope: str
    fields: tuple[Field, ...]
    source: Select[Any]
    owner: Any
    period: Any
    filters: Mapping[str, Any]
    order: tuple[Any, ...]

    def statement(self, scope: Scope, wanted: Mapping[str, Any]) -> Select[Any]:
        """The query for the rows that ``wanted`` asks for; its columns are the fields, in order."""
        query = self.source.where(self.owner == scope.administration_id)
        for name, value in wanted.items():
            if name == "date_from":
                query = query.where(self.period >= value)
            elif name == "date_until":
                query = query.where(self.period <= value)
            else:
                query = query.where(self.filters[name] == value)
        return query.order_by(*self.order)


def _join(query: Select[Any], table: Any, by: Any, *, key: Any = None, outer: bool = True) -> Select[Any]:
    """Join the row of ``table`` that the column ``by`` points to."""
    administration = by.class_.administration_id
    on = and_(table.administration_id == administration, (key or table.id) == by)
    return query.join(table, on, isouter=outer)


_CREDITED: Final = aliased(Invoice)

_CUSTOMER: Final = (
    Field("customer_number", Customer.number),
    Field("customer_name", Customer.name, width=32),
)

_INVOICE_FIELDS: Final = (
    Field("number", Invoice.number),
    Field("kind", Invoice.kind, shown="code"),
    Field("state", Invoice.state, shown="code"),
    Field("issue_date", Invoice.issue_date, "date", width=12),
    Field("due_date", Invoice.due_date, "date", width=12),
    Field("supply_from", Invoice.supply_from, "date", width=12),
    Field("supply_to", Invoice.supply_to, "date", width=12),
    *_CUSTOMER,
    Field("contract", Contract.reference),
    Field("net", Invoice.net, "amount"),
    Field("vat", Invoice.vat, "amount"),
    Field("gross", Invoice.gross, "amount"),
    Field("currency", Invoice.currency, width=8),
    Field("payment_reference", Invoice.payment_reference, width=24),
    Field("credits", _CREDITED.number),
)

_LINE_FIELDS: Final = (
    Field("invoice_number", Invoice.number),
    Field("kind", Invoice.kind, shown="code"),
    Field("state", Invoice.state, shown="code"),
    Field("issue_date", Invoice.issue_date, "date", width=12),
    *_CUSTOMER,
    Field("contract", Contract.reference),
    Field("line", InvoiceLine.line, "whole", width=8),
    Field("description", InvoiceLine.description, width=48),
    Field("pricing", InvoiceLine.pricing, shown="code"),
    Field("quantity", InvoiceLine.quantity, "price"),
    Field("minutes", InvoiceLine.minutes, "whole"),
    Field("unit_price", InvoiceLine.unit_price, "price"),
    Field("amount", InvoiceLine.amount, "amount"),
    Field("vat_category", InvoiceLine.vat_category, width=8),
    Field("vat_rate", InvoiceLine.vat_rate, "price"),
    Field("revenue_group", InvoiceLine.revenue_group),
    Field("currency", Invoice.currency, width=8),
)

_CHARGE_FIELDS: Final = (
    Field("date", Charge.date, "date", width=12),
    Field("state", Charge.state, shown="code"),
    Field("source", Charge.source, shown="code"),
    *_CUSTOMER,
    Field("contract", Contract.reference),
    Field("description", Charge.description, shown="texts", width=48),
    Field("disposition", Charge.disposition, shown="code"),
    Field("pricing", Charge.pricing, shown="code"),
    Field("quantity", Charge.quantity, "price"),
    Field("minutes", Charge.minutes, "whole"),
    Field("unit_price", Charge.unit_price, "price"),
    Field("amount", Charge.amount, "amount"),
    Field("vat_class", Charge.vat_class, shown="code"),
    Field("revenue_group", Charge.revenue_group),
    Field("rule", Charge.rule),
    Field("external_id", Question.external_id),
    Field("invoice_number", Invoice.number),
    Field("line", Charge.line, "whole", width=8),
    Field("currency", Administration.currency, width=8),
)

_DECISION_FIELDS: Final = (
    Field("decided_on", Decision.decided_on, "date", width=12),
    Field("source", Question.source),
    Field("external_id", Question.external_id),
    Field("subject", Question.subject, width=40),
    *_CUSTOMER,
    Field("contract", Contract.reference),
    Field("phase", Decision.phase),
    Field("state", Decision.state, shown="code"),
    Field("reason", Decision.reason, shown="code"),
    Field("disposition", Decision.disposition, shown="code"),
    Field("tariff", Tariff.code + " " + cast(TariffVersion.number, Text)),
    Field("rule", Decision.rule),
    Field("ordinal", Decision.ordinal, "whole"),
    Field("billed_minutes", Decision.minutes, "whole"),
    Field("amount", Decision.amount, "amount"),
    Field("currency", Administration.currency, width=8),
    Field("provisional", Decision.provisional, shown="flag"),
    Field("by_person", Decision.by_person),
    Field("closed", Decision.closed, shown="flag"),
    Field("released", Decision.released, shown="flag"),
    Field("invoice_number", Invoice.number),
)


def _columns(fields: tuple[Field, ...], table: Any) -> Select[Any]:
    return select(*(field.of for field in fields)).select_from(table)


def _of_invoices() -> Select[Any]:
    query = _join(_columns(_INVOICE_FIELDS, Invoice), Customer, Invoice.customer_id, outer=False)
    query = _join(query, Contract, Invoice.contract_id, outer=False)
    return _join(query, _CREDITED, Invoice.credits_invoice_id)


def _of_lines() -> Select[Any]:
    query = _join(_columns(_LINE_FIELDS, InvoiceLine), Invoice, InvoiceLine.invoice_id, outer=False)
    query = _join(query, Customer, Invoice.customer_id, outer=False)
    return _join(query, Contract, Invoice.contract_id, outer=False)


def _of_charges() -> Select[Any]:
    query = _columns(_CHARGE_FIELDS, Charge).join(Administration, Administration.id == Charge.administration_id)
    query = _join(query, Customer, Charge.customer_id, outer=False)
    query = _join(query, Contract, Charge.contract_id, outer=False)
    return _join(_join(query, Question, Charge.question_id), Invoice, Charge.invoice_id)


def _of_decisions() -> Select[Any]:
    query = _columns(_DECISION_FIELDS, Decision).join(Administration, Administration.id == Decision.administration_id)
    query = _join(query, Question, Decision.question_id, outer=False)
    query = _join(_join(query, Customer, Decision.customer_id), Contract, Decision.contract_id)
    query = _join(_join(query, TariffVersion, Decision.tariff_version_id), Tariff, TariffVersion.tariff_id)
    return _join(query, Invoice, Decision.invoice_id)


_ALL: Final = (
    Export(
        "invoices",
        "invoices:read",
        _INVOICE_FIELDS,
        _of_invoices(),
        Invoice.administration_id,
        Invoice.issue_date,
        {
            "state": Invoice.state,
            "kind": Invoice.kind,
            "customer_id": Invoice.customer_id,
            "contract_id": Invoice.contract_id,
            "billing_run_id": Invoice.billing_run_id,
        },
        (Invoice.id,),
    ),
    Export(
        "invoice_lines",
        "invoices:read",
        _LINE_FIELDS,
        _of_lines(),
        InvoiceLine.administration_id,
        Invoice.issue_date,
        {
            "state": Invoice.state,
            "kind": Invoice.kind,
            "customer_id": Invoice.customer_id,
            "contract_id": Invoice.contract_id,
            "billing_run_id": Invoice.billing_run_id,
        },
        (InvoiceLine.invoice_id, InvoiceLine.line),
    ),
    Export(
        "charges",
        "charges:read",
        _CHARGE_FIELDS,
        _of_charges(),
        Charge.administration_id,
        Charge.date,
        {
            "state": Charge.state,
            "customer_id": Charge.customer_id,
            "contract_id": Charge.contract_id,
            "billing_run_id": Invoice.billing_run_id,
        },
        (Charge.id,),
    ),
    Export(
        "decisions",
        "decisions:read",
        _DECISION_FIELDS,
        _of_decisions(),
        Decision.administration_id,
        Decision.decided_on,
        {
            "state": Decision.state,
            "customer_id": Decision.customer_id,
            "contract_id": Decision.contract_id,
            "billing_run_id": Invoice.billing_run_id,
        },
        (Decision.question_id,),
    ),
)

EXPORTS: Final[Mapping[str, Export]] = MappingProxyType({export.name: export for export in _ALL})
"""By name; a name is also the key of its title."""
