"""An administration with so many issued invoices behind it: one of its own, copied by the database itself.

The service releases and issues one invoice; its rows (document, lines, charges, audit trail, outbox) are then copied
under other ids, numbers and contracts, which takes minutes for a million where issuing them would take hours. Sizes and
indexes are those of issued invoices; the chain is not, as all copies carry the document of the first. PDFs are left
out: nothing that is measured here reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from bench.released import release_invoices
from bench.world import NOW, Office, part_of
from billing_service.auditing.sealing import seal_some
from billing_service.invoicing import issue_batch
from billing_service.store import triggers
from billing_service.store.base import Base
from billing_service.store.session import Database

INVOICES_EACH: Final = 100
"""How many of the invoices one contract has: eight years of months."""
_AT_ONCE: Final = 20_000
_FIRST_NUMBER: Final = 1_000_000
_FIRST_SEAL: Final = 1_000
_SECOND = "CASE t.action WHEN 'invoice.issued' THEN 1 ELSE 0 END"


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows of the first invoice are those whose ``owner`` names it; ``instead`` is SQL for the columns that differ."""

    name: str
    owner: str
    instead: Mapping[str, str]
    id_from: str = ""


_OF_CONTRACT = {"contract_id": "c.contract_id", "customer_id": "c.customer_id"}
_NUMBER = f"({_FIRST_NUMBER} + c.n)"
_TABLES: Final = (
    _Table(
        "invoices",
        "id",
        _OF_CONTRACT | {"id": "c.invoice_id", "sequence": _NUMBER, "number": f"t.period || CAST({_NUMBER} AS TEXT)"},
    ),
    _Table("invoice_lines", "invoice_id", {"invoice_id": "c.invoice_id"}),
    _Table("charges", "invoice_id", _OF_CONTRACT | {"invoice_id": "c.invoice_id"}, id_from="c.n * 8 + t.line"),
    _Table(
        "audit_trail",
        "object_id",
        {"object_id": "c.invoice_id", "seal_number": f"{_FIRST_SEAL} + c.n * 2 + {_SECOND}"},
        id_from=f"c.n * 2 + {_SECOND}",
    ),
    _Table(
        "outbox",
        "subject_id",
        {"subject_id": "c.invoice_id", "state": "'done'", "attempts": "1", "done_at": "t.created_at"},
        id_from="c.n",
    ),
)


def fill(database: Database, office: Office, count: int, each: int = INVOICES_EACH) -> None:
    """Let the office have issued ``count`` invoices more, so many of each of its first contracts."""
    first = _issue_first(database, office)
    contracts = max(1, min(len(office.contracts), count // each))
    own = Database(database.url)  # a connection that nobody uses afterwards
    try:
        with own.engine.connect() as connection, _unguarded(connection, own.is_sqlite):
            _take_templates(connection, office.administration_id, first, contracts)
            for start in range(0, count, _AT_ONCE):
                _copy(connection, own.is_sqlite, start, min(count, start + _AT_ONCE), contracts)
                connection.commit()
            _move_on(connection, office.administration_id, count)
            connection.commit()
        settle(own, [table.name for table in _TABLES])
    finally:
        own.close()


def _issue_first(database: Database, office: Office) -> UUID:
    """The id of the invoice that is copied; its audit rows are sealed as the worker does."""
    (invoice_id,) = release_invoices(database, part_of(office, 1))
    with database.write() as session:
        issue_batch(office.scope(session), [invoice_id])
    with database.write() as session:
        while seal_some(session, NOW):
            pass
    return invoice_id


@contextmanager
def _unguarded(connection: Connection, sqlite: bool) -> Iterator[None]:
    """Foreign keys and guards are off in this connection (on SQLite: guards in the whole file), and on again after."""
    if not sqlite:
        connection.exec_driver_sql("SET session_replication_role = replica")
        connection.commit()
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")  # past SQLAlchemy: inside a transaction it is ignored
    driver.execute("PRAGMA cache_size=-262144")
    triggers.lift(connection)
    connection.commit()
    yield
    triggers.install(connection)
    connection.commit()


def _take_templates(connection: Connection, administration_id: UUID, first: UUID, contracts: int) -> None:
    """Temporary tables with the rows to copy, and with the contracts to copy them to; ids as both databases read
    them."""
    mine = f"administration_id = '{administration_id.hex}'"
    for table in _TABLES:
        connection.exec_driver_sql(
            f"CREATE TEMPORARY TABLE first_{table.name} AS"
            f" SELECT * FROM {table.name} WHERE {mine} AND {table.owner} = '{first.hex}'"
        )
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE copied_to AS SELECT row_number() OVER (ORDER BY id) - 1 AS place, id AS contract_id,"
        f" customer_id FROM contracts WHERE {mine} ORDER BY id LIMIT {contracts}"
    )
    connection.exec_driver_sql("CREATE UNIQUE INDEX copied_to_place ON copied_to (place)")
    connection.exec_driver_sql(
        "CREATE TEMPORARY TABLE copies AS SELECT place AS n, contract_id, customer_id, contract_id AS invoice_id"
        " FROM copied_to LIMIT 0"
    )
    connection.commit()


def _copy(connection: Connection, sqlite: bool, start: int, stop: int, contracts: int) -> None:
    """Copies number ``start`` up to ``stop``, the contracts in turns, as month follows month."""
    connection.exec_driver_sql("DELETE FROM copies")
    connection.exec_driver_sql(
        f"WITH RECURSIVE numbers(n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM numbers WHERE n < {stop - 1})"
        f" INSERT INTO copies SELECT n, contract_id, customer_id, {_id('n', sqlite)}"
        f" FROM numbers CROSS JOIN copied_to WHERE place = n - n / {contracts} * {contracts} ORDER BY n"
    )
    for table in _TABLES:
        instead = dict(table.instead)
        if table.id_from:
            instead["id"] = _id(table.id_from, sqlite)
        columns = [column.name for column in Base.metadata.tables[table.name].columns]
        values = ", ".join(instead.get(name, f't."{name}"') for name in columns)
        named = ", ".join(f'"{name}"' for name in columns)
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({named}) SELECT {values} FROM copies c CROSS JOIN first_{table.name} t"
        )


def _id(number: str, sqlite: bool) -> str:
    """SQL of the UUIDv7 of this number: of a time before ours, in order."""
    if sqlite:
        return f"'01900000000070008000' || printf('%012x', {number})"
    return f"CAST('01900000-0000-7000-8000-' || lpad(to_hex({number}), 12, '0') AS uuid)"


def _move_on(connection: Connection, administration_id: UUID, count: int) -> None:
    """Series and audit trail go on after the last copy."""
    mine = f"administration_id = '{administration_id.hex}'"
    connection.exec_driver_sql(f"UPDATE series SET next_number = {_FIRST_NUMBER + count} WHERE {mine}")
    connection.exec_driver_sql(f"UPDATE audit_heads SET seal_number = {_FIRST_SEAL + count * 2} WHERE {mine}")


def settle(database: Database, tables: Iterable[str]) -> None:
    """What the database does by itself in quiet hours, so that it does not do it while something is measured."""
    with database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        if database.is_sqlite:
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        driver.autocommit = True
        for table in tables:
            driver.execute(f"VACUUM ANALYZE {table}")
        driver.execute("CHECKPOINT")
