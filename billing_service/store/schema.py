"""Making, upgrading and checking the schema. Entry points refuse a database whose schema is not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect

from billing_service.errors import WrongSchema
from billing_service.store import triggers
from billing_service.store.session import Database

if TYPE_CHECKING:
    from alembic.config import Config

# Only migrating loads Alembic: web and worker processes live long and check the version without its 9 MiB.
_SCRIPTS: Final = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 7_226_455_401  # any fixed number: the advisory lock that two migrations share


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the schema to ``revision``; a second migration at the same time waits for the first.

    On SQLite foreign keys go off before the transaction begins (rebuilding a table would otherwise delete rows by
    cascade) and ``foreign_key_check`` runs before it commits.

    Raises:
        WrongSchema: rows would break a foreign key afterwards; nothing is changed.
    """
    from alembic import command

    with _exclusive(database) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        triggers.install(connection)


def check(database: Database) -> None:
    """Refuse to run on another schema.

    Raises:
        WrongSchema: naming both versions and the command that helps.
    """
    expected = head()
    with database.engine.connect() as connection:
        found = None
        if inspect(connection).has_table("alembic_version"):
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if found != expected:
        raise WrongSchema(
            f"The database has schema {found or 'none'}, this program needs {expected}: run 'billing migrate'."
        )


@contextmanager
def _exclusive(database: Database) -> Iterator[Connection]:
    engine = database.engine.execution_options(begin="EXCLUSIVE")
    with engine.connect() as connection:
        if database.is_sqlite:
            with _without_foreign_keys(connection), connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise WrongSchema(f"The migration would leave {len(broken)} rows that point nowhere: {broken[:3]}")
        else:
            with connection.begin():
                connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
                yield connection


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    # The pragma is ignored inside a transaction, so it goes to the driver before SQLAlchemy begins one.
    driver = connection.connection.cursor()
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
        driver.close()


def head() -> str:
    """The newest version: migrations follow each other in the order of their numbers, and a number begins each name."""
    return max(path.name.partition("_")[0] for path in (_SCRIPTS / "versions").glob("[0-9]*.py"))


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config
