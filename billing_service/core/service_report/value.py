"""A service report as plain values: what was agreed, every question, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, get_args
from uuid import UUID

from billing_service.core.calendar import Period
from billing_service.core.document import Buyer, Seller
from billing_service.core.money import ZERO
from billing_service.core.working_days import WorkingTime

Audience = Literal["customer", "system_owner", "asker"]
AUDIENCES: Final[tuple[Audience, ...]] = get_args(Audience)
LineState = Literal["closed", "open"]


@dataclass(frozen=True, slots=True)
class ReportContract:
    """A contract with the hours agreed in it: hours of working time, ``None`` where none were agreed."""

    reference: str
    title: str
    pickup_hours: int | None
    solve_hours: int | None


@dataclass(frozen=True, slots=True)
class ReportHeader:
    """What the report is about, and for whom.

    ``reader`` is the customer, the system owner or the organisation of the askers. ``organisation``: only its
    questions. ``amounts``: whether the reader sees money.
    """

    seller: Seller
    audience: Audience
    reader: str
    buyer: Buyer | None
    customer_name: str
    customer_number: str
    contracts: tuple[ReportContract, ...]
    organisation: str | None
    period: Period
    made_at: datetime
    currency: str
    amounts: bool
    working_time: WorkingTime


@dataclass(frozen=True, slots=True)
class Timing:
    """How long something took, in minutes of working time, and whether that is within what was agreed.

    ``minutes`` is ``None`` while it has not happened or nobody noted it. ``within`` is ``None`` where nothing was
    agreed or it cannot be told yet; a question that is open for longer than agreed is not within it.
    """

    minutes: int | None
    agreed_hours: int | None
    within: bool | None


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One question.

    ``state`` is that at the end of the period. ``decision`` is a disposition, ``needs_decision``, ``blocked``, or
    ``None`` while the question is open. ``corrected_minutes`` is ``None`` without a correction; an entry without one
    counts there as it was spent. ``amount`` and ``waived_value`` (what was written off) are ``None`` where the reader
    sees no money, or nothing was decided. ``drawn_minutes`` came from prepaid time; ``drawn_from`` names the cards and
    allowances, also those of free questions. Instants are aware.
    """

    question_id: UUID
    source: str
    external_id: str
    contract: str
    organisation: str | None
    asker: str | None
    subject: str
    solution_summary: str | None
    channel: str | None
    state: LineState
    opened_at: datetime
    picked_up_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    raw_minutes: int
    corrected_minutes: int | None
    billed_minutes: int | None
    drawn_minutes: int
    drawn_from: tuple[str, ...]
    decision: str | None
    amount: Decimal | None
    waived_value: Decimal | None
    pickup: Timing
    solve: Timing
    within_one_working_day: bool | None
    explanation: tuple[str, ...] | None = None


@dataclass(slots=True)
class Share:
    """``within`` of ``of`` questions."""

    within: int = 0
    of: int = 0

    def count(self, within: bool) -> None:
        self.of += 1
        self.within += within

    @property
    def percentage(self) -> Decimal | None:
        """With one decimal, cut off: only all of them are 100.0. ``None`` of no questions."""
        return Decimal(self.within * 1000 // self.of).scaleb(-1) if self.of else None


@dataclass(slots=True)
class Sum:
    """What some questions come to. ``amount`` counts only what the reader sees."""

    questions: int = 0
    raw_minutes: int = 0
    billed_minutes: int = 0
    amount: Decimal = ZERO

    def count(self, line: ReportLine) -> None:
        self.questions += 1
        self.raw_minutes += line.raw_minutes
        self.billed_minutes += line.billed_minutes or 0
        self.amount += line.amount or ZERO

    def add(self, other: Sum) -> None:
        self.questions += other.questions
        self.raw_minutes += other.raw_minutes
        self.billed_minutes += other.billed_minutes
        self.amount += other.amount


@dataclass(frozen=True, slots=True)
class ReportTotals:
    """What the questions of a report come to.

    Everything but ``open`` and ``open_late`` (open for longer than the agreed time to solve) is about the questions
    closed in the period. ``picked_up``: of those with an agreed time and a noted pick-up; ``pickup_unknown`` have no
    pick-up noted. ``solved``: of those with an agreed time; ``one_working_day``: of all of them. A channel that nobody
    noted is ``None``. ``subjects`` are the most asked ones, ``other_subjects`` all others together.
    """

    closed: Sum
    open: int
    open_late: int
    picked_up: Share
    pickup_unknown: int
    solved: Share
    one_working_day: Share
    dispositions: Mapping[str, Sum]
    channels: Mapping[str | None, Sum]
    subjects: Mapping[str, Sum]
    other_subjects: Sum
    waived_questions: int
    waived_value: Decimal
    drawn_questions: int
    drawn_minutes: int


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """A report with its first ``lines``; ``more`` is how many follow, in the files that hold them all."""

    header: ReportHeader
    totals: ReportTotals
    lines: tuple[ReportLine, ...]
    more: int
