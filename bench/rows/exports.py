"""A million invoice lines as CSV and as XLSX: rows per second, and memory beside that of ten thousand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from bench import places
from bench.apart import Apart, run_apart
from bench.measure import Figure, Measurement, Setting
from bench.world import INVOICE_LINES, NOW, Office, open_office
from billing_service import exports
from billing_service.core.ids import new_id
from billing_service.store import bulk
from billing_service.store.invoices import Invoice, InvoiceLine
from billing_service.store.scope import Scope
from billing_service.store.session import Database

_AT_ONCE = 5_000


def measure(setting: Setting) -> Iterator[Measurement]:
    """Once each: a million rows are their own repetition."""
    few_count, many_count = setting.size(10_000, least=50), setting.size(1_000_000, least=100)
    for kind in setting.databases:
        with places.database(setting, kind) as database:
            few_office = _with_lines(database, few_count)
            many_office = _with_lines(database, many_count)
            for suffix in ("csv", "xlsx"):
                few = run_apart(_export, database.url, few_office.administration_id, suffix, few_count)
                many = run_apart(_export, database.url, many_office.administration_id, suffix, many_count)
                yield from _told(kind, suffix, few, many, many_count)


def _told(kind: str, suffix: str, few: Apart, many: Apart, count: int) -> Iterator[Measurement]:
    name = suffix.upper()
    yield Measurement(
        "exports",
        f"invoice lines exported as {name}, {kind}",
        "/s",
        Figure((count / many.seconds,)),
        notes=(f"{count:,} lines in {many.seconds:.0f} s",),
    )
    yield Measurement(
        "exports",
        f"memory while exporting {count:,} lines as {name}, {kind}",
        "MiB",
        Figure((many.peak,)),
        floor=Figure((few.peak,)),
        floor_is="the same with a hundredth of the lines; peak of resident memory, interpreter included",
    )


def _export(url: str, administration_id: UUID, suffix: str, expected: int) -> None:
    database = Database(url)
    with tempfile.TemporaryDirectory(prefix="billing-bench-") as folder, database.read() as session:
        scope = Scope(session, administration_id, "bench", NOW)
        path = Path(folder) / f"lines.{suffix}"
        rows = exports.write(scope, exports.EXPORTS["invoice_lines"], {}, exports.Form(), path, lambda _: None)
    database.close()
    if rows != expected:
        raise RuntimeError(f"{rows} rows, not {expected}")


def _with_lines(database: Database, count: int) -> Office:
    """An office with so many lines on invoices of five."""
    office = open_office(database, customers=20)
    invoices = count // INVOICE_LINES
    for start in range(0, invoices, _AT_ONCE):
        ids = [new_id() for _ in range(min(_AT_ONCE, invoices - start))]
        with database.write() as session:
            bulk.insert_rows(session, Invoice, [_invoice(office, one, at) for at, one in enumerate(ids)])
            bulk.insert_rows(
                session, InvoiceLine, [_line(office, one, line) for one in ids for line in range(1, INVOICE_LINES + 1)]
            )
    return office


def _invoice(office: Office, identity: UUID, at: int) -> dict[str, object]:
    place = at % len(office.contracts)
    return {
        "administration_id": office.administration_id,
        "id": identity,
        "version": 1,
        "contract_id": office.contracts[place],
        "customer_id": office.customers[place],
        "kind": "invoice",
        "state": "released",
        "supply_from": date(2026, 3, 1),
        "supply_to": date(2026, 3, 31),
        "currency": "EUR",
        "net": Decimal("395.85"),
        "vat": Decimal("83.13"),
        "gross": Decimal("478.98"),
        "document": "{}",
        "created_at": NOW,
    }


def _line(office: Office, invoice_id: UUID, line: int) -> dict[str, object]:
    return {
        "administration_id": office.administration_id,
        "invoice_id": invoice_id,
        "line": line,
        "description": f"Ondersteuning bij de ledenadministratie {line}",
        "pricing": "time",
        "quantity": None,
        "minutes": 50,
        "unit_price": Decimal("95.00"),
        "amount": Decimal("79.17"),
        "vat_category": "S",
        "vat_rate": Decimal("21.00"),
        "revenue_group": "support",
    }
