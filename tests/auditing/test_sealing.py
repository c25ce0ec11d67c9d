"""The sealer and the verifier on a real database: nothing is missed, nothing is sealed twice, every change is named."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from billing_service import access, cli, jobs
from billing_service.app import PROGRAM
from billing_service.auditing import sealing
from billing_service.auditing.pdfs import VerifiedPdfs
from billing_service.auditing.trails import Trail, head_of, unsealed
from billing_service.auditing.verifying import Verified, Verifying, describe, start_verification
from billing_service.cli.program import Program
from billing_service.context import Context
from billing_service.core.audit_chain import Seal
from billing_service.core.ids import new_id
from billing_service.store import audit, bulk, schema
from billing_service.store.audit import AuditHead, AuditRow, OperatorAuditRow
from billing_service.store.scope import OperatorScope, Scope
from billing_service.store.session import Database
from billing_service.store.work import ScheduleRow
from billing_service.worker.schedule import TASKS, Schedule, Task
from tests import builders
from tests.crash import CrashPoints, crash_everywhere


@pytest.fixture
def administration(database: Database) -> UUID:
    with database.write() as session:
        return builders.administration(session)


def write(database: Database, administration: UUID, many: int = 1) -> list[UUID]:
    """So many changes in one transaction; the ids of their rows."""
    with database.write() as session:
        return [_change(session, administration) for _ in range(many)]


def _change(session: Session, administration: UUID) -> UUID:
    row = audit.row(builders.scope(session, administration), "change", "customer", new_id(), {"name": "Jansen"})
    session.execute(AuditRow.__table__.insert(), [row])  # type: ignore[attr-defined]
    return UUID(str(row["id"]))


def seal(database: Database) -> int:
    """Seal all there is; in how many transactions."""
    rounds, more = 0, True
    while more:
        with database.write() as session:
            more = sealing.seal_some(session, builders.NOW)
        rounds += 1
    return rounds


def verify(database: Database, administration: UUID | None, noted: Seal | None = None) -> Verified:
    verifying = Verifying(Trail(administration), noted)
    more = True
    while more:
        with database.read() as session:
            more = verifying.step(session)
    return verifying.result()


def broken(database: Database, administration: UUID | None) -> tuple[str, UUID | None] | None:
    first = verify(database, administration).first
    return (first.code, first.row_id) if first else None


def numbers(database: Database, administration: UUID) -> list[int | None]:
    with database.read() as session:
        query = select(AuditRow.seal_number).where(AuditRow.administration_id == administration)
        return list(session.scalars(query.order_by(AuditRow.seal_number)))


# --- sealing --------------------------------------------------------------------------------------------------------


def test_rows_are_sealed_in_bounded_batches_until_none_is_left(
    database: Database, administration: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BATCH", 10)
    with database.write() as session:
        other = builders.administration(session)
    write(database, administration, 33)
    write(database, other, 12)
    with database.read() as session:
        assert unsealed(session, Trail(other)).count == 12
    assert seal(database) == 5
    assert numbers(database, administration) == list(range(1, 34))
    assert numbers(database, other) == list(range(1, 13))
    found = verify(database, administration)
    assert (found.rows, found.broken, found.unsealed.count) == (33, 0, 0)


def test_a_row_that_commits_after_younger_ones_were_sealed_is_not_missed(database: Database) -> None:
    with database.write() as session:
        ours = builders.administration(session)
        early = audit.row(builders.scope(session, ours), "change", "customer", new_id())
    write(database, ours, 3)
    seal(database)
    with database.write() as session:  # its transaction began before and commits only now
        session.execute(AuditRow.__table__.insert(), [early])  # type: ignore[attr-defined]
    with database.read() as session:
        assert unsealed(session, Trail(ours)).oldest_id == early["id"]
    seal(database)
    with database.read() as session:
        assert session.scalars(select(AuditRow.seal_number).where(AuditRow.id == early["id"])).one() == 4
    assert broken(database, ours) is None


def test_what_operators_did_is_chained_too(database: Database) -> None:
    with database.write() as session:
        for label in ("first", "second"):
            access.create_operator_key(OperatorScope(session, "cli", builders.NOW), label)
    seal(database)
    found = verify(database, None)
    assert (found.rows, found.broken) == (2, 0)
    tamper(database, lambda c: c.execute(update(OperatorAuditRow).values(actor="nobody")), "operator_audit_trail")
    assert verify(database, None).broken > 0


def test_many_sealers_at_once_make_one_chain(database: Database) -> None:
    with database.write() as session:
        keys = [builders.administration(session) for _ in range(3)]
    for _ in range(5):
        for key in keys:
            write(database, key, 7)
    together = threading.Barrier(4)

    def work(_: int) -> None:
        together.wait()
        for _ in range(5):
            seal(database)

    with ThreadPoolExecutor(4) as pool:
        sealers = pool.map(work, range(4))
        for key in keys:
            write(database, key, 5)
        list(sealers)  # raises what one of them raised
    seal(database)
    for key in keys:
        assert numbers(database, key) == list(range(1, 41))
        assert broken(database, key) is None


def test_a_trail_that_another_sealer_holds_is_left_to_it(postgresql_database: Database) -> None:
    with postgresql_database.write() as session:
        ours, theirs = builders.administration(session), builders.administration(session)
    for key in (ours, theirs):
        write(postgresql_database, key)
    seal(postgresql_database)
    for key in (ours, theirs):
        write(postgresql_database, key)
    with postgresql_database.write() as session:
        session.execute(select(AuditHead).where(AuditHead.administration_id == ours).with_for_update())
        seal(postgresql_database)
        assert numbers(postgresql_database, ours) == [1, None]
        assert numbers(postgresql_database, theirs) == [1, 2]
    seal(postgresql_database)
    assert numbers(postgresql_database, ours) == [1, 2]


def test_a_sealer_that_dies_at_any_commit_loses_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 4)
    worlds: list[UUID] = []

    def attempt(points: CrashPoints) -> None:
        with database.write() as session:
            worlds.append(builders.administration(session))
        write(database, worlds[-1], 10)
        other = Database(database.url)
        try:
            with points.on(other.engine):
                seal(other)
        finally:
            other.close()

    def recover() -> None:
        seal(database)
        assert numbers(database, worlds[-1]) == list(range(1, 11))
        assert broken(database, worlds[-1]) is None

    counting = CrashPoints()
    attempt(counting)
    assert counting.passed == 6
    crash_everywhere(counting.passed, attempt, recover)


# --- the guards -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"actor": "nobody"},
        {"action": "other"},
        {"noun": "other"},
        {"object_id": new_id()},
        {"id": new_id()},
        {"at": builders.NOW + timedelta(seconds=1)},
        {"changes": {"name": "other"}},
        {"seal_number": 1, "seal": "ab" * 32, "actor": "nobody"},
        {"seal_number": 2, "seal": None},
    ],
    ids=" and ".join,
)
@pytest.mark.parametrize("sealed", [False, True])
def test_nothing_of_a_row_changes_but_its_seal_once(
    database: Database, administration: UUID, values: dict[str, Any], sealed: bool
) -> None:
    write(database, administration)
    if sealed:
        seal(database)
    with pytest.raises(DBAPIError, match="the audit trail never changes"), database.write() as session:
        session.execute(update(AuditRow).values(**values))


def test_a_seal_is_set_once_and_a_chain_never_shrinks(database: Database, administration: UUID) -> None:
    write(database, administration, 2)
    seal(database)
    for statement, because in (
        (update(AuditRow).values(seal_number=9, seal="ab" * 32), "audit trail never changes"),
        (update(AuditRow).values(seal_number=None, seal=None), "audit trail never changes"),
        (delete(AuditRow), "audit trail never changes"),
        (update(AuditHead).values(seal_number=1), "never goes back"),
        (update(AuditHead).values(seal="ab" * 32), "never goes back"),
        (delete(AuditHead), "never goes back"),
    ):
        with pytest.raises(DBAPIError, match=because), database.write() as session:
            session.execute(statement)


# --- verifying: planted faults --------------------------------------------------------------------------------------


def tamper(database: Database, change: Callable[[Connection], object], table: str = "audit_trail") -> None:
    """What somebody with the owner's rights could do: past the guards."""
    with database.engine.begin() as connection:
        names = [f"{table}_{event}_refused" for event in ("update", "delete")]
        for name in names:
            on = "" if database.is_sqlite else f" ON {table}"
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
        change(connection)
    schema.migrate(database)  # puts the guards back


def test_each_way_to_falsify_a_trail_is_named_with_its_row(database: Database) -> None:
    def fresh() -> tuple[UUID, list[UUID]]:
        with database.write() as session:
            key = builders.administration(session)
        rows = write(database, key, 6)
        seal(database)
        assert broken(database, key) is None
        return key, rows

    key, rows = fresh()
    tamper(database, lambda c: c.execute(update(AuditRow).where(AuditRow.id == rows[2]).values(actor="nobody")))
    assert broken(database, key) == ("row_changed", rows[2])

    key, rows = fresh()
    tamper(database, lambda c: c.execute(update(AuditRow).where(AuditRow.id == rows[3]).values(seal="ab" * 32)))
    assert broken(database, key) == ("seal_changed", rows[3])

    key, rows = fresh()
    tamper(database, lambda c: c.execute(delete(AuditRow).where(AuditRow.id == rows[1])))
    first = verify(database, key).first
    assert first is not None
    assert (first.code, first.seal_number) == ("rows_missing", 2)

    key, rows = fresh()
    tamper(database, lambda c: c.execute(delete(AuditRow).where(AuditRow.id.in_(rows[4:]))))
    first = verify(database, key).first
    assert first is not None
    assert (first.code, first.seal_number) == ("end_missing", 5)

    key, rows = fresh()
    with database.write() as session:  # needs no rights at all: a row may be put in
        values = audit.row(builders.scope(session, key), "change", "customer", new_id())
        session.execute(AuditRow.__table__.insert(), [values | {"seal_number": 7, "seal": "ab" * 32}])  # type: ignore[attr-defined]
    assert broken(database, key) == ("beyond_the_end", values["id"])


def test_a_noted_seal_must_still_stand(database: Database, administration: UUID) -> None:
    write(database, administration, 3)
    seal(database)
    with database.read() as session:
        noted = head_of(session, Trail(administration))
    assert noted is not None
    write(database, administration, 2)
    seal(database)
    assert verify(database, administration, noted).broken == 0
    found = verify(database, administration, Seal(noted.number, "ab" * 32))
    assert found.first is not None
    assert found.first.code == "noted_seal_differs"


def test_a_job_verifies_page_by_page_and_says_what_it_found(
    database: Database, administration: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing_service.auditing.verifying.PAGE", 4)
    rows = write(database, administration, 10)
    seal(database)

    def result() -> dict[str, Any]:
        with database.write() as session:
            job_id = start_verification(builders.scope(session, administration)).id
        jobs.run(lambda: open_scope(database, administration), job_id)
        with database.read() as session:
            job = jobs.get(builders.scope(session, administration), job_id)
            assert job.done == job.total
            return dict(job.result or {})

    sound = result()
    assert (sound["sound"], sound["rows"], sound["first_broken_link"]) == (True, 10, None)
    assert sound["unsealed"]["rows"] == 1  # that the job was asked for
    tamper(database, lambda c: c.execute(update(AuditRow).where(AuditRow.id == rows[7]).values(noun="invoice")))
    link = result()["first_broken_link"]
    assert (link["row_id"], link["code"], link["row"]["noun"]) == (str(rows[7]), "row_changed", "invoice")
    assert link["sentence"]["nl"].startswith("De inhoud van deze regel")


@contextmanager
def open_scope(database: Database, administration: UUID) -> Iterator[Scope]:
    with database.write() as session:
        yield Scope(session, administration, "worker", builders.NOW)


def billing(database: Database, *words: str) -> Result:
    program = Program(lambda _: Context(database, lambda: builders.NOW), PROGRAM.web_app, PROGRAM.make_worker)
    return CliRunner().invoke(cli.main, list(words), obj=program)


def test_the_command_names_the_break_and_ends_with_1(
    database: Database, administration: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_DATA_DIR", str(tmp_path))
    rows = write(database, administration, 3)
    seal(database)
    late = write(database, administration)[0]
    done = billing(database, "audit", "verify")
    assert done.exit_code == 0, done.output
    assert f"not sealed yet: 1, the oldest is {late}" in done.output
    tamper(database, lambda c: c.execute(update(AuditRow).where(AuditRow.id == rows[1]).values(actor="nobody")))
    done = billing(database, "audit", "verify", "-a", str(administration))
    assert done.exit_code == 1
    assert f"BROKEN at 2, row {rows[1]}: The content of this row is not what was sealed" in done.output
    assert "actor is now: nobody" in done.output


def test_a_result_is_plain_and_says_nothing_of_what_is_not_there(database: Database, administration: UUID) -> None:
    assert describe(verify(database, administration), VerifiedPdfs(0, 0, None)) == {
        "sound": True,
        "rows": 0,
        "seal_number": 0,
        "seal": None,
        "broken_links": 0,
        "first_broken_link": None,
        "unsealed": {"rows": 0, "oldest_id": None, "oldest_at": None},
        "pdfs": 0,
        "changed_pdfs": 0,
        "first_changed_pdf": None,
    }


# --- the schedule ---------------------------------------------------------------------------------------------------


def test_a_worker_seals_every_second_and_writes_nothing_while_there_is_nothing(
    database: Database, administration: UUID
) -> None:
    schedule = Schedule(Context(database, lambda: builders.NOW), {"seal_audit_trail": TASKS["seal_audit_trail"]})
    assert schedule.run_due() == []
    write(database, administration, 3)
    assert schedule.run_due() == ["seal_audit_trail"]
    assert numbers(database, administration) == [1, 2, 3]
    with database.read() as session:
        row = session.get(ScheduleRow, "seal_audit_trail")
        assert row is not None
        assert row.last_run_at is not None
        assert row.due_at - row.last_run_at == timedelta(seconds=1)
    write(database, administration)
    assert schedule.run_due() == []  # not due yet


def test_a_task_with_more_to_do_is_due_again_at_once(database: Database) -> None:
    left = [3]

    def run(session: Session, now: object) -> bool:
        left[0] -= 1
        return left[0] > 0

    schedule = Schedule(Context(database, lambda: builders.NOW), {"often": Task(run, timedelta(days=1))})
    ran = 0
    while schedule.run_due():
        ran += 1
    assert (ran, left) == (3, [0])


def test_what_bulk_intake_writes_is_caught_up(sqlite_database: Database) -> None:
    """Written by COPY or executemany as bulk intake does, sealed in bounded transactions."""
    with sqlite_database.write() as session:
        key = builders.administration(session)
    for _ in range(10):
        with sqlite_database.write() as session:
            scope = builders.scope(session, key)
            rows = [audit.row(scope, "create", "question", new_id(), {"subject": at}) for at in range(1000)]
            bulk.insert_rows(session, AuditRow, rows)
    assert seal(sqlite_database) == 11
    with sqlite_database.read() as session:
        last = session.scalar(select(func.max(AuditRow.seal_number)))
    assert last == 10_000
