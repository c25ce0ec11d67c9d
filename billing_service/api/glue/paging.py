"""Cursor pages: ``{"items": [...], "next_cursor": null}`` in order of id, which is order of creation.

A cursor is opaque. It holds the last id of its page and a digest over that id, the address and the filters, so that
a cursor of another list, of other filters, or of the caller's own making is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import flask
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from billing_service.api.glue import fields
from billing_service.api.glue.reading import InputSchema
from billing_service.errors import FieldError, InvalidInput
from billing_service.store.audit import plain
from billing_service.store.scope import OperatorScope, Scope

DEFAULT_LIMIT: Final = 50
MOST: Final = 100
_DIGEST_BYTES: Final = 8


class PageQuery(InputSchema):
    """Every list takes these; lists with filters inherit them."""

    limit = fields.Whole(
        minimum=1, maximum=MOST, load_default=DEFAULT_LIMIT, metadata={"description": "How many at most."}
    )
    cursor = fields.Code(
        max_length=64,
        pattern="[A-Za-z0-9_-]{32}",
        metadata={"description": "The `next_cursor` of the page before, with the same filters."},
    )


def page(
    scope: Scope | OperatorScope,
    statement: Select[Any],
    key: InstrumentedAttribute[UUID],
    query: dict[str, Any],
    shown: Callable[[list[Any]], list[Any]] = list,
) -> dict[str, Any]:
    """One page of ``statement``, which selects whole rows or tuples, in order of ``key``.

    ``query`` is the parsed query of the request; ``shown`` turns the page's rows into what the schema shows, all at
    once. Raises ``InvalidInput`` for a cursor that does not belong to this list with these filters.
    """
    limit, cursor = query["limit"], query.get("cursor")
    if cursor is not None:
        statement = statement.where(key > _read(cursor, query))
    # One more than asked for tells whether there is a next page.
    found: Sequence[Any] = scope.session.execute(
        statement.add_columns(key.label("_page_key")).order_by(key).limit(limit + 1)
    ).all()
    rows = found[:limit]
    items = shown([row[0] if len(row) == 2 else row[:-1] for row in rows])
    more = len(found) > limit
    return {"items": items, "next_cursor": _write(rows[-1][-1], query) if more else None}


def _write(last: UUID, query: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(last.bytes + _digest(last, query)).decode()


def _read(cursor: str, query: dict[str, Any]) -> UUID:
    try:
        raw = base64.urlsafe_b64decode(cursor)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) == 16 + _DIGEST_BYTES:
        last = UUID(bytes=raw[:16])
        if raw[16:] == _digest(last, query):
            return last
    raise InvalidInput(
        "This cursor does not belong to this list with these filters.",
        code="unknown_cursor",
        errors=[FieldError("?cursor", "is not the next_cursor of a page of this list")],
    )


def _digest(last: UUID, query: dict[str, Any]) -> bytes:
    filters = {name: value for name, value in query.items() if name not in ("limit", "cursor")}
    text = json.dumps([last.hex, flask.request.path, plain(filters)], sort_keys=True)
    return hashlib.sha256(text.encode()).digest()[:_DIGEST_BYTES]
