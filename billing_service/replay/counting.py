"""Ordinals as if a tariff had been in force.

Within what a table counts in, questions follow (closed at, source, external id), as at a release. Those that really
hold an ordinal in the same count keep the order they have there, since a late question really took a later one; and a
place that is taken by a question which counts no longer (withdrawn or reopened after release) stays taken. So the
tariff that really decided gives every question the ordinal it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from billing_service.core.calendar import period_of
from billing_service.core.tariff import Tariff


class Place(NamedTuple):
    """A question in one count. ``taken``: the ordinal it really has there; ``counts``: in the replay too."""

    closed_at: datetime
    source: str
    external_id: str
    question_id: UUID
    taken: int | None
    counts: bool


def numbers(places: Iterable[Place]) -> Iterator[tuple[UUID, int]]:
    """The ordinal of each question that counts, of all the places of one count."""
    slots = sorted(places, key=lambda place: place[:4])
    really = iter(sorted((place for place in slots if place.taken is not None), key=lambda place: place.taken or 0))
    number = last = 0
    for slot in slots:
        place = slot if slot.taken is None else next(really)
        if place.taken is not None:
            number += max(place.taken - last - 1, 0)
            last = place.taken
        if place.counts:
            number += 1
            yield place.question_id, number


def counting_from(tariff: Tariff, first: date) -> date:
    """The day on which counting begins: that of the longest period, of those the tables count in, that holds ``first``.

    Contract years begin on days of their own, so for them a whole year is looked back.
    """
    kinds = {table.period for table in tariff.tables.values() if table.measure == "ordinal"}
    days = [first]
    for kind in kinds:
        if kind == "contract_year":
            days.append(first - timedelta(days=366))
        elif kind is not None:
            days.append(period_of(first, kind).first)
    return min(days)
