"""An API key for the load generator."""

from __future__ import annotations

from bench.world import Office
from billing_service import access
from billing_service.store.session import Database


def make_key(database: Database, office: Office) -> str:
    """A key of the office's administration that may do everything."""
    with database.write() as session:
        _, text = access.create_key(office.scope(session), "bench", access.SCOPES)
    return text
