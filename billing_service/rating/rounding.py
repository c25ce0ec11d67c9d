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
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, null, or_, select
from sqlalchemy.orm import aliased

from billing_service.core import rounding
from billing_service.core.ids import new_id
from billing_service.core.minutes import TimeRule
from billing_service.core.money import ZERO
from billing_service.core.rounding import TimeLine, round_together
from billing_service.rating.waiting import COLUMNS, OpenCharge
from billing_service.store import bulk
from billing_service.store.charges import Charge
from billing_service.store.scope import Scope

SOURCE: Final = "rounding"


class Key(NamedTuple):
    """What is rounded together: the same rule of the tariff, rounding the same way, taxed and counted alike.

    ``day`` is None where all of an invoice is rounded.
    """

    contract_id: UUID
    day: date | None
    rule: str | None
    time: TimeRule
    vat_class: str
    revenue_group: str | None


class Groups:
    """Charges added up by what is rounded together: only sums are kept, however many charges there are."""

    def __init__(self) -> None:
        self._groups: dict[Key, _Group] = {}

    def add(self, charges: Iterable[OpenCharge], *, earlier: bool = False) -> None:
        """Add those whose time is rounded together, and the differences charged before; leave the others.

        ``earlier``: they stand on an earlier invoice.
        """
        for charge in charges:
            if charge.rounding:
                key = _key(charge)
                group = self._groups.get(key)
                if group is None:
                    group = self._groups[key] = _Group(charge)
                group.add(charge, earlier)

    @property
    def keys(self) -> Collection[Key]:
        return self._groups.keys()

    def differences(self) -> list[OpenCharge]:
        """What rounding each group adds to it, as a charge beside its newest one."""
        return [made for key, group in self._groups.items() if (made := _difference(key.time, group)) is not None]


def with_differences(scope: Scope, charges: Sequence[OpenCharge], until: date, *, commit: bool) -> list[OpenCharge]:
    """The charges, and after those of its day (or of all) each difference that rounding them together makes.

    With ``commit`` the differences are stored as open charges: the caller puts them on lines in this transaction.
    """
    made = differences(scope, charges, until)
    if commit and made:
        _store(scope, made)
    return sorted([*charges, *made], key=lambda charge: (charge.contract_id, charge.date)) if made else list(charges)


def differences(scope: Scope, charges: Iterable[OpenCharge], until: date) -> list[OpenCharge]:
    """The differences that releasing these open charges up to ``until`` makes. Writes nothing."""
    groups = Groups()
    groups.add(charges)
    if groups.keys:
        groups.add(_invoiced_before(scope, groups.keys, until), earlier=True)
    return groups.differences()


def sentences(charges: Iterable[OpenCharge], language: str) -> dict[UUID, str]:
    """What became of the time of each question by rounding it with others, by question."""
    told: dict[Key, str] = {}
    time: list[OpenCharge] = []
    for charge in charges:
        if charge.source == SOURCE and charge.detail:
            told[_key(charge)] = f"{charge.detail[language]}."
        elif charge.rounding and charge.question_id:
            time.append(charge)
    return {charge.question_id: told[_key(charge)] for charge in time if charge.question_id and _key(charge) in told}


class _Group:
    """The time of one group by its price, what was charged for rounding it, and its newest charge."""

    def __init__(self, first: OpenCharge) -> None:
        self.last = first
        self.lines: dict[Decimal, TimeLine] = {}
        self.charged = ZERO
        self.earlier = 0

    def add(self, charge: OpenCharge, earlier: bool) -> None:
        if charge.date > self.last.date:
            self.last = charge
        if charge.source == SOURCE:
            self.charged += charge.amount
            return
        price, minutes = charge.unit_price or ZERO, charge.minutes or 0
        before = self.lines.get(price, TimeLine(0, price, ZERO))
        self.lines[price] = TimeLine(before.minutes + minutes, price, before.amount + charge.amount)
        if earlier:
            self.earlier += minutes


def _key(charge: OpenCharge) -> Key:
    kept = charge.rounding or {}
    day = charge.date if kept["scope"] == "day" else None
    return Key(charge.contract_id, day, charge.rule, rounding.from_plain(kept), charge.vat_class, charge.revenue_group)


def _difference(rule: TimeRule, group: _Group) -> OpenCharge | None:
    together = round_together(rule, list(group.lines.values()), group.charged)
    if not together.difference:
        return None
    last = group.last
    return replace(
        last,
        id=new_id(),
        source=SOURCE,
        question_id=None,
        part=0,
        description=rounding.describe((last.rounding or {})["name"]),
        detail=rounding.detail(rule, together, last.date, group.earlier),
        pricing="amount",
        minutes=None,
        unit_price=None,
        amount=together.difference,
        provisional=False,
    )


def _invoiced_before(scope: Scope, groups: Collection[Key], until: date) -> list[OpenCharge]:
    """What was released before of days that are open again: by a question, or by a correction."""
    days = {key.day for key in groups if key.day is not None}
    if not days:
        return []
    values = {
        "mine": scope.administration_id,
        "contracts": list({key.contract_id for key in groups}),
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
