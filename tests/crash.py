"""A process that dies at a commit: every point before and after each commit, enumerated, then recovery on a new engine.

``CrashPoints`` wraps the commits of one engine. At the chosen point it raises ``Crash``, a ``BaseException`` that no
``except Exception`` swallows; from then on every further commit raises too, since a dead process commits nothing more.
What the database itself does when a connection is lost, the rollback, still happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine


class Crash(BaseException):
    """The process is gone."""


class CrashPoints:
    """Counts the points passed, and crashes at ``crash_at`` (counted from 1; 0 never)."""

    def __init__(self, crash_at: int = 0) -> None:
        self.crash_at = crash_at
        self.passed = 0
        self.dead = False

    def hit(self) -> None:
        """Pass one point, or die at it."""
        if self.dead:
            raise Crash
        self.passed += 1
        if self.passed == self.crash_at:
            self.dead = True
            raise Crash

    @contextmanager
    def on(self, engine: Engine) -> Iterator[CrashPoints]:
        """Every commit of ``engine`` is two points: just before it, and just after it."""
        commit = engine.dialect.do_commit

        def crashing(connection: object) -> None:
            self.hit()
            commit(connection)  # type: ignore[arg-type]
            self.hit()

        engine.dialect.do_commit = crashing  # type: ignore[method-assign,assignment]
        try:
            yield self
        finally:
            engine.dialect.do_commit = commit  # type: ignore[method-assign]


def crash_everywhere(points: int, attempt: Callable[[CrashPoints], None], recover: Callable[[], None]) -> None:
    """For each point: a fresh ``attempt`` that dies there, then ``recover``, which checks too.

    ``points`` is what an attempt without a crash passes; an attempt that survives its crash point fails the test.
    """
    for point in range(1, points + 1):
        crashing = CrashPoints(point)
        try:
            attempt(crashing)
        except Crash:
            recover()
        else:
            raise AssertionError(f"the attempt survived crash point {point} of {points}")
