"""What was promised about deliveries, held against the books of the package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing_service.store.deliveries import Delivery
from tests.connections.fakes import FakeBooks


def broken(books: FakeBooks, rows: Sequence[Delivery], ours: Mapping[UUID, Any], sure: bool) -> Iterator[str]:
    """Every promise that was broken: duplicates, losses, differences, disorder.

    ``rows`` in the order in which they are to arrive; ``ours`` are documents and customers by id. ``sure``: nothing
    went wrong in the package or on the way, so that whatever can be known there needs nobody.
    """
    dials = books.package.dials
    for row in rows:
        for one in _wrong(books, row, ours.get(row.subject_id), sure and (dials.search or dials.honours_keys)):
            yield f"{row.noun} {row.number}: {one}"
    ids = [int(one["id"]) for row in rows for one in _there(books, row)]
    if ids != sorted(ids):
        yield "they did not arrive in their order"


def _wrong(books: FakeBooks, row: Delivery, ours: Any, must_arrive: bool) -> Iterator[str]:
    there = _there(books, row)
    if len(there) > 1:
        yield f"duplicate: it stands there {len(there)} times"
    if row.state not in ("delivered", "needs_attention"):
        yield f"lost: {row.state}, waits for {row.waits}"
    if row.state == "delivered" and len(there) != 1:
        yield f"lost: it says delivered, and stands there {len(there)} times"
    if row.state == "delivered" and there:
        yield from _differs(row, there[0], ours, books.package.dials.attachments)
    if row.state == "needs_attention" and must_arrive:
        yield f"needs attention though a machine can know: {row.cause} {row.detail}"


def _there(books: FakeBooks, row: Delivery) -> list[dict[str, Any]]:
    stands = books.package.books
    if row.noun == "customer":
        return [one for one in stands.customers.values() if one["code"] == row.number]
    if row.noun == "receipt":
        return [one for one in stands.payments if one["number"] == row.number]
    return [one for one in stands.living() if one["number"] == row.number]


def _differs(row: Delivery, there: dict[str, Any], ours: Any, files_wanted: bool) -> Iterator[str]:
    if there["id"] != row.remote_id:
        yield f"it is {there['id']} there, not {row.remote_id}"
    if row.noun == "customer" and (there["name"], there["city"]) != (ours.name, ours.city):
        yield f"it is {there['name']} in {there['city']} there"
    if row.noun != "document":
        return
    if there["state"] != "booked":
        yield f"it is {there['state']} there"
    if there["total"] != abs(Decimal(ours.gross)):
        yield f"its total is {there['total']} there, not {ours.gross}"
    files = Counter(one["name"] for one in there["attachments"])
    if files_wanted and (len(files) != 1 or max(files.values()) != 1):
        yield f"its files are {dict(files)}"
