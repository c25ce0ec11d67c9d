"""What there is to draw of a contract: its cards, blocks and allowances, with what their movements leave of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, and_, bindparam, func, select

from billing_service.core.prepaid import AllowanceTerms, Draw, Pot, PotKey, Unit, periods_on
from billing_service.store.parties import Contract
from billing_service.store.prepaid import Allowance, CardMovement, HourCard
from billing_service.store.scope import Scope


@dataclass(frozen=True, slots=True)
class _Given:
    """An allowance: its terms, and a pot that lacks only its period."""

    terms: AllowanceTerms
    pot: Pot


class Book:
    """The pots of one contract, as they stand or as they would: taking from it and giving back writes nothing."""

    def __init__(self) -> None:
        self._cards: list[Pot] = []
        self._given: list[_Given] = []
        self._left: dict[PotKey, int] = {}

    def pots(self, days: Collection[date]) -> list[Pot]:
        """Every pot that is valid on one of these days, in order of age; periods that nobody opened yet are whole."""
        found = {pot.key: pot for pot in self._cards if any(pot.valid_on(day) for day in days)}
        for given in self._given:
            for day in days:
                for first, usable_from, usable_to in periods_on(given.terms, day):
                    key = PotKey(given.terms.id, first)
                    found[key] = replace(given.pot, key=key, valid_from=usable_from, valid_to=usable_to)
        held = [replace(pot, balance=self.left(key, pot.balance)) for key, pot in found.items()]
        return sorted(held, key=lambda pot: (pot.age, pot.key.period_first or date.min))

    def left(self, key: PotKey, unopened: int = 0) -> int:
        return self._left.get(key, unopened)

    def is_opened(self, key: PotKey) -> bool:
        return key in self._left

    def quantity_of(self, key: PotKey) -> int:
        """What the allowance of this key gives in a period."""
        return next(given.pot.balance for given in self._given if given.terms.id == key.owner)

    def take(self, draws: Iterable[Draw]) -> None:
        for one in draws:
            self._left[one.pot.key] = self.left(one.pot.key, one.pot.balance) - one.quantity

    def give_back(self, key: PotKey, quantity: int) -> None:
        """Also to a card that was cancelled since, of which nothing can be drawn."""
        self._left[key] = self._left.get(key, 0) + quantity

    def add_card(self, pot: Pot) -> None:
        self._cards.append(pot)
        self._left[pot.key] = pot.balance

    def add_allowance(self, terms: AllowanceTerms, pot: Pot, left: Mapping[date, int]) -> None:
        self._given.append(_Given(terms, pot))
        self._left.update((PotKey(terms.id, first), quantity) for first, quantity in left.items())


def load_books(scope: Scope, contract_ids: Collection[UUID]) -> dict[UUID, Book]:
    """What there is to draw of each of these contracts now. Whoever draws locks the contracts first."""
    books = {key: Book() for key in contract_ids}
    values = {"mine": scope.administration_id, "contracts": list(contract_ids)}
    for row in _by_age(scope.session.execute(_CARDS, values)):
        books[row.contract_id].add_card(_card(row))
    allowances = _by_age(scope.session.execute(_ALLOWANCES, values))
    opened: dict[UUID, dict[date, int]] = {row.id: {} for row in allowances}
    if allowances:
        of_these = {"mine": scope.administration_id, "allowances": list(opened)}
        for moved in scope.session.execute(_OPENED, of_these):
            opened[moved.allowance_id][moved.period_first] = int(moved.left)
    for row in allowances:
        books[row.contract_id].add_allowance(*_given(row), opened[row.id])
    return books


def _card(row: Any) -> Pot:
    return Pot(
        PotKey(row.id),
        row.kind,
        row.code,
        row.reference,
        row.title,
        "minutes",
        row.valid_from,
        row.valid_to,
        int(row.left or 0),
    )


def _by_age(rows: Iterable[Any]) -> list[Any]:
    """In order; put so here, as SQLite would rather walk all there are by id than find those of the contract."""
    return sorted(rows, key=lambda row: row.id)


def _given(row: Any) -> tuple[AllowanceTerms, Pot]:
    terms = AllowanceTerms(
        row.id, row.quantity, row.period, row.carry_over_periods, row.valid_from, row.valid_to, row.contract_start
    )
    unit: Unit = row.unit
    whole = Pot(
        PotKey(row.id), "allowance", row.code, row.code, row.title, unit, row.valid_from, row.valid_to, row.quantity
    )
    return terms, whole


_MINE: BindParameter[Any] = bindparam("mine")
_ASKED_FOR: BindParameter[Any] = bindparam("contracts", expanding=True)

_CARDS: Final = select(
    HourCard.id,
    HourCard.contract_id,
    HourCard.kind,
    HourCard.code,
    HourCard.reference,
    HourCard.title,
    HourCard.valid_from,
    HourCard.valid_to,
    select(func.sum(CardMovement.quantity))
    .where(
        CardMovement.administration_id == HourCard.administration_id,
        CardMovement.hour_card_id == HourCard.id,
    )
    .scalar_subquery()
    .label("left"),
).where(HourCard.administration_id == _MINE, HourCard.contract_id.in_(_ASKED_FOR), HourCard.cancelled_at.is_(None))
_ALLOWANCES: Final = (
    select(
        Allowance.id,
        Allowance.contract_id,
        Allowance.code,
        Allowance.title,
        Allowance.unit,
        Allowance.quantity,
        Allowance.period,
        Allowance.carry_over_periods,
        Allowance.valid_from,
        Allowance.valid_to,
        Contract.valid_from.label("contract_start"),
    )
    .join(
        Contract,
        and_(Contract.administration_id == Allowance.administration_id, Contract.id == Allowance.contract_id),
    )
    .where(Allowance.administration_id == _MINE, Allowance.contract_id.in_(_ASKED_FOR))
)
_OPENED: Final = (
    select(CardMovement.allowance_id, CardMovement.period_first, func.sum(CardMovement.quantity).label("left"))
    .where(
        CardMovement.administration_id == _MINE,
        CardMovement.allowance_id.in_(bindparam("allowances", expanding=True)),
    )
    .group_by(CardMovement.allowance_id, CardMovement.period_first)
)
