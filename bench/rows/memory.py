"""Memory of a web worker, loaded before the fork: its proportional share of pages (PSS) after answering requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import mean

from bench import load, places, web
from bench.keys import make_key
from bench.measure import Figure, Goal, Measurement, Setting
from bench.rows.question import bare_database, bare_requests, our_requests
from bench.web import Server
from bench.world import open_office

GOAL = Goal("at_most", 60)
_PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)

Start = Callable[[], AbstractContextManager[Server]]


def measure(setting: Setting) -> Iterator[Measurement]:
    """MiB per worker."""
    kind = setting.databases[0]
    count = setting.size(400, least=20)
    with places.database(setting, kind) as database:
        office = open_office(database, customers=20)
        key = make_key(database, office)
        bare = bare_database(database)
        runs = range(setting.repetitions)
        ours = [
            _worker_mebibytes(lambda: web.our_service(database.url), our_requests(office, key, run * count, count))
            for run in runs
        ]
        floor = [_worker_mebibytes(lambda: web.bare_service(bare), bare_requests(run * count, count)) for run in runs]
    yield Measurement(
        "memory",
        "memory of a web worker (PSS)",
        "MiB",
        Figure(tuple(ours)),
        GOAL,
        Figure(tuple(floor)),
        "the bare Flask application under the same gunicorn",
        (f"after {count} questions over {web.WORKERS} workers, {kind}",),
    )


def _worker_mebibytes(start: Start, requests: list[bytes]) -> float:
    with start() as server:
        load.send(server.port, requests, expected=201)
        return mean(_pss(worker) for worker in server.workers())


def _pss(process: int) -> float:
    found = _PSS.search(Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024
