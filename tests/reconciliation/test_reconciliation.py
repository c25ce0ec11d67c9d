"""Both sides beside each other: what differs is found, told and repaired where that is safe; a second run changes
nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, select, update

from billing_service import cli, receivables, reconciliation
from billing_service.app import PROGRAM
from billing_service.cli.program import Program
from billing_service.connections import connecting
from billing_service.core.ids import new_id
from billing_service.errors import Conflict
from billing_service.reconciliation import repairing
from billing_service.reconciliation.running import RECONCILE, last_night
from billing_service.reconciliation.theirs import Reader
from billing_service.store import dispatch
from billing_service.store.connections import OpeningItem
from billing_service.store.deliveries import Delivery
from billing_service.store.reconciliations import Reconciliation
from billing_service.store.session import Database
from billing_service.store.work import Job, OutboxRow
from connectors.fake.wire import Trouble
from tests.crash import CrashPoints, crash_everywhere
from tests.reconciliation.world import Reconciling, more

ZERO = Decimal("0.00")


@pytest.fixture
def desk(database: Database) -> Reconciling:
    return Reconciling.founded(database)


def test_two_sides_that_agree_prove_it(desk: Reconciling) -> None:
    first = desk.invoice(amount=Decimal("100.00"))
    desk.invoice(amount=Decimal("60.00"), vat_class="reduced")
    desk.settle()
    desk.credit(first)
    desk.settle()
    desk.books.control.pay("202600002", Decimal("20.00"), desk.now.date())
    made = desk.reconcile()
    assert desk.found(made) == []
    assert (made.documents_ours, made.documents_theirs) == (3, 3)
    assert made.total_ours == made.total_theirs == Decimal("65.40")
    assert made.open_ours == made.open_theirs == Decimal("45.40")
    assert (made.unexplained, made.unexplained_open) == (ZERO, ZERO)
    assert made.vat == [
        {"group": "S:21", **{side: {"taxable": "0.00", "tax": "0.00"} for side in ("ours", "theirs")}},
        {"group": "S:9", **{side: {"taxable": "60.00", "tax": "5.40"} for side in ("ours", "theirs")}},
    ]
    again = desk.reconcile()
    assert again.digest == made.digest
    assert again.id != made.id


def test_every_class_is_found_and_told_and_a_second_run_changes_nothing(desk: Reconciling) -> None:
    for at in range(7):
        desk.invoice(amount=Decimal(100 + at))
    desk.settle()
    ids = [row.subject_id for row in desk.deliveries(noun="document")]
    desk.remove(ids[0])
    desk.entry(ids[1])["state"] = "draft"
    desk.entry(ids[2])["state"] = "cancelled"
    desk.copy(ids[3])
    more(desk.entry(ids[4]))
    desk.entry(ids[5])["open"] -= Decimal("1.00")
    desk.book("202600999")
    desk.book("LOS-1")
    expected = [
        ("changed", "correct_there", "202600005"),
        ("differently_paid", "pull_payments", "202600006"),
        ("duplicate", "remove_there", "202600004"),
        ("extra", "remove_there", "202600999"),
        ("missing", "deliver_again", "202600001"),
        ("not_booked", "book", "202600002"),
        ("voided", "credit_here_or_restore", "202600003"),
    ]
    made = desk.reconcile()
    assert desk.found(made) == expected
    assert (made.unexplained, made.unexplained_open) == (ZERO, ZERO)
    assert made.total_theirs - made.total_ours == sum(one.amount for one in desk.differences(made))
    told = {code: facts["numbers"] for code, facts in desk.findings().items() if "reconciliation" in code}
    assert told == {f"reconciliation_{kind}": number for kind, _, number in expected}

    picture, deliveries = desk.books.control.books(), [(row.id, row.version) for row in desk.deliveries()]
    again = desk.reconcile()
    assert (desk.found(again), again.digest) == (expected, made.digest)
    assert desk.books.control.books() == picture
    assert [(row.id, row.version) for row in desk.deliveries()] == deliveries
    assert desk.findings().keys() == {*told, "document_changed_there"}


def repair(desk: Reconciling, made: Reconciliation) -> list[str]:
    """Carry out whatever can be, twice; what a person must do is refused."""
    refused = []
    for one in [*desk.differences(made), *desk.differences(made)]:
        try:
            with desk.scope() as scope:
                repairing.carry_out(scope, made.id, one.id)
        except Conflict as error:
            refused.append(f"{one.class_}: {error.code}")
    desk.settle()
    return refused


@pytest.mark.parametrize("profile", ["keys", "pointer", "unsearchable"])
def test_what_is_gone_is_delivered_again_once_and_a_draft_is_booked(sqlite_database: Database, profile: str) -> None:
    desk = Reconciling.founded(sqlite_database, profile)
    gone, draft, copied = (desk.invoice(amount=Decimal(amount)) for amount in (100, 101, 102))
    desk.settle()
    desk.remove(gone)
    desk.entry(draft)["state"] = "draft"
    desk.copy(copied)
    made = desk.reconcile()
    refused = repair(desk, made)
    again = desk.reconcile()
    if profile == "unsearchable":  # nobody can look whether it stands there: a person is asked, a draft is booked there
        assert refused == ["not_booked: not_carried_out", "duplicate: not_carried_out"] * 2
        assert desk.delivery(gone).cause == "outcome_unclear"
        assert ("under_way", "retry", desk.delivery(gone).number) in desk.found(again)
        return
    assert refused == ["duplicate: not_carried_out"] * 2
    assert desk.found(again) == [("duplicate", "remove_there", desk.delivery(copied).number)]
    numbers = [one["number"] for one in desk.there()]
    assert [numbers.count(desk.delivery(one).number) for one in (gone, draft, copied)] == [1, 1, 2]
    assert desk.findings().keys() == {"reconciliation_duplicate"}
    (one,) = [one for one in desk.differences(made) if one.class_ == "missing"]
    with desk.scope() as scope, pytest.raises(Conflict) as changed:  # it stands under another id by now
        repairing.carry_out(scope, made.id, one.id)
    assert changed.value.code == "difference_changed"


def test_what_is_settled_here_only_says_who_must_do_what(desk: Reconciling) -> None:
    """A write-off is booked there by a person; a credit note that is not matched there makes no difference."""
    written_off, credited = desk.invoice(amount=Decimal("100.00")), desk.invoice(amount=Decimal("50.00"))
    desk.settle()
    note = desk.credit(credited)
    desk.settle()
    for one in (credited, note):  # as in a package that leaves both open until somebody matches them
        desk.entry(one)["open"] = desk.entry(one)["total"]
    with desk.scope() as scope:
        receivables.write_off(scope, written_off, "Klein", Decimal("1.00"))
    made = desk.reconcile()
    assert desk.found(made) == [("differently_paid", "correct_there", desk.delivery(written_off).number)]
    assert made.open_theirs - made.open_ours == Decimal("1.00")
    assert (made.unexplained, made.unexplained_open) == (ZERO, ZERO)


def test_what_is_on_its_way_goes_by_itself_and_what_was_forgotten_is_asked_for(desk: Reconciling) -> None:
    desk.invoice(amount=Decimal("100.00"))
    with desk.scope() as scope:  # no worker comes to it before tomorrow
        scope.session.execute(update(OutboxRow).values(due_at=desk.now + timedelta(days=365)))
    made = desk.run()
    assert made.result is not None
    assert (made.result["agrees"], made.result["classes"]) == (True, {"under_way": 1})
    assert not {code for code in desk.findings() if code.startswith("reconciliation")}
    with desk.scope() as scope:
        scope.session.execute(update(OutboxRow).values(due_at=desk.now))
    desk.settle()
    forgotten = desk.invoice(amount=Decimal("60.00"))
    with desk.scope() as scope:
        scope.session.execute(delete(OutboxRow).where(OutboxRow.kind == dispatch.DELIVER))
        scope.session.execute(delete(Delivery).where(Delivery.number == desk.number(forgotten)))
    assert desk.found(desk.reconcile()) == [("under_way", "wait", desk.number(forgotten))]
    desk.settle()
    assert desk.found(desk.reconcile()) == []


def test_documents_of_the_opening_balance_are_compared_by_what_is_open(sqlite_database: Database) -> None:
    desk = Reconciling.founded(sqlite_database)
    old = desk.invoice(amount=Decimal("100.00"))
    desk.invoice(amount=Decimal("50.00"))
    desk.settle()
    remote = desk.delivery(old).remote_id or ""
    with desk.scope() as scope:
        connecting.get(scope, desk.connection_id).start_date = (desk.now + timedelta(days=1)).date()
        values = {"kind": "invoice", "number": desk.number(old), "issue_date": desk.now.date(), "due_date": None}
        amounts = {"currency": "EUR", "total": Decimal("121.00"), "open": Decimal("121.00")}
        ids = {"connection_id": desk.connection_id, "invoice_id": old, "document_remote_id": remote}
        key = {"administration_id": desk.administration_id, "id": new_id(), "created_at": desk.now}
        scope.session.add(OpeningItem(**key, **ids, **values, **amounts))
    made = desk.reconcile()
    assert (desk.found(made), made.documents_ours, made.open_theirs) == ([], 1, Decimal("121.00"))
    desk.entry(old)["open"] = ZERO  # settled there by something that is no payment
    assert desk.found(desk.reconcile()) == [("differently_paid", "pull_payments", desk.number(old))]


def test_what_stands_there_in_another_currency_counts_nowhere(sqlite_database: Database) -> None:
    desk = Reconciling.founded(sqlite_database)
    invoice = desk.invoice(amount=Decimal("100.00"))
    desk.settle()
    desk.entry(invoice)["currency"] = "USD"
    stranger = desk.books.package.books.document(desk.book("202600555"))
    stranger["currency"] = "USD"
    made = desk.reconcile()
    assert [kind for kind, _, _ in desk.found(made)] == ["changed", "extra"]
    assert (made.total_theirs, made.unexplained, made.unexplained_open) == (ZERO, ZERO, ZERO)


@pytest.mark.parametrize("breaks_off", ["GET /v1/documents", "GET /v1/open-items"])
def test_a_list_that_breaks_off_gives_no_result_but_says_so(sqlite_database: Database, breaks_off: str) -> None:
    desk = Reconciling.founded(sqlite_database)
    for at in range(4):
        desk.invoice(amount=Decimal(100 + at))
    desk.settle()
    desk.books.control.trouble(Trouble(when=breaks_off, status=503, applies=False, times=9))
    job = desk.run()
    assert job.result is not None
    assert (job.state, job.result["reconciled"]) == ("done", False)
    assert desk.results() == 0
    assert set(desk.findings()) == {"not_reconciled"}
    desk.books.control.calm()
    assert desk.found(desk.reconcile()) == []
    assert set(desk.findings("resolved")) == {"not_reconciled"}


def test_what_is_delivered_while_the_lists_are_read_is_no_difference(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Reconciling.founded(sqlite_database)
    desk.invoice(amount=Decimal("100.00"))
    desk.settle()
    read = Reader.open_items

    def meanwhile(reader: Reader) -> dict[str, Decimal]:
        """Their documents were read; now another one arrives there, and then what is open is read."""
        desk.invoice(amount=Decimal("60.00"))
        desk.drain()
        return read(reader)

    monkeypatch.setattr(Reader, "open_items", meanwhile)
    made = desk.reconcile()
    assert (desk.found(made), made.documents_ours, made.documents_theirs) == ([], 2, 2)
    assert (made.unexplained, made.unexplained_open) == (ZERO, ZERO)


def test_a_crash_at_any_commit_and_twins_leave_one_result(sqlite_database: Database) -> None:
    desk = Reconciling.founded(sqlite_database)
    gone = desk.invoice(amount=Decimal("100.00"))
    desk.settle()
    desk.remove(gone)

    def ask() -> set[UUID]:
        with desk.scope() as scope:
            connection = connecting.get(scope, desk.connection_id)
            return {reconciliation.start(scope, connection).id for _ in range(2)}

    def attempt(points: CrashPoints) -> None:
        asked.append(ask())
        with points.on(desk.database.engine):
            desk.drain()

    def recover() -> None:
        desk.advance(timedelta(minutes=10))
        desk.drain()
        (job,) = asked[-1]
        with desk.database.read() as session:
            made = session.scalars(select(Reconciliation).where(Reconciliation.job_id == job)).all()
            assert session.get_one(Job, (desk.administration_id, job)).state == "done"
        assert [desk.found(row) for row in made] == [[("missing", "deliver_again", desk.number(gone))]]

    asked: list[set[UUID]] = []
    counting = CrashPoints()
    attempt(counting)
    crash_everywhere(counting.passed, attempt, recover)
    assert desk.results() == counting.passed + 1


def test_every_night_once_and_again_after_an_hour_where_it_came_to_nothing(sqlite_database: Database) -> None:
    desk = Reconciling.founded(sqlite_database)
    assert last_night(datetime(2026, 3, 29, 0, 30, tzinfo=UTC)) == datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert last_night(datetime(2026, 7, 1, 22, 59, tzinfo=UTC)) == datetime(2026, 6, 30, 23, 0, tzinfo=UTC)

    def night() -> int:
        with desk.scope() as scope:
            reconciliation.nightly(scope.session, desk.now)
        desk.drain()
        with desk.database.read() as session:
            return len(session.scalars(select(Job).where(Job.kind == RECONCILE)).all())

    assert [night(), night()] == [1, 1]
    desk.advance(timedelta(days=1))
    desk.books.control.trouble(Trouble(when="GET /v1/documents", status=503, applies=False, times=3))
    assert [night(), night()] == [2, 2]
    desk.advance(timedelta(hours=1, minutes=1))
    assert [night(), night()] == [3, 3]
    assert desk.results() == 2


def test_the_command_tells_writes_and_repairs(sqlite_database: Database, tmp_path: Path) -> None:
    desk = Reconciling.founded(sqlite_database)
    gone = desk.invoice(amount=Decimal("100.00"))
    desk.settle()

    def run(*words: object) -> Result:
        context = replace(desk.context, clock=lambda: desk.now)
        program = Program(lambda _: context, PROGRAM.web_app, PROGRAM.make_worker)
        return CliRunner().invoke(cli.main, ["reconcile", *map(str, words)], obj=program)

    agreed = run()
    assert (agreed.exit_code, "Both sides agree." in agreed.output) == (0, True), agreed.output
    desk.remove(gone)
    csv, pdf = tmp_path / "verschillen.csv", tmp_path / "aansluiting.pdf"
    told = run("--csv", csv, "--pdf", pdf, "--repair")
    assert told.exit_code == 1
    for line in (
        "missing: 202600001 was delivered, but no longer stands",
        "Unexplained: 0.00",
        "202600001 goes again.",
    ):
        assert line in told.output, told.output
    assert "202600001;ontbreekt;202600001 is afgeleverd" in csv.read_text(encoding="utf-8-sig")
    assert pdf.read_bytes().startswith(b"%PDF")
    desk.settle()
    assert run().exit_code == 0
    desk.books.control.trouble(Trouble(when="GET /v1/documents", status=503, applies=False, times=9))
    assert run().exit_code == 1
