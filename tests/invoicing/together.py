"""A process of its own that issues or releases beside others: ``python -m tests.invoicing.together`` with a JSON order.

It says ``ready``, waits for a line, works, and prints what came of it as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from billing_service import invoicing
from billing_service.store.session import Database
from tests.invoicing.world import World

ROOT = Path(__file__).parents[2]


def side_by_side(orders: list[dict[str, Any]]) -> list[Any]:
    """Run a process per order, let them go at the same moment, and return what each printed."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.invoicing.together", json.dumps(order)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for order in orders
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return [json.loads(text) for text in printed]


def order(world: World, work: str, **what: Any) -> dict[str, Any]:
    """An order for one process in this world."""
    return {"url": world.database.url, "administration": str(world.administration_id), "work": work, **what}


def main() -> None:
    given = json.loads(sys.argv[1])
    world = World(Database(given["url"]))
    world.administration_id = UUID(given["administration"])
    with world.reading() as scope:
        scope.session.connection()
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps({"issue": _issue, "release": _release}[given["work"]](world, given)))


def _issue(world: World, given: dict[str, Any]) -> list[str | None]:
    """Issue these documents, each with a commit of its own."""
    numbers = []
    for invoice_id in given["invoices"]:
        with world.scope() as scope:
            numbers.append(invoicing.issue_invoice(scope, UUID(invoice_id)).number)
    return numbers


def _release(world: World, given: dict[str, Any]) -> Any:
    """Release everything, as a run of its own."""
    run_id = world.release(date.fromisoformat(given["until"]))
    with world.reading() as scope:
        return invoicing.get_run(scope, run_id).counts["released"]


if __name__ == "__main__":
    main()
