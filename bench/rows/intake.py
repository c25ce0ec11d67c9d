"""Bulk intake: NDJSON in, questions stored and decided, all committed; two processes, each with half of the rows."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count as counted
from multiprocessing.synchronize import Barrier
from typing import Any

from marshmallow import Schema, fields

from bench import places
from bench.floors import intake as floor_of_intake
from bench.measure import Figure, Goal, Measurement, Setting, in_turns, per_second, processor_milliseconds, profiled
from bench.world import Office, open_office, question
from billing_service.intake import import_questions, read_rows
from billing_service.intake.rows import NDJSON
from billing_service.store.scope import Scope
from billing_service.store.session import Database

GOAL = Goal("at_least", 10_000)
PROCESSES = 2
_SPAWN = multiprocessing.get_context("spawn")


def measure(setting: Setting) -> Iterator[Measurement]:
    """Questions per second."""
    for kind in setting.databases:
        with places.database(setting, kind) as database:
            yield _measure(setting, kind, database)


def _measure(setting: Setting, kind: str, database: Database) -> Measurement:
    office = open_office(database, customers=100)
    size = setting.size(8_000, least=40)
    parts = counted(0)

    def ours() -> float:
        contents = [_content(office, next(parts), size // PROCESSES) for _ in range(PROCESSES)]
        return size / _import_in_parallel(database.url, office, contents)

    def floor() -> float:
        rows = _count(database)
        return rows / floor_of_intake.seconds(database)

    found = in_turns(setting, {"ours": ours, "floor": floor})
    content = _content(office, next(parts), size // PROCESSES)
    processor = processor_milliseconds(size // PROCESSES, partial(_import, database, office, content))
    if setting.profile:
        with profiled(setting, f"intake-{kind}"):
            _import(database, office, _content(office, next(parts), size // PROCESSES))
    alone = in_turns(
        setting, {"marshmallow": partial(_marshmallow, [json.loads(line) for line in content.split(b"\n")])}
    )
    return Measurement(
        "intake",
        f"questions, NDJSON in to committed decisions, {kind}",
        "/s",
        found["ours"],
        GOAL,
        found["floor"],
        "the rows it wrote, written again by the driver over one connection",
        (
            f"{PROCESSES} processes, {processor:.3f} ms of their processor time each",
            _of_marshmallow(alone["marshmallow"]),
        ),
    )


def _of_marshmallow(figure: Figure) -> str:
    return f"reading the same JSON with marshmallow does {figure.value:,.0f}/s on one core, without storing anything"


def _content(office: Office, part: int, size: int) -> bytes:
    organisations = office.organisations
    numbers = range(part * size, (part + 1) * size)
    return b"\n".join(
        json.dumps(question(number, organisations[number % len(organisations)])).encode() for number in numbers
    )


def _import(database: Database, office: Office, content: bytes) -> None:
    @contextmanager
    def open_scope() -> Iterator[Scope]:
        with database.write() as session:
            yield office.scope(session)

    *_, tally = import_questions(open_scope, read_rows(content, NDJSON, "EUR"))
    if tally.taken != tally.rows:
        raise RuntimeError(f"not everything was taken in: {tally}")


def _import_in_parallel(url: str, office: Office, contents: Sequence[bytes]) -> float:
    """Seconds from the moment that all processes are ready until the last one has committed."""
    gate = _SPAWN.Barrier(len(contents) + 1)
    processes = [_SPAWN.Process(target=_importer, args=(url, office, content, gate)) for content in contents]
    for process in processes:
        process.start()
    gate.wait(timeout=120)
    start = time.perf_counter()
    gate.wait(timeout=600)
    seconds = time.perf_counter() - start
    for process in processes:
        process.join()
    return seconds


def _importer(url: str, office: Office, content: bytes, gate: Barrier) -> None:
    database = Database(url)
    with database.read() as session:
        office.scope(session)
        session.connection()
    gate.wait(timeout=120)
    _import(database, office, content)
    gate.wait(timeout=600)
    database.close()


def _count(database: Database) -> int:
    with database.read() as session:
        found = session.connection().exec_driver_sql("SELECT count(*) FROM questions").scalar_one()
    return int(found)


class _TimeEntry(Schema):
    external_id = fields.String(required=True)
    handler = fields.String(required=True)
    role = fields.String(required=True)
    worked_on = fields.Date(required=True)
    minutes = fields.Integer(required=True, strict=True)


class _Question(Schema):
    """What a schema library has to do at least to read a question."""

    source = fields.String(required=True)
    external_id = fields.String(required=True)
    subject = fields.String(required=True)
    category = fields.String()
    kind = fields.String()
    channel = fields.String()
    support_line = fields.String()
    urgency = fields.String()
    tags = fields.List(fields.String())
    asker = fields.String()
    handler = fields.String()
    organisation = fields.String()
    opened_at = fields.AwareDateTime(required=True)
    picked_up_at = fields.AwareDateTime()
    answered_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime()
    solution_summary = fields.String()
    quantities = fields.Dict(keys=fields.String(), values=fields.Decimal(as_string=True))
    time_entries = fields.List(fields.Nested(_TimeEntry))


def _marshmallow(documents: Sequence[dict[str, Any]]) -> float:
    schema = _Question()
    return per_second(len(documents), lambda: [schema.load(document) for document in documents])
