"""What the figures were measured on: without it they say nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

from bench.measure import Setting

PACKAGES = ("SQLAlchemy", "psycopg", "Flask", "marshmallow", "gunicorn", "reportlab")


def facts(setting: Setting) -> dict[str, str]:
    """Name and value of everything that moves the figures."""
    return {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "load (1, 5, 15 min)": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "system": platform.platform(terse=True),
        "Python": platform.python_version(),
        "SQLite": f"{sqlite3.sqlite_version}, WAL, synchronous=FULL",
        "PostgreSQL": _postgresql(setting) if "postgresql" in setting.databases else "not measured",
        "one fsync": f"{_fsync_milliseconds():.2f} ms",
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _postgresql(setting: Setting) -> str:
    with psycopg.connect(setting.postgresql) as connection:
        row = connection.execute(
            "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
    assert row is not None
    return f"{row[0]}, fsync {row[1]}, synchronous_commit {row[2]}"


def _fsync_milliseconds() -> float:
    """Median of writing one page through to the disk: every commit pays it at least once."""
    times = []
    with tempfile.TemporaryFile(buffering=0) as file:
        for _ in range(50):
            start = time.perf_counter()
            file.write(b"\0" * 4096)
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000
