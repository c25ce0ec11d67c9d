"""For migrations: SQLite changes no constraint of a table that exists, so it is made anew from its own text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def rebuild(table: str, changes: dict[str, str]) -> None:
    """Make ``table`` anew with these pieces of its SQL replaced, its rows and indexes kept.

    Foreign keys are off meanwhile, and every guard is made again after the last migration.
    """
    connection = op.get_bind()
    schema = sa.text(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND (type = 'trigger' OR tbl_name = :t)"
    )
    found = connection.execute(schema, {"t": table}).all()
    for name in (row.name for row in found if row.type == "trigger"):
        op.execute(f"DROP TRIGGER {name}")
    (text,) = [row.sql for row in found if row.type == "table"]
    for old, new in changes.items():
        if text.count(old) != 1:
            raise RuntimeError(f"{table} is not the table this migration knows: {old}")
        text = text.replace(old, new)
    columns = ", ".join(f'"{column["name"]}"' for column in sa.inspect(connection).get_columns(table))
    rest = text[text.index("(") :]
    op.execute(f"CREATE TABLE {table}_new {rest}")
    op.execute(f"INSERT INTO {table}_new ({columns}) SELECT {columns} FROM {table}")  # noqa: S608
    op.execute(f"DROP TABLE {table}")
    op.execute(f"ALTER TABLE {table}_new RENAME TO {table}")
    for row in found:
        if row.type == "index":
            op.execute(row.sql)
