"""Every row of the benchmark still runs, so that it cannot rot. No speed is asserted here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ForeignKeyConstraint, func, select, text
from sqlalchemy.exc import DBAPIError

from bench.__main__ import main
from bench.filler import fill
from bench.released import release_invoices
from bench.rows import ROWS
from bench.world import open_office, part_of
from billing_service.invoicing import get_invoice, issue_invoice
from billing_service.store.base import Base
from billing_service.store.session import Database

DRIVEN_ON_POSTGRESQL = ("issuing", "intake", "question")
"""Rows that speak to each database in its own way; growth does in its copies, which are tested below on both."""


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_measured_on_sqlite(row: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured = _run(tmp_path, row, "--database", "sqlite")
    table = capsys.readouterr().out
    assert all(line["measured"] > 0 and line["work"] in table for line in measured)


@pytest.mark.parametrize("row", DRIVEN_ON_POSTGRESQL)
def test_a_row_is_measured_on_postgresql(row: str, tmp_path: Path, postgresql_url: str) -> None:
    measured = _run(tmp_path, row, "--database", "postgresql", "--postgresql", postgresql_url)
    assert all(line["measured"] > 0 for line in measured)


def test_copied_invoices_are_rows_that_the_service_goes_on_from(database: Database) -> None:
    office = open_office(database, customers=3)
    fill(database, office, 7)
    tables = {"invoices": 8, "invoice_lines": 40, "charges": 40, "audit_trail": 16, "outbox": 8}
    with database.read() as session:
        for name, expected in tables.items():
            table = Base.metadata.tables[name]
            assert session.scalar(select(func.count()).select_from(table)) == expected, name
            for key in table.foreign_key_constraints:
                assert session.scalars(_pointing_nowhere(key)).one() == 0, key.name
    (fresh,) = release_invoices(database, part_of(office, 1))
    with database.write() as session:
        issued = issue_invoice(office.scope(session), fresh)
        assert issued.number == "20261000007"
        assert get_invoice(office.scope(session), fresh).previous_digest is not None
    with pytest.raises(DBAPIError, match="an issued document never changes"), database.write() as session:
        session.execute(text("UPDATE invoices SET currency = 'USD' WHERE number = '20261000003'"))


def test_an_unknown_row_is_refused_with_the_rows_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["speling"])
    assert "no such row: speling; there are issuing, " in capsys.readouterr().err


def _pointing_nowhere(key: ForeignKeyConstraint) -> Any:
    """How many rows name a parent that is not there; a key with an empty column names none."""
    parent = key.referred_table.alias()
    same = [parent.c[element.column.name] == element.parent for element in key.elements]
    named = [column.is_not(None) for column in key.columns]
    return select(func.count()).select_from(key.table).where(*named, ~select(parent).where(*same).exists())


def _run(folder: Path, *arguments: str) -> list[dict[str, float | str]]:
    """The rows that a run of the smallest size writes as JSON; each has a floor or a goal to be held against."""
    main([*arguments, "--quick", "--json", str(folder / "rows.json")])
    rows: list[dict[str, float | str]] = json.loads((folder / "rows.json").read_text(encoding="utf-8"))["rows"]
    assert rows
    return rows
