"""The database keeps its promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from billing_service.errors import WrongSchema
from billing_service.store import audit, schema
from billing_service.store.audit import AuditRow
from billing_service.store.parties import Contract, Customer
from billing_service.store.session import Database
from billing_service.store.tables import METADATA
from billing_service.store.tariffs import TariffVersion
from billing_service.store.triggers import GUARDS
from billing_service.store.types import Cents, Instant, UnitPrice
from tests import builders

SQLITE = sqlite.dialect()
ROOT = Path(__file__).resolve().parents[2]


def test_the_migrations_make_exactly_the_tables_that_the_code_describes(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, METADATA) == []


def test_every_key_starts_with_the_administration() -> None:
    unscoped = {"administrations", "api_keys", "schedule", "vat_rates", "workers"}
    unscoped |= {"operator_idempotency_keys", "operator_audit_trail", "operator_audit_heads"}
    for table in METADATA.sorted_tables:
        if table.name not in unscoped:
            assert next(iter(table.primary_key.columns)).name == "administration_id", table.name
            for constraint in table.foreign_key_constraints:
                assert constraint.column_keys[0] == "administration_id", constraint.name


def test_a_contract_cannot_point_at_another_administrations_customer(database: Database) -> None:
    with database.write() as session:
        ours, theirs = builders.administration(session), builders.administration(session)
        tariff = builders.tariff(session, ours, {})
        foreign = builders.customer(session, theirs)
    with pytest.raises(IntegrityError), database.write() as session:
        builders.contract(session, ours, foreign, tariff)


def test_a_row_cannot_move_to_another_administration(database: Database) -> None:
    with database.write() as session:
        ours, theirs = builders.administration(session), builders.administration(session)
        builders.customer(session, ours)
    with pytest.raises(ValueError, match="cannot move"), database.write() as session:
        session.scalars(select(Customer)).one().administration_id = theirs


def test_a_change_raises_the_version_and_a_second_writer_is_noticed(database: Database) -> None:
    with database.write() as session:
        builders.customer(session, builders.administration(session))
    with database.write() as session:
        row = session.scalars(select(Customer)).one()
        assert row.version == 1
        row.city = "Kampen"
        session.flush()
        assert row.version == 2


def test_a_published_tariff_version_never_changes(database: Database) -> None:
    with database.write() as session:
        builders.tariff(session, builders.administration(session), {"rules": []})
    with pytest.raises(DBAPIError, match="a published tariff version never changes"), database.write() as session:
        session.execute(update(TariffVersion).values(number=2))


def test_the_audit_trail_keeps_personal_values_only_as_digests_and_never_changes(database: Database) -> None:
    with database.write() as session:
        scope = builders.scope(session, builders.administration(session))
        subject = scope.administration_id
        audit.record(
            scope, "customer.changed", "customer", subject, {"name": "Jansen", "city": "Ede", "net": Decimal("1.50")}
        )
    with database.read() as session:
        changes = session.scalars(select(AuditRow)).one().changes
    assert changes["city"] == "Ede"
    assert changes["net"] == "1.50"
    assert changes["name"].startswith("digest:")
    assert "Jansen" not in str(changes)
    with pytest.raises(DBAPIError, match="the audit trail never changes"), database.write() as session:
        session.execute(update(AuditRow).values(actor="somebody else"))


def test_every_guard_is_installed(database: Database) -> None:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if database.is_sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with database.read() as session:
        wake = set() if database.is_sqlite else {"wake_workers"}
        assert set(session.scalars(text(query))) == {guard.name for guard in GUARDS} | wake


def test_the_version_that_programs_expect_is_the_head_of_the_migrations() -> None:
    assert schema.head() == ScriptDirectory.from_config(schema._config()).get_current_head()


def test_every_key_has_its_type_whichever_table_is_loaded_first() -> None:
    """Statements are built at import; one built on a column without type binds its values raw."""
    program = "from billing_service.store.parties import Contract as C; print(type(C.administration_id.type).__name__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "Uuid"


def test_a_program_refuses_a_database_without_its_schema(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    with pytest.raises(WrongSchema, match="billing migrate"):
        schema.check(database)
    schema.migrate(database)
    schema.check(database)
    database.close()


def test_sqlite_never_loses_a_committed_transaction_to_a_power_cut(tmp_path: Path) -> None:
    """A database as the service opens it: those of the other tests do not wait for the disk."""
    database = Database(f"sqlite:///{tmp_path / 'billing.sqlite3'}")
    with database.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == 2  # FULL
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
    database.close()


def test_an_amount_with_a_third_decimal_is_refused_not_rounded() -> None:
    assert Cents().process_bind_param(Decimal("79.17"), SQLITE) == 7917
    assert UnitPrice().process_bind_param(Decimal("0.0001"), SQLITE) == 1
    with pytest.raises(ValueError, match="more than 2 decimals"):
        Cents().process_bind_param(Decimal("79.175"), SQLITE)


def test_an_instant_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Instant().process_bind_param(datetime(2026, 3, 29, 2, 30), SQLITE)  # noqa: DTZ001


def test_instants_and_amounts_come_back_as_they_went_in(database: Database) -> None:
    moment = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    with database.write() as session:
        ours = builders.administration(session)
        builders.contract(
            session, ours, builders.customer(session, ours), builders.tariff(session, ours, {}), created_at=moment
        )
    with database.read() as session:
        assert session.scalars(select(Contract.created_at)).one() == moment


def test_a_second_migration_changes_nothing_and_keeps_rows_and_guards(database: Database) -> None:
    with database.write() as session:
        ours = builders.administration(session)
        builders.contract(session, ours, builders.customer(session, ours), builders.tariff(session, ours, {}))
        before = _rows(session)
    schema.migrate(database)
    with database.write() as session:
        assert _rows(session) == before
    with pytest.raises(DBAPIError, match="never changes"), database.write() as session:
        session.execute(update(TariffVersion).values(number=2))


def test_two_migrations_at_once_wait_for_each_other(tmp_path: Path, postgresql_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'new.sqlite3'}", postgresql_url):
        with ThreadPoolExecutor(4) as pool:
            databases = [Database(url) for _ in range(4)]
            list(pool.map(schema.migrate, databases))
        for database in databases:
            schema.check(database)
            database.close()


def test_a_migration_that_would_leave_orphans_on_sqlite_is_undone(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        driver = connection.connection.cursor()
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute(
            "INSERT INTO vat_statuses (administration_id, valid_from, status) VALUES ('gone', '2020-01-01', 'liable')"
        )
        driver.execute("DROP TRIGGER audit_trail_update_refused")
        driver.execute("PRAGMA foreign_keys=ON")
    with pytest.raises(WrongSchema, match="point nowhere"):
        schema.migrate(sqlite_database)
    with sqlite_database.read() as session:  # undone: the trigger that the migration recreates is absent again
        names = set(session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
        assert "audit_trail_update_refused" not in names


def _rows(session: Session) -> dict[str, int]:
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in METADATA.sorted_tables
    }
