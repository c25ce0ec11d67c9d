"""Drafts: what would be invoiced, computed and never stored. Preview shows them; release stores what they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ScalarSelect, and_, bindparam, func, select

from billing_service import prepaid, subscriptions
from billing_service.core.calendar import period_of
from billing_service.core.document import AnnexEntry, DocumentKind, InvoiceDocument, compose, vat_groups
from billing_service.core.money import ZERO
from billing_service.errors import BillingError, NotFound
from billing_service.invoicing.imports import import_entries
from billing_service.invoicing.items import item_entries
from billing_service.invoicing.lines import ChargedLine, charged_lines
from billing_service.invoicing.sources import annex, decided_questions, wordings
from billing_service.parties.selling import Issuer, LineVat, buyer, load_issuer
from billing_service.rating import OpenCharge, assign_ordinals, open_charges, rounding_sentences
from billing_service.store.charges import IS_OPEN, Charge
from billing_service.store.parties import Contract, Customer
from billing_service.store.scope import Scope

Outcome = Literal["invoice", "zero_statement", "zero", "negative"]
"""What release makes of a draft: an invoice, a zero statement, nothing (zero statements are switched off), or a
finding."""

SCOPE_CHANGES: Final = "vat_scope_changes"
"""The finding: what is left of the contract stands on the other side of such a change."""

_PERIODS: Final[dict[str, Literal["calendar_quarter", "calendar_year"]]] = {
    "quarter": "calendar_quarter",
    "year": "calendar_year",
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where the document goes: by e-mail to the contract's recipient or the customer's address, else by post."""

    channel: Literal["email", "post"]
    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """One contract's document as release would store it: everything open up to and including ``until``.

    ``findings`` are codes with the noun and id they concern.
    """

    contract_id: UUID
    customer_id: UUID
    until: date
    document: InvoiceDocument
    outcome: Outcome
    lines: tuple[ChargedLine, ...]
    recipient: Recipient
    series_id: UUID
    stands: prepaid.Statement
    findings: tuple[tuple[str, str, UUID], ...]


@dataclass(frozen=True, slots=True)
class Unpriceable:
    """A contract for which no document can be made, and why."""

    contract_id: UUID
    error: BillingError


def preview(scope: Scope, until: date, contract_ids: list[UUID] | None = None) -> list[Draft | Unpriceable]:
    """Everything uninvoiced up to ``until`` as documents without number, per contract by reference. Writes nothing."""
    issuer = load_issuer(scope)
    found: list[Draft | Unpriceable] = []
    for contract_id, billed_until in contracts_to_bill(scope, until, contract_ids):
        try:
            draft = draft_of(scope, issuer, contract_id, billed_until, commit=False)
        except BillingError as error:
            found.append(Unpriceable(contract_id, error))
        else:
            if draft is not None:
                found.append(draft)
    return found


def contracts_to_bill(scope: Scope, until: date, contract_ids: list[UUID] | None) -> list[tuple[UUID, date]]:
    """Contracts with open charges or subscriptions that fall due, by reference, each with the date up to which it is
    billed now.

    A contract named in ``contract_ids`` is billed up to ``until``. Otherwise its rhythm decides: by the month up to
    ``until``, by the quarter or year up to the end of the last one that is over (where the contract has ended: up to
    ``until`` too), on demand not at all.

    Raises:
        NotFound: a contract that is named does not exist.
    """
    mine = Contract.administration_id == scope.administration_id
    query = select(
        Contract.id,
        Contract.rhythm,
        Contract.valid_to,
        _first_open_charge(until).label("first_open"),
        subscriptions.first_due().label("first_due"),
    )
    query = query.where(mine).order_by(Contract.reference)
    if contract_ids is not None:
        query = query.where(Contract.id.in_(contract_ids))
    contracts = scope.session.execute(query).all()
    if contract_ids is not None and (missing := set(contract_ids) - {row.id for row in contracts}):
        raise NotFound(f"There is no contract {min(missing)}.")
    found = []
    for contract_id, rhythm, valid_to, first_open, first_due in contracts:
        billed_until = until if contract_ids is not None else _end_of_rhythm(rhythm, until, valid_to)
        if billed_until is None:
            continue
        due = first_due is not None and first_due <= subscriptions.reach(scope, billed_until)
        if due or (first_open is not None and first_open <= billed_until):
            found.append((contract_id, billed_until))
    return found


def _first_open_charge(until: date) -> ScalarSelect[date]:
    """Looked up per contract: grouped, it would pass every charge that was ever invoiced."""
    return (
        select(func.min(Charge.date))
        .where(
            Charge.administration_id == Contract.administration_id,
            Charge.contract_id == Contract.id,
            IS_OPEN,
            Charge.date <= until,
        )
        .correlate(Contract)
        .scalar_subquery()
    )


def _end_of_rhythm(rhythm: str, until: date, valid_to: date | None) -> date | None:
    if rhythm == "on_demand":
        return None
    if rhythm not in _PERIODS or (valid_to is not None and valid_to <= until):
        return until
    period = period_of(until, _PERIODS[rhythm])
    return until if period.last == until else period.first - timedelta(days=1)


def draft_of(scope: Scope, issuer: Issuer, contract_id: UUID, until: date, *, commit: bool) -> Draft | None:
    """The draft of one contract, or None where nothing is open up to ``until``.

    With ``commit`` (a release) the contract and its sources stay locked until the transaction ends, the prices that
    depend on the order of questions become final and what falls due of subscriptions is charged; without it nothing is
    written. Where sales begin or cease to fall
    under Dutch VAT the draft holds what is dated before, with a finding: the rest needs a document of its own.

    Raises InvalidInput where a line cannot be priced or taxed.
    """
    contract, customer, first_due = _agreement(scope, contract_id)
    language = customer.language or issuer.language
    vat = LineVat(issuer, customer)
    asked, until = until, _until_scope_changes(scope, vat, contract_id, until, first_due)
    falling_due: list[OpenCharge] = []
    if first_due is not None and first_due <= subscriptions.reach(scope, until):
        falling_due = _subscriptions(scope, {contract_id: until}, issuer.currency, commit=commit)
    charges = open_charges(scope, [contract_id], until, commit=commit, besides=falling_due)
    if not charges:
        return None
    series_id = issuer.series_of(contract)
    lines = charged_lines(
        charges,
        language,
        vat.decide,
        group_equal=contract.group_equal_lines,
        wordings=wordings(scope, charges, language),
    )
    stands = prepaid.statement(scope, contract_id, until, language, commit=commit)
    document = compose(
        language=language,
        series=issuer.series[series_id],
        currency=issuer.currency,
        seller=issuer.seller,
        buyer=buyer(customer, contract),
        supply_from=min(charge.date for charge in charges),
        supply_to=max(charge.date for charge in charges),
        lines=[charged.line for charged in lines],
        terms_days=_first_known(customer.payment_term_days, issuer.payment_term_days),
        buyer_reference=contract.invoice_reference,
        contract_reference=contract.reference,
        contract_description=contract.title,
        kind=DocumentKind.INVOICE if _has_amounts(lines) else DocumentKind.ZERO_STATEMENT,
        annex=_annex(scope, contract_id, until, language, issuer.currency, charges, commit) if contract.annex else (),
        imports=import_entries(scope, charges, language, issuer.currency) if contract.annex else (),
        prepaid=stands.balances,
        items=item_entries(charges, language, issuer.currency) if contract.annex else (),
    )
    return Draft(
        contract_id=contract_id,
        customer_id=customer.id,
        until=until,
        document=document,
        outcome=_outcome(document, issuer),
        lines=lines,
        recipient=recipient(contract, customer),
        series_id=series_id,
        stands=stands,
        findings=(
            *((code, "customer", customer.id) for code in sorted(vat.findings)),
            *([(SCOPE_CHANGES, "contract", contract_id)] if until < asked else []),
        ),
    )


def _subscriptions(scope: Scope, until: dict[UUID, date], currency: str, *, commit: bool) -> list[OpenCharge]:
    """What falls due of subscriptions is charged, or (a preview) returned as the charges that would be."""
    if not commit:
        return subscriptions.upcoming_charges(scope, until, currency)
    subscriptions.charge_due(scope, until, currency)
    return []


def _until_scope_changes(scope: Scope, vat: LineVat, contract_id: UUID, until: date, first_due: date | None) -> date:
    if not vat.may_change_scope:
        return until
    first_open = scope.session.scalar(_FIRST_OPEN, _of(scope, contract_id) | {"until": until})
    found = [day for day in (first_open, first_due) if day is not None and day <= until]
    return vat.scope_holds_until(min(found), until) if found else until


def recipient(contract: Contract, customer: Customer) -> Recipient:
    """The contract's recipient once chosen, else the customer's invoice e-mail, else the post."""
    if contract.recipient_name is not None:
        return Recipient("email", contract.recipient_name, contract.recipient_email)
    return Recipient("email" if customer.email else "post", customer.name, customer.email)


def _outcome(document: InvoiceDocument, issuer: Issuer) -> Outcome:
    if document.totals.gross < ZERO:
        return "negative"
    if document.kind is DocumentKind.INVOICE:
        return "invoice"
    return "zero_statement" if issuer.zero_statements else "zero"


def _has_amounts(lines: Sequence[ChargedLine]) -> bool:
    """Whether there is anything to pay or to declare: lines that cancel out within a VAT rate leave nothing."""
    return any(group.taxable or group.tax for group in vat_groups([charged.line for charged in lines]))


def _annex(
    scope: Scope,
    contract_id: UUID,
    until: date,
    language: str,
    currency: str,
    charges: Sequence[OpenCharge],
    commit: bool,
) -> list[AnnexEntry]:
    decided = decided_questions(scope, contract_id, until)
    repriced = [] if commit else assign_ordinals(scope, [contract_id], until, commit=False)
    return annex(scope, decided, repriced, language, currency, rounding_sentences(charges, language))


def _agreement(scope: Scope, contract_id: UUID) -> tuple[Contract, Customer, date | None]:
    """The contract, who pays, and when a subscription of it next falls due."""
    contract, customer, first_due = scope.session.execute(_AGREEMENT, _of(scope, contract_id)).one()
    return contract, customer, first_due


def _of(scope: Scope, contract_id: UUID) -> dict[str, Any]:
    return {"mine": scope.administration_id, "of_contract": contract_id}


_FIRST_OPEN = select(func.min(Charge.date)).where(
    Charge.administration_id == bindparam("mine"),
    Charge.contract_id == bindparam("of_contract"),
    IS_OPEN,
    Charge.date <= bindparam("until"),
)
# Built once: a release runs it for every contract.
_AGREEMENT = (
    select(Contract, Customer, subscriptions.first_due())
    .join(Customer, and_(Customer.administration_id == Contract.administration_id, Customer.id == Contract.customer_id))
    .where(Contract.administration_id == bindparam("mine"), Contract.id == bindparam("of_contract"))
)


def _first_known(chosen: int | None, standard: int) -> int:
    return standard if chosen is None else chosen
