"""The gap-and-chain report over real books on both databases, and what it says when somebody touched them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, delete, text, update

from billing_service import cli, jobs
from billing_service.app import PROGRAM
from billing_service.auditing import completeness
from billing_service.auditing.completeness import Reporting, report_of, start_report
from billing_service.cli.program import Program
from billing_service.context import Context
from billing_service.core.completeness import CompletenessReport, ProvenSeries
from billing_service.errors import Conflict, InvalidInput, NotFound
from billing_service.parties import numbering
from billing_service.store import schema
from billing_service.store.administrations import BookYear, Series
from billing_service.store.invoices import Invoice
from billing_service.store.session import Database
from tests.invoicing.test_series import add_series, block, confirm, issue, issue_new, released, series_of
from tests.invoicing.world import World


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """Six invoices over two calendar years, three of them read at a time."""
    monkeypatch.setattr(completeness, "PAGE", 3)
    world = World.founded(database)
    for day in (1, 2, 3, 4):
        issue_new(world, datetime(2026, 4, day, 10, tzinfo=UTC))
    for day in (1, 2):
        issue_new(world, datetime(2027, 1, day, 10, tzinfo=UTC))
    return world


def report(world: World, code: str | None = None, book_year: str | None = None) -> CompletenessReport:
    series_id = None if code is None else series_of(world, code).id
    with world.reading() as scope:
        reporting = Reporting(scope, series_id, book_year)
        total = reporting.total
    more = True
    while more:
        with world.reading() as scope:
            more = reporting.step(scope.session)
    assert reporting.done <= total
    return reporting.result()


def proven(world: World, **chosen: Any) -> ProvenSeries:
    return report(world, "invoices", **chosen).series[0]


def breaks(world: World, **chosen: Any) -> list[tuple[str, str | None]]:
    return [(found.code, found.number) for found in proven(world, **chosen).first_breaks]


def tamper(world: World, *statements: Any) -> None:
    """What somebody with the owner's rights could do: past the guards."""
    with world.database.engine.begin() as connection:
        for table in ("invoices", "invoice_lines", "invoice_pdfs", "charges"):
            for name in _guards(connection, table):
                on = "" if world.database.is_sqlite else f" ON {table}"
                connection.execute(text(f"DROP TRIGGER {name}{on}"))
        if not world.database.is_sqlite:
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # foreign keys look away too
        else:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        for statement in statements:
            connection.execute(statement)
    schema.migrate(world.database)  # puts the guards back


def _guards(connection: Connection, table: str) -> list[str]:
    query = (
        f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"
        if connection.dialect.name == "sqlite"
        else f"SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = '{table}'::regclass"
    )
    return list(connection.execute(text(query)).scalars())


def numbered(number: str) -> Any:
    return Invoice.number == number


# --- complete books -------------------------------------------------------------------------------------------------


def test_books_that_nobody_touched_are_complete_in_every_year(world: World) -> None:
    whole = proven(world)
    assert (whole.breaks, whole.documents) == (0, 6)
    assert [(year.book_year, year.first, year.last, year.documents) for year in whole.years] == [
        ("2026", "2026-00001", "2026-00004", 4),
        ("2027", "2027-00001", "2027-00002", 2),
    ]
    totals = [(str(one.taxable), str(one.tax)) for year in whole.years for one in year.totals]
    assert totals == [("50.00", "10.52"), ("25.00", "5.26")]
    for year, many in (("2026", 4), ("2027", 2), ("2028", 0)):
        one = proven(world, book_year=year)
        assert (one.breaks, one.documents) == (0, many)


def test_a_series_that_counts_on_is_proven_by_the_dates_of_its_documents(world: World) -> None:
    add_series(world, "on", "9{year}{number:4}", per_book_year=False, is_default=True)
    for day in (datetime(2027, 3, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC), datetime(2028, 3, 2, tzinfo=UTC)):
        issue_new(world, day)
    whole = report(world, "on").series[0]
    assert [(year.book_year, year.documents) for year in whole.years] == [("2027", 1), ("2028", 2)]
    later = report(world, "on", "2028").series[0]
    assert (later.breaks, later.documents, later.years[0].first) == (0, 2, "920280002")
    assert report(world).breaks == 0


def test_cut_over_jump_and_block_are_named_and_are_no_breaks(world: World) -> None:
    add_series(world, "old", "V{year}{number:3}", next_number=811, is_default=True)
    issue_new(world)
    cut_over = report(world, "old").series[0]
    assert (cut_over.breaks, cut_over.cut_over) == (0, "V2027811")
    block(world)
    assert proven(world).blocked
    confirm(world, "2027-00009")
    assert (proven(world).breaks, proven(world).jumps[0].last) == (0, "2027-00009")
    with world.scope() as scope:
        numbering.confirm_last_number(scope, series_of(world, "old").id, ["V2027811"])
        numbering.change_series(scope, numbering.get_series(scope, series_of(world).id), {"is_default": True})
    issue_new(world)
    found = proven(world)
    assert (found.breaks, found.documents, found.last_number) == (0, 7, "2027-00010")


def test_what_is_issued_while_the_report_is_made_breaks_nothing(world: World) -> None:
    waiting = [released(world) for _ in range(2)]
    with world.reading() as scope:
        reporting = Reporting(scope)
    rounds = 0
    more = True
    while more:
        with world.reading() as scope:
            more = reporting.step(scope.session)
        if rounds < 2:
            issue(world, waiting[rounds])
        rounds += 1
    assert reporting.result().breaks == 0


def test_an_administration_without_documents_is_complete(database: Database) -> None:
    empty = World.founded(database)
    assert {(series.documents, series.breaks) for series in report(empty).series} == {(0, 0)}


# --- planted faults -------------------------------------------------------------------------------------------------


def remove(number: str) -> list[Any]:
    lines = f"DELETE FROM invoice_lines WHERE invoice_id = (SELECT id FROM invoices WHERE number = '{number}')"
    return [text(lines), delete(Invoice).where(numbered(number))]


def test_a_removed_document_is_a_gap_and_a_broken_chain(world: World) -> None:
    tamper(world, FREE, *remove("2026-00002"))
    assert breaks(world) == [("number_missing", None), ("chain_broken", "2026-00003")]
    assert breaks(world, book_year="2027") == []


def test_the_last_document_of_a_year_and_the_newest_one_are_missed_too(world: World) -> None:
    tamper(world, FREE, *remove("2026-00004"), *remove("2027-00002"))
    found = breaks(world)
    assert ("chain_broken", "2027-00001") in found
    assert ("number_missing", None) in found
    assert [code for code, _ in found].count("series_differs") == 3  # its last number, digest and date
    assert breaks(world, book_year="2027")[0] == ("chain_broken", "2027-00001")


FREE = text("UPDATE charges SET state = 'open', invoice_id = NULL, line = NULL")


def missing(world: World, code: str = "invoices") -> list[str | None]:
    """The numbers that a report over all years misses: one, or the first of several."""
    found = report(world, code).series[0].first_breaks
    return [one.expected for one in found if one.code in ("number_missing", "numbers_missing")]


def test_a_removed_newest_document_is_missed_by_its_number(world: World) -> None:
    tamper(world, FREE, *remove("2027-00002"))
    assert missing(world) == ["2027-00002"]
    assert ("series_differs", "invoices") in breaks(world, book_year="2027")


def test_the_only_document_of_a_new_year_is_missed_by_its_number(world: World) -> None:
    tamper(world, FREE, *remove("2027-00001"), *remove("2027-00002"))
    assert missing(world) == ["2027-00001"]
    assert [code for code, _ in breaks(world)] == ["numbers_missing", *["series_differs"] * 3]
    assert breaks(world, book_year="2026") == []


def test_the_only_document_of_a_series_is_missed_by_its_number(world: World) -> None:
    add_series(world, "new", "N{year}{number:3}", next_number=811, is_default=True)
    issue_new(world)
    assert missing(world, "new") == []
    tamper(world, FREE, *remove("N2027811"))
    assert missing(world, "new") == ["N2027811"]


def test_the_newest_document_of_a_series_that_counts_on_is_missed_by_its_number(world: World) -> None:
    add_series(world, "on", "9{number:5}", per_book_year=False, is_default=True)
    issue_new(world, datetime(2027, 3, 1, tzinfo=UTC))
    issue_new(world, datetime(2028, 3, 1, tzinfo=UTC))
    assert missing(world, "on") == []
    tamper(world, FREE, *remove("900002"))
    assert missing(world, "on") == ["900002"]
    tamper(world, *remove("900001"))
    assert missing(world, "on") == ["900001"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda: [_set("2026-00003", document=text("replace(document, 'Vereniging', 'Vennootschap')"))],
            [("document_changed", "2026-00003")],
        ),
        (
            lambda: [_set("2026-00003", number="2026-00033", sequence=33)],
            [
                ("number_missing", None),
                ("chain_broken", "2026-00004"),
                ("numbers_missing", None),
                ("date_runs_backwards", "2026-00033"),
                ("chain_broken", "2026-00033"),
                ("row_differs", "2026-00033"),
                ("chain_broken", "2027-00001"),
            ],
        ),
        (lambda: [_set("2026-00003", gross=99, net=98, vat=1)], [("row_differs", "2026-00003")] * 3),
        (
            lambda: [_set("2026-00003", issue_date=date(2026, 4, 1))],
            [("date_runs_backwards", "2026-00003"), ("row_differs", "2026-00003")],
        ),
        (
            lambda: [_set("2026-00003", period=None)],
            [("number_missing", None), ("chain_broken", "2026-00004"), ("document_without_place", "2026-00003")],
        ),
        (lambda: [update(Series).values(last_digest="ab" * 32)], [("series_differs", "invoices")]),
        (lambda: [delete(BookYear).where(BookYear.label == "2026")], [("book_year_unknown", None)]),
    ],
)  # fmt: skip
def test_each_change_past_the_guards_is_named(
    world: World, change: Callable[[], list[Any]], expected: list[tuple[str, str | None]]
) -> None:
    tamper(world, *change())
    assert breaks(world) == expected


def _set(number: str, /, **values: Any) -> Any:
    return update(Invoice).where(numbered(number)).values(**values).execution_options(synchronize_session=False)


def test_swapped_digests_are_named_on_both_documents(world: World) -> None:
    digests = {row.number: row.digest for row in world.invoices()}
    tamper(
        world,
        _set("2026-00002", digest=digests["2026-00003"]),
        _set("2026-00003", digest=digests["2026-00002"]),
    )
    found = breaks(world)
    assert {("document_changed", "2026-00002"), ("document_changed", "2026-00003")} <= set(found)


def test_a_series_of_another_administration_and_an_unknown_year_are_refused(world: World) -> None:
    other = World.founded(world.database)
    with other.reading() as scope, pytest.raises(NotFound):
        Reporting(scope, UUID(int=7))
    with other.reading() as scope, pytest.raises(InvalidInput, match="no book year 1999"):
        Reporting(scope, None, "1999")


# --- as a job and on the command line -------------------------------------------------------------------------------


def test_a_job_makes_the_report_and_keeps_it(world: World) -> None:
    with world.scope() as scope:
        job_id = start_report(scope).id
        with pytest.raises(Conflict) as early:
            report_of(scope, job_id)
        assert early.value.code == "report_not_ready"
    jobs.run(world.scope, job_id)
    with world.scope() as scope:
        assert report_of(scope, job_id) == report(world)
        job = jobs.get(scope, job_id)
        assert (job.done, job.total) == (6, 6)


def billing(world: World, *words: str) -> Result:
    context = Context(world.database, lambda: world.now)
    program = Program(lambda _: context, PROGRAM.web_app, PROGRAM.make_worker)
    return CliRunner().invoke(cli.main, list(words), obj=program)


def test_the_command_tells_the_proof_writes_a_pdf_and_ends_with_1_on_a_break(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_DATA_DIR", str(tmp_path))
    done = billing(world, "audit", "series-report", "--pdf", str(tmp_path / "report.pdf"))
    assert done.exit_code == 0, done.output
    assert "invoices ({year}-{number:5}): 6 documents, complete" in done.output
    assert "2027: 2 documents, 2027-00001 to 2027-00002" in done.output
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    tamper(world, _set("2026-00003", previous_digest=None))
    done = billing(world, "audit", "series-report", "--series", "invoices", "--book-year", "2026")
    assert done.exit_code == 1
    assert "BROKEN in invoices, 2026-00003: It is not chained to the document before it, 2026-00002." in done.output


def test_confirming_on_the_command_line_says_what_was_skipped(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_DATA_DIR", str(tmp_path))
    done = billing(world, "block-series")
    assert done.output.startswith("2 number series blocked")
    done = billing(world, "confirm-last-number", "--series", "invoices", "2027-00005")
    assert done.exit_code == 0, done.output
    assert "2027-00003 to 2027-00005 were given after the backup" in done.output
    assert billing(world, "confirm-last-number", "--series", "other", "1").exit_code == 1
