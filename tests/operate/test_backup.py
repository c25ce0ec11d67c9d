"""A backup holds everything, comes back on either database, and is refused when a bit of it is not as written."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from billing_service import access, backup, invoicing
from billing_service.auditing import sealing
from billing_service.auditing.completeness import Proving
from billing_service.backup import file, rows
from billing_service.core.ids import new_id
from billing_service.errors import AlreadyExists, BillingError, Conflict, IssueRefused, NotFound, WrongSchema
from billing_service.parties import numbering
from billing_service.store import schema
from billing_service.store.administrations import Series
from billing_service.store.audit import OperatorAuditRow
from billing_service.store.findings import Finding
from billing_service.store.invoices import Invoice, InvoicePdf
from billing_service.store.scope import OperatorScope
from billing_service.store.session import Database
from billing_service.store.tables import METADATA
from billing_service.store.triggers import GUARDS
from tests import builders
from tests.api import seeds
from tests.invoicing.checks import broken_promises
from tests.invoicing.world import World
from tests.operate.conftest import Elsewhere, kind_of

NOW = builders.NOW
SKIPPED = ("2026-00006", "2026-00008")
TOUCHED_BY_THE_BLOCK = {
    "series",
    "connections",
    "webhook_endpoints",
    "deliveries",
    "findings",
    "events",
    "webhook_deliveries",
    "outbox",
    "audit_trail",
    "operator_audit_trail",
}


@pytest.fixture
def world(database: Database) -> World:
    return World.founded(database)


def issue(world: World, many: int, *, pdfs: bool = True) -> list[str]:
    """So many further invoices; their numbers."""
    if not world.contracts:
        world.agree()
    known = {row.number for row in world.invoices("issued")}
    for _ in range(many):
        world.charge()
        world.issue(world.release())
    if pdfs:
        for row in world.invoices("issued"):
            invoicing.render_pdf(world.scope, row.id)
    return [row.number for row in world.invoices("issued") if row.number and row.number not in known]


def restored(path: Path, database: Database, **more: Any) -> backup.Restored:
    return backup.restore(database, path, NOW + timedelta(hours=1), "cli", **more)


# --- the promise ----------------------------------------------------------------------------------------------------


def test_after_a_restore_numbers_wait_for_the_last_one_really_sent_and_the_jump_is_recorded(
    world: World, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    assert issue(world, 5)[-1] == "2026-00005"
    backup.take(world.database, tmp_path / "monday", NOW)
    assert issue(world, 3)[-1] == "2026-00008"

    target = elsewhere(kind_of(world.database))
    done = restored(tmp_path / "monday", target)
    assert done.held.series_blocked == 2, "invoices and credit notes"
    after = World.rejoined(target, world)
    assert [row.number for row in after.invoices("issued")] == [f"2026-{at:05d}" for at in range(1, 6)]

    after.charge()
    run_id = after.release()
    with pytest.raises(IssueRefused) as refused:
        after.issue(run_id)
    assert refused.value.code == "series_blocked"
    with after.reading() as scope:
        series_id = scope.session.scalars(select(Series.id).where(Series.code == "invoices")).one()
        on_series = select(Finding.code).where(Finding.subject_id == series_id, Finding.state == "open")
        assert scope.session.scalars(on_series).all() == ["series_blocked"]

    with after.scope() as scope:
        numbering.confirm_last_number(scope, series_id, ["2026-00008"])
    after.issue(run_id)
    assert after.invoices("issued")[-1].number == "2026-00009"
    with after.reading() as scope:
        [jump] = scope.session.get(Series, (after.administration_id, series_id)).jumps
        told = scope.session.scalars(select(OperatorAuditRow)).one()
        report = Proving(after.administration_id, series_id)
        while report.step(scope.session):
            pass
    assert [(found.first, found.last, found.many) for found in report.result().jumps] == [(*SKIPPED, 3)]
    assert report.result().breaks == 0, "a recorded jump is no gap"
    assert (jump["first"], jump["last"], jump["confirmed_by"]) == (*SKIPPED, "test")
    assert (told.action, told.changes["series_blocked"]) == ("database.restored", 2)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_everything_comes_back_on_either_database(
    database: Database, kind: str, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    with database.write() as session:
        for name in ("Stichting Één", "Coöperatie \\ Twee\nRegels\t☂"):
            seeds.seed(session, builders.administration(session, legal_name=name))
    world = World.founded(database)
    issue(world, 2)
    with database.write() as session:  # so that the seals are verified where it comes back
        while sealing.seal_some(session, NOW):
            pass
    taken = backup.take(database, tmp_path / "one", NOW)
    assert sum(1 for rows in taken.rows.values() if rows) >= 20, "the story fills most tables"

    target = elsewhere(kind)
    restored(tmp_path / "one", target)
    again = backup.take(target, tmp_path / "two", NOW)
    for name, digest in taken.digests.items():
        if name not in TOUCHED_BY_THE_BLOCK:
            assert again.digests[name] == digest, name
    assert broken_promises(target, world.administration_id) == []
    with database.read() as one, target.read() as other:
        for query in (select(InvoicePdf.content, InvoicePdf.sha256), select(Invoice.document, Invoice.gross)):
            assert sorted(map(tuple, one.execute(query))) == sorted(map(tuple, other.execute(query)))


def test_a_restored_database_keeps_its_promises(world: World, elsewhere: Elsewhere, tmp_path: Path) -> None:
    issue(world, 1)
    backup.take(world.database, tmp_path / "it", NOW)
    target = elsewhere(kind_of(world.database))
    restored(tmp_path / "it", target)
    schema.check(target)
    with target.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": False}), METADATA) == []
        named = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if target.is_sqlite
            else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        assert {guard.name for guard in GUARDS} <= set(connection.execute(text(named)).scalars())
    with pytest.raises(DBAPIError, match="never changes"), target.write() as session:
        session.execute(update(Invoice).values(number="X"))
    with target.write() as session, pytest.raises(DBAPIError):
        builders.contract(session, world.administration_id, new_id(), world.tariff_id, reference="C-2")


def test_the_backup_is_of_one_moment_though_the_service_goes_on(
    world: World, elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(world, 2)
    written = file.write_table

    def slowly(out: Any, made: Any, name: str, lines: Any) -> None:
        if name == "series":
            worker = threading.Thread(target=issue, args=(world, 2))
            worker.start()
            worker.join()  # it is not stopped by the backup that is being made
        written(out, made, name, lines)

    monkeypatch.setattr(file, "write_table", slowly)
    backup.take(world.database, tmp_path / "it", NOW)
    assert len(world.invoices("issued")) == 4
    target = elsewhere(kind_of(world.database))
    restored(tmp_path / "it", target)
    after = World.rejoined(target, world)
    assert len(after.invoices("issued")) == 2
    assert broken_promises(target, world.administration_id) == []


# --- the file -------------------------------------------------------------------------------------------------------


def test_the_file_is_for_its_owner_only_and_appears_when_it_is_whole(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "backups" / "it"
    path.parent.mkdir()
    backup.take(world.database, path, NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "invoices" in {series["code"] for series in backup.check(path).series}
    with pytest.raises(AlreadyExists, match="never written over"):
        backup.take(world.database, path, NOW)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file, "write_end", full)
    with pytest.raises(OSError, match="No space left"):
        backup.take(world.database, path.with_name("other"), NOW)
    assert [found.name for found in path.parent.iterdir()] == ["it"]


def _cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def _without_end(data: bytes) -> bytes:
    return gzip.compress(b"".join(gzip.decompress(data).splitlines(keepends=True)[:-1]))


def _flip(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


def _other_row(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data).replace(b"Oudegracht 12", b"Oudegracht 13"))


def _row_and_digest_left_out(data: bytes) -> bytes:
    """A careful hand: the one row of a table left out, with the digest of nothing."""
    lines = gzip.decompress(data).splitlines(keepends=True)
    at = next(at for at, line in enumerate(lines) if line.startswith(b'{"table":"api_keys"'))
    before = at - orjson.loads(lines[at])["rows"]
    assert before < at
    nothing = {
        "table": "api_keys",
        "rows": 0,
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
    return gzip.compress(b"".join([*lines[:before], orjson.dumps(nothing) + b"\n", *lines[at + 1 :]]))


def _header(**changes: Any) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        first, rest = gzip.decompress(data).split(b"\n", 1)
        return gzip.compress(orjson.dumps(orjson.loads(first) | changes) + b"\n" + rest)

    return change


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_cut, "damaged or incomplete"),
        (_without_end, "ends too early"),
        (_flip, "damaged|no backup"),
        (_other_row, "the rows of administrations are not those"),
        (_row_and_digest_left_out, "its totals are not those"),
        (lambda data: data + gzip.compress(b"more\n"), "something follows"),
        (lambda _: b"", "no backup|cannot be read"),
        (lambda _: b"a spreadsheet", "no backup"),
        (lambda _: gzip.compress(b'{"a":1}\n'), "no backup"),
        (_header(version=2), "newer format"),
        (_header(tables=[]), "damaged|tables of its schema"),
    ],
)
def test_a_damaged_file_is_refused_and_leaves_nothing(
    sqlite_database: Database, elsewhere: Elsewhere, tmp_path: Path, damage: Callable[[bytes], bytes], said: str
) -> None:
    with sqlite_database.write() as session:
        access.create_operator_key(OperatorScope(session, "cli", NOW), "operator")
        seeds.seed(session, builders.administration(session))
    path = tmp_path / "it"
    backup.take(sqlite_database, path, NOW)
    path.write_bytes(damage(path.read_bytes()))
    target = elsewhere("sqlite")
    with pytest.raises(BillingError, match=said):
        restored(path, target)
    assert inspect(target.engine).get_table_names() == []


def test_rows_that_point_nowhere_are_refused(world: World, elsewhere: Elsewhere, tmp_path: Path) -> None:
    """However carefully the digests were made to fit."""
    world.agree()
    with world.database.engine.connect() as connection:
        if world.database.is_sqlite:
            connection.connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[attr-defined]
            connection.exec_driver_sql("DELETE FROM customers")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
            connection.exec_driver_sql("DELETE FROM customers")
        connection.commit()
        connection.invalidate()
    backup.take(world.database, tmp_path / "it", NOW)
    target = elsewhere(kind_of(world.database))
    with pytest.raises(BillingError, match=r"point nowhere|violates foreign key"):
        restored(tmp_path / "it", target)
    assert inspect(target.engine).get_table_names() == []


def test_a_backup_of_an_older_program_is_brought_up_to_date(world: World, elsewhere: Elsewhere, tmp_path: Path) -> None:
    """The rows of today's database, as far as the tables of revision 0003 could hold them."""
    issue(world, 2)
    kind = kind_of(world.database)
    old = elsewhere(kind)
    schema.migrate(old, "0003")
    had = {name: {found["name"] for found in inspect(old.engine).get_columns(name)} for name in _tables(old)}
    tables = tuple(
        rows.Described(one.name, tuple(column for column in one.columns if column[0] in had[one.name]), one.key)
        for one in rows.describe(METADATA)
        if one.name in had
    )
    made = backup.Backup("0003", NOW.isoformat(), "0.1.0", tables, [])
    with file.written(tmp_path / "it") as out, world.database.engine.connect() as connection:
        file.write_header(out, made)
        for one in tables:
            file.write_table(out, made, one.name, rows.lines(connection, one))
        file.write_end(out, made)

    target = elsewhere(kind)
    assert restored(tmp_path / "it", target).held.series_blocked == 2
    schema.check(target)
    after = World.rejoined(target, world)
    assert [row.number for row in after.invoices("issued")] == ["2026-00001", "2026-00002"]
    assert broken_promises(target, world.administration_id) == []


def test_a_backup_of_a_newer_program_is_refused(
    world: World, elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.take(world.database, tmp_path / "it", NOW)
    monkeypatch.setattr(schema, "head", lambda: "0002")
    with pytest.raises(WrongSchema, match="newer than 0002 of this program") as refused:
        restored(tmp_path / "it", elsewhere("sqlite"))
    assert refused.value.code == "schema_newer"


def _tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_only_an_empty_database_is_restored_into(world: World, elsewhere: Elsewhere, tmp_path: Path) -> None:
    backup.take(world.database, tmp_path / "it", NOW)
    with pytest.raises(Conflict, match="not empty"):
        restored(tmp_path / "it", world.database)
    target = elsewhere(kind_of(world.database))
    schema.migrate(target)
    restored(tmp_path / "it", target)
    assert len(World.rejoined(target, world).invoices()) == 0
    strange = elsewhere(kind_of(world.database))
    with strange.write() as session:
        session.execute(text("CREATE TABLE wordpress (id INTEGER)"))
    with pytest.raises(Conflict, match="not empty"):
        restored(tmp_path / "it", strange)
    with pytest.raises(NotFound):
        restored(tmp_path / "gone", target)


def test_books_that_were_not_sound_are_told_and_restored_only_when_accepted(
    world: World, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    issue(world, 3)
    with world.database.write() as session:  # as somebody with the database's own tools would
        off = "DROP TRIGGER invoices_update_refused" + ("" if world.database.is_sqlite else " ON invoices")
        session.execute(text(off))
        session.execute(text("UPDATE invoices SET document = replace(document, '12.50', '12.51') WHERE sequence = 2"))
    try:
        backup.take(world.database, tmp_path / "it", NOW)
        target = elsewhere(kind_of(world.database))
        said = "Series invoices, 2026-00002: The stored document is not the document that was issued."
        with pytest.raises(Conflict, match=said) as refused:
            restored(tmp_path / "it", target)
        assert refused.value.code == "broken_books"
        done = restored(tmp_path / "it", target, accept_broken_books=True)
        assert any(sentence.startswith(said) for sentence in done.breaks)
    finally:
        schema.migrate(world.database)
