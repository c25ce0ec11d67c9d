"""Making, upgrading and checking the schema. Entry points refuse a database whose schema is not theirs."""

from __future__ import annotations

import time
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
    with exclusive(database) as connection:
        upgrade(connection, revision)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """As ``migrate``, within the transaction of ``exclusive``."""
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    triggers.lift(connection)
    command.upgrade(config, revision)
    triggers.install(connection)


def check(database: Database) -> None:
    """Refuse to run on another schema. Raises as ``refuse_other``."""
    with database.engine.connect() as connection:
        refuse_other(connection)


def refuse_other(connection: Connection) -> None:
    """Refuse another schema than this program's.

    Raises:
        WrongSchema: naming both versions and what helps; ``schema_newer`` where a newer program made it, else
            ``schema_older``.
    """
    found, expected = found_in(connection), head()
    if found is not None and found > expected:
        raise WrongSchema(
            f"The database has schema {found}, newer than {expected} of this program: start the newer program.",
            code="schema_newer",
        )
    if found != expected:
        raise WrongSchema(
            f"The database has schema {found or 'none'}, this program needs {expected}: run 'billing migrate'.",
            code="schema_older",
        )


class Watch:
    """Whether the schema is still ours, for those who ask often: looked up every ``every`` seconds at most."""

    def __init__(self, every: float = 2.0) -> None:
        self._every = every
        self._database: Database | None = None
        self._looked_at = 0.0
        self._refusal: WrongSchema | None = None

    def refuse_other(self, database: Database) -> None:
        """Raises ``WrongSchema`` as ``check`` does, until the schema is ours again."""
        now = time.monotonic()
        if database is not self._database or now - self._looked_at >= self._every:
            self._database, self._looked_at = database, now  # so that of many threads one looks
            try:
                check(database)
                self._refusal = None
            except WrongSchema as error:
                self._refusal = error
        refusal = self._refusal
        if refusal is not None:
            raise WrongSchema(refusal.detail, code=refusal.code)


def found_in(connection: Connection) -> str | None:
    """The version of the schema in this database; None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


@contextmanager
def exclusive(database: Database) -> Iterator[Connection]:
    """The transaction of a migration or a restore, alone in the database."""
    engine = database.engine.execution_options(begin="EXCLUSIVE")
    with engine.connect() as connection:
        if database.is_sqlite:
            with _without_foreign_keys(connection), connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise WrongSchema(f"It would leave {len(broken)} rows that point nowhere: {broken[:3]}")
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
