"""Series and book years in use: which series a contract's invoices take, cut-over, years of any length, and the block
after a restore with its recorded jump."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from billing_service import invoicing
from billing_service.core.document import from_json
from billing_service.errors import BillingError, Conflict, InvalidInput, IssueRefused
from billing_service.parties import contracts, numbering
from billing_service.store.administrations import BookYear, Series
from billing_service.store.audit import AuditRow
from billing_service.store.findings import Finding
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from tests.invoicing.checks import broken_promises
from tests.invoicing.together import order, side_by_side
from tests.invoicing.world import World


@pytest.fixture
def world(database: Database) -> World:
    return World.founded(database)


def series_of(world: World, code: str = "invoices") -> Series:
    with world.reading() as scope:
        return scope.session.scalars(select(Series).where(Series.code == code)).one()


def add_series(world: World, code: str, pattern: str, **more: Any) -> UUID:
    values = {"code": code, "document_type": "invoice", "pattern": pattern, "per_book_year": True} | more
    with world.scope() as scope:
        return numbering.create_series(scope, values).id


def own_years(world: World, **years: tuple[date, date]) -> None:
    """These book years in place of the calendar years."""
    with world.scope() as scope:
        for year in numbering.book_years(scope):
            numbering.delete_book_year(scope, year.id)
        for label, (first, last) in years.items():
            numbering.create_book_year(scope, {"label": label[1:], "starts_on": first, "ends_on": last})


def released(world: World, reference: str = "C-1") -> UUID:
    """One more released document of this contract."""
    if reference not in world.contracts:
        world.agree(reference)
    known = {row.id for row in world.invoices()}
    world.charge(reference)
    world.release(references=[reference])
    return next(row.id for row in world.invoices() if row.id not in known)


def issue(world: World, invoice_id: UUID, issue_date: date | None = None) -> str | None:
    with world.scope() as scope:
        return invoicing.issue_invoice(scope, invoice_id, issue_date).number


def issue_new(world: World, day: datetime | None = None, reference: str = "C-1") -> str | None:
    invoice_id = released(world, reference)
    world.now = day or world.now
    return issue(world, invoice_id)


# --- which series ---------------------------------------------------------------------------------------------------


def test_a_contract_may_choose_its_series_and_others_take_the_default(world: World) -> None:
    projects = add_series(world, "a-projects", "P{year}{number:3}")
    world.agree("C-1")
    world.agree("C-2", series_id=projects)
    for reference in ("C-1", "C-2"):
        world.charge(reference)
    world.issue(world.release())
    numbers = {row.number: from_json(row.document.encode()).series for row in world.invoices()}
    assert numbers == {"2026-00001": "invoices", "P2026001": "a-projects"}
    assert broken_promises(world.database, world.administration_id) == []


def test_another_series_becomes_the_default_and_there_is_always_one(world: World) -> None:
    add_series(world, "new", "N{year}{number:3}", is_default=True)
    assert issue_new(world) == "N2026001"
    assert not series_of(world).is_default
    with world.scope() as scope:
        numbering.change_series(scope, numbering.get_series(scope, series_of(world).id), {"is_default": True})
    assert not series_of(world, "new").is_default
    assert issue_new(world) == "2026-00001"
    with pytest.raises(InvalidInput, match="always a default"), world.scope() as scope:
        numbering.change_series(scope, numbering.get_series(scope, series_of(world).id), {"is_default": False})


def test_a_contract_cannot_choose_a_series_of_credit_notes_or_of_another_administration(world: World) -> None:
    credit = add_series(world, "credit", "K{year}{number}", document_type="credit_note")
    other = World.founded(world.database)
    world.agree()
    for series_id in (credit, series_of_other(other)):
        with pytest.raises(InvalidInput, match="no number series for invoices"), world.scope() as scope:
            contracts.change(scope, contracts.get(scope, world.contract_id()), {"series_id": series_id})


def series_of_other(other: World) -> UUID:
    with other.reading() as scope:
        return numbering.series_of(scope)[0].id


# --- book years -----------------------------------------------------------------------------------------------------


def test_a_first_year_of_eighteen_months_and_then_july_to_june(world: World) -> None:
    own_years(world, _2526=(date(2025, 1, 1), date(2026, 6, 30)), _2627=(date(2026, 7, 1), date(2027, 6, 30)))
    last_of_june = datetime(2026, 6, 30, 21, 59, tzinfo=UTC)  # 23:59 in Amsterdam, in summer time
    assert issue_new(world) == "2526-00001"
    assert issue_new(world, last_of_june) == "2526-00002"
    assert issue_new(world, last_of_june + timedelta(minutes=1)) == "2627-00001"
    with world.scope() as scope:
        for year in numbering.book_years(scope):
            with pytest.raises(Conflict) as refused:
                numbering.delete_book_year(scope, year.id)
            assert refused.value.code == "book_year_in_use"
    assert broken_promises(world.database, world.administration_id) == []


def test_digits_only_numbers_that_count_on_keep_the_book_year_they_show(world: World) -> None:
    add_series(world, "digits", "9{year}{number:4}", per_book_year=False, is_default=True)
    numbers = [issue_new(world), issue_new(world, datetime(2026, 12, 31, 23, 0, tzinfo=UTC))]
    assert numbers == ["920260001", "920270002"]
    with world.scope() as scope:
        year = next(year for year in numbering.book_years(scope) if year.label == "2026")
        with pytest.raises(Conflict, match="numbered in this book year"):
            numbering.delete_book_year(scope, year.id)


def test_the_cut_over_number_is_set_once_and_remembered(world: World) -> None:
    with world.scope() as scope:
        series = numbering.get_series(scope, series_of(world).id)
        numbering.change_series(scope, series, {"next_number": 811})
        with pytest.raises(Conflict, match="once, and was"):
            numbering.change_series(scope, series, {"next_number": 812})
    assert [issue_new(world), issue_new(world)] == ["2026-00811", "2026-00812"]
    found = series_of(world)
    assert (found.cut_over_number, found.cut_over_at) == (811, world.now)
    assert issue_new(world, datetime(2027, 1, 2, tzinfo=UTC)) == "2027-00001"


# --- midnight, year change, several at once -------------------------------------------------------------------------


def test_who_waits_over_midnight_gets_the_new_day_and_the_new_year(postgresql_database: Database) -> None:
    """Ten issuers wait for the series while the year ends in Amsterdam; the one that held it issues in the old year."""
    world = World.founded(postgresql_database)
    waiting = [released(world) for _ in range(11)]
    before, after = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    world.now = before
    started = [threading.Event() for _ in waiting[1:]]
    numbers: list[str | None] = []

    def work(at: int) -> None:
        with postgresql_database.write() as session:
            scope = Scope(session, world.administration_id, "test", before, clock=lambda: world.now)
            started[at].set()
            numbers.append(invoicing.issue_invoice(scope, waiting[at + 1]).number)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(10)]
    with holding_the_series(world) as scope:
        first = invoicing.issue_invoice(scope, waiting[0]).number
        for thread in threads:
            thread.start()
        for event in started:
            assert event.wait(10)
        until_they_wait(world, 10)
        world.now = after
    for thread in threads:
        thread.join()
    assert first == "2026-00001"
    assert sorted(filter(None, numbers)) == [f"2027-{at:05d}" for at in range(1, 11)]
    dates = {row.issue_date for row in world.invoices() if row.number != first}
    assert dates == {date(2027, 1, 1)}
    assert broken_promises(world.database, world.administration_id) == []


@contextmanager
def holding_the_series(world: World) -> Iterator[Scope]:
    with world.database.write() as session:
        yield Scope(session, world.administration_id, "test", world.now)


def until_they_wait(world: World, many: int) -> None:
    """Until this many transactions wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(1000):
        with world.database.engine.connect() as connection:
            if connection.exec_driver_sql(query).scalar_one() >= many:
                return
        threading.Event().wait(0.01)
    raise AssertionError("they never waited")


@pytest.mark.parametrize("hour", [0, 1, 2, 3])
def test_the_night_of_summer_time_has_one_date(world: World, hour: int) -> None:
    """25 October 2026 lasts 25 hours in Amsterdam: 22:00 UTC to 23:00 UTC the next day."""
    night = datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(hours=hour)
    issue_new(world, night)
    issue_new(world, datetime(2026, 10, 25, 22, 59, tzinfo=UTC))
    issue_new(world, datetime(2026, 10, 25, 23, 0, tzinfo=UTC))
    assert [row.issue_date for row in world.invoices()] == [date(2026, 10, 25)] * 2 + [date(2026, 10, 26)]


def test_processes_in_two_series_at_once_leave_no_gap_in_either(database: Database) -> None:
    world = World.founded(database)
    projects = add_series(world, "projects", "P{year}{number:3}")
    world.agree("C-1")
    world.agree("C-2", series_id=projects)
    waiting = [str(released(world, reference)) for _ in range(15) for reference in ("C-1", "C-2")]
    done = side_by_side([order(world, "issue", invoices=waiting[at::3]) for at in range(3)])
    numbers = sorted(number for printed in done for number in printed)
    assert numbers == [f"2026-{at:05d}" for at in range(1, 16)] + [f"P2026{at:03d}" for at in range(1, 16)]
    assert broken_promises(world.database, world.administration_id) == []


def test_a_date_before_the_last_one_names_the_document_that_blocks_it(world: World) -> None:
    issue_new(world, datetime(2026, 4, 10, 10, tzinfo=UTC))
    other = released(world)
    with pytest.raises(IssueRefused, match="2026-00001 was issued on 2026-04-10") as refused:
        issue(world, other, date(2026, 4, 9))
    assert refused.value.code == "issue_date_runs_backwards"
    assert issue(world, other, date(2026, 4, 10)) == "2026-00002"


# --- after a restore ------------------------------------------------------------------------------------------------


def block(world: World) -> None:
    with world.database.write() as session:
        assert numbering.block_all_series(session, world.now, "cli") >= 1


def confirm(world: World, *numbers: str, issue_date: date | None = None) -> Series:
    with world.scope() as scope:
        return numbering.confirm_last_number(scope, series_of(world).id, numbers, issue_date)


def findings_on_series(world: World) -> list[str]:
    with world.reading() as scope:
        query = select(Finding.state).where(Finding.code == "series_blocked")
        return list(scope.session.scalars(query.where(Finding.subject_id == series_of(world).id)))


def test_after_a_restore_nothing_is_issued_until_the_last_number_is_confirmed(world: World) -> None:
    issue_new(world)
    waiting = released(world)
    block(world)
    with pytest.raises(IssueRefused, match="blocked since its database was restored") as refused:
        issue(world, waiting)
    assert refused.value.code == "series_blocked"
    assert findings_on_series(world) == ["open"]
    confirm(world, "2026-00007", issue_date=date(2026, 3, 31))
    assert issue(world, waiting) == "2026-00008"
    found = series_of(world)
    assert [(jump["first"], jump["last"], jump["confirmed_by"]) for jump in found.jumps] == [
        ("2026-00002", "2026-00007", "test")
    ]
    assert findings_on_series(world) == ["resolved"]
    with world.reading() as scope:
        told = select(AuditRow.changes).where(AuditRow.action == "confirm_last_number")
        assert scope.session.scalars(told).one()["last_numbers"] == ["2026-00007"]
    with pytest.raises(Conflict) as refused_again:
        confirm(world, "2026-00009")
    assert refused_again.value.code == "series_not_blocked"


def test_where_nothing_was_sent_after_the_backup_nothing_is_skipped(world: World) -> None:
    issue_new(world)
    block(world)
    assert confirm(world, "2026-00001").jumps == []
    assert issue_new(world) == "2026-00002"
    assert broken_promises(world.database, world.administration_id) == []


def test_a_series_that_never_gave_a_number_is_confirmed_without_one(world: World) -> None:
    block(world)
    confirm(world)
    assert issue_new(world) == "2026-00001"


def test_a_restore_over_the_year_change_asks_for_both_years(world: World) -> None:
    issue_new(world, datetime(2026, 12, 20, tzinfo=UTC))
    world.now = datetime(2027, 1, 5, tzinfo=UTC)
    block(world)
    with pytest.raises(InvalidInput, match="Begin with the last number of book year 2026"):
        confirm(world, "2027-00003")
    found = confirm(world, "2026-00004", "2027-00003")
    assert [(jump["period"], jump["from"], jump["to"]) for jump in found.jumps] == [("2026", 2, 4), ("2027", 1, 3)]
    waiting = released(world)
    with pytest.raises(IssueRefused, match="2027-00003 was issued on 2027-01-01"):
        issue(world, waiting, date(2026, 12, 31))
    assert issue(world, waiting) == "2027-00004"


@pytest.mark.parametrize(
    ("numbers", "day", "because"),
    [
        ((), None, "the last known here is 2026-00002"),
        (("2026-00001",), None, "lies before 2026-00002"),
        (("2026-2",), None, "no number of the series"),
        (("2026-00002", "2026-00003"), None, "in their order"),
        (("2027-00001",), None, "has not begun"),
        (("2026-00005",), date(2026, 4, 1), "in the future"),
        (("2026-00005",), date(2026, 3, 30), "was issued later"),
    ],
)
def test_a_last_number_that_cannot_be_is_refused(
    world: World, numbers: tuple[str, ...], day: date | None, because: str
) -> None:
    issue_new(world)
    issue_new(world)
    block(world)
    with pytest.raises(BillingError, match=because):
        confirm(world, *numbers, issue_date=day)
    assert series_of(world).blocked_at == world.now


def test_a_book_year_cannot_go_while_somebody_numbers_in_it(world: World) -> None:
    with world.scope() as scope:
        unused = next(year for year in numbering.book_years(scope) if year.label == "2030")
        numbering.delete_book_year(scope, unused.id)
    issue_new(world)
    with world.reading() as scope:
        assert scope.session.scalars(select(Invoice.period)).all() == ["2026"]
        assert scope.session.scalars(select(BookYear.label).where(BookYear.label == "2030")).all() == []
