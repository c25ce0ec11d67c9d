"""Time that is rounded per day or per invoice: at release the difference becomes a charge of its own.

Per contract, rule, VAT class and revenue group. A day is the day on which its questions were closed, as everywhere in
billing. Its total counts what was invoiced of it before, so that a late question, or one that was corrected, changes
the rounding of its day by as much as it should: all invoices together come to the rounded sum. It is looked at again
when time of this kind is next released for the contract. An invoice is rounded by itself; a late question is rounded
with the invoice it comes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, null, or_, select
from sqlalchemy.orm import aliased

from billing_service.core import rounding
from billing_service.core.ids import new_id
from billing_service.core.money import ZERO
from billing_service.core.rounding import TimeLine, round_together
from billing_service.rating.waiting import COLUMNS, OpenCharge
from billing_service.store import bulk
from billing_service.store.charges import Charge
from billing_service.store.scope import Scope

SOURCE: Final = "rounding"
_Key = tuple[Any, ...]


def with_differences(scope: Scope, charges: Sequence[OpenCharge], until: date, *, commit: bool) -> list[OpenCharge]:
    """The charges, and after those of its day (or of all) each difference that rounding them together makes.

    With ``commit`` the differences are stored as open charges: the caller puts them on lines in this transaction.
    """
    groups = _groups(charge for charge in charges if charge.rounding)
    if not groups:
        return list(charges)
    for key, before in _groups(_invoiced_before(scope, groups, until)).items():
        groups.setdefault(key, []).extend(before)
    open_ids = {charge.id for charge in charges}
    made = [charge for key, group in groups.items() if (charge := _difference(key, group, open_ids)) is not None]
    if commit and made:
        _store(scope, made)
    return sorted([*charges, *made], key=lambda charge: (charge.contract_id, charge.date))


def sentences(charges: Iterable[OpenCharge], language: str) -> dict[UUID, str]:
    """What became of the time of each question by rounding it with others, by question."""
    told: dict[_Key, str] = {}
    time: list[OpenCharge] = []
    for charge in charges:
        if charge.source == SOURCE and charge.detail:
            told[_key(charge)] = f"{charge.detail[language]}."
        elif charge.rounding and charge.question_id:
            time.append(charge)
    return {charge.question_id: told[_key(charge)] for charge in time if charge.question_id and _key(charge) in told}


def _groups(charges: Iterable[OpenCharge]) -> dict[_Key, list[OpenCharge]]:
    groups: dict[_Key, list[OpenCharge]] = {}
    for charge in charges:
        groups.setdefault(_key(charge), []).append(charge)
    return groups


def _key(charge: OpenCharge) -> _Key:
    """What is rounded together: the same rule of the tariff, rounding the same way, taxed and counted alike."""
    kept = charge.rounding or {}
    day = charge.date if kept["scope"] == "day" else None
    return (charge.contract_id, day, charge.rule, rounding.from_plain(kept), charge.vat_class, charge.revenue_group)


def _difference(key: _Key, group: Sequence[OpenCharge], open_ids: Collection[UUID]) -> OpenCharge | None:
    rule = key[3]
    time = [charge for charge in group if charge.source != SOURCE]
    charged = sum((charge.amount for charge in group if charge.source == SOURCE), ZERO)
    lines = [TimeLine(charge.minutes or 0, charge.unit_price or ZERO, charge.amount) for charge in time]
    together = round_together(rule, lines, charged)
    if not together.difference:
        return None
    last = max(group, key=lambda charge: charge.date)
    earlier = sum(charge.minutes or 0 for charge in time if charge.id not in open_ids)
    name = (last.rounding or {})["name"]
    return replace(
        last,
        id=new_id(),
        source=SOURCE,
        question_id=None,
        part=0,
        description=rounding.describe(name),
        detail=rounding.detail(rule, together, last.date, earlier),
        pricing="amount",
        minutes=None,
        unit_price=None,
        amount=together.difference,
        provisional=False,
    )


def _invoiced_before(scope: Scope, groups: Collection[_Key], until: date) -> list[OpenCharge]:
    """What was released before of days that are open again: by a question, or by a correction."""
    days = {key[1] for key in groups if key[1] is not None}
    if not days:
        return []
    values = {
        "mine": scope.administration_id,
        "contracts": list({key[0] for key in groups}),
        "days": list(days),
        "until": until,
    }
    found = [OpenCharge(**row._asdict()) for row in scope.session.execute(_BEFORE, values)]
    return [charge for charge in found if (charge.rounding or {})["scope"] == "day"]


def _store(scope: Scope, made: Iterable[OpenCharge]) -> None:
    bulk.insert_rows(
        scope.session,
        Charge,
        [
            {
                "administration_id": scope.administration_id,
                "version": 1,
                "state": "open",
                "replaces_id": None,
                "created_at": scope.now,
                **{name: getattr(charge, name) for name in COLUMNS},
            }
            for charge in made
        ],
    )


_CREDITED = aliased(Charge)
_BEFORE = (
    select(*(getattr(Charge, name) for name in COLUMNS))
    .where(
        Charge.administration_id == bindparam("mine"),
        Charge.contract_id.in_(bindparam("contracts", expanding=True)),
        Charge.state.in_(("released", "invoiced")),
        Charge.date <= bindparam("until"),
        Charge.rounding.is_not(null()),
        or_(
            Charge.date.in_(bindparam("days", expanding=True)),
            Charge.date.in_(
                select(_CREDITED.date).where(
                    _CREDITED.administration_id == bindparam("mine"),
                    _CREDITED.contract_id.in_(bindparam("contracts", expanding=True)),
                    _CREDITED.state == "credited",
                    _CREDITED.rounding.is_not(null()),
                )
            ),
        ),
    )
    .order_by(Charge.date, Charge.id)
)
