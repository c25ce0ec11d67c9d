"""Deliveries under whatever happens, in any order: documents issued and credited, customers changed, work done step by
step, trouble in the package, time that jumps, stops, and workers that die. In the end each stands there once, after
what goes before it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, text

from billing_service.connections import connecting
from billing_service.parties import customers
from billing_service.store import dispatch
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.session import Database
from connectors.fake.wire import Manner, Trouble
from tests.crash import Crash, CrashPoints
from tests.delivery.crashing import awake
from tests.delivery.judging import broken
from tests.delivery.world import Delivering

CUSTOMERS = st.sampled_from(("one", "two"))
CALLS = st.sampled_from((r"POST /v1/documents", r"POST /v1/customers", r"POST /v1/documents/\d+/book", ".*"))
TROUBLES = st.builds(
    Trouble,
    CALLS,
    applies=st.booleans(),
    manner=st.sampled_from((Manner.RESET, Manner.SILENCE, Manner.CUT)),
    times=st.integers(1, 3),
)
JUMPS = st.sampled_from((1, 20, 200, 3600, 86_400))
FEW = settings(
    max_examples=10,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class Story(RuleBasedStateMachine):
    template: Path

    @initialize(profile=st.sampled_from(("searchable", "pointer")))
    def begin(self, profile: str) -> None:
        self.folder = TemporaryDirectory(prefix="story-")
        path = Path(self.folder.name) / "story.sqlite3"
        shutil.copy(self.template, path)
        self.database = Database(f"sqlite:///{path}")
        self.office = Delivering.founded(self.database, profile)
        self.credited: set[UUID] = set()

    def teardown(self) -> None:
        if hasattr(self, "office"):
            self.ends_well()
            self.database.close()
            self.folder.cleanup()

    @rule(customer=CUSTOMERS)
    def issue(self, customer: str) -> None:
        self.office.invoice(customer)

    @rule(data=st.data())
    def credit(self, data: st.DataObject) -> None:
        mine = [row.id for row in self.office.world.invoices("issued") if row.kind == "invoice"]
        if left := sorted(set(mine) - self.credited):
            chosen = data.draw(st.sampled_from(left))
            self.credited.add(chosen)
            self.office.credit(chosen)

    @precondition(lambda self: self.office.world.contracts)
    @rule(data=st.data(), city=st.sampled_from(("Zutphen", "Epe", "Meppel")))
    def move(self, data: st.DataObject, city: str) -> None:
        reference = data.draw(st.sampled_from(sorted(self.office.world.contracts)))
        with self.office.scope() as scope:
            customers.change(scope, customers.get(scope, self.office.world.contracts[reference][1]), {"city": city})

    @rule()
    def work(self) -> None:
        with awake():
            self.office.drain()

    @rule(point=st.integers(1, 25))
    def die(self, point: int) -> None:
        """A worker is killed at a commit; the next one need not wait for its lease."""
        with suppress(Crash), awake(), CrashPoints(point).on(self.database.engine):
            self.office.worker(lease=timedelta(minutes=10)).drain()
        with self.database.write() as session:
            session.execute(text("UPDATE outbox SET lease_until = due_at WHERE state = 'running'"))

    @rule(trouble=TROUBLES, customer=CUSTOMERS)
    def trouble(self, trouble: Trouble, customer: str) -> None:
        """Something goes wrong while a new document is on its way."""
        self.office.invoice(customer)
        self.office.books.control.trouble(trouble)
        self.work()

    @rule(seconds=JUMPS)
    def jump(self, seconds: int) -> None:
        self.office.advance(timedelta(seconds=seconds))

    @rule()
    def ask_again(self) -> None:
        """Whatever was asked for is asked for once more."""
        with self.office.scope() as scope:
            dispatch.ask(scope, [row.id for row in self.office.deliveries()])

    @rule()
    def stop_or_resume(self) -> None:
        with self.office.scope() as scope:
            row = connecting.not_closed(scope)
            if row.state == "active":
                connecting.stop(scope, row, "person", "Jaarafsluiting")
            else:
                connecting.resume(scope, row)

    @invariant()
    def nothing_stands_there_twice(self) -> None:
        if not hasattr(self, "office"):
            return
        there = [(one["kind"], one["number"]) for one in self.office.there()]
        codes = [one["code"] for one in self.office.books.control.books()["customers"]]
        assert len(there) == len(set(there)), there
        assert len(codes) == len(set(codes)), codes

    def ends_well(self) -> None:
        """The package is well again and the connection goes on: everything arrives, in order."""
        self.office.books.control.calm()
        with self.office.scope() as scope:
            row = connecting.not_closed(scope)
            if row.state == "stopped":
                connecting.resume(scope, row)
        with awake():
            self.office.settle()
        self.nothing_stands_there_twice()
        with self.database.read() as session:
            ours = {one.id: one for table in (Invoice, Customer) for one in session.scalars(select(table))}
        documents = {row.subject_id: row for row in self.office.deliveries(noun="document")}
        assert set(documents) == {one.id for one in ours.values() if isinstance(one, Invoice) and one.state == "issued"}
        for row in self.office.deliveries():
            assert list(broken(self.office.books, [row], ours, sure=row.state == "delivered")) == []
        for subject, row in documents.items():
            first = documents.get(ours[subject].credits_invoice_id)
            if first is not None and row.remote_id and first.remote_id:
                assert int(first.remote_id) < int(row.remote_id), "the credit note stands there before its invoice"


def test_whatever_happens_each_arrives_once(sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Story, "template", sqlite_template, raising=False)
    run_state_machine_as_test(Story, settings=FEW)
