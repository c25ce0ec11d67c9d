"""Time that is rounded per day or per invoice: what the differences came to, and would come to.

They are charges of no question, so rows of their own tell them: per contract and rule, of a day or of an invoice. The
old amount is what was charged for rounding and what a release up to the last day would charge now; the new one is what
the same questions come to under the replayed tariff, on the same invoices. A day counts when it lies in the period, an
invoice with the period that holds its last day.

``rating.rounding`` adds up and rounds, as at a release.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import and_, null, select

from billing_service.core.calendar import start_of_day
from billing_service.core.money import ZERO
from billing_service.core.tariff import Tariff
from billing_service.rating.rounding import SOURCE, Groups, differences
from billing_service.rating.waiting import COLUMNS, OpenCharge
from billing_service.replay.asking import Plan
from billing_service.store.charges import IS_OPEN, Charge
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope

Side = Literal["old", "again", "new"]
"""What was billed; the versions that really decided, by the facts of now; the replayed tariff."""

NO_QUESTION: Final = ""
"""The external id of such a row: that of a question is never empty."""

_STREAMED: Final = {"yield_per": 2_000, "stream_results": True}


def together(tariff: Tariff, *scopes: str) -> frozenset[str]:
    """The codes of the rules whose time is rounded so."""
    return frozenset(rule.code for rule in tariff.rules if rule.time.scope in scopes)


class Stand(NamedTuple):
    """Where the charges of one question stand: the invoice it was released with (None: the next one) and whether that
    one counts. ``day``: charges of a correction keep the day of what they replace."""

    invoice_id: UUID | None
    counts: bool
    day: date | None


class _Place(NamedTuple):
    """A day, an invoice, or neither (the next invoice), and the rule that rounds it."""

    day: date | None
    invoice_id: UUID | None
    rule: str | None


@dataclass(slots=True)
class _Told:
    """One row to be: the newest charge on either side, and the amounts."""

    charge: OpenCharge
    amounts: dict[Side, Decimal] = field(default_factory=dict)

    def of(self, side: Side) -> Decimal:
        return self.amounts.get(side, ZERO)

    def row(self, scope: Scope, plan: Plan, rules: Mapping[str, str | None]) -> dict[str, Any]:
        old, new = self.of("old"), self.of("new")
        day = self.charge.date
        return {
            "administration_id": scope.administration_id,
            "question_id": self.charge.id,
            "kind": "compared" if old == self.of("again") else "changed",
            "contract_id": self.charge.contract_id,
            "customer_id": self.charge.customer_id,
            "decided_on": day,
            "closed_at": start_of_day(day + timedelta(days=1)),
            "source": SOURCE,
            "external_id": NO_QUESTION,
            "subject": self.charge.description[plan.form.language],
            **_side("old", rules["old"], old),
            "old_counter": None,
            "old_ordinal": None,
            **_side("new", rules["new"], new),
            "new_counter": None,
            "new_ordinal": None,
            "difference": new - old,
        }


@dataclass(slots=True)
class _Contract:
    """``ours``: it has the replayed tariff now, so that all its rounding counts, else only that of questions which a
    version of it decided. ``waiting``: there are questions of the period that the next invoice takes along."""

    ours: bool
    waiting: bool = False
    groups: dict[tuple[Side, UUID | None], Groups] = field(default_factory=dict)
    told: dict[_Place, _Told] = field(default_factory=dict)

    def places(self, side: Side) -> set[_Place]:
        return {
            _Place(key.day, None if key.day else invoice_id, key.rule)
            for (of, invoice_id), groups in self.groups.items()
            if of == side
            for key in groups.keys
        }

    def tell(self, side: Side, charge: OpenCharge, invoice_id: UUID | None) -> None:
        """Count a difference."""
        one = self.told.setdefault(_place(charge, invoice_id), _Told(charge))
        one.amounts[side] = one.of(side) + charge.amount


class Roundings:
    """Adds up the questions of a replay contract by contract; keeps sums of those at hand and no question."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._contracts: dict[UUID, _Contract] = {}

    def see(self, contract_id: UUID, *, ours: bool, waiting: bool) -> None:
        """A question of this contract, which has the replayed tariff now (``ours``) or had; ``waiting``: closed in the
        period and not released."""
        contract = self._contracts.setdefault(contract_id, _Contract(ours))
        contract.waiting = contract.waiting or waiting

    def add(self, side: Side, charges: Iterable[Mapping[str, Any]], stand: Stand) -> None:
        """The charges of one question, of a contract that was seen."""
        for values in charges:
            if not values["rounding"]:
                continue
            charge = OpenCharge(**{**values, "id": values["question_id"], "date": stand.day or values["date"]})
            if _per_day(charge):
                place, counts = None, self._plan.first <= charge.date
            else:
                place, counts = stand.invoice_id, stand.counts
            if counts and charge.date <= self._plan.last:
                self._contracts[charge.contract_id].groups.setdefault((side, place), Groups()).add([charge])

    def rows(self, scope: Scope, but: UUID | None = None) -> list[dict[str, Any]]:
        """The rows of the contracts seen, which are then forgotten; ``but`` is one that goes on."""
        ended = {key: contract for key, contract in self._contracts.items() if key != but}
        self._contracts = {key: contract for key, contract in self._contracts.items() if key == but}
        decided = {key: None if contract.ours else contract.places("again") for key, contract in ended.items()}
        for charge, invoice_id in self._billed(scope, ended):
            places = decided[charge.contract_id]
            if places is None or _place(charge, invoice_id) in places:
                ended[charge.contract_id].tell("old", charge, invoice_id)
        return [row for contract in ended.values() for row in self._rows_of(scope, contract)]

    def _rows_of(self, scope: Scope, contract: _Contract) -> Iterator[dict[str, Any]]:
        for (side, invoice_id), groups in contract.groups.items():
            for charge in groups.differences():
                contract.tell(side, charge, invoice_id)
        told = {place: one for place, one in contract.told.items() if contract.waiting or place[:2] != (None, None)}
        rules = {side: {place.rule for place, one in told.items() if one.of(side)} for side in ("old", "new")}
        for place, one in told.items():
            if one.of("old") or one.of("new"):
                named = {side: place.rule if place.rule in rules[side] else None for side in rules}
                yield one.row(scope, self._plan, named)

    def _billed(self, scope: Scope, contracts: Collection[UUID]) -> Iterator[tuple[OpenCharge, UUID | None]]:
        """What was charged for rounding, each with its invoice, and what a release would charge now."""
        first, last = self._plan.first, self._plan.last
        rounded = select(*(getattr(Charge, name) for name in COLUMNS)).where(
            Charge.administration_id == scope.administration_id,
            Charge.contract_id.in_(contracts),
            Charge.rounding.is_not(null()),
            Charge.date <= last,
        )
        charged = (
            rounded.add_columns(Charge.invoice_id, Invoice.supply_to)
            .join(Invoice, and_(Invoice.administration_id == Charge.administration_id, Invoice.id == Charge.invoice_id))
            .where(Charge.source == SOURCE, Charge.state.in_(("released", "invoiced")))
        )
        if not self._plan.whole_invoices:
            charged = charged.where(Charge.date >= first)
        for *values, invoice_id, supply_to in scope.session.execute(charged, execution_options=_STREAMED):
            charge = OpenCharge(**dict(zip(COLUMNS, values, strict=True)))
            if first <= (charge.date if _per_day(charge) else supply_to) <= last:
                yield charge, invoice_id
        waiting = scope.session.execute(rounded.where(IS_OPEN), execution_options=_STREAMED)
        for charge in differences(scope, (OpenCharge(**row._asdict()) for row in waiting), last):
            if not _per_day(charge) or first <= charge.date:
                yield charge, None


def _side(of: str, rule: str | None, amount: Decimal) -> dict[str, Any]:
    outcome = {"state": "decided", "reason": None, "disposition": "charge", "rule": rule, "minutes": None}
    return {f"{of}_{name}": value for name, value in (outcome | {"amount": amount}).items()}


def _place(charge: OpenCharge, invoice_id: UUID | None) -> _Place:
    return _Place(charge.date, None, charge.rule) if _per_day(charge) else _Place(None, invoice_id, charge.rule)


def _per_day(charge: OpenCharge) -> bool:
    return charge.rounding is not None and charge.rounding["scope"] == "day"
