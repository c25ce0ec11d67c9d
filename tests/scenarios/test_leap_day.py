"""29 February: contracts, tariffs, book years, periods and due dates that begin, end or fall on it."""

from __future__ import annotations

from datetime import date

from billing_service.store.session import Database
from tests.api.client import problem
from tests.scenarios.books import Books, counted, figures, in_order, local, opened_books

YEARS = [
    {"label": "2023", "starts_on": "2023-03-01", "ends_on": "2024-02-28"},
    {"label": "2024", "starts_on": "2024-02-29", "ends_on": "2025-02-28"},
    {"label": "2025", "starts_on": "2025-03-01", "ends_on": "2026-02-28"},
]
"""Broken book years of a helpdesk that was founded on a leap day."""


def prices(books: Books) -> dict[str, tuple[int | None, str | None]]:
    """The ordinal and the price of each question."""
    keys = {one["id"]: one["external_id"] for one in books.all("/questions")}
    return {
        keys[one["question_id"]]: (one["ordinal"], one["amount"] and one["amount"]["amount"])
        for one in books.all("/decisions")
    }


def test_a_contract_of_leap_day_its_years_and_its_book_years(database: Database) -> None:
    books = opened_books(database, date(2024, 2, 1), book_years=YEARS, payment_term_days=366 - 1)
    # In a year of the contract the first two questions cost 20.00, the others 15.00; from the second leap year on less.
    tariff = books.tariff(counted("20.00", "15.00", 2, "contract_year"), "2024-02-29")
    books.version(tariff, counted("19.00", "14.00", 2, "contract_year"), "2025-03-01")
    customer = books.customer()
    books.contract("DL-2024", customer, tariff, valid_from="2024-02-29", annex=True)

    books.at(2024, 2, 29, 23, 59)
    before = books.closed("0", local(2024, 2, 28, 23, 59), "DL-2024")
    books.closed("1", local(2024, 2, 29, 0, 0), "DL-2024")
    books.closed("2", local(2024, 2, 29, 23, 59, 59), "DL-2024")
    decision = books.get(f"/questions/{before}/decision")
    assert (decision["state"], decision["reason"]) == ("blocked", "no_contract")
    [first] = books.bill("2024-02-29")
    assert figures(first) == ("2024-00001", "40.00", "8.40", "48.40")
    # 365 days on lies 28 February, for 29 February comes no more
    assert (first["issue_date"], first["due_date"]) == ("2024-02-29", "2025-02-28")
    books.says(
        first,
        "Factuurdatum 29 februari 2024",
        "Vervaldatum 28 februari 2025",
        "Leverdatum 29 februari 2024",
        "Betaaltermijn 365 dagen na factuurdatum",
        "vraag nummer 2 per contract in het contractjaar",
    )

    # The contract's year ends on 28 February 2025, and so does the book year; both begin anew on 1 March.
    books.at(2025, 2, 28, 23, 59)
    books.closed("3", local(2025, 2, 28, 23, 30), "DL-2024")
    [second] = books.bill("2025-02-28")
    assert figures(second) == ("2024-00002", "15.00", "3.15", "18.15")
    books.at(2025, 3, 1, 0, 1)
    books.closed("4", local(2025, 3, 1, 0, 0), "DL-2024")
    [third] = books.bill("2025-03-01")
    assert figures(third) == ("2025-00001", "19.00", "3.99", "22.99")
    assert prices(books) == {
        "0": (None, None),
        "1": (1, "20.00"),
        "2": (2, "20.00"),
        "3": (3, "15.00"),
        "4": (1, "19.00"),
    }
    books.says(third, "Factuurnummer 2025-00001", "Tarief: std 2.", "vraag nummer 1 per contract in het contractjaar")
    in_order(books)


def test_contracts_that_end_or_are_billed_on_leap_day(database: Database) -> None:
    books = opened_books(database, date(2024, 1, 30), payment_term_days=30)
    tariff, customer = books.tariff(), books.customer()
    books.contract("DL-EIND", customer, tariff, rhythm="year", valid_to="2024-02-29")
    year = books.contract("DL-JAAR", customer, tariff, rhythm="year")
    books.contract("DL-MAAND", customer, tariff)

    # Thirty days after 30 January is leap day; in a year without one it would be 1 March.
    books.closed("J", local(2024, 1, 29, 10), "DL-MAAND")
    [january] = books.bill("2024-01-31")
    assert (january["issue_date"], january["due_date"]) == ("2024-01-30", "2024-02-29")
    assert not books.get(f"/invoices/{january['id']}")["overdue"]

    books.at(2024, 3, 1, 8)
    assert books.get(f"/invoices/{january['id']}")["overdue"], "the last day to pay was yesterday"
    books.closed("1", local(2024, 2, 29, 23, 59), "DL-EIND")
    after = books.closed("2", local(2024, 3, 1, 0, 1), "DL-EIND")
    books.closed("1a", local(2024, 2, 29, 23, 59), "DL-JAAR")
    assert books.get(f"/questions/{after}/decision")["reason"] == "no_contract"
    books.closed("3", local(2024, 2, 29, 12), "DL-MAAND")
    books.closed("4", local(2024, 3, 1, 0, 0), "DL-MAAND")

    # February has 29 days this year. The contract that ended goes along; the other by the year waits for its end,
    # unless it is named.
    [ended, monthly] = books.bill("2024-02-29")
    assert (figures(ended), ended["contract"]) == (("2024-00002", "12.50", "2.63", "15.13"), "DL-EIND")
    books.says(ended, "Leverdatum 29 februari 2024", "Vraag 1 · 29 februari 2024", "Vervaldatum 31 maart 2024")
    assert (figures(monthly), monthly["contract"]) == (("2024-00003", "12.50", "2.63", "15.13"), "DL-MAAND")
    assert (monthly["supply_from"], monthly["supply_to"]) == ("2024-02-29", "2024-02-29")
    assert monthly["due_date"] == "2024-03-31"
    [yearly] = books.bill("2024-02-29", year)
    assert (figures(yearly), yearly["contract"]) == (("2024-00004", "12.50", "2.63", "15.13"), "DL-JAAR")

    for no_such_day in ("2023-02-29", "2100-02-29", "2024-02-30"):
        refused = problem(books.ours.post("/v1/billing-runs", {"until": no_such_day}), 422, "invalid_input")
        assert [error["pointer"] for error in refused["errors"]] == ["/until"]
    # 28 February + a day is a day of its own: nothing of leap day is in what is billed up to the 28th.
    books.closed("5", local(2024, 2, 28, 23, 59), "DL-MAAND")
    books.closed("6", local(2024, 2, 29, 0, 1), "DL-MAAND")
    [up_to_the_28th] = books.bill("2024-02-28")
    assert (up_to_the_28th["supply_from"], up_to_the_28th["supply_to"]) == ("2024-02-28", "2024-02-28")
    in_order(books)
