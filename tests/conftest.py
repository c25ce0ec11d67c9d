"""What every test may use."""

from __future__ import annotations

pytest_plugins = ["tests.left_out", "tests.order", "tests.databases", "tests.tryton.fixtures"]
