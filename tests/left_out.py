"""Suites that had to be left out: listed at the end of a run, and with CI=true a failure.

A test that cannot run here calls :func:`skip_left_out` (or :func:`needs_shared`) and names what is missing.
Tests whose only missing input is ``../shared`` are listed, never a failure. A skip that names nothing counts as left
out too, so that no test can vanish in silence. ``tests/conftest.py`` loads this file as a plugin; it works under xdist.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path
from typing import Any, NoReturn

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


class LeftOut(pytest.skip.Exception):
    """A skip that says which suite is left out and why."""

    def __init__(self, suite: str, reason: str, only_shared: bool) -> None:
        super().__init__(f"{suite} left out: {reason}", allow_module_level=True)
        self.record = {"suite": suite, "reason": reason, "only_shared": only_shared}


def skip_left_out(suite: str, reason: str, *, only_shared: bool = False) -> NoReturn:
    """Leave out this test (or, at module level, this module) and have it listed at the end under ``suite``."""
    raise LeftOut(suite, reason, only_shared)


def needs_shared(path: str = "") -> Path:
    """The file or folder ``../shared/path``; leaves the test out where it is absent."""
    if not (SHARED / path).exists():
        skip_left_out("../shared", f"{Path('../shared') / path} is not here", only_shared=True)
    return SHARED / path


# --- the plugin: a report carries the record, as plain values that cross from an xdist worker to the controller -----


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, LeftOut):
        report.left_out = call.excinfo.value.record
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    excinfo = report.__dict__["call"].excinfo if "call" in report.__dict__ else None
    if excinfo is not None and isinstance(excinfo.value, LeftOut):
        report.left_out = excinfo.value.record
    return report


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Ledger(), "left-out-ledger")


class _Ledger:
    """Gathers what was left out and closes the run with it; lives in the controlling process only."""

    def __init__(self) -> None:
        self.where: dict[tuple[str, str, bool], set[str]] = defaultdict(set)
        self.in_ci = os.environ.get("CI", "").lower() in {"1", "true"}

    @property
    def failing(self) -> bool:
        return self.in_ci and any(not only_shared for _, _, only_shared in self.where)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: Any) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        record = getattr(report, "left_out", None) or _unnamed(report)
        self.where[record["suite"], record["reason"], record["only_shared"]].add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.failing and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.where:
            return
        terminalreporter.section("left out")
        for (suite, reason, only_shared), places in sorted(self.where.items()):
            verdict = " [a failure: CI=true]" if self.in_ci and not only_shared else ""
            terminalreporter.write_line(f"{suite}: {reason} ({len(places)} {_noun(places)}){verdict}")


def _unnamed(report: Any) -> dict[str, Any]:
    """A plain ``pytest.skip``: the file is the suite."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    only_shared = re.search(r"\.\./shared\S* is not here", reason) is not None
    suite = "../shared" if only_shared else report.nodeid.partition("::")[0]
    return {"suite": suite, "reason": reason.removeprefix("Skipped: "), "only_shared": only_shared}


def _noun(places: set[str]) -> str:
    if all("::" in place for place in places):
        return "test" if len(places) == 1 else "tests"
    return "file" if len(places) == 1 else "files and tests"
