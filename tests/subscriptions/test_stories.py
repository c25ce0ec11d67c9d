"""Runs, withdrawals, ends and prices in any order: in the end everything charged is what was agreed last, once."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select

from billing_service import invoicing, subscriptions
from billing_service.core.subscriptions import due_charges
from billing_service.store.charges import Charge
from billing_service.store.invoices import Invoice
from billing_service.store.session import Database
from billing_service.store.subscriptions import SubscriptionPeriod
from billing_service.subscriptions.loading import values
from tests.invoicing.checks import broken_promises
from tests.invoicing.world import World
from tests.subscriptions.world import end, subscribe

STEPS = 14
LAST = date(2026, 12, 31)


def somewhere(random: Random) -> date:
    """A day of February to December: after the start."""
    return date(2026, 2, 1) + timedelta(days=random.randrange(334))


def happens(world: World, random: Random, app: UUID) -> None:
    """One thing of those that happen to a subscription, by chance."""
    what = random.choice(["release", "release", "issue", "withdraw", "end", "end", "goes on"])
    if what in ("release", "issue"):
        run = world.release(somewhere(random), random.choice([None, ["C-1"]]))
        if what == "issue":
            world.issue(run)
    elif what == "withdraw":
        with world.scope() as scope:
            waiting = scope.session.scalars(select(Invoice.id).where(Invoice.state == "released")).all()
            if waiting:
                invoicing.withdraw(scope, [random.choice(waiting)])
    else:
        end(world, app, None if what == "goes on" else somewhere(random))


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_in_between_what_is_charged_is_what_was_agreed_last(
    sqlite_database: Database, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 a story, not a secret
    world = World.founded(sqlite_database)
    world.agree()
    policies = ("full", "none", "days", "thirty")
    app = subscribe(
        world,
        period=random.choice(["month", "quarter", "half_year"]),
        anchor=random.choice(["calendar", "start"]),
        timing=random.choice(["in_advance", "in_arrears"]),
        first_policy=random.choice(policies),
        last_policy=random.choice(policies),
        starts_on=date(2026, 1, random.randrange(1, 31)),
    )
    for _ in range(STEPS):
        happens(world, random, app)
    world.charge(amount=Decimal("1000.00"), date=date(2026, 1, 1))
    world.release(LAST)
    with world.reading() as scope:
        row = subscriptions.get(scope, app)
        (agreed,) = values(scope, [row]).values()
        counting = select(Charge.amount).where(Charge.source == "subscription", Charge.state != "cancelled")
        charged = sum(scope.session.scalars(counting), Decimal(0))
        billed = scope.session.scalars(select(SubscriptionPeriod)).all()
        expected = sum((due.amount for due in due_charges(agreed, LAST)), Decimal(0))
        assert charged == expected, (seed, charged, expected)
        assert max(Counter((one.part, one.first_day, one.number) for one in billed).values()) == 1
    broken = broken_promises(world.database, world.administration_id)
    assert [one for one in broken if "is cancelled without" not in one] == []  # what fell away before any document
