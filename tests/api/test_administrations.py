"""Administrations: opened by an operator, kept by their own key, with what is dated within them."""

from __future__ import annotations

from typing import Any

import pytest

from billing_service.access import SCOPES
from billing_service.store.administrations import BookYear, Series
from tests.api.client import Caller, World, problem

BOND: dict[str, Any] = {
    "legal_name": "Bond van Buren",
    "street": "Plein 1",
    "postal_code": "9401 AA",
    "city": "Assen",
    "kvk": "30281234",
    "vat_number": "NL004495445B01",
    "iban": "NL91 ABNA 0417 1643 00",
    "bic": "ABNANL2A",
}


def open_bond(world: World, **fields: Any) -> tuple[str, Caller]:
    """The operator opens it and hands over a key; its address and that key."""
    made = world.operator.post("/v1/administrations", BOND | fields)
    assert made.status_code == 201, made.get_data(as_text=True)
    wanted = {"label": "first", "scopes": list(SCOPES), "administration_id": made.get_json()["id"]}
    key = world.operator.post("/v1/api-keys", wanted).get_json()["key"]
    return made.headers["Location"], Caller(world.app.test_client(), key)


def test_an_administration_begins_with_what_it_usually_needs(world: World) -> None:
    path, bond = open_bond(world)
    body = bond.get(path).get_json()
    assert (body["iban"], body["currency"], body["payment_term_days"]) == ("NL91ABNA0417164300", "EUR", 30)
    years = bond.get(f"{path}/book-years").get_json()["items"]
    assert [year["label"] for year in years] == [str(year) for year in range(2016, 2037)]
    assert (years[0]["starts_on"], years[0]["ends_on"]) == ("2016-01-01", "2016-12-31")
    series = bond.get(f"{path}/series").get_json()["items"]
    assert [(one["pattern"], one["document_type"], one["next_number"]) for one in series] == [
        ("C{year}-{number:5}", "credit_note", 1),
        ("{year}-{number:5}", "invoice", 1),
    ]
    assert bond.get(f"{path}/vat-statuses").get_json()["items"] == [{"valid_from": "2001-01-01", "status": "liable"}]


def test_an_administration_brings_its_own_years_series_and_statuses(world: World) -> None:
    own = {
        "vat_statuses": [{"valid_from": "2020-01-01", "status": "small_business"}],
        "book_years": [{"label": "2526", "starts_on": "2025-09-01", "ends_on": "2026-08-31"}],
        "series": [
            {"code": "i", "document_type": "invoice", "pattern": "{year}{number:4}", "per_book_year": True},
            {
                "code": "c",
                "document_type": "credit_note",
                "pattern": "C{number}",
                "per_book_year": False,
                "next_number": 120,
            },
        ],
    }
    path, bond = open_bond(world, **own)
    assert [year["label"] for year in bond.get(f"{path}/book-years").get_json()["items"]] == ["2526"]
    credit, invoice = bond.get(f"{path}/series").get_json()["items"]
    assert (credit["next_number"], invoice["next_number"]) == (120, 1)
    assert credit["cut_over_at"] is not None
    assert invoice["cut_over_at"] is None


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"iban": "NL91ABNA0417164301"}, "/iban"),
        ({"bic": "ABNA"}, "/bic"),
        ({"vat_number": "DE136695976"}, "/vat_number"),
        ({"country": "ZZ", "vat_number": None}, "/country"),
        ({"currency": "JPY"}, "/currency"),
        ({"currency": "XYZ"}, "/currency"),
        ({"book_years": [{"label": "a", "starts_on": "2026-02-01", "ends_on": "2026-01-31"}]}, "/book_years/0/ends_on"),
        (
            {
                "book_years": [
                    {"label": "a", "starts_on": "2026-01-01", "ends_on": "2026-12-31"},
                    {"label": "b", "starts_on": "2026-12-31", "ends_on": "2027-12-31"},
                ]
            },
            "/book_years/1/starts_on",
        ),
        (
            {"vat_statuses": [{"valid_from": "2020-01-01", "status": "liable"}] * 2},
            "/vat_statuses/1/valid_from",
        ),
        (
            {"series": [{"code": "i", "document_type": "invoice", "pattern": "{number}", "per_book_year": True}]},
            "/series/0/pattern",
        ),
        (
            {"series": [{"code": "i", "document_type": "invoice", "pattern": "F{jaar}", "per_book_year": False}]},
            "/series/0/pattern",
        ),
    ],
)
def test_an_administration_that_cannot_be_is_refused_whole(world: World, fields: dict[str, Any], pointer: str) -> None:
    refused = world.operator.post("/v1/administrations", BOND | fields)
    assert refused.status_code in (409, 422), refused.get_data(as_text=True)
    assert pointer in [error["pointer"] for error in refused.get_json(force=True)["errors"]]
    assert len(world.operator.get("/v1/administrations").get_json()["items"]) == 2
    with world.database.read() as session:
        assert session.query(Series).count() == 2
        assert session.query(BookYear).count() == 34


def test_a_key_changes_its_own_administration_and_sees_no_other(world: World) -> None:
    path, bond = open_bond(world)
    changed = bond.patch(path, {"trade_name": "De Bond", "payment_term_days": 14})
    assert (changed.get_json()["trade_name"], changed.headers["ETag"]) == ("De Bond", '"2"')
    assert [one["legal_name"] for one in bond.get("/v1/administrations").get_json()["items"]] == ["Bond van Buren"]
    problem(bond.patch(path, {"currency": "USD"}), 422, "invalid_input")
    problem(bond.patch(path, {"country": "DE"}), 422, "invalid_input")  # its VAT number is Dutch
    problem(bond.post("/v1/administrations", BOND), 403, "not_allowed")


def test_vat_statuses_are_dated_and_one_always_remains(world: World) -> None:
    path, bond = open_bond(world)
    assert bond.put(f"{path}/vat-statuses/2026-07-01", {"status": "small_business"}).status_code == 200
    assert bond.put(f"{path}/vat-statuses/2026-07-01", {"status": "not_entrepreneur"}).status_code == 200
    listed = bond.get(f"{path}/vat-statuses").get_json()["items"]
    assert [(one["valid_from"], one["status"]) for one in listed] == [
        ("2001-01-01", "liable"),
        ("2026-07-01", "not_entrepreneur"),
    ]
    assert bond.send("DELETE", f"{path}/vat-statuses/2001-01-01").status_code == 204
    problem(bond.send("DELETE", f"{path}/vat-statuses/2001-01-01"), 404, "not_found")
    problem(bond.send("DELETE", f"{path}/vat-statuses/2026-07-01"), 409, "last_vat_status")
    problem(bond.put(f"{path}/vat-statuses/2026-02-30", {"status": "liable"}), 404, "not_found")


def test_book_years_never_overlap(world: World) -> None:
    path, bond = open_bond(world)
    later = {"label": "2037", "starts_on": "2037-01-01", "ends_on": "2037-06-30"}
    made = bond.post(f"{path}/book-years", later)
    assert made.status_code == 201
    problem(bond.post(f"{path}/book-years", later | {"label": "2037b"}), 409, "overlapping_book_years")
    again = later | {"starts_on": "2038-01-01", "ends_on": "2038-12-31"}
    problem(bond.post(f"{path}/book-years", again), 409, "already_exists")
    assert bond.send("DELETE", made.headers["Location"]).status_code == 204
    problem(bond.get(made.headers["Location"]), 404, "not_found")


def test_series_that_could_print_one_number_twice_are_refused(world: World) -> None:
    path, bond = open_bond(world)
    clash = {"code": "c", "document_type": "credit_note", "pattern": "{year}{number:5}", "per_book_year": True}
    refused = problem(bond.post(f"{path}/series", clash), 422, "invalid_number_pattern")
    assert refused["errors"][0]["pointer"] == "/pattern"
    assert bond.post(f"{path}/series", clash | {"pattern": "D{year}{number:5}"}).status_code == 201
    problem(bond.post(f"{path}/series", clash | {"pattern": "E{year}{number}"}), 409, "already_exists")


def test_the_next_number_is_set_once(world: World) -> None:
    path, bond = open_bond(world)
    series = f"{path}/series/{bond.get(f'{path}/series').get_json()['items'][0]['id']}"
    assert bond.patch(series, {"next_number": 811}).get_json()["next_number"] == 811
    problem(bond.patch(series, {"next_number": 812}), 409, "cut_over_done")
    assert bond.patch(series, {"pattern": "F{year}-{number:4}"}).get_json()["pattern"] == "F{year}-{number:4}"


def test_a_series_that_gave_a_number_stays_as_it_is(world: World) -> None:
    path, bond = open_bond(world)
    series_id = bond.get(f"{path}/series").get_json()["items"][1]["id"]
    with world.database.write() as session:
        for row in session.query(Series).filter(Series.code == "invoices"):
            row.last_number = "2026-00001"
    problem(bond.patch(f"{path}/series/{series_id}", {"pattern": "F{year}-{number}"}), 409, "series_in_use")
