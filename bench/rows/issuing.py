"""Issuing released invoices of five lines: one by one with a commit each, in batches of 100, and over HTTP.

Two administrations share the database: we issue in one, raw SQL in the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from uuid import UUID, uuid4

from bench import load, places, web
from bench.floors.issuing import RawSql, raw_sql
from bench.keys import make_key
from bench.measure import Goal, Measurement, Setting, in_turns, per_second, processor_milliseconds, profiled
from bench.released import add_all_charges, release_all, release_invoices
from bench.rows.question import Traffic
from bench.world import Office, open_office
from billing_service.invoicing import issue_batch, issue_invoice
from billing_service.invoicing.issue import BATCH
from billing_service.store.session import Database

GOALS = {"postgresql": Goal("share", 0.5), "sqlite": Goal("at_least", 1_000)}
GOAL_HTTP = Goal("at_least", 150)
GOAL_RUN = Goal("at_least", 2_000)
RAW = "raw SQL by the driver: the same rows, outbox and audit included, one commit"

Batches = Sequence[Sequence[UUID]]


def measure(setting: Setting) -> Iterator[Measurement]:
    """Invoices per second: alone, in batches, over HTTP."""
    for kind in setting.databases:
        with places.database(setting, kind) as database:
            yield _in_process(setting, kind, database, "issuing", setting.size(100), 1)
            yield _in_process(setting, kind, database, "issuing-run", setting.size(300), BATCH)
            yield _releasing(setting, kind, database)
            yield _over_http(setting, kind, database)


def _in_process(setting: Setting, kind: str, database: Database, name: str, count: int, batch: int) -> Measurement:
    """Every repetition issues ``count`` fresh invoices on each side."""
    ours, raw = (Side(database, open_office(database, customers=count), batch) for _ in range(2))
    driver = raw_sql(database)
    found = in_turns(
        setting,
        {
            "ours": lambda: ours.per_second(lambda batches: issue(database, ours.office, batches)),
            "floor": lambda: raw.per_second(lambda batches: _issue_raw(driver, raw.office, batches)),
        },
    )
    batches = ours.fresh()
    processor = processor_milliseconds(count, lambda: issue(database, ours.office, batches))
    if setting.profile:
        batches = ours.fresh()
        with profiled(setting, f"{name}-{kind}"):
            issue(database, ours.office, batches)
    driver.close()
    note = f"{processor:.2f} ms of our own processor time each"
    work = f"issue one invoice, {kind}" if batch == 1 else f"billing run: issue in batches of {batch}, {kind}"
    return Measurement(
        name, work, "/s", found["ours"], GOALS[kind] if batch == 1 else GOAL_RUN, found["floor"], RAW, (note,)
    )


class Side:
    """Ours or the floor's: an administration whose contracts each get an invoice per repetition, so many at once."""

    def __init__(self, database: Database, office: Office, batch: int) -> None:
        self.database, self.office, self.batch = database, office, batch
        self.count = len(office.contracts)

    def per_second(self, work: Callable[[Batches], None]) -> float:
        batches = self.fresh()
        return per_second(self.count, lambda: work(batches))

    def fresh(self) -> Batches:
        """Newly released invoices; releasing them is not part of any figure."""
        ids = release_invoices(self.database, self.office)
        return [ids[start : start + self.batch] for start in range(0, len(ids), self.batch)]


def issue(database: Database, office: Office, batches: Batches) -> None:
    """Issue each batch in a transaction of its own."""
    for ids in batches:
        with database.write() as session:
            scope = office.scope(session)
            if len(ids) == 1:
                issue_invoice(scope, ids[0])
            else:
                issue_batch(scope, ids)


def _issue_raw(driver: RawSql, office: Office, batches: Batches) -> None:
    for ids in batches:
        driver.issue(office.administration_id, ids)


def _releasing(setting: Setting, kind: str, database: Database) -> Measurement:
    """The other half of a billing run: open charges to a checked document, laid out once, its sources locked."""
    office = open_office(database, customers=setting.size(100))
    count = len(office.contracts)

    def ours() -> float:
        add_all_charges(database, office)
        return per_second(count, lambda: release_all(database, office))

    found = in_turns(setting, {"ours": ours})
    add_all_charges(database, office)
    processor = processor_milliseconds(count, lambda: release_all(database, office))
    if setting.profile:
        add_all_charges(database, office)
        with profiled(setting, f"releasing-{kind}"):
            release_all(database, office)
    note = f"{processor:.2f} ms of our own processor time each"
    return Measurement("releasing", f"billing run: release one contract, {kind}", "/s", found["ours"], notes=(note,))


def _over_http(setting: Setting, kind: str, database: Database) -> Measurement:
    office = open_office(database, customers=setting.size(200))
    key = make_key(database, office)
    with web.our_service(database.url) as server:
        traffic = Traffic(server, expected=200)
        found = in_turns(setting, {"ours": lambda: traffic.per_second(_requests(database, office, key))})
    goal = GOAL_HTTP if kind == "postgresql" else None
    return Measurement(
        "issuing-http", f"issue one invoice over HTTP, {kind}", "/s", found["ours"], goal, notes=(traffic.note(),)
    )


def _requests(database: Database, office: Office, key: str) -> list[bytes]:
    return [
        load.request("POST", f"/v1/invoices/{one}/issue", {}, key=key, idempotency_key=str(uuid4()))
        for one in release_invoices(database, office)
    ]
