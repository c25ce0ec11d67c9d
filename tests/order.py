"""Long files first: on several processes, a file of a minute that begins last is a minute in which the others wait.

A file stays on one process (``--dist loadfile``), in this order because of ``--no-loadscope-reorder``: xdist would
begin with those of the most tests, and the longest of ours have only one or two.
"""

from __future__ import annotations

from typing import Final

import pytest

LONG: Final = (
    "tests/operate/test_month_end.py",
    "tests/invoicing/test_crash.py",
    "tests/api/test_contract.py",
    "tests/connectors/test_tryton_real.py",
    "tests/delivery/",
    "tests/operate/test_backup_commands.py",
    "tests/tryton/",
    "tests/operate/",
    "tests/scenarios/",
    "tests/test_",
    "tests/invoicing/",
    "tests/connectors/",
    "tests/api/",
)
"""What begins first, longest first, by the beginning of its path; all others follow."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next((at for at, path in enumerate(LONG) if item.nodeid.startswith(path)), len(LONG)))
