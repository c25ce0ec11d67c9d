"""How fast a question was picked up and solved, in working time.

**Solved** is the moment of the answer (a work-around counts), else that of closing. **Within one working day** is
within as much working time as one working day holds, counted from opening: what is asked on Tuesday at 15:00 is due on
Wednesday at 15:00; what is asked on Friday evening is due at the end of Monday.
"""

from __future__ import annotations

from datetime import datetime

from billing_service.core.service_report.value import Timing
from billing_service.core.working_days import WorkingTime


def timing(
    working: WorkingTime, opened: datetime, done: datetime | None, agreed_hours: int | None, until: datetime | None
) -> Timing:
    """From ``opened`` to ``done``. ``until``: the question was still open then, so that without ``done`` it may be
    late already; ``None`` for a closed question, where nobody noted it."""
    minutes = None if done is None else working.minutes_between(opened, done)
    if agreed_hours is None:
        return Timing(minutes, None, None)
    agreed = agreed_hours * 60
    if minutes is not None:
        return Timing(minutes, agreed_hours, minutes <= agreed)
    late = until is not None and working.minutes_between(opened, until) > agreed
    return Timing(None, agreed_hours, False if late else None)


def within_one_working_day(working: WorkingTime, solve: Timing) -> bool | None:
    """``None`` while it is not solved."""
    return None if solve.minutes is None else solve.minutes <= working.day_minutes
