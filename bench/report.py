"""Rows as a plain table, and as JSON to compare runs with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bench.measure import Figure, Goal, Measurement

HEAD = ("work", "measured", "spread", "floor", "of floor", "goal", "reached")


def table(rows: Sequence[Measurement]) -> str:
    """The rows under each other, columns aligned; what the floors are and notes follow below."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = [_line(line, widths) for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*lines, "", *_footnotes(rows)])


def heading(facts: Mapping[str, str]) -> str:
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in facts.items())


def as_json(facts: Mapping[str, str], rows: Sequence[Measurement]) -> str:
    return json.dumps({"machine": dict(facts), "rows": [_plain(row) for row in rows]}, indent=2, ensure_ascii=False)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    return "  ".join([f"{first[0]:<{first[1]}}", *(f"{cell:>{width}}" for cell, width in rest)]).rstrip()


def _cells(row: Measurement) -> tuple[str, ...]:
    floor = row.floor
    share = "" if floor is None else f"{row.ours.value / floor.value:.0%}"
    return (
        row.work,
        _shown(row.ours.value, row.unit),
        _spread(row.ours),
        "" if floor is None else _shown(floor.value, row.unit),
        share,
        "" if row.goal is None else _goal(row.goal, row.unit),
        _verdict(row),
    )


def _shown(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1
    return f"{value:,.{digits}f} {unit}" if unit != "/s" else f"{value:,.{digits}f}/s"


def _spread(figure: Figure) -> str:
    low, high = min(figure.values), max(figure.values)
    digits = 0 if high >= 100 else 1
    return f"{low:,.{digits}f}–{high:,.{digits}f}"


def _goal(goal: Goal, unit: str) -> str:
    sign = "≤" if goal.kind in ("at_most", "share_at_most") else "≥"
    if goal.kind in ("share", "share_at_most"):
        return f"{sign} {goal.figure:.0%} of floor"
    return f"{sign} {_shown(goal.figure, unit)}"


def _verdict(row: Measurement) -> str:
    part = row.reached_part
    if part is None:
        return ""
    return "yes" if part >= 1 else f"no: {part:.0%} of it"


def _footnotes(rows: Sequence[Measurement]) -> list[str]:
    notes = []
    for row in rows:
        texts = ([f"floor: {row.floor_is}"] if row.floor_is else []) + list(row.notes)
        notes += [f"{row.work}: {text}" for text in texts]
    return notes


def _plain(row: Measurement) -> dict[str, Any]:
    return {
        "row": row.row,
        "work": row.work,
        "unit": row.unit,
        "measured": row.ours.value,
        "values": row.ours.values,
        "floor": row.floor and row.floor.value,
        "floor_values": row.floor and row.floor.values,
        "floor_is": row.floor_is,
        "goal": row.goal and {"kind": row.goal.kind, "figure": row.goal.figure},
        "reached_part": row.reached_part,
        "notes": row.notes,
    }
