"""Whole minutes: what a time entry may hold, and how a rule turns spent minutes into billed ones.

The order is grace, rounding, minimum (domain.md, "Time"). Step 15 up, grace 5, minimum 15:
0→0, 3→15, 20→15, 21→30, 50→45, 51→60.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from billing_service.errors import FieldError, InvalidInput

MINUTES_PER_DAY: Final = 24 * 60

Direction = Literal["up", "nearest", "down"]
Scope = Literal["question", "day", "invoice"]


class InvalidMinutes(InvalidInput):
    """Minutes that nobody can have spent on one day."""

    code = "invalid_minutes"


class BilledTime(NamedTuple):
    """The minutes after each step; ``billed`` is the last word."""

    after_grace: int
    rounded: int
    billed: int


@dataclass(frozen=True, slots=True)
class TimeRule:
    """How minutes are billed: ``step``, ``minimum`` and ``grace`` in minutes. The default bills every minute as spent.

    ``scope`` says what is rounded: the question, or all time of a day or of an invoice together
    (``core.rounding``).
    """

    step: int = 1
    direction: Direction = "up"
    minimum: int = 0
    grace: int = 0
    scope: Scope = "question"

    def bill(self, spent: int) -> BilledTime:
        """``spent`` minutes (raw, or corrected where the rule bills corrected time) to billed ones.

        0 bills 0: the minimum is for time that was spent, also when grace left nothing of it.
        """
        excess = spent % self.step
        after_grace = spent - excess if excess <= self.grace else spent
        rounded = self._round(after_grace)
        return BilledTime(after_grace, rounded, max(rounded, self.minimum) if spent else 0)

    def _round(self, minutes: int) -> int:
        if self.direction == "up":
            return -(-minutes // self.step) * self.step
        if self.direction == "down":
            return minutes // self.step * self.step
        return (minutes + self.step // 2) // self.step * self.step  # exactly half a step goes up


def whole_minutes(value: object, pointer: str = "") -> int:
    """The minutes of one time entry: a whole number from 0 to 1440, the minutes of a day. Raises ``InvalidMinutes``."""
    if isinstance(value, bool) or not isinstance(value, int):
        problem = "must be a whole number of minutes"
    elif value < 0:
        problem = "cannot be negative"
    elif value > MINUTES_PER_DAY:
        problem = f"is more than the {MINUTES_PER_DAY} minutes of a day"
    else:
        return value
    raise InvalidMinutes(
        f"{pointer or 'the number of minutes'} {problem}", errors=[FieldError(pointer, problem)] if pointer else []
    )


def hours_and_minutes(minutes: int) -> str:
    """Minutes as printed: ``0:50``, ``12:05``, ``-0:20``; the same in every language."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else ''}{hours}:{rest:02d}"
