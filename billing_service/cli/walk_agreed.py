"""The example's hour card, free questions, subscriptions and consult."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from billing_service import consults, prepaid
from billing_service.cli.telling import Teller
from billing_service.core.minutes import hours_and_minutes
from billing_service.demo import agreed
from billing_service.store.prepaid import HourCard
from billing_service.store.scope import Scope


def agree(scope: Scope, teller: Teller, contracts: Mapping[str, UUID], month: date) -> None:
    """What is agreed on beside the tariff."""
    teller.step("Agreed beforehand: an hour card, a free question a month, subscriptions")
    card = agreed.sell_card(scope, contracts, month)
    agreed.give_free_questions(scope, contracts, month)
    agreed.subscribe(scope, contracts, month)
    left = hours_and_minutes(prepaid.balance_of(scope, hour_card_id=card.id))
    teller.say(
        f"{agreed.CARD_CONTRACT} buys {card.reference}, {card.title['en']}: {left} left, drawn before money is asked."
    )
    teller.say(f"{agreed.FREE_CONTRACT} has one free question a month; unused, it may be asked in the next month.")
    teller.say("VT-2025 takes the finance app: 300.00 once and 30.00 a month, from the 16th on.")
    teller.say("IR-2025 has custom software maintained: 15 % a year of an investment of 12,000.00, by the month.")


def consult(scope: Scope, teller: Teller, contracts: Mapping[str, UUID], question_id: UUID, on: date) -> None:
    """A consult from its proposal to its charge."""
    teller.step("A consult: proposed from facts, confirmed by a person, charged once")
    held = agreed.hold_consult(scope, contracts[agreed.CONSULT_CONTRACT], question_id, on)
    told = consults.describe(scope, held, "en", "EUR")
    teller.say(f"{held.reference} was proposed: {told['proposal']['en']}")
    for sentence in told["sentences"]:
        teller.say(f"  {sentence}")
    teller.say(f"{agreed.CONSULT_QUESTION} was answered in it and is not billed beside it.", "dim")


def balances(scope: Scope, teller: Teller, contracts: Mapping[str, UUID]) -> None:
    """The hour card as its movements, whose sum is the balance that the invoice prints."""
    mine = HourCard.administration_id == scope.administration_id
    query = select(HourCard).where(mine, HourCard.contract_id == contracts[agreed.CARD_CONTRACT])
    card = scope.session.scalars(query).one()
    teller.step(f"{card.reference} after the run: every movement, and what they add up to")
    moved = prepaid.movements_of(scope, hour_card_id=card.id)
    rows = [(one.work_date, one.kind, one.reason or "", hours_and_minutes(one.quantity)) for one in moved]
    left = hours_and_minutes(sum(one.quantity for one in moved))
    teller.table(["Day", "Movement", "Why", ">Hours"], [*rows, ("", "balance", "", left)])
