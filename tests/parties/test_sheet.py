"""A new user brings the customers in a spreadsheet."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from billing_service.errors import InvalidInput, UnreadableFile
from billing_service.parties import sheet
from billing_service.store.parties import Contract, ContractOrganisation, Customer, Organisation
from billing_service.store.session import Database
from billing_service.store.tariffs import Tariff
from tests import builders

TITLES = "number;name;street;postal_code;city;email;contract;tariff;valid_from;annex;organisations\n"
TWO = (
    TITLES
    + "10001;Koepel Oost;Kerkplein 1;7411 KA;Deventer;fin@oost.example;"
    + "C-1;standaard;2026-01-01;yes;deventer=Deventer|zutphen\n"
    + "10002;Bond Zuid;Markt 2;5611 EC;Eindhoven;;C-2;standaard;2026-01-01;;eindhoven\n"
)


def _administration(session):
    ours = builders.administration(session)
    tariff = builders.tariff(session, ours, {})
    session.get(Tariff, (ours, tariff)).code = "standaard"
    session.flush()
    return builders.scope(session, ours)


def test_customers_come_with_contract_and_organisations(database: Database) -> None:
    with database.write() as session:
        loaded = sheet.import_customers(_administration(session), TWO.encode())
        assert (loaded.new, loaded.known, loaded.refused) == (2, 0, [])
        assert session.scalars(select(Customer.name).order_by(Customer.number)).all() == ["Koepel Oost", "Bond Zuid"]
        assert session.scalars(select(Contract.annex).order_by(Contract.reference)).all() == [True, False]
        names = {one.code: one.name for one in session.scalars(select(Organisation))}
        assert names == {"deventer": "Deventer", "zutphen": "zutphen", "eindhoven": "eindhoven"}
        assert session.scalar(select(func.count()).select_from(ContractOrganisation)) == 3


def test_a_second_run_takes_nothing_twice_and_overwrites_nothing(database: Database) -> None:
    with database.write() as session:
        scope = _administration(session)
        sheet.import_customers(scope, TWO.encode())
        session.scalars(select(Customer).where(Customer.number == "10001")).one().city = "Zutphen"
        loaded = sheet.import_customers(scope, TWO.encode())
        assert (loaded.new, loaded.known) == (0, 2)
        assert session.scalar(select(Customer.city).where(Customer.number == "10001")) == "Zutphen"
        assert session.scalar(select(func.count()).select_from(Customer)) == 2


def test_bad_lines_are_named_and_leave_nothing_behind_while_good_ones_are_taken(database: Database) -> None:
    content = TWO + (
        "10003;;Markt 3;5611 EC;Eindhoven;;C-3;standaard;2026-01-01;;\n"
        "10004;Bond Noord;Markt 4;9712 HN;Groningen;;C-4;onbekend;2026-01-01;;\n"
        "10005;Bond West;Markt 5;2511 BT;Den Haag;;C-5;standaard;01-01-2026;maybe;west\n"
    )
    with database.write() as session:
        scope = _administration(session)
        loaded = sheet.import_customers(scope, content.encode())
        assert loaded.new == 2
        assert loaded.refused == [
            (4, "name", "is empty"),
            (5, "tariff", "'onbekend' is no tariff"),
            (6, "annex", "is not yes or no"),
        ]
        assert session.scalar(select(func.count()).select_from(Customer)) == 2
        assert session.scalar(select(func.count()).where(Organisation.code == "west")) == 0


def test_a_contract_of_somebody_else_is_not_taken_for_ones_own(database: Database) -> None:
    with database.write() as session:
        scope = _administration(session)
        sheet.import_customers(scope, TWO.encode())
        known = TITLES + "10001;Bond;Markt 2;5611 EC;Eindhoven;;C-2;standaard;2026-01-01;;\n"
        assert sheet.import_customers(scope, known.encode()).refused == [(2, "contract", "belongs to another customer")]
        other = TITLES + "10009;Bond;Markt 2;5611 EC;Eindhoven;;C-2;standaard;2026-01-01;;\n"
        assert sheet.import_customers(scope, other.encode()).refused == [(2, "contract", "belongs to another customer")]


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (TWO.encode("windows-1252").replace(b"Bond", b"B\xf6nd"), UnreadableFile, "Line 3"),
        (TWO.replace("street", "straat").encode(), InvalidInput, "columns"),
        (b"", UnreadableFile, "empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    sqlite_database: Database, content: bytes, error: type[Exception], words: str
) -> None:
    with sqlite_database.write() as session, pytest.raises(error, match=words):
        sheet.import_customers(_administration(session), content)
