"""Two runs at once, or a crash at any commit, double nothing and leave no gap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pytest
from sqlalchemy import select

from billing_service import invoicing, jobs
from billing_service.core.ids import new_id
from billing_service.invoicing import issue, runs
from billing_service.invoicing.release import release_contract
from billing_service.parties.selling import load_issuer
from billing_service.store.audit import AuditRow
from billing_service.store.charges import Charge
from billing_service.store.findings import Finding
from billing_service.store.invoices import BillingRun, Invoice, InvoicePdf
from billing_service.store.parties import Contract
from billing_service.store.session import Database
from billing_service.store.work import Job, OutboxRow
from tests.crash import Crash, CrashPoints, crash_everywhere
from tests.invoicing.checks import broken_promises
from tests.invoicing.together import order, side_by_side
from tests.invoicing.world import World

UNTIL = date(2026, 3, 31)


@contextmanager
def another_process(world: World, points: CrashPoints | None = None) -> Iterator[World]:
    """The same world seen by another process, dying where ``points`` say.

    It has an engine of its own whose connections all end with it; only compiled statements outlive it, to save time.
    """
    database = _engine_for(world.database.url)
    try:
        with (points or CrashPoints()).on(database.engine):
            yield World.rejoined(database, world)
    finally:
        database.close()


_engine_for = lru_cache(maxsize=2)(Database)


def a_month(database: Database) -> World:
    """Five contracts to invoice, one of them for nothing, and one with a negative draft."""
    world = World.founded(database)
    for at in range(5):
        world.agree(f"C-{at}", annex=at == 1)
        world.charge(f"C-{at}", minutes=10 * (at + 1), unit_price=Decimal("95.00"))
    world.agree("nothing")
    world.charge("nothing", disposition="included", minutes=15)
    world.agree("negative")
    world.charge("negative", amount=Decimal("-5.00"))
    return world


def bill_the_month(world: World) -> None:
    """Release and issue everything, going on from wherever an earlier process left it."""
    with world.scope() as scope:
        run = scope.session.scalars(
            select(BillingRun).where(BillingRun.administration_id == world.administration_id)
        ).one_or_none()
        run_id = run.id if run else invoicing.start_run(scope, UNTIL)[0].id
    finish_jobs(world)
    with world.scope() as scope:
        if not scope.session.scalars(_jobs(world).where(Job.kind == invoicing.ISSUE_RUN)).all():
            invoicing.start_issue(scope, run_id)
    finish_jobs(world)


def finish_jobs(world: World) -> None:
    """What workers do: take up every job that is not done."""
    with world.scope() as scope:
        waiting = [job.id for job in scope.session.scalars(_jobs(world).where(Job.state != "done").order_by(Job.id))]
    for job_id in waiting:
        jobs.run(world.scope, job_id)


def _jobs(world: World) -> Any:
    return select(Job).where(Job.administration_id == world.administration_id)


def picture(world: World) -> dict[str, Any]:
    """All that matters of what is stored, without ids: equal pictures mean that nobody can tell a crash happened."""
    with world.reading() as scope:

        def all_of(table: Any) -> list[Any]:
            return list(scope.session.scalars(select(table).where(table.administration_id == world.administration_id)))

        references = {row.id: row.reference for row in all_of(Contract)}
        return {
            "documents": sorted(
                (references[row.contract_id], row.kind, row.state, row.number or "", row.gross, row.issue_date)
                for row in all_of(Invoice)
            ),
            "charges": sorted((references[row.contract_id], row.state, row.line or 0) for row in all_of(Charge)),
            "runs": [(row.state, row.counts) for row in all_of(BillingRun)],
            "jobs": sorted((row.kind, row.state) for row in all_of(Job)),
            "work": Counter(row.kind for row in all_of(OutboxRow)),
            "trail": Counter(row.action for row in all_of(AuditRow)),
            "findings": sorted((row.code, row.state) for row in all_of(Finding)),
            "pdfs": len({row.sha256 for row in all_of(InvoicePdf)}),
        }


def survive_every_crash(database: Database, begin: Callable[[Database], World], work: Callable[[World], None]) -> int:
    """Let ``work`` die at every commit point of a fresh world each, do it again, and compare with a life without a
    crash. Returns the number of points."""
    untouched = begin(database)
    counting = CrashPoints()
    with another_process(untouched, counting) as process:
        work(process)
    expected = picture(untouched)
    assert broken_promises(database, untouched.administration_id) == []
    worlds: list[World] = []

    def attempt(points: CrashPoints) -> None:
        worlds.append(begin(database))
        with another_process(worlds[-1], points) as process:
            work(process)

    def recover() -> None:
        world = worlds[-1]
        with another_process(world) as process:
            work(process)
        assert broken_promises(database, world.administration_id) == []
        assert picture(world) == expected

    crash_everywhere(counting.passed, attempt, recover)
    return counting.passed


def test_a_whole_run_survives_a_crash_at_every_commit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "BATCH", 2)
    assert survive_every_crash(database, a_month, bill_the_month) >= 40


def two_documents(database: Database) -> World:
    world = World.founded(database)
    for reference in ("C-1", "C-2"):
        world.agree(reference)
        world.charge(reference)
    world.release()
    return world


def issue_each(world: World) -> None:
    """Issue every document with a commit of its own, and store its PDF."""
    for row in world.invoices():
        with world.scope() as scope:
            invoicing.issue_invoice(scope, row.id)
        invoicing.render_pdf(world.scope, row.id)


def test_a_single_issue_and_its_pdf_survive_a_crash_at_every_commit(database: Database) -> None:
    assert survive_every_crash(database, two_documents, issue_each) == 12


def test_the_issue_of_a_run_survives_two_crashes_wherever_they_are(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 1)

    def begin() -> World:
        world = two_documents(sqlite_database)
        with world.scope() as scope:
            run = scope.session.scalars(
                select(BillingRun).where(BillingRun.administration_id == world.administration_id)
            ).one()
            invoicing.start_issue(scope, run.id)
        return world

    def passes(world: World, crash_at: int) -> int | None:
        """The points passed, or None for a process that died."""
        points = CrashPoints(crash_at)
        try:
            with another_process(world, points) as process:
                finish_jobs(process)
        except Crash:
            return None
        return points.passed

    total = passes(begin(), 0)
    assert total is not None
    pairs = 0
    for first in range(1, total + 1):
        for second in range(1, total + 1):
            world = begin()
            assert passes(world, first) is None
            pairs += 1
            survived = passes(world, second) is not None
            if not survived:
                assert passes(world, 0) is not None
            assert broken_promises(sqlite_database, world.administration_id) == []
            assert [row.number for row in world.invoices()] == ["2026-00001", "2026-00002"]
            if survived:
                break
    assert pairs >= 40


# --- the planted fault: a number taken in a transaction of its own ----------------------------------------------------


def issue_with_the_number_taken_apart(world: World) -> None:
    """What issuing must not do: commit the number first and the document afterwards."""
    for row in world.invoices("released"):
        assert row.series_id is not None
        with world.scope() as scope:
            scope, counter = issue._enter_series(scope, row.series_id, None)
            taken = replace(counter, next_number=counter.next_number + 1)
            scope.session.connection().execute(issue._ADVANCE, issue._move(scope, row.series_id, taken))
        with world.scope() as scope:
            documents = list(issue._lock_released(scope, [row.id]))
            numbered = issue._number(scope, counter, documents, [])
            issue._write(scope, numbered, [issue._move(scope, row.series_id, counter)])


def test_the_checker_catches_a_number_taken_in_a_transaction_of_its_own(database: Database) -> None:
    undisturbed = two_documents(database)
    issue_with_the_number_taken_apart(undisturbed)
    assert broken_promises(database, undisturbed.administration_id) == []
    with pytest.raises(AssertionError, match=r"in 2026 the numbers are \[2"):
        survive_every_crash(database, two_documents, issue_with_the_number_taken_apart)


# --- several processes at once ---------------------------------------------------------------------------------------


def many_documents(database: Database, count: int) -> World:
    """``count`` released documents of one contract."""
    world = World.founded(database)
    world.agree()
    contract_id, customer_id = world.contracts["C-1"]
    with world.scope() as scope:
        issuer = load_issuer(scope)
        for _ in range(count):
            scope.session.add(
                Charge(
                    administration_id=world.administration_id,
                    id=new_id(),
                    contract_id=contract_id,
                    customer_id=customer_id,
                    source="manual",
                    date=UNTIL,
                    description={"nl": "Vraag", "en": "Question"},
                    pricing="amount",
                    amount=Decimal("25.00"),
                    vat_class="standard",
                    created_at=scope.now,
                )
            )
            scope.session.flush()
            assert release_contract(scope, issuer, contract_id, UNTIL) == "invoice"
    return world


@pytest.mark.parametrize(("each", "processes"), [(110, 2), (30, 4)])
def test_processes_that_issue_at_once_leave_no_gap_and_no_double(database: Database, each: int, processes: int) -> None:
    world = many_documents(database, each * processes)
    waiting = [str(row.id) for row in world.invoices()]
    orders = [order(world, "issue", invoices=waiting[at::processes]) for at in range(processes)]
    numbers = [number for printed in side_by_side(orders) for number in printed]
    assert sorted(numbers) == [f"2026-{at:05d}" for at in range(1, each * processes + 1)]
    assert broken_promises(database, world.administration_id) == []


def test_processes_that_issue_the_same_documents_at_once_issue_each_once(database: Database) -> None:
    world = many_documents(database, 40)
    waiting = [str(row.id) for row in world.invoices()]
    first, second = side_by_side(
        [order(world, "issue", invoices=waiting), order(world, "issue", invoices=waiting[::-1])]
    )
    assert first == second[::-1]
    assert sorted(first) == [f"2026-{at:05d}" for at in range(1, 41)]
    assert broken_promises(database, world.administration_id) == []


def test_two_release_runs_at_once_put_every_charge_on_one_document(database: Database) -> None:
    world = World.founded(database)
    for at in range(30):
        world.agree(f"C-{at}")
        world.charge(f"C-{at}")
        world.charge(f"C-{at}", minutes=20, unit_price=Decimal("95.00"))
    found = side_by_side([order(world, "release", until=str(UNTIL)) for _ in range(2)])
    assert sum(found) == 30
    assert Counter(row.contract_id for row in world.invoices()) == {
        contract_id: 1 for contract_id, _ in world.contracts.values()
    }
    assert {row.net for row in world.invoices()} == {Decimal("44.17")}
    assert broken_promises(database, world.administration_id) == []
