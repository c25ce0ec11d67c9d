"""Repetitions in turns, medians, and a row: what was measured beside its floor and its goal."""

from __future__ import annotations

import cProfile
import gc
import pstats
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal


@dataclass(frozen=True, slots=True)
class Setting:
    """How to measure. ``scale`` shrinks or grows every amount of work; ``profile`` names a folder for profiles.

    The first ``warm_up`` rounds are thrown away: they fill caches and open connections.
    """

    repetitions: int = 5
    warm_up: int = 1
    scale: float = 1.0
    databases: tuple[str, ...] = ("postgresql", "sqlite")
    postgresql: str = "postgresql://postgres@127.0.0.1:5432/postgres"
    profile: Path | None = None

    def size(self, whole: int, least: int = 2) -> int:
        """So many pieces of work, scaled."""
        return max(least, round(whole * self.scale))


@dataclass(frozen=True, slots=True)
class Figure:
    """Several measurements of one thing; its value is their median."""

    values: tuple[float, ...]

    @property
    def value(self) -> float:
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Goal:
    """What architecture.md asks: at least or at most a figure, or at least or at most a share of the floor."""

    kind: Literal["at_least", "at_most", "share", "share_at_most"]
    figure: float

    def reached_part(self, ours: float, floor: float | None) -> float | None:
        """1 or more when reached; 0.8 is a fifth short."""
        if self.kind == "at_most":
            return self.figure / ours if ours else None
        if self.kind == "share":
            return None if not floor else ours / floor / self.figure
        if self.kind == "share_at_most":
            return None if not floor or not ours else self.figure * floor / ours
        return ours / self.figure


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row. ``unit`` is /s, ms or MiB; ``floor_is`` says what the floor does."""

    row: str
    work: str
    unit: str
    ours: Figure
    goal: Goal | None = None
    floor: Figure | None = None
    floor_is: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def reached_part(self) -> float | None:
        floor = None if self.floor is None else self.floor.value
        return None if self.goal is None else self.goal.reached_part(self.ours.value, floor)


def in_turns(setting: Setting, works: Mapping[str, Callable[[], float]]) -> dict[str, Figure]:
    """Run each work once per repetition, one after the other, so that a noisy neighbour meets all of them.

    A work returns its own figure.
    """
    values: dict[str, list[float]] = {name: [] for name in works}
    for repetition in range(setting.warm_up + setting.repetitions):
        for name, work in works.items():
            gc.collect()
            figure = work()
            if repetition >= setting.warm_up:
                values[name].append(figure)
    return {name: Figure(tuple(found)) for name, found in values.items()}


def per_second(pieces: int, work: Callable[[], object]) -> float:
    """How many of ``pieces`` the work does in a second."""
    start = time.perf_counter()
    work()
    return pieces / (time.perf_counter() - start)


def per_processor_second(pieces: int, work: Callable[[], object]) -> float:
    """How many of ``pieces`` the work does in a second of one processor, however busy the machine is otherwise."""
    start = time.process_time()
    work()
    return pieces / (time.process_time() - start)


def processor_milliseconds(pieces: int, work: Callable[[], object]) -> float:
    """The same the other way round: what one piece costs."""
    return 1000 / per_processor_second(pieces, work)


@contextmanager
def profiled(setting: Setting, name: str) -> Iterator[None]:
    """Where the time goes inside this block, into ``<name>.txt`` of the profile folder; nothing without one."""
    if setting.profile is None:
        yield
        return
    setting.profile.mkdir(parents=True, exist_ok=True)
    profile = cProfile.Profile()
    profile.enable()
    try:
        yield
    finally:
        profile.disable()
        path = setting.profile / f"{name}.txt"
        with path.open("w", encoding="utf-8") as out:
            for order in ("cumulative", "tottime"):
                pstats.Stats(profile, stream=out).sort_stats(order).print_stats(60)
        print(f"profile: {path}", file=sys.stderr)
