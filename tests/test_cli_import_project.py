"""``billing import-project``: a support desk's day on the command line, in sentences, with nothing half done."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, update

from billing_service import cli
from billing_service.store.charges import Charge
from billing_service.store.imports import ImportDelivery, ImportEvent
from billing_service.store.session import Database
from tests import builders
from tests.documents.reading import read
from tests.test_cli import program_on

Desk = Callable[..., Result]

MEMBERS = "Lidnummer;Voornaam;Achternaam;Postcode;Plaats\n1;Anna;de Wit;7411 AA;Deventer\n2;Bram;Smit;7412 AB;Zwolle\n"
GROUPS = "Lidnummer;Commissie\n1;Feest\n"


@pytest.fixture
def desk(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """``billing import-project …`` in a folder with two files, under contract DL-2026."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BILLING_DATA_DIR", str(tmp_path))
    Path("leden.csv").write_text(MEMBERS, encoding="utf-8")
    Path("groepen.csv").write_text(GROUPS, encoding="utf-8")
    with database.write() as session:
        ours = builders.administration(session)
        tariff = builders.tariff(session, ours, {"name": "Tarief", "rules": []})
        builders.contract(session, ours, builders.customer(session, ours, language="nl"), tariff, reference="DL-2026")

    def run(*words: object) -> Result:
        return CliRunner().invoke(cli.main, ["import-project", *map(str, words)], obj=program_on(database))

    return run


def done(result: Result) -> str:
    """What a command that did its work printed, with single blanks."""
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def refused(result: Result) -> str:
    """The sentences of a command that was refused."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return result.stderr


def count(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def opened(desk: Desk, *, website: bool = True) -> None:
    sold = "--website" if website else "--no-website"
    done(desk("open", "IMP-1", "Ledenbestand", "--contract", "DL-2026", sold, "--on", "2026-03-02"))


def test_a_free_import_and_a_further_moment_with_what_it_costs_and_why(desk: Desk) -> None:
    opened(desk, website=False)
    said = done(desk("deliver", "IMP-1", "leden.csv", "--on", "2026-03-02"))
    assert "The titles suggest only personal data of members; somebody must look and confirm (assess)." in said
    assert "Somebody must confirm the facts of this delivery first." in said
    assert "This import is free." in done(desk("assess", "IMP-1", "--members-only", "--on", "2026-03-02"))
    assert "Import carried out." in done(desk("import", "IMP-1", "--on", "2026-03-02"))
    said = done(desk("deliver", "IMP-1", "leden.csv"))
    assert "Beside moment 1 of 2 March 2026: the same structure." in said
    assert "This moment costs €90.00, excluding VAT." in said
    assert refused(desk("import", "IMP-1")).startswith("All included moments have been used")
    done(desk("agree", "IMP-1", "further-moment", "--by", "A. de Wit (phone)"))
    said = done(desk("import", "IMP-1"))
    assert "Second import moment of the member file (31 March 2026): €90.00" in said
    assert "Agreed by A. de Wit (phone) on 31 March 2026." in said
    done(desk("deliver", "IMP-1", "leden.csv"))
    done(desk("agree", "IMP-1", "further-moment", "--by", "A. de Wit (phone)"))
    said = done(desk("import", "IMP-1"))
    assert "Third import moment" in said
    assert "Second import moment" not in said, "only what this event costs"
    shown = done(desk("show", "IMP-1", "--language", "nl"))
    assert "Tweede importmoment van het ledenbestand (31 maart 2026): € 90,00" in shown.replace("\xa0", " ")
    assert "IMP-1" in done(desk("list"))
    assert done(desk("check", "IMP-1")) == "The charges are those that the history makes."


def test_a_quote_with_its_pdf_declined_and_a_better_one_accepted(desk: Desk, database: Database) -> None:
    opened(desk)
    done(desk("deliver", "IMP-1", "leden.csv", "groepen.csv"))
    assert "it needs a quote" in done(desk("assess", "IMP-1", "--more-than-members"))
    said = done(desk("quote", "IMP-1", "--price", "500.00", "--pdf", "offerte.pdf"))
    assert "Quote IMP-1-1, valid until 30 April 2026 inclusive." in said
    assert re.search(r"https?://\S+/quotes/\S{40,}$", said)
    assert "€ 500,00" in read(Path("offerte.pdf").read_bytes())[0].text
    done(desk("decline", "IMP-1", "--by", "P. Zaal", "--reason", "Te duur"))
    assert refused(desk("accept", "IMP-1", "--by", "P. Zaal")) == "No quote is open.\n"
    done(desk("quote", "IMP-1", "--price", "345.55"))
    done(desk("accept", "IMP-1", "--by", "P. Zaal (e-mail)"))
    assert count(database, Charge) == 0
    assert "€345.55" in done(desk("import", "IMP-1"))
    assert count(database, Charge) == 1


def test_told_titles_stand_in_for_files_and_a_website_comes_later(desk: Desk) -> None:
    opened(desk, website=False)
    said = done(desk("facts", "IMP-1", "--titles", "Naam; Postcode; E-mail", "--titles", "Naam; Commissie"))
    assert "Commissie" in said
    assert "more than personal data of members" in said
    done(desk("send-back", "IMP-1", "--reason", "Toch één bestand"))
    done(desk("facts", "IMP-1", "--titles", "Naam; Postcode; E-mail"))
    done(desk("assess", "IMP-1", "--members-only"))
    done(desk("import", "IMP-1"))
    done(desk("feedback", "IMP-1", "Postcode is leeg"))
    done(desk("facts", "IMP-1", "--titles", "Naam; Postcode; E-mail"))
    done(desk("import", "IMP-1", "--feedback"))
    done(desk("facts", "IMP-1", "--titles", "Naam; Postcode; E-mail"))
    done(desk("import", "IMP-1", "--redo", "Verkeerde groep"))
    done(desk("website", "IMP-1"))
    assert "Moments delivered: 1, included: 2." in done(desk("show", "IMP-1"))
    done(desk("close", "IMP-1", "--reason", "Klaar"))
    assert refused(desk("feedback", "IMP-1", "Nog iets")) == "The import project is closed.\n"


def test_an_unusable_file_is_named_and_nothing_of_the_delivery_is_recorded(desk: Desk, database: Database) -> None:
    opened(desk)
    Path("oud.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    assert refused(desk("deliver", "IMP-1", "leden.csv", "oud.xlsx")).startswith("oud.xlsx: ")
    assert count(database, ImportDelivery) == 0


def test_errors_are_sentences_that_name_the_field(desk: Desk, database: Database) -> None:
    nowhere = refused(desk("show", "IMP-9"))
    assert nowhere == "There is no import project IMP-9: billing import-project list shows them.\n"
    unknown = refused(desk("open", "IMP-1", "Leden", "--contract", "XX", "--website"))
    assert unknown == "There is no contract XX.\n  --contract: there is no contract XX\n"
    opened(desk)
    assert "There is an import project IMP-1 already." in refused(
        desk("open", "IMP-1", "Leden", "--contract", "DL-2026", "--website")
    )
    assert "has no delivery that waits" in refused(desk("assess", "IMP-1", "--members-only"))
    assert "has no quote" in refused(desk("accept", "IMP-1", "--by", "P. Zaal"))
    done(desk("facts", "IMP-1", "--titles", "Naam; Commissie"))
    done(desk("assess", "IMP-1", "--more-than-members"))
    assert "  --price: is not a number" in refused(desk("quote", "IMP-1", "--price", "veel"))
    assert "in the future" in refused(desk("quote", "IMP-1", "--price", "500", "--on", "2026-04-01"))
    assert refused(desk("facts", "IMP-1", "--titles", " ; ")) == "--titles of file 1 names no column.\n"
    assert count(database, ImportEvent) == 2, "opened and assessed; what was refused left nothing"


@pytest.mark.parametrize(
    "words",
    [
        ["open", "IMP-1", "Leden", "--contract", "DL-2026"],
        ["deliver", "IMP-1"],
        ["deliver", "IMP-1", "nergens.csv"],
        ["agree", "IMP-1", "everything", "--by", "P. Zaal"],
        ["import", "IMP-1", "--feedback", "--redo", "Fout"],
        ["import", "IMP-1", "--on", "gisteren"],
    ],
)
def test_wrong_use_is_exit_code_2(desk: Desk, words: list[str]) -> None:
    opened(desk)
    assert desk(*words).exit_code == 2


def test_a_charge_that_is_not_as_the_history_makes_it_is_found(desk: Desk, database: Database) -> None:
    opened(desk, website=False)
    for command in (["assess", "IMP-1", "--members-only"], ["agree", "IMP-1", "further-moment", "--by", "A."]):
        done(desk("deliver", "IMP-1", "leden.csv"))
        done(desk(*command))
        done(desk("import", "IMP-1"))
    with database.write() as session:
        session.execute(update(Charge).values(date=date(2026, 3, 1)))
    found = desk("check", "IMP-1")
    assert found.exit_code == 1
    assert "further_moment of event 5" in found.stdout
    assert "Reported as finding" in found.stdout


def test_every_command_is_explained(desk: Desk) -> None:
    listed = done(desk("--help"))
    for name in cli.import_project.import_project.commands:
        assert f" {name} " in listed
        assert "Usage: " in done(desk(name, "--help"))
