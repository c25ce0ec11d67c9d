"""What of ours must be mapped before a document can be delivered: the VAT and the revenue groups that this
administration really has, and what the package asks for beyond."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, cast

from sqlalchemy import select

from billing_service.connections.documents import vat_key
from billing_service.connections.opening import capabilities_of
from billing_service.core.identifiers import check_vat_number
from billing_service.core.vat import VAT_CLASSES, VatBuyer, VatClass, VatStatus, decide_vat
from billing_service.errors import InvalidInput
from billing_service.store.administrations import VatStatus as VatStatusRow
from billing_service.store.charges import IS_OPEN, Charge
from billing_service.store.connections import Connection, ConnectionChoice
from billing_service.store.invoices import NOT_ISSUED, Invoice, InvoiceLine
from billing_service.store.parties import Customer
from billing_service.store.scope import Scope
from billing_service.store.tariffs import TariffVersion
from billing_service.store.vat import VatRate
from connectors.base import Vat

Need = tuple[str, str]
"""Kind and ours, as :class:`billing_service.store.connections.ConnectionMapping` has them."""

AHEAD: Final = timedelta(days=30)
"""A rate that begins within this time is asked for already."""
METHODS: Final = ("bank_transfer", "direct_debit", "card", "cash", "other")
_LINE: Final = (InvoiceLine.vat_category, InvoiceLine.vat_rate, InvoiceLine.revenue_group)


def needed(scope: Scope, connection: Connection) -> list[Need]:
    """Everything that must be mapped, in the order in which it is shown.

    VAT and revenue groups are those of open charges, of what is released, of published tariffs, and (until the
    connection is activated) of documents issued since the start date. A revenue group may be covered by the mapping of
    all others, see :func:`billing_service.connections.mapping.covered`.
    """
    lines = set(_lines(scope, connection))
    classes, groups = _classes_and_groups(scope)
    vat = {vat_key(category, rate) for category, rate, _ in lines} | set(_decided(scope, classes))
    groups |= {group or "" for _, _, group in lines}
    found = [("vat", key) for key in sorted(vat)]
    found += [("revenue", group) for group in sorted(groups or {""})]
    if _has_journals(scope, connection):
        found.append(("journal", ""))
    if connection.pushes_receipts:
        found += [("payment_method", method) for method in METHODS]
    if capabilities_of(connection).vat.value is not Vat.OURS:
        found += [("rounding_account", ""), ("rounding_vat", "")]
    return found


def _lines(scope: Scope, connection: Connection) -> Iterator[tuple[str, Decimal | None, str | None]]:
    mine = Invoice.administration_id == scope.administration_id
    at = (InvoiceLine.administration_id == Invoice.administration_id) & (InvoiceLine.invoice_id == Invoice.id)
    of_lines = select(*_LINE).join(Invoice, at).where(mine).distinct()
    for row in scope.session.execute(of_lines.where(NOT_ISSUED)):
        yield row.vat_category, row.vat_rate, row.revenue_group
    if connection.activated_at is None and connection.start_date is not None:
        since = of_lines.where(Invoice.state == "issued", Invoice.issue_date >= connection.start_date)
        for row in scope.session.execute(since):
            yield row.vat_category, row.vat_rate, row.revenue_group


def _classes_and_groups(scope: Scope) -> tuple[set[str], set[str]]:
    """VAT classes and revenue groups (empty for none) of what will be invoiced."""
    open_charges = select(Charge.vat_class, Charge.revenue_group).where(
        Charge.administration_id == scope.administration_id, IS_OPEN
    )
    found = [(row.vat_class, row.revenue_group) for row in scope.session.execute(open_charges.distinct())]
    published = select(TariffVersion.document).where(
        TariffVersion.administration_id == scope.administration_id, TariffVersion.state == "published"
    )
    rules = [rule for document in scope.session.scalars(published) for rule in document.get("rules", [])]
    found += [(rule.get("vat_class", "standard"), rule.get("revenue_group")) for rule in rules]
    classes = {vat_class for vat_class, _ in found if vat_class in VAT_CLASSES}
    return classes | {"standard"}, {group or "" for _, group in found}


def _decided(scope: Scope, classes: set[str]) -> Iterator[str]:
    """The VAT of these classes for every sort of customer, today and soon."""
    rates: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for row in scope.session.execute(select(VatRate.vat_class, VatRate.valid_from, VatRate.rate)):
        rates[row.vat_class].append((row.valid_from, row.rate))
    buyers = _buyers(scope)
    for day in (scope.today, scope.today + AHEAD):
        status = _status(scope, day)
        for vat_class in classes if status else ():
            for buyer in buyers:
                decided = decide_vat(day, cast(VatStatus, status), cast(VatClass, vat_class), buyer, rates)
                yield vat_key(decided.category, decided.rate)


def _status(scope: Scope, day: date) -> str | None:
    since = select(VatStatusRow.status).where(
        VatStatusRow.administration_id == scope.administration_id, VatStatusRow.valid_from <= day
    )
    return scope.session.scalars(since.order_by(VatStatusRow.valid_from.desc()).limit(1)).first()


def _buyers(scope: Scope) -> set[VatBuyer]:
    """Every sort of customer there is; at home at least a business."""
    columns = (Customer.country, Customer.is_business, Customer.vat_number)
    mine = Customer.administration_id == scope.administration_id
    at_home = select(Customer.country, Customer.is_business).where(mine, Customer.country == "NL").distinct()
    found = {VatBuyer(row.country, row.is_business) for row in scope.session.execute(at_home)}
    for row in scope.session.execute(select(*columns).where(mine, Customer.country != "NL")):
        valid = row.vat_number is not None and _is_valid(row.vat_number, row.country)
        found.add(VatBuyer(row.country, row.is_business, valid))
    return found or {VatBuyer("NL", is_business=True)}


def _is_valid(vat_number: str, country: str) -> bool:
    try:
        check_vat_number(vat_number, country)
    except (InvalidInput, ValueError):
        return False
    return True


def _has_journals(scope: Scope, connection: Connection) -> bool:
    mine = {"administration_id": scope.administration_id, "connection_id": connection.id, "kind": "journal"}
    return scope.session.scalars(select(ConnectionChoice.remote_id).filter_by(**mine).limit(1)).first() is not None
