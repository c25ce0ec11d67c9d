"""A question of December that comes in when the year is closed: billed in January, at the price and VAT of December."""

from __future__ import annotations

from datetime import date

from billing_service.store.session import Database
from tests.api.client import problem
from tests.scenarios.books import counted, figures, in_order, local, opened_books


def test_a_late_question_after_the_year_is_closed(database: Database) -> None:
    # As if a law raised the standard rate with the new year, which makes the rate of each line visible.
    books = opened_books(database, date(2025, 12, 1))
    law = {"vat_class": "standard", "valid_from": "2026-01-01", "rate": "22.00", "source": "Stb. 2025, 1"}
    assert books.operator.post("/v1/vat-rates", law).status_code == 201
    tariff = books.tariff(counted("10.00", "8.00", 3), "2025-01-01")  # the first three of a calendar year cost 10.00
    books.version(tariff, counted("11.00", "9.00", 3), "2026-01-01")
    books.contract("DL-2025", books.customer(), tariff, annex=True)

    books.at(2025, 12, 31, 18)
    books.closed("D-1", local(2025, 12, 8, 10), "DL-2025")
    books.closed("D-2", local(2025, 12, 31, 17), "DL-2025")
    books.at(2026, 1, 2)
    [december] = books.bill("2025-12-31")  # the last of the year, though it is dated and numbered in January
    assert figures(december) == ("2026-00001", "20.00", "4.20", "24.20")
    assert (december["supply_from"], december["supply_to"], december["due_date"]) == (
        "2025-12-08",
        "2025-12-31",
        "2026-02-01",
    )

    # On 14 January two more of December come in, and two around the turn of the year: 23:30 and 00:30 in Amsterdam.
    books.at(2026, 1, 14)
    late = books.closed("D-0", local(2025, 12, 1, 10), "DL-2025")
    books.closed("D-3", local(2025, 12, 31, 23, 30), "DL-2025")
    first = books.closed("J-1", local(2026, 1, 1, 0, 30), "DL-2025")
    books.closed("J-2", local(2026, 1, 13, 12), "DL-2025")
    # The invoice of December is as it was, and a second one up to its end would hold just the late ones.
    assert figures(books.get(f"/invoices/{december['id']}")) == figures(december)
    [draft] = books.post("/billing-runs/preview", {"until": "2025-12-31"})["drafts"]
    assert (draft["net"]["amount"], draft["document"]["supply_to"]) == ("18.00", "2025-12-31")

    books.at(2026, 2, 2)
    [january] = books.bill("2026-01-31")
    # December: the next free places 3 and 4, though D-0 was closed first of all: 10.00 and 8.00, with 21 %.
    # January counts anew, at the new price: 11.00 and 11.00, with 22 %.
    assert figures(january) == ("2026-00002", "40.00", "8.62", "48.62")
    assert (january["supply_from"], january["supply_to"]) == ("2025-12-01", "2026-01-13")
    document = books.document(january)
    assert [(line["amount"], line["vat_rate"]) for line in document["lines"]] == [
        ("10.00", "21.00"),
        ("8.00", "21.00"),
        ("11.00", "22.00"),
        ("11.00", "22.00"),
    ]
    assert [(group["rate"], group["taxable"], group["tax"]) for group in document["vat"]] == [
        ("22.00", "22.00", "4.84"),
        ("21.00", "18.00", "3.78"),
    ]
    ordinals = {one: books.get(f"/questions/{one}/decision")["ordinal"] for one in (late, first)}
    assert ordinals == {late: 3, first: 1}
    books.says(
        january,
        "Factuurnummer 2026-00002",
        "Factuurdatum 2 februari 2026",
        "Periode van levering 1 dec 2025 – 13 jan 2026",
        "Vraag D-0 · 1 december 2025",
        "Vraag J-1 · 1 januari 2026",
        "22% € 22,00 € 4,84",
        "21% € 18,00 € 3,78",
        "Staffel vragen: vraag nummer 3 per contract in het kalenderjaar.",
        "Tarief: std 1.",
        "Tarief: std 2.",
    )
    # Rates that were used stay what they were.
    problem(books.operator.post("/v1/vat-rates", law | {"rate": "23.00"}), 409, "vat_rate_used")
    in_order(books)


def test_december_may_still_be_dated_in_december_until_january_is_numbered(database: Database) -> None:
    books = opened_books(database, date(2025, 12, 1))
    contract = books.contract("DL-2025", books.customer(), books.tariff(), valid_to="2025-12-31")
    other = books.contract("DE-2025", books.customer("10002", "Stichting De Eik"), books.tariff(code="eik"))
    books.at(2026, 1, 5)
    books.closed("D-1", local(2025, 12, 30, 10), "DL-2025")
    books.closed("D-2", local(2025, 12, 30, 11), "DE-2025")
    [first] = books.issue(books.release("2025-12-31", contract), "2025-12-31")
    assert (first["number"], first["issue_date"], first["due_date"]) == ("2025-00001", "2025-12-31", "2026-01-30")

    # A late question: in the closed year it would follow on, and once January has a number it no longer can.
    books.closed("D-3", local(2025, 12, 31, 9), "DL-2025")
    [second] = books.bill("2025-12-31", other)
    assert (second["number"], second["issue_date"]) == ("2026-00001", "2026-01-05")
    run = books.release("2025-12-31", contract)
    backdated = books.job(f"/billing-runs/{run}/issue", {"issue_date": "2025-12-31"})
    assert backdated["state"] == "needs_attention"
    assert "2026-00001 was issued on 2026-01-05" in backdated["error"]
    [third] = books.issue(run)
    assert figures(third) == ("2026-00002", "12.50", "2.63", "15.13")
    assert third["supply_to"] == "2025-12-31"
    books.says(third, "Factuurdatum 5 januari 2026", "Leverdatum 31 december 2025")
    in_order(books)


def test_a_late_question_of_a_quarter_that_was_billed(database: Database) -> None:
    """A contract by the quarter does not keep it until April: it goes with the next run, on an invoice of its own."""
    books = opened_books(database, date(2025, 10, 1))
    books.contract("DL-2025", books.customer(), books.tariff(), rhythm="quarter", valid_to="2025-12-31")
    books.at(2026, 1, 2)
    books.closed("D-1", local(2025, 10, 1, 0, 0), "DL-2025")
    [first] = books.bill("2025-12-31")
    assert (first["supply_from"], first["supply_to"]) == ("2025-10-01", "2025-10-01")

    books.at(2026, 1, 20)
    books.closed("D-2", local(2025, 12, 31, 23, 59), "DL-2025", 60)
    after = books.closed("J-1", local(2026, 1, 1, 0, 0), "DL-2025")
    assert books.get(f"/questions/{after}/decision")["reason"] == "no_contract", "the contract ended"
    books.at(2026, 2, 2)
    [second] = books.bill("2026-01-31")
    assert figures(second) == ("2026-00002", "95.00", "19.95", "114.95")
    assert (second["supply_from"], second["supply_to"]) == ("2025-12-31", "2025-12-31")
    books.says(second, "Leverdatum 31 december 2025", "Vraag D-2 · 31 december 2025")
    in_order(books)
