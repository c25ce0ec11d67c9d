"""Migrated tables carry every check, key and partial index that the code describes, rebuilt by SQLite or not."""

from __future__ import annotations

import re
from pathlib import Path

from billing_service.store.session import Database
from billing_service.store.tables import METADATA

_CLAUSES = re.compile(
    r"CHECK \(.*?\)(?=,| CONSTRAINT|\s*\)$)|FOREIGN KEY\(.*?\) REFERENCES \w+ \(.*?\)|UNIQUE \(.*?\)|WHERE .*$"
)


def clauses(database: Database) -> dict[str, list[str]]:
    """By table and index: its checks, foreign keys, unique constraints, and what a partial index covers."""
    found = {}
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type <> 'trigger' AND sql <> ''")
        for name, sql in rows:
            text = " ".join(sql.replace('"', "").split())
            found[name] = sorted(clause.group(0).rstrip(" )") for clause in _CLAUSES.finditer(text))
    found.pop("alembic_version", None)
    return found


def test_every_constraint_that_the_code_describes_is_in_a_migrated_database(
    sqlite_database: Database, tmp_path: Path
) -> None:
    described = Database(f"sqlite:///{tmp_path / 'described.sqlite3'}")
    METADATA.create_all(described.engine)
    expected, migrated = clauses(described), clauses(sqlite_database)
    described.close()
    assert any("credited" in clause for clause in expected["charges"])
    assert migrated == expected
