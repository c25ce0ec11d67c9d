"""Adding up a service report: every question once, percentages that never say more than was reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.service_report import SHOWN_SUBJECTS, ReportLine, Share, Sum, Tally, Timing, tally

OPENED = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
NOTED = Timing(60, 4, True)

LINE = ReportLine(
    question_id=UUID(int=1),
    source="desk",
    external_id="1",
    contract="C-1",
    organisation="Zwolle",
    asker="Anna",
    subject="Wachtwoord",
    solution_summary=None,
    channel="phone",
    state="closed",
    opened_at=OPENED,
    picked_up_at=OPENED,
    solved_at=OPENED,
    closed_at=OPENED,
    raw_minutes=10,
    corrected_minutes=None,
    billed_minutes=15,
    drawn_minutes=0,
    drawn_from=(),
    decision="charge",
    amount=Decimal("12.50"),
    waived_value=Decimal("0.00"),
    pickup=NOTED,
    solve=NOTED,
    within_one_working_day=True,
)

timings = st.builds(
    lambda minutes, agreed: Timing(minutes, agreed, minutes <= agreed * 60 if minutes is not None and agreed else None),
    st.none() | st.integers(0, 3000),
    st.none() | st.integers(1, 40),
)
lines = st.builds(
    replace,
    st.just(LINE),
    subject=st.sampled_from("abcdef"),
    channel=st.none() | st.sampled_from(["phone", "email"]),
    state=st.sampled_from(["closed", "closed", "open"]),
    raw_minutes=st.integers(0, 1440),
    billed_minutes=st.none() | st.integers(0, 1440),
    decision=st.sampled_from(["charge", "included", "waived", "needs_decision"]),
    amount=st.none() | st.decimals(0, 1000, places=2),
    pickup=timings,
    solve=timings,
    within_one_working_day=st.none() | st.booleans(),
)


def total(sums: list[Sum]) -> Sum:
    found = Sum()
    for one in sums:
        found.add(one)
    return found


@given(st.lists(lines, max_size=40))
def test_every_question_counts_once_however_it_is_grouped(asked: list[ReportLine]) -> None:
    counting = Tally()
    for one in asked:
        counting.add(one)
    totals = counting.totals()
    assert totals.closed.questions + totals.open == len(asked)
    assert total(list(totals.dispositions.values())) == totals.closed
    assert total(list(totals.channels.values())) == totals.closed
    assert total([*totals.subjects.values(), totals.other_subjects]) == totals.closed
    closed = [one for one in asked if one.state == "closed"]
    assert totals.closed.amount == sum((one.amount or Decimal(0) for one in closed), Decimal(0))
    assert totals.picked_up.of == sum(one.pickup.within is not None for one in closed)
    assert totals.pickup_unknown == sum(one.pickup.minutes is None for one in closed)
    for share in (totals.picked_up, totals.solved, totals.one_working_day):
        assert (share.percentage is None) == (share.of == 0)
        assert share.within <= share.of <= len(closed)


@pytest.mark.parametrize(
    ("within", "of", "percentage"),
    [(0, 0, None), (0, 3, "0.0"), (1, 3, "33.3"), (2, 3, "66.6"), (1999, 2000, "99.9"), (7, 7, "100.0")],
)
def test_a_percentage_never_says_more_than_was_reached(within: int, of: int, percentage: str | None) -> None:
    assert Share(within, of).percentage == (None if percentage is None else Decimal(percentage))


def test_more_subjects_than_are_shown_count_as_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MOST_SUBJECTS", SHOWN_SUBJECTS + 10)
    counting = Tally()
    for at in range(SHOWN_SUBJECTS + 30):
        for _ in range(2 if at == 5 else 1):
            counting.add(replace(LINE, subject=f"subject {at:04}"))
    totals = counting.totals()
    assert next(iter(totals.subjects)) == "subject 0005"
    assert (len(totals.subjects), totals.other_subjects.questions) == (SHOWN_SUBJECTS, 30)
