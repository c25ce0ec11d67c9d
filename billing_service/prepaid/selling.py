"""Selling hour cards and blocks: the card, its first movement and its charge come in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, func, select

from billing_service.core.formats import LANGUAGES
from billing_service.core.ids import new_id
from billing_service.core.minutes import hours_and_minutes
from billing_service.core.money import ZERO
from billing_service.errors import Conflict, FieldError, InvalidInput
from billing_service.parties import common
from billing_service.prepaid import ledger
from billing_service.rating.locking import lock_contracts
from billing_service.store import audit
from billing_service.store.administrations import Administration
from billing_service.store.charges import Charge
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Contract
from billing_service.store.prepaid import CardMovement, HourCard
from billing_service.store.scope import Scope

BLOCK_MINUTES: Final = 240
"""A block is four hours unless another length is agreed (domain.md: half-day budgets of 4 hours)."""

_DETAIL: Final = {"nl": "{reference} · {hours} uur", "en": "{reference} · {hours} hours"}


def get_card(scope: Scope, card_id: UUID) -> HourCard:
    """Raises ``NotFound``, also for a card of another administration."""
    return common.get(scope, HourCard, card_id, "hour card")


def sell(scope: Scope, wish: Mapping[str, Any]) -> HourCard:
    """Sell a card or a block on a contract: it can be drawn from at once, and is charged on the day of the sale.

    ``wish``: ``contract_id``, ``kind`` (card or block), ``code`` (what a rule's ``draw_from`` asks for), ``title`` by
    language, ``price`` without VAT, ``vat_class``; optionally ``minutes`` (a block: 240), ``revenue_group``,
    ``reference`` (else made: UK-0001), ``sold_on`` (today), ``valid_from`` (the day of the sale), ``valid_to``,
    ``low_balance_minutes`` and, of a block, ``follows_id``: the block whose feedback it pays for.

    Raises:
        InvalidInput: an unknown contract or block, a sale on a day the contract was not valid on, a validity that ends
            before it begins, a price below zero, a card without minutes, a multi-purpose card.
        AlreadyExists: the reference is taken.
    """
    contract = _check(scope, wish)
    lock_contracts(scope, [contract.id])
    reference = wish.get("reference")
    if reference is None:
        reference = _next_reference(scope)
    else:
        common.refuse_taken(scope, HourCard, "reference", reference, "hour card")
    sold_on: date = wish.get("sold_on") or scope.today
    card = HourCard(
        administration_id=scope.administration_id,
        id=new_id(),
        contract_id=contract.id,
        customer_id=contract.customer_id,
        reference=reference,
        kind=wish["kind"],
        code=wish["code"],
        title=dict(wish["title"]),
        minutes=wish.get("minutes") or BLOCK_MINUTES,
        price=wish["price"],
        vat_class=wish["vat_class"],
        revenue_group=wish.get("revenue_group"),
        valid_from=wish.get("valid_from") or sold_on,
        valid_to=wish.get("valid_to"),
        low_balance_minutes=wish.get("low_balance_minutes"),
        follows_id=wish.get("follows_id"),
        sold_on=sold_on,
        created_at=scope.now,
    )
    card.charge_id = _charge(scope, card)
    scope.session.add(card)
    scope.session.flush()
    # Dated so that the document that charges it shows it, and that no draw is older than what it draws from.
    ledger.move(scope, card, "sale", card.minutes, min(card.sold_on, card.valid_from))
    told = {name: getattr(card, name) for name in ("contract_id", "reference", "kind", "code", "minutes", "price")}
    audit.record(scope, "create", "hour_card", card.id, told)
    ledger.decide_again(scope, card.contract_id)
    return card


def cancel(scope: Scope, card: HourCard, reason: str) -> HourCard:
    """Take a sale back while its charge is open and nothing was drawn: the charge goes, nothing is left of the card.

    Raises:
        Conflict: it was cancelled before, it is on a document, or something was drawn from it.
    """
    card = ledger.lock(scope, card)
    if card.cancelled_at is not None:
        raise Conflict(f"{card.reference} was cancelled before.", code="already_cancelled")
    if _net_drawn(scope, card):
        detail = f"Questions were drawn from {card.reference}: decide them otherwise first, or leave it as it is."
        raise Conflict(detail, code="card_drawn")
    charge = scope.session.get(Charge, (scope.administration_id, card.charge_id), with_for_update=True)
    if charge is not None:
        _refuse_on_document(scope, card, charge)
        charge.state = "cancelled"
    close(scope, card, reason)
    audit.record(scope, "cancel", "hour_card", card.id, {"reason": reason})
    ledger.decide_again(scope, card.contract_id)
    return card


def close(scope: Scope, card: HourCard, reason: str) -> None:
    """Nothing is left of a locked card, and it is drawn no more."""
    rest = ledger.left(scope, [card.id])[card.id]
    if rest:
        ledger.move(scope, card, "correction", -rest, scope.today, reason)
    card.cancelled_at = scope.now
    scope.session.flush()


def _check(scope: Scope, wish: Mapping[str, Any]) -> Contract:
    if wish.get("multi_purpose"):
        detail = "A multi-purpose card is sold without VAT, which is due when it is used: this service sells none."
        errors = [FieldError("/multi_purpose", "must be false")]
        raise InvalidInput(detail, code="multi_purpose_card", errors=errors)
    problems = common.Problems()
    contract = scope.session.get(Contract, (scope.administration_id, wish["contract_id"]))
    sold_on = wish.get("sold_on") or scope.today
    if contract is None:
        problems.add("/contract_id", "is no contract")
    elif sold_on < contract.valid_from or (contract.valid_to is not None and sold_on > contract.valid_to):
        problems.add("/sold_on", f"lies outside the contract {contract.reference}")
    if wish["price"] < ZERO:
        problems.add("/price", "is below zero")
    if wish["kind"] == "card" and wish.get("minutes") is None:
        problems.add("/minutes", "is required of a card; only a block has a length of its own")
    valid_to = wish.get("valid_to")
    if valid_to is not None and valid_to < (wish.get("valid_from") or sold_on):
        problems.add("/valid_to", "lies before valid_from")
    if wish.get("follows_id") is not None:
        _check_follows(scope, wish, problems)
    problems.refuse("hour card")
    assert contract is not None  # noqa: S101 - else it was refused
    return contract


def _check_follows(scope: Scope, wish: Mapping[str, Any], problems: common.Problems) -> None:
    before = scope.session.get(HourCard, (scope.administration_id, wish["follows_id"]))
    if before is None or before.kind != "block" or before.contract_id != wish["contract_id"]:
        problems.add("/follows_id", "is no block of this contract")
    elif before.code != wish["code"]:
        problems.add("/follows_id", f"is a block for {before.code}, not for {wish['code']}")
    if wish["kind"] != "block":
        problems.add("/follows_id", "belongs to a block")


def _next_reference(scope: Scope) -> str:
    """UK-0001 and on; two who sell at once wait for each other."""
    administration = select(Administration.id).where(Administration.id == scope.administration_id)
    scope.session.execute(administration.with_for_update(key_share=True))
    mine = HourCard.administration_id == scope.administration_id
    number = scope.session.scalars(select(func.count()).select_from(HourCard).where(mine)).one() + 1
    while scope.session.scalar(select(exists().where(mine, HourCard.reference == f"UK-{number:04d}"))):
        number += 1
    return f"UK-{number:04d}"


def _charge(scope: Scope, card: HourCard) -> UUID:
    """The sale as a charge: one piece at its price, with the VAT of the day of the sale."""
    hours = hours_and_minutes(card.minutes)
    charge = Charge(
        administration_id=scope.administration_id,
        id=new_id(),
        contract_id=card.contract_id,
        customer_id=card.customer_id,
        source=card.kind,
        part=0,
        date=card.sold_on,
        description={language: card.title[language] for language in LANGUAGES},
        detail={language: _DETAIL[language].format(reference=card.reference, hours=hours) for language in LANGUAGES},
        disposition="charge",
        pricing="quantity",
        quantity=Decimal(1),
        unit_price=card.price,
        amount=card.price,
        vat_class=card.vat_class,
        revenue_group=card.revenue_group,
        state="open",
        explanation=_explanation(scope, card),
        created_at=scope.now,
    )
    scope.session.add(charge)
    scope.session.flush()
    told = {"contract_id": card.contract_id, "date": card.sold_on, "amount": card.price, "vat_class": card.vat_class}
    audit.record(scope, "create", "charge", charge.id, told)
    return charge.id


def _explanation(scope: Scope, card: HourCard) -> list[list[Any]]:
    steps: list[list[Any]] = [[f"{card.kind}_sold", card.reference, card.minutes, str(card.price)]]
    if card.valid_to is None:
        steps.append(["card_valid_from", card.valid_from.isoformat()])
    else:
        steps.append(["card_valid_until", card.valid_from.isoformat(), card.valid_to.isoformat()])
    if card.follows_id is not None:
        before = scope.session.get_one(HourCard, (scope.administration_id, card.follows_id))
        steps.append(["block_follows", before.reference, before.title])
    return [*steps, ["vat_at_sale"]]


def _net_drawn(scope: Scope, card: HourCard) -> int:
    query = select(func.coalesce(func.sum(CardMovement.quantity), 0)).where(
        CardMovement.administration_id == scope.administration_id,
        CardMovement.hour_card_id == card.id,
        CardMovement.kind.in_(("draw", "undo")),
    )
    return int(scope.session.scalars(query).one())


def _refuse_on_document(scope: Scope, card: HourCard, charge: Charge) -> None:
    if charge.state == "open":
        return
    invoice = scope.session.get(Invoice, (scope.administration_id, charge.invoice_id))
    if charge.state == "released":
        detail = f"{card.reference} stands on a document that is released: withdraw that first."
        raise Conflict(detail, code="card_released")
    named = f"invoice {invoice.number}" if invoice is not None else "an invoice"
    detail = f"{card.reference} was invoiced: credit line {charge.line} of {named} whole; that closes the card."
    raise Conflict(detail, code="card_invoiced")
