"""What is known about a question when a tariff decides it. Strings are compared exactly, capitals included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class TimeFacts:
    """One time entry: ``raw`` minutes as its source told them, ``corrected`` ones if a person gave or confirmed them.

    ``role`` and ``handler`` are the names under which the tariff's rates may know them; ``day`` is the day of the work.
    """

    raw: int
    corrected: int | None = None
    role: str | None = None
    handler: str | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class QuestionFacts:
    """The facts of one question on the day it is decided; ``None`` is "not known", which no condition accepts.

    ``customer`` is the customer's number, ``customer_group`` and ``phase`` are labels, ``organisation`` is the
    organisation's code, ``contract`` the contract's reference; the others are the question's own words.
    ``base_amount`` is in the administration's currency; ``quantities`` are named, not negative. ``day`` is the date on
    which the question was closed: the day of the work where no time entry says another.
    """

    subject: str | None = None
    category: str | None = None
    kind: str | None = None
    channel: str | None = None
    support_line: str | None = None
    phase: str | None = None
    known_contact: bool = False
    key_user: bool = False
    customer: str | None = None
    customer_group: str | None = None
    organisation: str | None = None
    contract: str | None = None
    tags: tuple[str, ...] = ()
    urgency: str | None = None
    source: str | None = None
    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    base_amount: Decimal | None = None
    time_entries: tuple[TimeFacts, ...] = ()
    day: date | None = None

    @property
    def raw_minutes(self) -> int | None:
        """All raw minutes together; ``None`` without any time entry, which is not the same as 0."""
        entries = self.time_entries
        return sum([entry.raw for entry in entries]) if entries else None
