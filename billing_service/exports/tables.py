"""The exports there are: their columns, where each comes from, what limits them, in which order the rows come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, select, type_coerce
from sqlalchemy.orm import aliased

from billing_service.documents.spreadsheets import Kind
from billing_service.errors import InvalidInput
from billing_service.receivables.standing import CREDIT_REST, IS_OWED, RECEIPT_REST, with_sums
from billing_service.store.administrations import Administration
from billing_service.store.charges import Charge, Decision
from billing_service.store.invoices import Invoice, InvoiceLine
from billing_service.store.parties import Contract, Customer
from billing_service.store.prepaid import HourCard
from billing_service.store.questions import Question
from billing_service.store.receivables import Allocation, Receipt
from billing_service.store.scope import Scope
from billing_service.store.tariffs import Tariff, TariffVersion
from billing_service.store.types import Cents

Shown = Literal["plain", "code", "texts", "flag"]
"""How a value becomes words: as it is; a code by its word; a text per language; yes or no."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column; ``title`` is a key of ``wording.TITLES``. ``of`` may be what the source makes of the whole table."""

    title: str
    of: ColumnElement[Any] | Any
    kind: Kind = "text"
    shown: Shown = "plain"
    width: int = 16


@dataclass(frozen=True, slots=True)
class Export:
    """One export. ``needs_scope`` is what a key needs; ``filters`` are the conditions there are, each with one value.

    ``source`` gives the query, its columns the fields in order. ``period`` is the day that ``date_from`` and
    ``date_until`` are about.
    """

    name: str
    needs_scope: str
    fields: tuple[Field, ...]
    source: Callable[[Scope], Select[Any]]
    owner: Any
    period: Any
    filters: Mapping[str, Any]
    order: tuple[Any, ...]

    def statement(self, scope: Scope, wanted: Mapping[str, Any]) -> Select[Any]:
        """The query for the rows that ``wanted`` asks for; its columns are the fields, in order.

        Raises ``InvalidInput`` for a filter that this export does not have.
        """
        query = self.source(scope).where(self.owner == scope.administration_id)
        for name, value in wanted.items():
            if name == "date_from":
                query = query.where(self.period >= value)
            elif name == "date_until":
                query = query.where(self.period <= value)
            elif name in self.filters:
                query = query.where(self.filters[name] == value)
            else:
                known = ", ".join(self.filters)
                raise InvalidInput(f"This export cannot be limited by {name}: only by its period, {known}.")
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
    Field("paid", "paid", "amount"),
    Field("open", "open", "amount"),
    Field("payment_state", "state", shown="code"),
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
    Field("hour_card", HourCard.reference),
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

_SETTLED: Final = (
    select(Invoice.number)
    .join(
        Allocation, and_(Allocation.administration_id == Invoice.administration_id, Allocation.invoice_id == Invoice.id)
    )
    .where(Allocation.administration_id == Receipt.administration_id, Allocation.receipt_id == Receipt.id)
    .group_by(Invoice.number)
    .having(func.sum(Allocation.amount) != 0)
    .order_by(Invoice.number)
    .correlate(Receipt)
    .subquery()
)

_METHOD: Final = case((Receipt.method == "card", "card_payment"), else_=Receipt.method)
"""A card that was paid with is no hour card: it has a word of its own."""

_RECEIPT_FIELDS: Final = (
    Field("received_on", Receipt.received_on, "date", width=12),
    *_CUSTOMER,
    Field("amount", Receipt.amount, "amount"),
    Field("left", RECEIPT_REST, "amount"),
    Field("currency", Administration.currency, width=8),
    Field("method", _METHOD, shown="code"),
    Field("settles", select(func.aggregate_strings(_SETTLED.c.number, ", ")).scalar_subquery(), width=32),
    Field("payer_name", Receipt.payer_name, width=32),
    Field("payer_iban", Receipt.payer_iban, width=24),
    Field("reference", Receipt.reference, width=32),
    Field("cancelled", Receipt.cancelled_at.is_not(None), shown="flag"),
    Field("cancel_reason", Receipt.cancel_reason, width=32),
)


def _columns(fields: tuple[Field, ...], table: Any) -> Select[Any]:
    return select(*(field.of for field in fields)).select_from(table)


def _of_invoices(scope: Scope) -> Select[Any]:
    query = _join(select().select_from(Invoice), Customer, Invoice.customer_id, outer=False)
    query = _join(query, Contract, Invoice.contract_id, outer=False)
    query, sums = with_sums(_join(query, _CREDITED, Invoice.credits_invoice_id), scope)
    is_note = and_(Invoice.kind == "credit_note", Invoice.state == "issued")
    stands: dict[Any, Any] = {
        "paid": type_coerce(case((IS_OWED, sums.paid)), Cents),
        "open": type_coerce(case((IS_OWED, sums.left), (is_note, CREDIT_REST)), Cents),
        "state": case((IS_OWED, sums.state)),
    }
    return query.add_columns(*(stands.get(field.of, field.of) for field in _INVOICE_FIELDS))


def _of_lines(_: Scope) -> Select[Any]:
    query = _join(_columns(_LINE_FIELDS, InvoiceLine), Invoice, InvoiceLine.invoice_id, outer=False)
    query = _join(query, Customer, Invoice.customer_id, outer=False)
    return _join(query, Contract, Invoice.contract_id, outer=False)


def _of_charges(_: Scope) -> Select[Any]:
    query = _columns(_CHARGE_FIELDS, Charge).join(Administration, Administration.id == Charge.administration_id)
    query = _join(query, Customer, Charge.customer_id, outer=False)
    query = _join(query, Contract, Charge.contract_id, outer=False)
    query = _join(query, HourCard, Charge.id, key=HourCard.charge_id)
    return _join(_join(query, Question, Charge.question_id), Invoice, Charge.invoice_id)


def _of_decisions(_: Scope) -> Select[Any]:
    query = _columns(_DECISION_FIELDS, Decision).join(Administration, Administration.id == Decision.administration_id)
    query = _join(query, Question, Decision.question_id, outer=False)
    query = _join(_join(query, Customer, Decision.customer_id), Contract, Decision.contract_id)
    query = _join(_join(query, TariffVersion, Decision.tariff_version_id), Tariff, TariffVersion.tariff_id)
    return _join(query, Invoice, Decision.invoice_id)


def _of_receipts(_: Scope) -> Select[Any]:
    query = _columns(_RECEIPT_FIELDS, Receipt).join(Administration, Administration.id == Receipt.administration_id)
    return _join(query, Customer, Receipt.customer_id, outer=False)


_ALL: Final = (
    Export(
        "invoices",
        "invoices:read",
        _INVOICE_FIELDS,
        _of_invoices,
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
        _of_lines,
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
        _of_charges,
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
        _of_decisions,
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
    Export(
        "receipts",
        "receivables:read",
        _RECEIPT_FIELDS,
        _of_receipts,
        Receipt.administration_id,
        Receipt.received_on,
        {"customer_id": Receipt.customer_id, "method": Receipt.method},
        (Receipt.id,),
    ),
)

EXPORTS: Final[Mapping[str, Export]] = MappingProxyType({export.name: export for export in _ALL})
"""By name; a name is also the key of its title."""
