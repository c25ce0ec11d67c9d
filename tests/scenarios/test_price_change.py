"""New prices in the middle of a month: one invoice, every question at the price of the day on which it was closed."""

from __future__ import annotations

from datetime import date
from typing import Any

from billing_service.store.session import Database
from tests.scenarios.books import Books, figures, in_order, local, opened_books, priced


def decided(books: Books, question: str) -> tuple[str, str]:
    """What a question costs, and by which version of the tariff."""
    found = books.get(f"/questions/{question}/decision", language="nl")
    return found["amount"]["amount"], found["sentences"][0]


def lines(books: Books, invoice: dict[str, Any]) -> list[tuple[str, str | None, int | None, str | None, str]]:
    return [
        (line["description"].split(":")[0], line["quantity"], line["minutes"], line["unit_price"], line["amount"])
        for line in books.document(invoice)["lines"]
    ]


def test_prices_that_change_in_the_middle_of_a_month(database: Database) -> None:
    books = opened_books(database, date(2026, 3, 1))
    tariff = books.tariff(priced("12.50", "95.00"), "2026-01-01")
    books.contract("DL-2026", books.customer(), tariff, annex=True, group_equal_lines=True)

    # The last minute of 15 March and the first of 16 March, by the clock in Amsterdam: 22:50 and 23:10 UTC.
    books.at(2026, 3, 17)
    early = books.closed("A-1", local(2026, 3, 3, 11), "DL-2026")
    books.closed("A-2", local(2026, 3, 12, 16), "DL-2026", 28)  # 0:30 at 95.00
    last = books.closed("A-3", local(2026, 3, 15, 23, 50), "DL-2026")
    first = books.closed("B-1", local(2026, 3, 16, 0, 10), "DL-2026")
    assert decided(books, first) == ("12.50", "Tarief: std 1.")

    # The new prices are published after they began: what is not released yet is decided again, before them nothing is.
    books.version(tariff, priced("13.75", "99.00"), "2026-03-16")
    assert decided(books, first) == ("13.75", "Tarief: std 2.")
    assert {decided(books, one) for one in (early, last)} == {("12.50", "Tarief: std 1.")}
    books.at(2026, 3, 27)
    books.closed("B-2", local(2026, 3, 20, 9), "DL-2026", 28)  # 0:30 at 99.00
    books.closed("B-3", local(2026, 3, 26, 9), "DL-2026")

    # 2 x 12.50 + 47.50 + 2 x 13.75 + 49.50 = 149.50; 21 % of it is 31.395
    preview = books.post("/billing-runs/preview", {"until": "2026-03-31"})
    assert [draft["gross"]["amount"] for draft in preview["drafts"]] == ["180.90"]
    books.at(2026, 4, 1)
    [invoice] = books.bill("2026-03-31")
    assert figures(invoice) == ("2026-00001", "149.50", "31.40", "180.90")
    assert lines(books, invoice) == [
        ("Telefonische vraag (2 vragen)", "2", None, "12.50", "25.00"),
        ("Bestede tijd per kwartier", None, 30, "95.00", "47.50"),
        ("Telefonische vraag (2 vragen)", "2", None, "13.75", "27.50"),
        ("Bestede tijd per kwartier", None, 30, "99.00", "49.50"),
    ]
    books.says(
        invoice,
        "Periode van levering 3 mrt 2026 – 26 mrt 2026",
        "Telefonische vraag (2 vragen) 2 12,50 21% 25,00",
        "Telefonische vraag (2 vragen) 2 13,75 21% 27,50",
        "0:30 uur 95,00 21% 47,50",
        "0:30 uur 99,00 21% 49,50",
        "Totaal inclusief btw € 180,90",
        # the annex explains each at its own price
        "afgerond op 15 mrt 2026 Tarief: std 1.",
        "afgerond op 16 mrt 2026 Tarief: std 2.",
        "Vaste prijs: € 12,50.",
        "Vaste prijs: € 13,75.",
        "0:30 uur × € 95,00 = € 47,50.",
        "0:30 uur × € 99,00 = € 49,50.",
    )

    # Once issued, no price reaches back: prices published with effect from 1 March leave the invoice and its questions.
    books.version(tariff, priced("20.00", "120.00"), "2026-03-01")
    assert decided(books, early) == ("12.50", "Tarief: std 1.")
    books.closed("C-1", local(2026, 3, 30, 9), "DL-2026")  # a late one of after the 16th
    books.closed("C-2", local(2026, 3, 2, 9), "DL-2026")  # and one of before it
    books.at(2026, 5, 1)
    [second] = books.bill("2026-04-30")
    assert [line[-1] for line in lines(books, second)] == ["20.00", "13.75"]
    assert figures(second) == ("2026-00002", "33.75", "7.09", "40.84")
    books.says(second, "Tarief: std 3.", "Tarief: std 2.", "Periode van levering 2 mrt 2026 – 30 mrt 2026")
    in_order(books)
