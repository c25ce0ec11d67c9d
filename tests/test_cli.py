"""The command line: what a person can do without HTTP, with sentences and exit codes."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from billing_service import access, cli
from billing_service.app import PROGRAM
from billing_service.cli import walk
from billing_service.cli.program import Program
from billing_service.cli.telling import Teller
from billing_service.context import Context
from billing_service.core.ids import new_id
from billing_service.errors import NotSignedIn
from billing_service.rating import manual
from billing_service.store.connections import Connection
from billing_service.store.invoices import Invoice, InvoicePdf
from billing_service.store.parties import Contract
from billing_service.store.session import Database
from billing_service.store.vat import VatNumberCheck
from billing_service.store.work import OutboxRow
from tests import builders

Billing = Callable[..., Result]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("BILLING_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("BILLING_DATA_DIR", str(tmp_path / "data"))


def program_on(database: Database) -> Program:
    """The command line on this database, at a fixed moment."""
    return Program(lambda _: Context(database, lambda: builders.NOW), PROGRAM.web_app, PROGRAM.make_worker)


def fresh_program() -> Program:
    """The command line as a new process has it."""
    return Program(PROGRAM.open_context, PROGRAM.web_app, PROGRAM.make_worker)


@pytest.fixture
def billing(database: Database) -> Billing:
    def run(*words: object, answer: str | None = None) -> Result:
        return CliRunner().invoke(cli.main, [str(word) for word in words], obj=program_on(database), input=answer)

    return run


@pytest.fixture
def administration(database: Database) -> UUID:
    with database.write() as session:
        return builders.administration(session)


def make(billing: Billing, *more: str) -> Result:
    where = ["--street", "Brink 1", "--postal-code", "9401 HV", "--city", "Assen"]
    return billing("create-administration", "--legal-name", "Stichting Dorpshuis", *where, *more)


def test_an_administration_and_a_key_that_works(billing, database):
    made = make(billing, "--kvk", "69599068", "--vat-number", "NL000099998B57", "--iban", "NL33TRIO0000012345")
    assert made.exit_code == 0, made.output
    administration_id = UUID(made.stdout.strip())
    keyed = billing("create-key", "--label", "website", "--scope", "invoices:read", "--days", "30")
    assert keyed.exit_code == 0, keyed.output
    with database.read() as session:
        identity = access.verify(session, keyed.stdout.strip(), builders.NOW)
    assert identity.administration_id == administration_id
    assert identity.scopes == {"invoices:read"}


def test_a_key_without_scopes_may_do_everything_in_its_administration(billing, database, administration):
    keyed = billing("create-key", "-a", "Stichting Ledenhulp")
    with database.read() as session:
        identity = access.verify(session, keyed.stdout.strip(), builders.NOW)
    assert identity.scopes == set(access.SCOPES)
    assert access.OPERATOR not in identity.scopes


def test_an_operator_key_belongs_to_no_administration(billing, database):
    keyed = billing("create-key", "--operator")
    with database.read() as session:
        identity = access.verify(session, keyed.stdout.strip(), builders.NOW)
    assert (identity.administration_id, identity.scopes) == (None, {access.OPERATOR})


def test_a_revoked_key_is_refused(billing, database, administration):
    keyed = billing("create-key")
    key_id = keyed.stderr.split()[2].rstrip(";")
    assert billing("revoke-key", key_id).exit_code == 0
    with database.read() as session, pytest.raises(NotSignedIn):
        access.verify(session, keyed.stdout.strip(), builders.NOW)
    again = billing("revoke-key", key_id)
    assert (again.exit_code, again.stderr) == (1, "This API key was revoked before.\n")
    unknown = billing("revoke-key", new_id())
    assert (unknown.exit_code, unknown.stderr) == (1, "There is no such API key.\n")


def test_several_administrations_must_be_told_apart(billing, administration):
    make(billing)
    refused = billing("create-key")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Which administration? Give --administration with an id or a legal name:\n")
    assert f"{administration}  Stichting Ledenhulp" in refused.stderr
    assert "Stichting Dorpshuis" in refused.stderr
    assert billing("create-key", "-a", administration).exit_code == 0


def test_without_an_administration_the_first_thing_to_do_is_said(billing):
    refused = billing("create-key")
    said = "There is no administration yet: billing create-administration makes one.\n"
    assert (refused.exit_code, refused.stderr) == (1, said)


def test_identifiers_that_cannot_be_right_are_named_and_nothing_is_made(billing):
    refused = make(billing, "--kvk", "123", "--iban", "NL00BANK0000000000")
    assert refused.exit_code == 1
    assert "  /kvk: " in refused.stderr
    assert "  /iban: " in refused.stderr
    assert billing("create-key").stderr.startswith("There is no administration yet")


@pytest.mark.parametrize(
    "words",
    [["create-key", "--operator", "--scope", "invoices:read"], ["create-key", "--days", "0"], ["bill"], ["teleport"]],
)
def test_wrong_use_is_exit_code_2(billing, administration, words):
    assert billing(*words).exit_code == 2


def test_the_settings_in_force_are_printed_without_secrets(monkeypatch):
    monkeypatch.setenv("BILLING_DATABASE_URL", "postgresql://u:geheim@h/n")
    monkeypatch.setenv("BILLING_PORT", "9000")
    shown = CliRunner().invoke(cli.main, ["print-config"], obj=fresh_program())
    assert "BILLING_PORT=9000" in shown.stdout.splitlines()
    assert "BILLING_DATABASE_URL=postgresql://u:***@h/n" in shown.stdout.splitlines()


def test_a_database_without_schema_is_refused_until_it_is_migrated():
    refused = CliRunner().invoke(cli.main, ["create-key"], obj=fresh_program())
    assert refused.exit_code == 1
    assert "run 'billing migrate'" in refused.stderr
    assert CliRunner().invoke(cli.main, ["migrate"], obj=fresh_program()).exit_code == 0
    assert CliRunner().invoke(cli.main, ["create-key", "--operator"], obj=fresh_program()).exit_code == 0


def test_a_database_that_does_not_answer_is_a_sentence(monkeypatch):
    monkeypatch.setenv("BILLING_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    refused = CliRunner().invoke(cli.main, ["create-key"], obj=fresh_program())
    assert refused.exit_code == 1
    assert refused.stderr.startswith("The database does not answer: ")
    assert "Traceback" not in refused.output


def test_a_vat_number_is_checked_again(billing, database, administration):
    with database.write() as session:
        builders.customer(session, administration, "10001", vat_number="BE0403170701", country="BE")
        builders.customer(session, administration, "10002", vat_number="BE0403170702", country="BE")
        builders.customer(session, administration, "10003")
    right = billing("check-vat-number", "10001")
    said = "BE0403170701 (BE) has the right form. Checked 2026-03-31 10:00:00 UTC.\n"
    assert (right.exit_code, right.stdout) == (0, said)
    wrong = billing("check-vat-number", "10002")
    assert wrong.exit_code == 1
    assert "BE0403170702 (BE) cannot be right: " in wrong.stdout
    none = billing("check-vat-number", "10003")
    assert (none.exit_code, none.stderr) == (1, "Customer 10003 has no VAT number to check.\n")
    with database.read() as session:
        kept = session.scalars(select(VatNumberCheck.valid).order_by(VatNumberCheck.id)).all()
    assert kept == [True, False]


def test_the_api_is_described_in_full(billing):
    described = billing("openapi")
    assert described.exit_code == 0, described.output
    assert '"/v1/questions"' in described.stdout


# --- the example: question, decision, charge, invoice, PDF ---


@pytest.fixture
def walked(database: Database, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """The example walked through: what was printed, and its key."""
    program = program_on(database)
    assert walk.is_empty(program)
    key = walk.walk(program, Teller())
    assert not walk.is_empty(program)
    return capsys.readouterr().out, key


def test_the_example_decides_every_question_with_its_reason(walked):
    printed = walked[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "12 charge, 3 included, 3 draw, 3 blocked, 1 waived, 1 not billable, 1 needs decision" in printed
    for reason in ("blocked: missing_correction", "blocked: missing_time", "blocked: no_contract", "needs_decision"):
        assert reason in printed
    assert "De uitloop van hoogstens 5 min vervalt: 0:45." in printed
    assert "0:45 uur × € 95,00 = € 71,25." in printed
    assert "850 × €0.04 = €34.00." in printed


def test_the_example_issues_invoices_whose_sums_were_made_by_hand(walked, database):
    with database.read() as session:
        found = session.execute(
            select(Invoice.number, Invoice.net, Invoice.vat, Invoice.state).order_by(Invoice.number)
        )
        invoices = {row.number: (str(row.net), str(row.vat), row.state) for row in found}
    assert invoices == {
        # rowing club: 19.50 + one hour at 85.00 + a third import moment + 15 % of 12,000.00 / 12
        "2026-00001": ("344.50", "72.35", "issued"),
        "2026-00002": ("239.25", "50.24", "issued"),  # choirs: 71.25 + 17.50 + 79.00 + 17.50 + 40.00 + 14.00
        "2026-00003": ("39.00", "8.19", "issued"),  # brass band: 3 questions at 19.50, of which one is free
        # holding: card 180.00 + 17.50 + 1:30 at 120.00 + 0:15 at 95.00 that the card lacks + a consult: 2:00 at 120.00
        "2026-00004": ("641.25", "134.66", "issued"),
        # Belgian federation: 1:30 at 85.00, the app 300.00 + 13 of 28 days of 30.00, reverse charge
        "2026-00005": ("441.43", "0.00", "issued"),
    }


def test_the_example_leaves_no_work_and_a_pdf_per_document_where_it_says_and_a_key_that_works(
    walked, database, tmp_path
):
    printed, key = walked
    pdfs = sorted((tmp_path / "data" / "demo").iterdir())
    for pdf in pdfs:
        assert str(pdf) in printed
        assert pdf.read_bytes().startswith(b"%PDF-")
    [agreed, *invoices, report] = pdfs
    assert (agreed.name, len(invoices)) == ("Aansluiting 2026-03-31.pdf", 5)
    assert report.name == "service-report-NG-2025-2026-02-01-2026-02-28.pdf"
    with database.read() as session:
        assert sorted(session.scalars(select(InvoicePdf.content))) == sorted(pdf.read_bytes() for pdf in invoices)
        assert set(session.scalars(select(OutboxRow.state))) == {"done"}
        assert access.verify(session, key, builders.NOW).scopes == set(access.SCOPES)
        assert session.scalars(select(Connection.state)).all() == ["closed"]
    assert "Differences: 0. Unexplained: 0.00." in printed
    assert key not in printed


def test_billing_from_the_command_line_previews_asks_and_issues(walked, billing, database):
    nothing = billing("bill", "--until", "2026-02-28", "--yes")
    assert (nothing.exit_code, nothing.stdout.strip().splitlines()[-1].strip()) == (0, "There is nothing to invoice.")
    add_manual_charge(database, "KV-2024", Decimal("65.00"))
    shown = billing("preview", "--until", "2026-03-31")
    assert "KV-2024" in shown.stdout
    assert "78.65" in shown.stdout, "65.00 and 21 % VAT"
    declined = billing("bill", "--until", "2026-03-31", answer="n\n")
    assert declined.exit_code == 1
    assert numbers(database)[-1] == "2026-00005"
    done = billing("bill", "--until", "2026-03-31", answer="y\n")
    assert done.exit_code == 0, done.output
    assert "2026-00006" in done.stdout
    assert numbers(database)[-1] == "2026-00008", "two subscriptions have their March"


def numbers(database: Database) -> list[str | None]:
    with database.read() as session:
        return list(session.scalars(select(Invoice.number).order_by(Invoice.number)))


def add_manual_charge(database: Database, contract: str, amount: Decimal) -> None:
    with database.write() as session:
        found = session.scalars(select(Contract).where(Contract.reference == contract)).one()
        description = {"nl": "Presentatie op de ledendag", "en": "Presentation at the members' day"}
        wish = {"contract_id": found.id, "date": date(2026, 3, 12), "description": description, "amount": amount}
        manual.add_charge(builders.scope(session, found.administration_id), wish | {"vat_class": "standard"})
