"""Public identifiers: UUIDv7, so that rows of one administration lie in order of creation (RFC 9562)."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new time-ordered id. It is an identifier, never a secret."""
    return uuid7()
