"""Several writes in one round trip to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.pq import PipelineStatus
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session


@contextmanager
def pipelined(session: Session) -> Iterator[None]:
    """Send the writes inside without waiting for the answer to each; on SQLite, where nothing travels, as always.

    Nothing may be read inside. What goes wrong shows at the end, as the error SQLAlchemy would
    have raised.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except psycopg.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg.Error, dialect=connection.dialect) from error


def is_pipelined(connection: Connection) -> bool:
    """Whether writes on this connection travel together now; no COPY can be made meanwhile."""
    driver: Any = connection.connection.driver_connection
    return connection.dialect.name != "sqlite" and driver.pgconn.pipeline_status != PipelineStatus.OFF
