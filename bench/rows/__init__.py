"""The rows by name, in the order of the table. Each yields what it measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from bench.measure import Measurement, Setting
from bench.rows import (
    delivery,
    exports,
    growth,
    handoff,
    intake,
    issuing,
    matching,
    memory,
    mixed,
    month,
    pdf,
    question,
    rating,
    reconciling,
    replay,
    reports,
)

ROWS: Mapping[str, Callable[[Setting], Iterable[Measurement]]] = MappingProxyType(
    {
        "issuing": issuing.measure,
        "rating": rating.measure,
        "intake": intake.measure,
        "question": question.measure,
        "pdf": pdf.measure,
        "memory": memory.measure,
        "handoff": handoff.measure,
        "delivery": delivery.measure,
        "matching": matching.measure,
        "reconciling": reconciling.measure,
        "replay": replay.measure,
        "exports": exports.measure,
        "reports": reports.measure,
        "month": month.measure,
        "mixed": mixed.measure,
        "growth": growth.measure,
    }
)
