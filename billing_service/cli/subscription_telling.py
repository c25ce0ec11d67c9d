"""What ``billing subscription`` prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from billing_service import subscriptions
from billing_service.cli.telling import Teller
from billing_service.core.charge_texts import explain_charge
from billing_service.core.formats import long_date
from billing_service.store.administrations import Administration
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope
from billing_service.store.subscriptions import Subscription
from billing_service.subscriptions.indexing import Indexed


def whole(scope: Scope, row: Subscription, language: str, until: date | None = None) -> None:
    """One subscription: what was agreed, what was billed and what comes."""
    found = subscriptions.shown_whole(scope, row)
    contract = scope.session.get_one(Contract, (scope.administration_id, row.contract_id))
    ends = f"until {row.ends_on}" if row.ends_on else "goes on"
    teller = Teller()
    teller.say(f"{row.title[language]}, contract {contract.reference}: {found['state']}, from {row.starts_on}, {ends}.")
    teller.say(f"Id: {row.id}")
    teller.say(f"Price: {_price(found['price'])} per {row.period}, {row.timing}, periods by {row.anchor}.")
    if found["billed"]:
        teller.say()
        teller.say("Billed:")
        teller.table(("First day", "Last day", "Date", ">Amount", "State"), [_billed(one) for one in found["billed"]])
    coming = found["upcoming"] if until is None else subscriptions.upcoming(scope, row, until)
    if coming:
        currency = scope.session.get_one(Administration, scope.administration_id).currency
        teller.say()
        teller.say("To come:")
        teller.table(
            ("First day", "Last day", "Date", ">Amount", "Why"),
            [
                (due["first_day"], due["last_day"], due["date"], due["amount"], _why(due, language, currency))
                for due in coming
            ],
        )
        teller.say(f"Together: {sum((due['amount'] for due in coming), Decimal(0))}")


def listed(scope: Scope, rows: Sequence[tuple[Subscription, str]]) -> None:
    """Every subscription on a line."""
    found = subscriptions.shown(scope, [row for row, _ in rows])
    Teller().table(
        (">Contract", "Title", "State", ">Price", ">Next charge", ">Id"),
        [
            (
                reference,
                one["title"]["en"] + (f" ({one['label']})" if one["label"] else ""),
                one["state"],
                _short_price(one["price"], one["period"]),
                one["next_due"] or "-",
                one["id"],
            )
            for one, (_, reference) in zip(found, rows, strict=True)
        ],
    )


def indexed(found: Sequence[Indexed], *, done: bool) -> None:
    """What indexing changes, or changed."""
    teller = Teller()
    rows = subscriptions.described_index(found)
    teller.table(
        ("Contract", "Title", ">Before", ">After", "Note"),
        [(one["contract"], one["title"]["en"], one["before"], one["after"], _note(one)) for one in rows],
    )
    changed = sum(not one["skipped"] for one in rows)
    teller.say(f"{changed} {'indexed' if done else 'would be indexed; --yes does it'}.")


def _note(one: Mapping[str, Any]) -> str:
    if one["skipped"]:
        return "indexed from that day before: left alone"
    return "billed beyond that day: open charges follow, others get a finding" if one["billed"] else ""


def _billed(one: Mapping[str, Any]) -> tuple[object, ...]:
    state = f"{one['state'] or 'nothing to charge'}{', correction' if one['correction'] else ''}"
    return (one["first_day"], one["last_day"], one["date"] or "", one["amount"] or "", state)


def _price(price: Mapping[str, Any]) -> str:
    pieces = "" if price["quantity"] == 1 else f"{price['quantity'].normalize():f} × "
    if price["investment"] is None:
        return f"{pieces}{price['amount']}"
    rate = f"{price['percentage']}%" if price["percentage"] is not None else f"{price['per_mille']}‰"
    return f"{pieces}{rate} a year of {price['investment']}, {price['a_year']} a year"


def _short_price(price: Mapping[str, Any], period: str) -> str:
    """What a list has room for."""
    if price["investment"] is not None:
        return f"{price['a_year']} a year"
    return f"{_price(price)} per {period.replace('_', '-')}"


def _why(due: Mapping[str, Any], language: str, currency: str) -> str:
    if due["part"] == "once":
        return f"once, on {long_date(due['date'], language)}"
    return " ".join(explain_charge(due["explanation"][1:], language, currency))
