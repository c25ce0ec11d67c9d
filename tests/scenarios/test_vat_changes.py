"""VAT that changes inside a supply period: the rate that rose on 1 October 2012, and the seller's own position.

The first two are real: 19 % became 21 %, and on 1 January 2020 the present kleineondernemersregeling (KOR) began.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from billing_service.store.session import Database
from tests.scenarios.books import Books, figures, in_order, local, opened_books

KOR = "Factuur vrijgesteld van btw: kleineondernemersregeling (KOR), artikel 25 Wet op de omzetbelasting 1968."
NO_VAT = "Geen btw: de leverancier is geen ondernemer voor de btw."


def groups(books: Books, document: dict[str, Any]) -> list[tuple[str, str | None, str, str]]:
    """Category, rate, what it is taken of, and the tax."""
    return [(one["category"], one["rate"], one["taxable"], one["tax"]) for one in books.document(document)["vat"]]


def begin(database: Database, year: int, **contract: Any) -> tuple[Books, str]:
    books = opened_books(database, date(year, 1, 2))
    customer = books.customer()
    books.contract("DL", customer, books.tariff(valid_from="2012-01-01"), valid_from="2012-01-01", **contract)
    return books, customer


def test_a_rate_that_rises_inside_a_supply_period(database: Database) -> None:
    books, _ = begin(database, 2012, annex=True, group_equal_lines=True)
    books.at(2012, 10, 31, 20)
    first = books.closed("S-1", local(2012, 9, 3, 10), "DL")
    books.closed("S-2", local(2012, 9, 17, 10), "DL")
    books.closed("S-3", local(2012, 9, 30, 23, 30), "DL")
    books.closed("O-1", local(2012, 10, 1, 0, 30), "DL")  # 22:30 on 30 September in UTC
    books.closed("O-2", local(2012, 10, 31, 9), "DL")

    # September waited for October: 3 x 12.50 at 19 % and 2 x 12.50 at 21 %, equal prices on a line per rate.
    books.at(2012, 11, 1)
    [invoice] = books.bill("2012-10-31")
    assert figures(invoice) == ("2012-00001", "62.50", "12.38", "74.88")
    assert groups(books, invoice) == [("S", "21.00", "25.00", "5.25"), ("S", "19.00", "37.50", "7.13")]
    books.says(
        invoice,
        "Periode van levering 3 sep 2012 – 31 okt 2012",
        "Telefonische vraag (3 vragen) 3 12,50 19% 37,50",
        "Telefonische vraag (2 vragen) 2 12,50 21% 25,00",
        "21% € 25,00 € 5,25",
        "19% € 37,50 € 7,13",
        "Totaal inclusief btw € 74,88",
    )

    # In November one of September turns out to have taken half an hour: credited and charged anew at 19 %.
    books.at(2012, 11, 12)
    books.closed("S-1", local(2012, 9, 3, 10), "DL", 30)
    books.post(f"/questions/{first}/correct", {})
    books.work()
    [note] = books.all("/credit-notes")
    assert figures(note) == ("C2012-00001", "12.50", "2.38", "14.88")
    assert groups(books, note) == [("S", "19.00", "12.50", "2.38")]
    books.says(note, "19% € 12,50 € 2,38", "Correctie van vraag S-1.", "€ 14,88 gaat af van wat u voor factuur")
    books.closed("N-1", local(2012, 11, 12, 11), "DL")
    books.at(2012, 12, 3)
    [november] = books.bill("2012-11-30")
    assert figures(november) == ("2012-00002", "60.00", "11.66", "71.66")
    assert groups(books, november) == [("S", "21.00", "12.50", "2.63"), ("S", "19.00", "47.50", "9.03")]
    books.says(november, "0:30 uur 95,00 19% 47,50", "correctie van een eerdere factuur", "19% € 47,50 € 9,03")
    in_order(books)


def test_the_small_business_scheme_entered_on_1_january(database: Database) -> None:
    books, customer = begin(database, 2019)
    books.at(2019, 12, 20)
    statuses = f"/v1/administrations/{books.administration}/vat-statuses"
    assert books.ours.put(f"{statuses}/2020-01-01", {"status": "small_business"}).status_code == 200

    # Announced in December, it changes nothing yet.
    december = books.closed("D-1", local(2019, 12, 19, 10), "DL")
    books.at(2019, 12, 31, 20)
    [of_december] = books.bill("2019-12-31")
    assert figures(of_december) == ("2019-00001", "12.50", "2.63", "15.13")
    assert KOR not in books.pdf(of_december)

    # A late one of the last hour of December has VAT, the first hour of January has none, on one invoice.
    books.at(2020, 2, 3)
    books.closed("D-2", local(2019, 12, 31, 23, 30), "DL")
    books.closed("J-1", local(2020, 1, 1, 0, 30), "DL")
    books.closed("J-2", local(2020, 1, 20, 9), "DL", 60)
    [january] = books.bill("2020-01-31")
    assert figures(january) == ("2020-00001", "120.00", "2.63", "122.63")
    assert groups(books, january) == [("S", "21.00", "12.50", "2.63"), ("E", "0.00", "107.50", "0.00")]
    books.says(january, KOR, "1:00 uur 95,00 vrijgesteld 95,00", "Totaal btw € 2,63", "Totaal inclusief btw € 122,63")
    books.closed("F-1", local(2020, 2, 3, 9), "DL")
    books.at(2020, 3, 2)
    [february] = books.bill("2020-02-29")
    assert figures(february) == ("2020-00002", "12.50", "0.00", "12.50")
    books.says(february, KOR, "Totaal btw € 0,00", "Totaal inclusief btw € 12,50")

    # What had VAT is credited with it, also now; the scheme is left again after three years.
    books.post(f"/questions/{december}/withdraw", {"reason": "dubbel"})
    books.post(f"/questions/{december}/correct", {})
    books.work()
    [note] = books.all("/credit-notes")
    assert (figures(note), note["issue_date"]) == (("C2020-00001", "12.50", "2.63", "15.13"), "2020-03-02")
    assert KOR not in books.pdf(note)
    assert books.ours.put(f"{statuses}/2023-01-01", {"status": "liable"}).status_code == 200
    books.at(2023, 1, 2)
    books.closed("K-1", local(2022, 12, 31, 23, 59), "DL")
    books.closed("K-2", local(2023, 1, 1, 0, 0), "DL")
    [last] = books.bill("2023-01-31")
    assert groups(books, last) == [("S", "21.00", "12.50", "2.63"), ("E", "0.00", "12.50", "0.00")]
    assert books.get(f"/customers/{customer}/balance")["balance"]["amount"] == "162.76"  # 122.63 + 12.50 + 27.63
    in_order(books)


def test_a_foundation_that_becomes_an_entrepreneur_in_the_middle_of_a_quarter(database: Database) -> None:
    """What is outside the scope of VAT stands alone on an invoice, so the quarter comes as two."""
    statuses = [
        {"valid_from": "2001-01-01", "status": "not_entrepreneur"},
        {"valid_from": "2026-02-16", "status": "liable"},
    ]
    books = opened_books(database, date(2026, 1, 2), vat_statuses=statuses)
    customer = books.customer()
    contract = books.contract("DL", customer, books.tariff(), rhythm="quarter")
    books.at(2026, 3, 31, 20)
    early = books.closed("J-1", local(2026, 1, 8, 10), "DL")
    books.closed("F-1", local(2026, 2, 15, 23, 59), "DL", 60)
    books.closed("F-2", local(2026, 2, 16, 0, 0), "DL")
    books.closed("M-1", local(2026, 3, 30, 9), "DL", 60)

    books.at(2026, 4, 1)
    [before] = books.bill("2026-03-31")
    assert figures(before) == ("2026-00001", "107.50", "0.00", "107.50")
    assert groups(books, before) == [("O", None, "107.50", "0.00")]
    books.says(before, NO_VAT, "Periode van levering 8 jan 2026 – 15 feb 2026", "Totaal inclusief btw € 107,50")
    [finding] = books.all("/findings", state="open")
    assert (finding["code"], finding["subject_id"]) == ("vat_scope_changes", contract)
    [after] = books.bill("2026-03-31")
    assert figures(after) == ("2026-00002", "107.50", "22.58", "130.08")
    assert groups(books, after) == [("S", "21.00", "107.50", "22.58")]
    assert NO_VAT not in books.pdf(after)
    assert books.all("/findings", state="open") == []

    # A correction in the second quarter of what was sold without VAT is credited and charged without it, apart again.
    books.at(2026, 5, 6)
    books.closed("J-1", local(2026, 1, 8, 10), "DL", 30)
    books.post(f"/questions/{early}/correct", {})
    [note] = books.all("/credit-notes")
    assert figures(note) == ("C2026-00001", "12.50", "0.00", "12.50")
    books.closed("A-1", local(2026, 5, 6, 9), "DL")
    books.at(2026, 7, 1)
    bills = [*books.bill("2026-06-30"), *books.bill("2026-06-30")]
    assert [figures(one) for one in bills] == [
        ("2026-00003", "47.50", "0.00", "47.50"),
        ("2026-00004", "12.50", "2.63", "15.13"),
    ]
    books.says(bills[0], NO_VAT, "correctie van een eerdere factuur")
    # 107.50 + 130.08 - 12.50 + 47.50 + 15.13
    assert books.get(f"/customers/{customer}/balance")["balance"]["amount"] == "287.71"
    in_order(books)
