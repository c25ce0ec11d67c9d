"""Adding up the questions of a report while they pass, through bounded memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from billing_service.core.money import ZERO
from billing_service.core.service_report.value import ReportLine, ReportTotals, Share, Sum

MOST_SUBJECTS: Final = 10_000
"""How many different subjects are counted apart: those that come first; the rest counts as others."""
SHOWN_SUBJECTS: Final = 100


class Tally:
    """Counts lines; ``totals`` says what they come to so far."""

    def __init__(self) -> None:
        self._closed, self._other_subjects = Sum(), Sum()
        self._open = self._open_late = self._pickup_unknown = 0
        self._picked_up, self._solved, self._one_working_day = Share(), Share(), Share()
        self._dispositions: defaultdict[str, Sum] = defaultdict(Sum)
        self._channels: defaultdict[str | None, Sum] = defaultdict(Sum)
        self._subjects: defaultdict[str, Sum] = defaultdict(Sum)
        self._waived_questions = self._drawn_questions = self._drawn_minutes = 0
        self._waived_value: Decimal = ZERO

    def add(self, line: ReportLine) -> None:
        if line.state == "open":
            self._open += 1
            self._open_late += line.solve.within is False
            return
        self._closed.count(line)
        self._time(line)
        self._dispositions[line.decision or ""].count(line)
        self._channels[line.channel].count(line)
        known = line.subject in self._subjects or len(self._subjects) < MOST_SUBJECTS
        (self._subjects[line.subject] if known else self._other_subjects).count(line)
        self._waived_questions += line.decision == "waived"
        self._waived_value += line.waived_value or ZERO
        self._drawn_questions += line.decision == "draw"
        self._drawn_minutes += line.drawn_minutes

    def counting(self, lines: Iterator[ReportLine]) -> Iterator[ReportLine]:
        """The lines as they are, each counted when it passes."""
        for line in lines:
            self.add(line)
            yield line

    def totals(self) -> ReportTotals:
        ranked = sorted(self._subjects.items(), key=lambda one: (-one[1].questions, one[0]))
        others = Sum()
        others.add(self._other_subjects)
        for _, rest in ranked[SHOWN_SUBJECTS:]:
            others.add(rest)
        by_count = sorted(self._channels.items(), key=lambda one: (-one[1].questions, one[0] or ""))
        return ReportTotals(
            closed=self._closed,
            open=self._open,
            open_late=self._open_late,
            picked_up=self._picked_up,
            pickup_unknown=self._pickup_unknown,
            solved=self._solved,
            one_working_day=self._one_working_day,
            dispositions=dict(sorted(self._dispositions.items())),
            channels=dict(by_count),
            subjects=dict(ranked[:SHOWN_SUBJECTS]),
            other_subjects=others,
            waived_questions=self._waived_questions,
            waived_value=self._waived_value,
            drawn_questions=self._drawn_questions,
            drawn_minutes=self._drawn_minutes,
        )

    def _time(self, line: ReportLine) -> None:
        if line.pickup.minutes is None:
            self._pickup_unknown += 1
        elif line.pickup.within is not None:
            self._picked_up.count(line.pickup.within)
        if line.solve.within is not None:
            self._solved.count(line.solve.within)
        if line.within_one_working_day is not None:
            self._one_working_day.count(line.within_one_working_day)
