"""What the example's customers agreed on beside their tariff."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from billing_service import consults, prepaid, subscriptions
from billing_service.store.consults import Consult
from billing_service.store.prepaid import HourCard
from billing_service.store.scope import Scope

CARD_CONTRACT: Final = "NG-2025"
FREE_CONTRACT: Final = "MC-2024"
CONSULT_CONTRACT: Final = "NG-2025"
CONSULT_QUESTION: Final = "HD-1019"
USED_BEFORE: Final = 45
"""Minutes of the card that were used before this service kept its balance."""

_CONSULT_POLICY: Final[dict[str, Any]] = {
    "several_administrations": 3,
    "many_questions": None,
    "pricing": {"kind": "hourly", "rate": "120.00", "time": {"step": 15, "direction": "up", "grace": 5}},
    "revenue_group": "advies",
}


def sell_card(scope: Scope, contracts: Mapping[str, UUID], month: date) -> HourCard:
    """A card of two hours, bought on the first of the month; part of it was used before."""
    card = prepaid.sell(
        scope,
        {
            "contract_id": contracts[CARD_CONTRACT],
            "kind": "card",
            "code": "financieel",
            "title": {"nl": "Strippenkaart financieel, 2 uur", "en": "Hour card finance, 2 hours"},
            "minutes": 120,
            "price": Decimal("180.00"),
            "vat_class": "standard",
            "revenue_group": "helpdesk",
            "sold_on": month,
            "valid_to": month.replace(year=month.year + 1) - timedelta(days=1),
            "low_balance_minutes": 30,
        },
    )
    prepaid.correct(scope, card, -USED_BEFORE, "Opgenomen voor de overgang naar deze administratie", month)
    return card


def give_free_questions(scope: Scope, contracts: Mapping[str, UUID], month: date) -> None:
    """One free question a month; what is not asked may be asked in the next month."""
    prepaid.add_allowance(
        scope,
        {
            "contract_id": contracts[FREE_CONTRACT],
            "code": "gratis",
            "title": {"nl": "Gratis vraag per maand", "en": "Free question per month"},
            "unit": "questions",
            "quantity": 1,
            "period": "calendar_month",
            "carry_over_periods": 1,
            "valid_from": month,
        },
    )


def subscribe(scope: Scope, contracts: Mapping[str, UUID], month: date) -> None:
    """The finance app, 300.00 once and 30.00 a month, from the middle of the month; and maintenance of custom software,
    15 % of 12,000.00 a year, by the month."""
    app = {"nl": "Financiële app", "en": "Financial app"}
    maintenance = {"nl": "Onderhoud koppeling wedstrijdsysteem", "en": "Maintenance of the link to the race system"}
    subscriptions.create(
        scope,
        {
            "contract_id": contracts["VT-2025"],
            "title": app,
            "starts_on": month.replace(day=16),
            "once_amount": Decimal("300.00"),
            "price": {"amount": Decimal("30.00")},
            "revenue_group": "software",
        },
    )
    subscriptions.create(
        scope,
        {
            "contract_id": contracts["IR-2025"],
            "title": maintenance,
            "starts_on": month,
            "price": {"percentage": Decimal(15), "investment": Decimal("12000.00")},
            "revenue_group": "software",
        },
    )


def hold_consult(scope: Scope, contract_id: UUID, question_id: UUID, on: date) -> Consult:
    """Proposed because the contract covers several organisations, confirmed by a person, held in a webinar and with one
    question, charged once."""
    consults.put_policy(scope, _CONSULT_POLICY)
    (proposed,) = [row for row in consults.propose(scope) if row.contract_id == contract_id]
    consults.confirm(scope, proposed.id, {"reason": "Besproken met Hanneke Mulder: één inrichting voor de hele groep"})
    held = {"held_on": on, "minutes": 90, "kind": "webinar", "title": "Rollen en groepen", "handler": "j.devries"}
    consults.add_session(scope, proposed.id, held)
    consults.add_question(scope, proposed.id, question_id)
    return consults.complete(scope, proposed.id, on)
