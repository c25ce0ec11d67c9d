"""What was billed of a subscription is held beside what was agreed since, and set right.

What no document has yet follows: its open charges are computed again. What was released or invoiced stays as it is. A
subscription that ends earlier, later, or never began, gets one correcting charge per period for the difference, at the
price and on the date of the charge it corrects, and with it its VAT; what a person credited of it counts. A price or
quantity that changed back into such a period corrects nothing by itself: a finding says what was charged and what it
would be now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import aliased

from billing_service import findings
from billing_service.core import subscriptions as core
from billing_service.core.charge_texts import explain_charge
from billing_service.core.formats import LANGUAGES
from billing_service.core.money import ZERO
from billing_service.core.subscriptions import Due
from billing_service.rating.locking import lock_contracts
from billing_service.store import audit, bulk
from billing_service.store.administrations import Administration
from billing_service.store.charges import Charge
from billing_service.store.invoices import Invoice, InvoiceLine
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope
from billing_service.store.subscriptions import Subscription, SubscriptionPeriod
from billing_service.subscriptions import charging
from billing_service.subscriptions.loading import values

CHANGED: Final = "subscription_changed_after_release"
_DAY: Final = timedelta(days=1)
_TOGETHER: Final = 500


@dataclass(frozen=True, slots=True)
class _Billed:
    """A row of a billed period with what its charge is now."""

    subscription_id: UUID
    part: str
    first_day: date
    number: int
    last_day: date
    whole: Decimal
    charge_id: UUID | None
    state: str | None
    amount: Decimal | None
    on: date | None
    vat_class: str | None
    revenue_group: str | None
    credited: Decimal | None

    @property
    def left(self) -> Decimal:
        """What was charged, without what a person credited of its line."""
        return (self.amount or ZERO) - (self.credited or ZERO)

    @property
    def counts(self) -> bool:
        return self.charge_id is not None and self.state != "cancelled"


@dataclass(frozen=True, slots=True)
class _Differing:
    """A period on a document, and what the whole of it would cost by what is agreed now."""

    first: date
    last: date
    charged: Decimal
    now: Decimal


def settle(scope: Scope, rows: Collection[Subscription], currency: str | None = None) -> None:
    """Set right what was billed of these subscriptions, and when each next falls due. Their contracts are locked."""
    currency = currency or currency_of(scope)
    agreed = values(scope, rows)
    customers = _contracts(scope, {row.contract_id for row in rows})
    billed = _billed(scope, list(agreed))
    for row in rows:
        value, customer = agreed[row.id], customers[row.contract_id]
        settling = _Settling(scope, row, value, customer.customer_id, currency)
        differing = [told for period in billed.get(row.id, ()) if (told := settling.period(period)) is not None]
        _report(scope, row, customer.reference, differing)
        row.next_due = charging.next_due(value, row.billed_until)
    scope.session.flush()


def billed_on(scope: Scope, invoice_ids: Collection[UUID]) -> list[UUID]:
    """The subscriptions that have a charge on these documents."""
    query = (
        select(SubscriptionPeriod.subscription_id)
        .join(
            Charge,
            and_(
                Charge.administration_id == SubscriptionPeriod.administration_id,
                Charge.id == SubscriptionPeriod.charge_id,
            ),
        )
        .where(Charge.administration_id == scope.administration_id, Charge.invoice_id.in_(invoice_ids))
        .distinct()
    )
    return sorted(scope.session.scalars(query))


def settle_again(scope: Scope, subscription_ids: Sequence[UUID]) -> None:
    """The charges of these subscriptions are open again, or were credited: they follow what is agreed now."""
    if not subscription_ids:
        return
    mine = Subscription.administration_id == scope.administration_id
    of_these = select(Subscription.contract_id).where(mine, Subscription.id.in_(subscription_ids))
    lock_contracts(scope, sorted(set(scope.session.scalars(of_these))))
    currency = currency_of(scope)
    for start in range(0, len(subscription_ids), _TOGETHER):
        query = select(Subscription).where(mine, Subscription.id.in_(subscription_ids[start : start + _TOGETHER]))
        settle(scope, scope.session.scalars(query.execution_options(populate_existing=True)).all(), currency)


def currency_of(scope: Scope) -> str:
    """The currency of the administration."""
    return scope.session.scalars(
        select(Administration.currency).where(Administration.id == scope.administration_id)
    ).one()


@dataclass(slots=True)
class _Settling:
    """One subscription, as it was agreed on now."""

    scope: Scope
    row: Subscription
    value: core.Subscription
    customer_id: UUID
    currency: str

    def period(self, billed: Sequence[_Billed]) -> _Differing | None:
        """Set one period right; what to tell where it was charged at another price than that of now."""
        standing = [one for one in billed if one.counts and one.state != "open"]
        if not standing:
            self._again(billed)
            return None
        self._correct(billed, standing)
        if billed[0].part == core.ONCE or self.value.cancelled:
            return None
        now = core.periodic(self.value, billed[0].first_day)
        if now.whole == standing[0].whole or now.last < now.first:
            return None
        return _Differing(now.first, now.last, standing[0].whole, now.whole)

    def _again(self, billed: Sequence[_Billed]) -> None:
        """Nothing of it is on a document: it becomes what it would be if it were billed now."""
        due = self._due(billed[0], None)
        waiting = self._one([one for one in billed if one.counts])
        wanted = bool(due.share) and charging.is_charged(due)
        if waiting is not None and wanted:
            self._replace(waiting, due, charging.charge_values(self.row, due, self.currency))
        elif waiting is not None:
            self._cancel(waiting)
        elif wanted:
            self._add(billed, due, charging.charge_values(self.row, due, self.currency))

    def _correct(self, billed: Sequence[_Billed], standing: Sequence[_Billed]) -> None:
        """What stands on documents is brought to what it should be by one charge."""
        due = self._due(billed[0], standing[0].whole)
        charged = sum((one.left for one in standing), ZERO)
        waiting = self._one([one for one in billed if one.counts and one.state == "open"])
        by_hand = any(one.credited for one in standing)
        if due.amount == charged or (by_hand and due.amount > charged):  # what was credited is not charged again
            if waiting is not None:
                self._cancel(waiting)
            return
        changes = self._correction(due, charged, standing)
        if waiting is not None:
            self._replace(waiting, due, changes)
        else:
            self._add(billed, due, changes)

    def _one(self, waiting: Sequence[_Billed]) -> _Billed | None:
        """One open charge will do for a period: several come of a document that was withdrawn."""
        for surplus in waiting[1:]:
            self._cancel(surplus)
        return waiting[0] if waiting else None

    def _due(self, first: _Billed, whole: Decimal | None) -> Due:
        if first.part == core.PERIODIC:
            return core.periodic(self.value, first.first_day, whole)
        due = core.once(self.value)
        assert due is not None  # noqa: S101 - what is charged once never changes once it was billed
        return due

    def _correction(self, due: Due, charged: Decimal, standing: Sequence[_Billed]) -> dict[str, Any]:
        before, after = standing[-1].last_day, _covered(self.value, due)
        days = (after + _DAY, before) if after < before else (before + _DAY, after)
        once = due.part == core.ONCE
        reason: tuple[Any, ...] = ("subscription_prolonged",)
        if self.value.cancelled:
            reason = ("subscription_cancelled",)
        elif after < before and self.value.ends_on is not None:
            reason = ("subscription_ended", str(self.value.ends_on))
        told = [reason, *(due.steps[-1:] if 0 < due.share < 1 else ())]
        told.append(("subscription_corrected", str(charged), str(due.amount)))
        period = () if once else (("subscription_period", str(max(days[0], due.first)), str(days[1])),)
        return {
            "date": standing[0].on,
            "description": core.correction_description(
                self.row.title, None if once else (max(days[0], due.first), days[1])
            ),
            "detail": {language: " ".join(explain_charge(told, language, self.currency)) for language in LANGUAGES},
            "explanation": [list(step) for step in (*period, *told)],
            "disposition": "charge",
            "pricing": "amount",
            "quantity": None,
            "minutes": None,
            "unit_price": None,
            "amount": due.amount - charged,
            "vat_class": standing[0].vat_class,
            "revenue_group": standing[0].revenue_group,
        }

    def _add(self, billed: Sequence[_Billed], due: Due, changes: Mapping[str, Any]) -> None:
        charge = charging.open_charge(self.row.contract_id, self.customer_id, changes)
        charging.insert_charges(self.scope, [charge])
        made = charging.period_row(self.scope, self.row.id, due, charge.id, billed[-1].number + 1)
        made |= {"first_day": billed[0].first_day, "last_day": _covered(self.value, due)}
        bulk.insert_rows(self.scope.session, SubscriptionPeriod, [made])

    def _replace(self, waiting: _Billed, due: Due, changes: Mapping[str, Any]) -> None:
        """The open charge becomes this; nothing is written where it is this already."""
        kept = (waiting.amount, waiting.last_day, waiting.whole, waiting.on)
        if kept == (changes["amount"], _covered(self.value, due), due.whole, changes["date"]):
            return
        self.scope.session.execute(
            update(SubscriptionPeriod)
            .where(
                SubscriptionPeriod.administration_id == self.scope.administration_id,
                SubscriptionPeriod.charge_id == waiting.charge_id,
            )
            .values(last_day=_covered(self.value, due), whole=due.whole)
            .execution_options(synchronize_session=False)
        )
        self._change(waiting, "change", changes)

    def _cancel(self, waiting: _Billed) -> None:
        self._change(waiting, "cancel", {"state": "cancelled"})

    def _change(self, waiting: _Billed, action: str, changes: Mapping[str, Any]) -> None:
        scope = self.scope
        assert waiting.charge_id is not None  # noqa: S101 - it counts
        scope.session.execute(
            update(Charge)
            .where(Charge.administration_id == scope.administration_id, Charge.id == waiting.charge_id)
            .values(**changes, version=Charge.version + 1)
            .execution_options(synchronize_session="fetch")
        )
        told = {name: changes[name] for name in ("state", "date", "amount") if name in changes}
        audit.record(scope, action, "charge", waiting.charge_id, told)


def _covered(value: core.Subscription, due: Due) -> date:
    """The last day that is paid for; the day before the first where nothing is."""
    if value.cancelled:
        return due.first - _DAY
    return due.first if due.part == core.ONCE else max(due.last, due.first - _DAY)


def _report(scope: Scope, row: Subscription, contract: str, differing: Sequence[_Differing]) -> None:
    if differing:
        facts = {
            "title": row.title,
            "contract": contract,
            "from": differing[0].first,
            "until": differing[-1].last,
            "periods": len(differing),
            "charged": {"amount": sum((one.charged for one in differing), ZERO)},
            "now": {"amount": sum((one.now for one in differing), ZERO)},
        }
        findings.report(scope, CHANGED, "subscription", row.id, facts)
    else:
        findings.settle(scope, CHANGED, row.id, "what is agreed is what was charged")


def _contracts(scope: Scope, contract_ids: Collection[UUID]) -> dict[UUID, Any]:
    query = select(Contract.id, Contract.customer_id, Contract.reference).where(
        Contract.administration_id == scope.administration_id, Contract.id.in_(contract_ids)
    )
    return {row.id: row for row in scope.session.execute(query)}


def _billed(scope: Scope, subscription_ids: Collection[UUID]) -> dict[UUID, list[list[_Billed]]]:
    """By subscription: its billed periods, oldest first, each with its rows in the order in which they were made."""
    found: dict[UUID, list[list[_Billed]]] = {}
    query = (
        select(
            SubscriptionPeriod.subscription_id,
            SubscriptionPeriod.part,
            SubscriptionPeriod.first_day,
            SubscriptionPeriod.number,
            SubscriptionPeriod.last_day,
            SubscriptionPeriod.whole,
            SubscriptionPeriod.charge_id,
            Charge.state,
            Charge.amount,
            Charge.date.label("on"),
            Charge.vat_class,
            Charge.revenue_group,
            _CREDITED.label("credited"),
        )
        .outerjoin(
            Charge,
            and_(
                Charge.administration_id == SubscriptionPeriod.administration_id,
                Charge.id == SubscriptionPeriod.charge_id,
            ),
        )
        .where(
            SubscriptionPeriod.administration_id == scope.administration_id,
            SubscriptionPeriod.subscription_id.in_(subscription_ids),
        )
        .order_by(
            SubscriptionPeriod.subscription_id,
            SubscriptionPeriod.first_day,
            SubscriptionPeriod.part,
            SubscriptionPeriod.number,
        )
    )
    rows = [_Billed(**row._mapping) for row in scope.session.execute(query)]
    for key, period in groupby(rows, key=lambda row: (row.subscription_id, row.first_day, row.part)):
        found.setdefault(key[0], []).append(list(period))
    return found


_NOTE, _NOTE_LINE = aliased(Invoice), aliased(InvoiceLine)
_CREDITED = (
    select(func.sum(_NOTE_LINE.amount))
    .join(
        _NOTE,
        and_(_NOTE.administration_id == _NOTE_LINE.administration_id, _NOTE.id == _NOTE_LINE.invoice_id),
    )
    .where(
        _NOTE.administration_id == Charge.administration_id,
        _NOTE.credits_invoice_id == Charge.invoice_id,
        _NOTE.state != "withdrawn",
        _NOTE_LINE.credits_line == Charge.line,
    )
    .correlate(Charge)
    .scalar_subquery()
)
"""What credit notes took off the line of a charge; a subscription shares its lines with nothing else."""
