"""A database filled by the first release, upgraded: every row is still there, and every guard holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from billing_service.auditing.sealing import seal_some
from billing_service.auditing.trails import Trail
from billing_service.auditing.verifying import Verifying
from billing_service.store import schema
from billing_service.store.administrations import Series
from billing_service.store.session import Database
from billing_service.store.triggers import GUARDS
from tests.databases import SERVER

CHARGE = """
INSERT INTO charges (administration_id, id, contract_id, customer_id, source, part, date, description, disposition,
  pricing, amount, vat_class, state, created_at, version)
VALUES (:a, :charge, :contract, :customer, 'manual', 0, '2026-03-10', '{"nl": "Werk", "en": "Work"}', 'charge',
  'amount', 1250, 'standard', 'open', '2026-03-10 10:00:00', 1)
"""
ROWS = (
    """INSERT INTO administrations (id, legal_name, street, postal_code, city, country, currency, language,
         payment_term_days, zero_statements, digest_salt, created_at, version)
       VALUES (:a, 'Stichting', 'Plein 1', '1234 AB', 'Ede', 'NL', 'EUR', 'nl', 14, false, 'salt',
         '2026-01-01 10:00:00', 1)""",
    """INSERT INTO customers (administration_id, id, number, name, is_business, street, postal_code, city, country,
         created_at, version)
       VALUES (:a, :customer, '1', 'Bond', true, 'Markt 1', '1234 AB', 'Ede', 'NL', '2026-01-01 10:00:00', 1)""",
    """INSERT INTO tariffs (administration_id, id, code, name, created_at, version)
       VALUES (:a, :tariff, 't', 'T', '2026-01-01 10:00:00', 1)""",
    """INSERT INTO contracts (administration_id, id, reference, title, customer_id, tariff_id, valid_from, rhythm,
         group_equal_lines, annex, created_at, version)
       VALUES (:a, :contract, 'C-1', 'Helpdesk', :customer, :tariff, '2026-01-01', 'month', false, false,
         '2026-01-01 10:00:00', 1)""",
    CHARGE,
    """INSERT INTO series (administration_id, id, code, document_type, pattern, per_book_year, next_number,
         counter_period, cut_over_at, jumps, version)
       VALUES (:a, :cut_over, 'b-projects', 'invoice', 'P{number:4}', false, 811, '',
         '2026-01-01 10:00:00', '[]', 1)""",
    """INSERT INTO series (administration_id, id, code, document_type, pattern, per_book_year, next_number,
         counter_period, jumps, version)
       VALUES (:a, :series, 'a-invoices', 'invoice', 'F{number:4}', false, 1, '', '[]', 1)""",
    """INSERT INTO audit_trail (administration_id, id, at, actor, action, noun, object_id, changes)
       VALUES (:a, :charge, '2026-03-10 10:00:00', 'cli', 'create', 'charge', :charge, '{"amount": "12.50"}')""",
)


NAMES = ("a", "customer", "tariff", "contract", "charge", "series", "cut_over")


@pytest.fixture(params=["sqlite", "postgresql"])
def first_release(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A filled database with the schema of the first release."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
        yield from _filled(database)
        return
    request.getfixturevalue("postgresql_url")  # skips where no server answers
    name = f"billing_test_{uuid4().hex[:12]}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        yield from _filled(Database(make_url(SERVER).set(database=name).render_as_string(hide_password=False)))
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _filled(database: Database) -> Iterator[Database]:
    schema.migrate(database, "0001")
    keys = {name: uuid4() for name in NAMES}
    with database.write() as session:
        for statement in ROWS:
            session.execute(text(statement), {name: _key(database, key) for name, key in keys.items()})
        session.execute(text("UPDATE charges SET state = 'cancelled'"))
    yield database
    database.close()


def _key(database: Database, key: object) -> str:
    return str(key).replace("-", "") if database.is_sqlite else str(key)


def test_rows_of_the_first_release_are_kept_and_guarded(first_release: Database) -> None:
    before = _counts(first_release)
    with first_release.read() as session:
        charge = session.execute(text("SELECT id, amount, description, state FROM charges")).one()
    schema.migrate(first_release)
    schema.check(first_release)
    after = _counts(first_release)
    assert {table: after[table] for table in before} == before
    with first_release.read() as session:
        same = session.execute(text("SELECT id, amount, description, state FROM charges")).one()
        assert tuple(same) == tuple(charge)
        assert session.execute(text("SELECT detail FROM charges")).scalar_one() is None
        assert _guards(session, first_release) >= {guard.name for guard in GUARDS}


def test_the_new_guards_hold_in_an_upgraded_database(first_release: Database) -> None:
    schema.migrate(first_release)
    keys = {"id": _key(first_release, uuid4())}
    with first_release.write() as session:
        session.execute(
            text(
                "INSERT INTO import_policies (administration_id, id, label, valid_from, document, settings, created_at)"
                " SELECT id, :id, 'Beleid', '2026-01-01', '{}', '{}', created_at FROM administrations"
            ),
            keys,
        )
    with (
        pytest.raises(DBAPIError, match="a stored import policy never changes"),
        first_release.write() as session,
    ):
        session.execute(text("UPDATE import_policies SET label = 'Anders'"))


def test_series_of_the_first_release_get_their_default_and_cut_over_and_old_audit_rows_are_sealed(
    first_release: Database,
) -> None:
    schema.migrate(first_release)
    with first_release.read() as session:
        columns = (Series.code, Series.is_default, Series.cut_over_number, Series.blocked_at)
        found = [tuple(row) for row in session.execute(select(*columns).order_by(Series.code))]
    assert found == [("a-invoices", True, None, None), ("b-projects", False, 811, None)]
    with first_release.write() as session:
        assert seal_some(session, datetime(2026, 4, 1, tzinfo=UTC)) is False
    with first_release.read() as session:
        verifying = Verifying(Trail(session.scalars(select(Series.administration_id)).first()))
        assert verifying.step(session) is False
    assert (verifying.result().rows, verifying.result().broken) == (1, 0)


def _counts(database: Database) -> dict[str, int]:
    tables = [name for name in inspect(database.engine).get_table_names() if name != "alembic_version"]
    with database.read() as session:
        return {name: session.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in tables}


def _guards(session: Session, database: Database) -> set[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if not database.is_sqlite:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    return set(session.scalars(text(query)))
