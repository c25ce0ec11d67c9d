"""A year of an association: twelve months under two contracts, new prices in July, a new book year in January.

What each month comes to was worked out by hand; the table below is that sheet.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from billing_service.store.session import Database
from tests.scenarios.books import Books, figures, in_order, local, opened_books, priced, total

MONTH, QUARTER = "DL-2025", "DL-WEBSHOP"

# month: (day, minutes or what it was). By phone 12.50, from July 13.50; an hour 95.00, from July 98.00.
ASKED: dict[int, list[tuple[int, Any]]] = {
    1: [(6, "phone"), (20, "phone"), (31, 50)],  # 2 x 12.50 + 0:45 (50 less grace) at 95.00 = 25.00 + 71.25
    2: [(3, "phone"), (28, "manual")],  # 12.50
    3: [(14, 51), (20, "goodwill")],  # 1:00 at 95.00
    4: [(1, "phone"), (9, "phone"), (30, "phone")],  # 3 x 12.50
    5: [(13, "manual")],  # nothing to pay: a statement
    6: [(5, 20), (11, "goodwill"), (19, "bug")],  # 0:15 at 95.00
    7: [(1, "phone"), (2, "phone"), (22, 21)],  # 2 x 13.50 + 0:30 at 98.00 = 27.00 + 49.00
    8: [],  # on holiday
    9: [(17, "phone")],  # 13.50
    10: [(8, 125)],  # 2:00 at 98.00
    11: [(4, "phone"), (27, "manual")],  # 13.50
    12: [(1, "phone"), (30, "phone"), (31, 3)],  # 2 x 13.50 + 0:15 at 98.00 = 27.00 + 24.50
}
ASKED_BESIDE: dict[int, list[tuple[int, Any]]] = {
    2: [(10, "phone")],
    3: [(31, "phone")],  # with February's: 25.00
    6: [(30, "phone")],  # 12.50: the last day of the old price
    7: [(1, "phone")],  # 13.50: the first of the new one
    12: [(31, 60)],  # 98.00
}
BILLED: dict[int, list[tuple[str | None, str, str, str]]] = {
    1: [("2025-00001", "96.25", "20.21", "116.46")],
    2: [("2025-00002", "12.50", "2.63", "15.13")],
    3: [("2025-00003", "95.00", "19.95", "114.95"), ("2025-00004", "25.00", "5.25", "30.25")],
    4: [("2025-00005", "37.50", "7.88", "45.38")],
    5: [(None, "0.00", "0.00", "0.00")],
    6: [("2025-00006", "23.75", "4.99", "28.74"), ("2025-00007", "12.50", "2.63", "15.13")],
    7: [("2025-00008", "76.00", "15.96", "91.96")],
    8: [],
    9: [("2025-00009", "13.50", "2.84", "16.34"), ("2025-00010", "13.50", "2.84", "16.34")],
    10: [("2025-00011", "196.00", "41.16", "237.16")],
    11: [("2025-00012", "13.50", "2.84", "16.34")],
    12: [("2026-00001", "51.50", "10.82", "62.32"), ("2026-00002", "98.00", "20.58", "118.58")],
}
LAST_DAYS = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
FACTS: dict[str, dict[str, Any]] = {
    "phone": {},
    "manual": {"category": "handleiding", "channel": "email"},
    "goodwill": {"tags": ["coulance"]},
    "bug": {"kind": "bug"},
}


def ask(books: Books, contract: str, month: int, asked: list[tuple[int, Any]]) -> None:
    for place, (day, what) in enumerate(asked, start=1):
        books.at(2025, month, day, 16)
        key, moment = f"{contract}-{month:02d}-{place}", local(2025, month, day, 15, 30)
        if isinstance(what, int):
            books.closed(key, moment, contract, what)
        else:
            books.closed(key, moment, contract, **FACTS[what])


def begin(database: Database) -> Books:
    """The books of a helpdesk that has book years as they come: so far only 2025."""
    year = {"label": "2025", "starts_on": "2025-01-01", "ends_on": "2025-12-31"}
    books = opened_books(database, date(2025, 1, 2), book_years=[year])
    tariff, customer = books.tariff(), books.customer()
    books.contract(MONTH, customer, tariff, annex=True)
    books.contract(QUARTER, customer, tariff, rhythm="quarter", title="Webwinkel")
    books.at(2025, 6, 20)
    books.version(tariff, priced("13.50", "98.00"), "2025-07-01")
    return books


def test_a_year_of_an_association(database: Database) -> None:
    books = begin(database)
    documents: dict[int, list[dict[str, Any]]] = {}
    for month in range(1, 12):
        ask(books, MONTH, month, ASKED[month])
        ask(books, QUARTER, month, ASKED_BESIDE.get(month, []))
        books.at(2025, month + 1, 2)
        documents[month] = books.bill(f"2025-{month:02d}-{LAST_DAYS[month]}")
        assert [figures(one) for one in documents[month]] == BILLED[month], month

    # The books are not ready for 2026 yet: nothing is issued, nothing is lost, and somebody is told why.
    ask(books, MONTH, 12, ASKED[12])
    ask(books, QUARTER, 12, ASKED_BESIDE[12])
    books.at(2026, 1, 2)
    run = books.release("2025-12-31")
    refused = books.job(f"/billing-runs/{run}/issue", {})
    assert refused["state"] == "needs_attention"
    assert "No book year contains 2026-01-02; add the book year first." in refused["error"]
    assert books.all("/invoices", billing_run_id=run, state="issued") == []
    new_year = {"label": "2026", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}
    books.post(f"/administrations/{books.administration}/book-years", new_year)
    documents[12] = books.issue(run)
    assert [figures(one) for one in documents[12]] == BILLED[12]
    assert [one["due_date"] for one in documents[12]] == ["2026-02-01", "2026-02-01"]

    # The year as the treasurer adds it up by hand: 615.50 and 149.00, with 129.28 and 31.30 VAT.
    every = [one for month in documents.values() for one in month]
    assert (total(every, "net"), total(every, "vat"), total(every, "gross")) == (
        Decimal("764.50"),
        Decimal("160.58"),
        Decimal("925.08"),
    )
    [customer] = books.all("/customers")
    assert books.get(f"/customers/{customer['id']}/balance")["balance"]["amount"] == "925.08"
    assert_every_question_is_accounted_for(books)
    assert_the_association_reads_it(books, documents)
    in_order(books)


def assert_every_question_is_accounted_for(books: Books) -> None:
    """29 questions: 23 charged (9 times 12.50, 7 times 13.50, 7 times hours: together 764.50), 3 included, 2 waived."""
    counts = books.get("/decisions/counts", decided_from="2025-01-01", decided_until="2025-12-31")
    assert {one["disposition"]: (one["questions"], one["amount"]["amount"]) for one in counts["counts"]} == {
        "charge": (23, "764.50"),
        "included": (3, "0.00"),
        "waived": (2, "0.00"),
        "not_billable": (1, "0.00"),
    }
    assert counts["questions"] == 29
    assert all(one["released"] for one in books.all("/decisions"))


def assert_the_association_reads_it(books: Books, documents: dict[int, list[dict[str, Any]]]) -> None:
    books.says(
        documents[1][0],
        "Factuurnummer 2025-00001",
        "Factuurdatum 2 februari 2025",
        "Periode van levering 6 jan 2025 – 31 jan 2025",
        "0:45",
        "Totaal exclusief btw € 96,25",
        "Totaal inclusief btw € 116,46",
        "De uitloop van hoogstens 5 min vervalt",
    )
    books.says(documents[3][0], "€ 95,00", "kwijtgescholden", "Kwijtgescholden: € 0,00 (waarde € 12,50).")
    books.says(documents[3][1], "Webwinkel", "10 feb 2025 – 31 mrt 2025", "Totaal inclusief btw € 30,25")
    books.says(documents[5][0], "NULOVERZICHT", "inbegrepen", "Dit overzicht is geen factuur")
    books.says(documents[6][0], "Tarief: std 1.", "Niet te factureren; afgesloten.")
    books.says(documents[7][0], "Tarief: std 2.", "13,50", "98,00", "Totaal inclusief btw € 91,96")
    books.says(documents[12][0], "Factuurnummer 2026-00001", "Factuurdatum 2 januari 2026", "31 dec 2025")
