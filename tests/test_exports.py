"""Exports: what a bookkeeper opens in a spreadsheet. No text becomes a formula, numbers and dates are real, and a
million lines never stand in memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from billing_service import cli, exports, invoicing, prepaid, receivables
from billing_service.app import PROGRAM
from billing_service.cli.program import Program
from billing_service.context import Context
from billing_service.documents import spreadsheets
from billing_service.documents.spreadsheets import Column, Workbook, harmless, write_csv
from billing_service.exports.wording import CODES, TITLES
from billing_service.store.session import Database
from billing_service.worker.process import Worker
from tests import builders
from tests.api.client import World, make_world, problem
from tests.helpdesk import QUESTION, TARIFF
from tests.invoicing.world import World as Office
from tests.invoicing.world import released_invoice
from tests.receivables.test_receivables import allocate, customer, invoices, receive

FORMULAS = (
    "=1+1",
    "+31 6 12345678",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    '=HYPERLINK("http://evil.example")',
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    "﹦1",
    "−1",
    "  =1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
)
HARMLESS = ("Vereniging", "'t Gooi", "a=b", "10 %", "", "Ans – Piet", "C-2026", "(=1)")


@pytest.mark.parametrize("name", FORMULAS)
def test_no_text_becomes_a_formula_in_csv(name: str) -> None:
    [_, row] = read_csv(b"".join(write_csv([Column("Naam")], [(name,)])))
    assert row[0].startswith("'")
    assert row[0].replace("'", "") == name


@pytest.mark.parametrize("name", HARMLESS)
def test_other_texts_stay_as_they_are(name: str) -> None:
    assert harmless(name) == name


def test_a_file_that_is_opened_with_another_separator_has_no_formula_either() -> None:
    content = b"".join(write_csv([Column("Naam"), Column("Plaats")], [("Jan,=1+1;=2", 'a,"=3\r\n=4')])).decode("utf-8")
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(content, newline=""), delimiter=separator):
            assert not [cell for cell in row if cell[:1] in "=+-@" and cell], (separator, row)
    for line in content.splitlines():
        assert not [cell for mark in ",;" for cell in line.split(mark) if cell.strip('"')[:1] in ("=", "+", "-", "@")]


def test_no_text_becomes_a_formula_in_xlsx(tmp_path: Path) -> None:
    path = tmp_path / "namen.xlsx"
    with Workbook(path) as book:
        book.add_sheet("Namen", [Column("Naam")], [(name,) for name in FORMULAS + HARMLESS])
    found = [row[0] for row in CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Namen").to_python()]
    as_read = [name.replace("\r", "\n") if name != "\r=1+1" else name for name in ("Naam", *FORMULAS, *HARMLESS)]
    assert [str(cell).strip("\r\n") for cell in found] == [name.strip("\r\n") for name in as_read]
    sheet = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<f " not in sheet
    styles = zipfile.ZipFile(path).read("xl/styles.xml").decode()
    assert 'quotePrefix="1"' in styles
    assert sheet.count(' s="2"') == len(FORMULAS)  # each of them keeps its quote mark when the cell is edited


def test_a_sheet_that_is_full_goes_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "ROWS_IN_A_SHEET", 4)
    path = tmp_path / "veel.xlsx"
    with Workbook(path) as book:
        book.add_sheet("Regels", [Column("Nr", "whole")], ((number,) for number in range(7)))
    sheets = CalamineWorkbook.from_path(str(path))
    assert sheets.sheet_names == ["Regels", "Regels 2", "Regels 3"]
    assert [len(sheets.get_sheet_by_name(name).to_python()) - 1 for name in sheets.sheet_names] == [3, 3, 1]


def test_every_title_and_word_is_there_in_both_languages() -> None:
    assert TITLES["nl"].keys() == TITLES["en"].keys()
    assert CODES["nl"].keys() == CODES["en"].keys()
    for export in exports.EXPORTS.values():
        assert {field.title for field in export.fields} | {export.name} <= TITLES["nl"].keys()


# --- over HTTP ---


@pytest.fixture
def world(database: Database) -> World:
    """Ours with an invoice, a charge and a decision, of a customer whose name is an attack; theirs with the same."""
    world = make_world(database)
    for administration_id, name in ((world.ours_id, "=cmd|' /C calc'!A0"), (world.theirs_id, "Elders")):
        with database.write() as session:
            customer = builders.customer(session, administration_id, "10001", name=name)
            organisation = builders.organisation(session, administration_id, "zwolle")
            builders.person(session, administration_id, "anna")
            tariff = builders.tariff(session, administration_id, TARIFF)
            builders.contract(session, administration_id, customer, tariff, organisations=(organisation,))
            other = builders.contract(session, administration_id, customer, tariff, reference="C-2")
            released_invoice(session, administration_id, other, customer)
            paid = {"customer_id": customer, "amount": Decimal("50.00"), "payer_name": "@Penningmeester"}
            receivables.record_receipt(builders.scope(session, administration_id), paid)
    for caller in (world.ours, world.theirs):
        asked = QUESTION | {"subject": "+Leden importeren"}
        assert caller.post("/v1/questions", asked).status_code == 201
    return world


def read_csv(content: bytes, separator: str = ";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))


def table(world: World, path: str) -> list[dict[str, str]]:
    answer = world.ours.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    titles, *rows = read_csv(answer.data)
    return [dict(zip(titles, row, strict=True)) for row in rows]


def test_csv_opens_by_itself_in_dutch_excel(world: World) -> None:
    answer = world.ours.get("/v1/exports/invoices?format=csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert 'filename="facturen-2026-03-31.csv"' in answer.headers["Content-Disposition"]
    assert answer.data.startswith("\ufeffNummer;Soort;Status;".encode())
    [invoice] = table(world, "/v1/exports/invoices")
    assert (invoice["Soort"], invoice["Status"]) == ("factuur", "vrijgegeven")
    assert (invoice["Totaal excl. btw"], invoice["Btw"], invoice["Totaal incl. btw"]) == ("12,50", "2,63", "15,13")
    assert invoice["Naam debiteur"] == "'=cmd|' /C calc'!A0"
    assert (invoice["Geleverd van"], invoice["Factuurdatum"]) == ("2026-03-10", "")


def test_csv_for_programs_has_points_and_commas(world: World) -> None:
    answer = world.ours.get("/v1/exports/invoice-lines?decimal=point&language=en")
    titles, row = read_csv(answer.data, ",")
    assert not answer.data.startswith(b"\xef\xbb\xbf")
    line = dict(zip(titles, row, strict=True))
    assert (line["Quantity"], line["Unit price"], line["Amount"], line["VAT rate"]) == (
        "1.00",
        "12.50",
        "12.50",
        "21.00",
    )
    assert line["State"] == "released"


def test_charges_and_decisions_tell_the_same_story(world: World) -> None:
    charges = table(world, "/v1/exports/charges")
    assert {(row["Bron"], row["Status"], row["Bedrag"]) for row in charges} == {
        ("vraag", "open", "25,00"),
        ("handmatig", "vrijgegeven", "12,50"),
    }
    assert {row["Omschrijving"] for row in charges} == {
        "Regel import: +Leden importeren",
        "Wachtwoord opnieuw ingesteld",
    }
    [decision] = table(world, "/v1/exports/decisions")
    assert (decision["Onderwerp"], decision["Status"], decision["Afhandeling"]) == (
        "'+Leden importeren",
        "beslist",
        "factureren",
    )
    assert (decision["Tariefregel"], decision["Bedrag"], decision["Voorlopig"]) == ("import", "25,00", "nee")
    assert decision["Tarief"].endswith(" 1")


def test_the_sale_of_a_card_names_the_card(world: World) -> None:
    with world.database.write() as session:
        contract = builders.contract(
            session, world.ours_id, builders.customer(session, world.ours_id, "77"),
            builders.tariff(session, world.ours_id, TARIFF), reference="C-77",
        )  # fmt: skip
        wish = {
            "contract_id": contract,
            "kind": "block",
            "code": "design",
            "title": {"nl": "Ontwerp", "en": "Design"},
            "price": Decimal("280.00"),
            "vat_class": "standard",
        }
        prepaid.sell(builders.scope(session, world.ours_id), wish)
    named = {row["Omschrijving"]: (row["Bron"], row["Kaart of blok"]) for row in table(world, "/v1/exports/charges")}
    assert named.pop("Ontwerp") == ("urenblok", "UK-0001")
    assert {card for _, card in named.values()} == {""}


def test_exports_are_limited_as_asked(world: World) -> None:
    for query, rows in (
        ("charges?state=open", 1),
        ("charges?date_from=2026-03-05", 1),
        ("charges?date_until=2026-03-05", 1),
        ("charges?date_from=2026-04-01", 0),
        ("invoices?state=issued", 0),
        ("invoices?kind=invoice", 1),
        ("invoices?date_from=2026-01-01", 0),  # not issued yet: it has no date
        ("invoice-lines?state=released", 1),
        ("decisions?state=blocked", 0),
        ("decisions?date_from=2026-03-02&date_until=2026-03-02", 1),
        ("receipts?method=bank_transfer&date_from=2026-03-31&date_until=2026-03-31", 1),
        ("receipts?method=card", 0),
        ("receipts?date_until=2026-03-30", 0),
    ):
        assert len(table(world, f"/v1/exports/{query}")) == rows, query


def test_exports_are_limited_to_a_customer_and_a_billing_run(world: World) -> None:
    [invoice] = world.ours.get("/v1/invoices").get_json()["items"]
    run, customer = invoice["billing_run_id"], invoice["customer_id"]
    for name, by_run, by_customer in (
        ("invoices", 1, 1),
        ("invoice-lines", 1, 1),
        ("charges", 1, 2),
        ("decisions", 0, 1),
    ):
        assert len(table(world, f"/v1/exports/{name}?billing_run_id={run}")) == by_run
        assert len(table(world, f"/v1/exports/{name}?customer_id={customer}")) == by_customer


def test_what_cannot_be_asked_is_refused_before_anything_is_sent(world: World) -> None:
    problem(world.ours.get("/v1/exports/invoices?format=xlsx"), 422, "invalid_input")
    problem(world.ours.get("/v1/exports/invoices?state=open"), 422, "invalid_input")
    problem(world.caller("charges:read").get("/v1/exports/invoices"), 403, "not_allowed")
    problem(world.caller("invoices:read").get("/v1/exports/receipts"), 403, "not_allowed")


def test_xlsx_is_made_by_a_job_with_real_numbers_and_dates(world: World) -> None:
    for name in exports.EXPORTS:
        answer = world.ours.post(f"/v1/exports/{name.replace('_', '-')}", {"language": "en"})
        assert answer.status_code == 202
        Worker(Context(world.database, lambda: world.now[0]), tasks={}).drain()
        job = world.ours.get(answer.headers["Location"]).get_json()
        assert job["state"] == "done", job
        [file] = job["result"]["files"]
        content = world.ours.get(f"/v1/jobs/{job['id']}/files/{file['name']}").data
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        [title] = book.sheet_names
        titles, *rows = book.get_sheet_by_name(title).to_python()
        assert (title, len(rows)) == (TITLES["en"][name], job["result"]["rows"])
        first = dict(zip(titles, rows[0], strict=True))
        assert first["Customer name"] == "=cmd|' /C calc'!A0"
        day = first.get("Supplied from") or first.get("Date") or first.get("Closed on")
        assert day is None or isinstance(day, date)
        assert isinstance(first.get("Amount", first.get("Total incl. VAT")), float)


def test_a_file_needs_the_scope_of_its_rows(world: World) -> None:
    job = world.ours.post("/v1/exports/charges", {"format": "csv"}).get_json()
    Worker(Context(world.database, lambda: world.now[0]), tasks={}).drain()
    path = f"/v1/jobs/{job['id']}/files/te-factureren-posten-2026-03-31.csv"
    problem(world.caller("jobs:read", "invoices:read").get(path), 403, "not_allowed")
    assert len(read_csv(world.caller("jobs:read", "charges:read").get(path).data)) == 3


# --- what is open, and what came in ---


def rows(office: Office, name: str) -> list[dict[str, Any]]:
    export = exports.EXPORTS[name]
    with office.reading() as scope:
        found = list(exports.rows_of(scope, export, {}, "nl"))
    return [dict(zip((field.title for field in export.fields), row, strict=True)) for row in found]


def test_an_open_amount_in_a_spreadsheet_is_the_one_of_the_list_and_the_balance(database: Database) -> None:
    office, made = invoices(database, *("100.00",) * 7)
    _unpaid, part, paid, over, off, credited, set_off = made
    part_paid, whole, left = (receive(office, amount) for amount in ("21.00", "330.00", "40.00"))
    allocate(office, part_paid, part)
    for invoice, amount in ((paid, "121.00"), (over, "150.00")):
        allocate(office, whole, invoice, amount, overpays=True)
    allocate(office, receive(office, "121.00", method="card"), credited)
    with office.scope() as scope:
        receivables.write_off(scope, off, "Failliet")
        note = invoicing.credit(scope, credited, "Dubbel")
        invoicing.issue_invoice(scope, note)
        receivables.allocate(scope, {"credit_note_id": note, "invoice_id": set_off, "amount": Decimal("100.00")})
        receivables.cancel_receipt(scope, left, "Verkeerde rekening")
    office.charge(amount=Decimal("5.00"))
    office.release()
    told = rows(office, "invoices")
    with office.reading() as scope:
        standings = receivables.standings(scope, made)
        balance = receivables.balance_of(scope, customer(office))
    stands = {row["number"]: (row["paid"], row["open"]) for row in told if row["kind"] == "factuur" and row["number"]}
    assert list(stands.values()) == [(standings[key].paid, standings[key].open) for key in made]
    assert [row["payment_state"] for row in told[:7]] == [
        "open",
        "deels betaald",
        "betaald",
        "te veel betaald",
        "afgeboekt",
        "gecrediteerd",
        "deels betaald",
    ]
    [credit_note, released] = told[7:]
    assert (credit_note["kind"], credit_note["paid"], credit_note["payment_state"]) == ("creditnota", None, None)
    assert (credit_note["open"], released["open"], released["payment_state"]) == (balance.credits_left, None, None)
    assert balance.credits_left == Decimal("21.00")

    first, second, cancelled, by_card = rows(office, "receipts")
    numbers = list(stands)
    assert (first["settles"], first["left"], first["cancelled"]) == (numbers[1], Decimal("0.00"), "nee")
    assert (second["settles"], second["left"]) == (", ".join(numbers[2:4]), balance.receipts_left)
    assert (cancelled["settles"], cancelled["left"], cancelled["cancel_reason"]) == (
        None,
        Decimal("0.00"),
        "Verkeerde rekening",
    )
    assert (by_card["method"], by_card["settles"]) == ("pin of creditcard", numbers[5])


# --- little memory ---


def test_rows_come_through_a_cursor_and_never_all_at_once(database: Database) -> None:
    office = Office.founded(database)
    office.agree()
    for _ in range(5):
        office.charge()
    with office.reading() as scope:
        rows = exports.rows_of(scope, exports.EXPORTS["charges"], {}, "nl")
        next(rows)
        if not database.is_sqlite:
            cursors = scope.session.connection().connection.driver_connection.execute("SELECT name FROM pg_cursors")
            assert len(cursors.fetchall()) == 1  # the server holds the rest
        assert len(list(rows)) == 4


def test_memory_does_not_grow_with_the_rows(sqlite_database: Database) -> None:
    peaks = [peak_of_export(sqlite_database, count) for count in (4_000, 40_000)]
    assert peaks[1] < peaks[0] * 1.5, peaks


def peak_of_export(database: Database, count: int) -> int:
    """Bytes at the peak of exporting so many lines; the database makes them up, so that nothing else grows."""
    series = f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n)"

    class Made:
        """An export over rows that nobody stored."""

        fields = tuple(exports.tables.Field("number", None) for _ in range(5))

        def statement(self, *_: Any) -> Any:
            return text(f"SELECT 'Vereniging ' || i, i, i, i, i FROM {series} AS made")

    with database.read() as session:
        scope = builders.scope(session, uuid4())
        tracemalloc.start()
        rows = exports.rows_of(scope, Made(), {}, "nl")  # type: ignore[arg-type]
        size = sum(len(part) for part in write_csv([Column("a")] + [Column("b", "whole")] * 4, rows))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert size > count * 20
    return peak


# --- from the command line ---


def run_cli(world: World, *words: str) -> Result:
    program = Program(lambda _: Context(world.database, lambda: world.now[0]), lambda _: world.app, PROGRAM.make_worker)
    return CliRunner().invoke(cli.main, list(words), obj=program)


def test_the_command_writes_the_same_as_the_api(world: World, tmp_path: Path) -> None:
    file, ours = tmp_path / "posten.csv", str(world.ours_id)
    done = run_cli(world, "export", "charges", str(file), "--from", "2026-03-01", "-a", ours)
    assert (done.exit_code, done.output) == (0, f"2 rows in {file}.\n")
    assert file.read_bytes() == world.ours.get("/v1/exports/charges?date_from=2026-03-01").data
    assert run_cli(world, "export", "invoice-lines", str(tmp_path / "r.xlsx"), "-a", ours).exit_code == 0
    book = CalamineWorkbook.from_path(str(tmp_path / "r.xlsx"))
    assert book.sheet_names == ["Factuurregels"]


def test_a_limit_that_an_export_does_not_have_is_refused(world: World, tmp_path: Path) -> None:
    done = run_cli(world, "export", "receipts", str(tmp_path / "o.csv"), "--state", "open", "-a", str(world.ours_id))
    assert (done.exit_code, "only by its period, customer_id, method" in done.output) == (1, True)
    assert run_cli(world, "export", "receipts", str(tmp_path / "o.csv"), "-a", str(world.ours_id)).exit_code == 0
    assert "'@Penningmeester" in (tmp_path / "o.csv").read_text("utf-8-sig")


def test_another_ending_is_refused_and_leaves_no_file(world: World, tmp_path: Path) -> None:
    done = run_cli(world, "export", "charges", str(tmp_path / "posten.pdf"), "-a", str(world.ours_id))
    assert done.exit_code == 1
    assert "must end in .csv or .xlsx" in done.output
    assert list(tmp_path.glob("posten*")) == []
