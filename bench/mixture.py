"""Twenty charges of every kind for each contract, made by the service's own steps; only import fees are put in as rows,
as what an import makes of them is not what is measured."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from bench.filler import settle
from bench.stored import store_questions
from bench.world import NOW, QUARTERS, TARIFF, Office
from billing_service import consults, prepaid, subscriptions, tariffs
from billing_service.core.ids import new_id
from billing_service.rating import decide_stored
from billing_service.store import bulk
from billing_service.store.base import Base
from billing_service.store.charges import Charge
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from billing_service.store.tariffs import Tariff

QUESTIONS: Final = 10
"""Of each contract, one of each shape: eight come to a line, two of them drawn from the card at 0.00."""
EACH: Final = 20
"""Charges per contract: eight of questions, the card, the consult, two of the subscription (which the run makes), two
fees and six by hand."""
_FEES: Final = 2
_BY_HAND: Final = 6
_AT_ONCE: Final = 100
_SOLD_ON: Final = date(2026, 3, 2)
_HALF_HOURS: Final = {"kind": "blocks", "block_minutes": 30, "block_price": "60.00"}
_DRAWN: Final[dict[str, Any]] = {
    "code": "card",
    "name": {"nl": "Strippenkaart", "en": "Hour card"},
    "when": {"category": ["ledger"]},
    "disposition": "draw",
    "draw_from": {"kinds": ["card"], "code": "support", "rest": "charge"},
    "price": {"basis": "actual_time"},
    "time": QUARTERS,
    "vat_class": "standard",
}


def contracts(count: int) -> int:
    """About so many contracts, and a number that spreads the shapes of questions evenly over them."""
    return max(10, count) // 10 * 10 + 1


def fill(database: Database, office: Office) -> None:
    """Everything that a run up to the end of March bills."""
    with database.write() as session:
        _draw_from_cards(office.scope(session))
    for start in range(0, len(office.contracts), _AT_ONCE):
        with database.write() as session:
            scope = office.scope(session)
            some = range(start, min(len(office.contracts), start + _AT_ONCE))
            for at in some:
                _agree(scope, office.contracts[at], at)
            bulk.insert_rows(session, Charge, [row for at in some for row in _rows(office, at)])
    questions = store_questions(database, office, QUESTIONS * len(office.contracts))
    for start in range(0, len(questions), 10 * _AT_ONCE):
        with database.write() as session:
            decide_stored(office.scope(session), questions[start : start + 10 * _AT_ONCE], cause="bench")
    _settle(database)


def _settle(database: Database) -> None:
    """Only tables with rows: one that was looked at while empty is taken for empty until somebody looks again, and is
    read through for every foreign key."""
    own = Database(database.url)  # a connection that nobody uses afterwards
    try:
        with own.read() as session:
            tables = Base.metadata.tables.values()
            filled = [table.name for table in tables if session.execute(select(table).limit(1)).first()]
        settle(own, filled)
    finally:
        own.close()


def _draw_from_cards(scope: Scope) -> None:
    """From March on the tariff draws some of the questions from a card."""
    tariff = scope.session.scalars(select(Tariff).where(Tariff.administration_id == scope.administration_id)).one()
    document = TARIFF | {"rules": [_DRAWN, *TARIFF["rules"]]}
    version = tariffs.add_version(scope, tariff, {"valid_from": date(2026, 3, 1), "document": document})
    tariffs.publish(scope, version)


def _agree(scope: Scope, contract_id: UUID, at: int) -> None:
    texts = {"nl": "Ondersteuning", "en": "Support"}
    common = {"contract_id": contract_id, "title": texts, "vat_class": "standard", "revenue_group": "support"}
    prepaid.sell(
        scope,
        common
        | {"kind": "card", "code": "support", "reference": f"UK-{at}", "minutes": 600, "price": Decimal("850.00")}
        | {"sold_on": _SOLD_ON},
    )
    subscriptions.create(
        scope,
        common
        | {"starts_on": date(2026, 3, 16), "price": {"amount": Decimal("30.00")}, "once_amount": Decimal("300.00")},
    )
    consult = consults.create(
        scope,
        {"contract_id": contract_id, "title": "Inrichting", "reference": f"C-{at}", "pricing": _HALF_HOURS},
    )
    consults.confirm(scope, consult.id, {})
    consults.add_session(scope, consult.id, {"held_on": _SOLD_ON, "minutes": 140, "kind": "webinar"})
    consults.complete(scope, consult.id, date(2026, 3, 20))


def _rows(office: Office, at: int) -> list[dict[str, Any]]:
    """Fees of an import and charges by hand."""
    shared = {
        "administration_id": office.administration_id,
        "version": 1,
        "contract_id": office.contracts[at],
        "customer_id": office.customers[at],
        "part": 0,
        "disposition": "charge",
        "vat_class": "standard",
        "revenue_group": "support",
        "state": "open",
        "created_at": NOW,
    }
    fee = {"source": "import", "pricing": "amount", "amount": Decimal("90.00"), "rule": "further_moment"}
    by_hand = {
        "source": "manual",
        "pricing": "quantity",
        "quantity": Decimal(2),
        "unit_price": Decimal("12.50"),
        "amount": Decimal("25.00"),
    }
    kinds = [("Importmoment", "Import moment", fee)] * _FEES + [("Handmatig", "By hand", by_hand)] * _BY_HAND
    return [
        shared
        | {"id": new_id(), "date": date(2026, 3, 10 + place), "description": {"nl": dutch, "en": english}}
        | {"quantity": None, "unit_price": None, "rule": None}
        | values
        for place, (dutch, english, values) in enumerate(kinds)
    ]
