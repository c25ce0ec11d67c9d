"""Days of 23 and of 25 hours, and midnights that are not those of UTC: Amsterdam's clock decides which day it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from billing_service.store.session import Database
from tests.scenarios.books import Books, counted, euros, figures, in_order, opened_books


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on(books: Books, day: str) -> list[str]:
    """What was closed on a day, by the list of questions."""
    return [one["external_id"] for one in books.all("/questions", closed_from=day, closed_until=day)]


def decided_on(books: Books) -> dict[str, str]:
    """The day of each question, by its decision."""
    keys = {one["id"]: one["external_id"] for one in books.all("/questions")}
    return {keys[one["question_id"]]: one["decided_on"] for one in books.all("/decisions")}


def test_the_short_night_of_29_march(database: Database) -> None:
    books = opened_books(database, date(2026, 3, 1))
    books.contract("DL-2026", books.customer(), books.tariff())
    books.at(2026, 4, 1, 9)
    moments = {
        "a": "2026-03-28T22:59:59",  # 23:59:59, winter time
        "b": "2026-03-28T23:00:00",  # midnight: 29 March
        "c": "2026-03-29T00:59:59",  # 01:59:59; a second later it is 03:00
        "d": "2026-03-29T01:00:00",
        "e": "2026-03-29T21:59:59",  # 23:59:59, summer time: the end of a day of 23 hours
        "f": "2026-03-29T22:00:00",  # midnight: 30 March
        "g": "2026-03-31T21:59:59",  # the last second of the month
        "h": "2026-03-31T22:00:00",  # April
        "i": "2026-03-31T23:30:00",  # April, in UTC still March
    }
    for key, moment in moments.items():
        books.closed(key, utc(moment), "DL-2026")
    days = {"a": "28", "b": "29", "c": "29", "d": "29", "e": "29", "f": "30", "g": "31"}
    assert decided_on(books) == {key: f"2026-03-{day}" for key, day in days.items()} | {
        "h": "2026-04-01",
        "i": "2026-04-01",
    }
    assert on(books, "2026-03-29") == ["b", "c", "d", "e"]
    assert [on(books, day) for day in ("2026-03-31", "2026-04-01")] == [["g"], ["h", "i"]]

    [march] = books.bill("2026-03-31")
    assert figures(march) == ("2026-00001", "87.50", "18.38", "105.88")  # seven of 12.50
    assert (march["supply_from"], march["supply_to"]) == ("2026-03-28", "2026-03-31")
    books.says(march, "Vraag a · 28 maart 2026", "Vraag e · 29 maart 2026", "Vraag g · 31 maart 2026")
    books.at(2026, 5, 1)
    [april] = books.bill("2026-04-30")
    assert figures(april) == ("2026-00002", "25.00", "5.25", "30.25")
    books.says(april, "Leverdatum 1 april 2026", "Vraag h · 1 april 2026", "Vraag i · 1 april 2026")
    in_order(books)


def test_the_long_night_of_25_october(database: Database) -> None:
    """The hour from two to three comes twice, and the questions of that night keep the order in which they came."""
    books = opened_books(database, date(2026, 10, 1))
    tariff = books.tariff(counted("10.00", "8.00", 3, "calendar_month"))
    books.contract("DL-2026", books.customer(), tariff, annex=True)
    books.at(2026, 11, 2, 9)
    moments = {
        "zaterdag": "2026-10-24T23:59:59+02:00",
        "middernacht": "2026-10-25T00:00:00+02:00",
        "tweemaal-1": "2026-10-25T02:50:00+02:00",  # 00:50 UTC
        "tweemaal-2": "2026-10-25T02:10:00+01:00",  # 01:10 UTC: later, though the clock on the wall says earlier
        "zondag": "2026-10-25T23:59:59+01:00",  # 22:59:59 UTC, of a day of 25 hours
        "maandag": "2026-10-25T23:00:00+00:00",  # midnight: 26 October
        "maandeinde": "2026-10-31T23:30:00+01:00",  # 22:30 UTC
        "november": "2026-10-31T23:30:00+00:00",  # half past midnight
    }
    for key, moment in reversed(moments.items()):  # in no order of time
        books.closed(key, datetime.fromisoformat(moment), "DL-2026")
    assert set(on(books, "2026-10-25")) == {"middernacht", "tweemaal-1", "tweemaal-2", "zondag"}
    assert decided_on(books)["november"] == "2026-11-01"

    # It came in before the clock went back and was closed after: 02:30 and, forty minutes later, 02:10.
    over_the_hour = books.post(
        "/questions",
        {
            "source": "desk",
            "external_id": "nachtdienst",
            "subject": "Storing",
            "contract": "DL-2026",
            "opened_at": "2026-10-25T02:30:00+02:00",
            "closed_at": "2026-10-25T02:10:00+01:00",
            "time_entries": [{"worked_on": "2026-10-25", "minutes": 40}],
        },
    )
    taken = datetime.fromisoformat(over_the_hour["closed_at"]) - datetime.fromisoformat(over_the_hour["opened_at"])
    assert taken == timedelta(minutes=40)

    # Places in October: zaterdag 1, middernacht 2, tweemaal-1 3, nachtdienst 4 and tweemaal-2 5 (closed at the same
    # moment, by their names), zondag 6, maandag 7, maandeinde 8: 3 x 10.00 + 5 x 8.00
    [october] = books.bill("2026-10-31")
    assert figures(october) == ("2026-00001", "70.00", "14.70", "84.70")
    keys = {one["id"]: one["external_id"] for one in books.all("/questions")}
    ordinals = {keys[one["question_id"]]: one["ordinal"] for one in books.all("/decisions", invoice_id=october["id"])}
    places = ["zaterdag", "middernacht", "tweemaal-1", "nachtdienst", "tweemaal-2", "zondag", "maandag", "maandeinde"]
    assert ordinals == {key: place for place, key in enumerate(places, start=1)}
    books.says(october, "Periode van levering 24 okt 2026 – 31 okt 2026", "Totaal inclusief btw € 84,70")
    in_order(books)


def one_each(books: Books, *references: str) -> None:
    customer, tariff = books.customer(), books.tariff()
    for reference in references:
        books.contract(reference, customer, tariff)
        books.closed(reference, utc("2026-03-02T09:00:00"), reference)


def test_the_invoice_date_across_midnight(database: Database) -> None:
    """22:00 UTC is midnight in summer, 23:00 UTC in winter; the date is that of the moment of issue."""
    books = opened_books(database, date(2026, 3, 31))
    one_each(books, "C-1", "C-2", "C-3", "C-4", "C-5")
    run = books.release("2026-03-31")
    documents = books.all("/invoices", billing_run_id=run)
    moments = (
        ("2026-03-31T21:59:59", "2026-03-31", "2026-00001"),
        ("2026-03-31T22:00:00", "2026-04-01", "2026-00002"),
        ("2026-10-25T22:59:59", "2026-10-25", "2026-00003"),
        ("2026-12-31T22:59:59", "2026-12-31", "2026-00004"),
        ("2026-12-31T23:00:00", "2027-01-01", "2027-00001"),
    )
    issued: list[dict[str, Any]] = []
    for document, (moment, day, number) in zip(documents, moments, strict=True):
        books.moment[0] = utc(moment)
        issued.append(books.post(f"/invoices/{document['id']}/issue", {}))
        assert (issued[-1]["issue_date"], issued[-1]["number"]) == (day, number)
    assert [one["due_date"] for one in issued] == ["2026-04-30", "2026-05-01", "2026-11-24", "2027-01-30", "2027-01-31"]
    books.work()
    books.says(issued[0], "Factuurdatum 31 maart 2026", "Vervaldatum 30 april 2026")
    books.says(issued[4], "Factuurdatum 1 januari 2027", "Factuurnummer 2027-00001")
    in_order(books)


def test_a_run_that_is_asked_for_before_midnight_and_issued_after_it(database: Database) -> None:
    """It gets the date on which it is issued; yesterday can be chosen only as long as today has no number."""
    books = opened_books(database, date(2026, 3, 31))
    one_each(books, "C-1", "C-2")
    run = books.release("2026-03-31")
    books.moment[0] = utc("2026-03-31T21:59:00")
    job = books.post(f"/billing-runs/{run}/issue", {})
    books.moment[0] = utc("2026-03-31T22:01:00")
    books.work()
    assert books.get(f"/jobs/{job['id']}")["state"] == "done"
    issued = books.all("/invoices", billing_run_id=run)
    assert [(one["number"], one["issue_date"]) for one in issued] == [
        ("2026-00001", "2026-04-01"),
        ("2026-00002", "2026-04-01"),
    ]

    books.closed("late", utc("2026-03-31T21:30:00"), "C-1")
    late = books.release("2026-03-31")
    refused = books.job(f"/billing-runs/{late}/issue", {"issue_date": "2026-03-31"})
    assert refused["state"] == "needs_attention", "April has a number already"
    [invoice] = books.issue(late)
    assert (invoice["number"], invoice["issue_date"], invoice["supply_to"]) == (
        "2026-00003",
        "2026-04-01",
        "2026-03-31",
    )
    in_order(books)


def test_the_last_day_to_pay_ends_at_midnight(database: Database) -> None:
    books = opened_books(database, date(2026, 3, 31))
    one_each(books, "C-1")
    [invoice] = books.bill("2026-03-31")
    assert invoice["due_date"] == "2026-04-30"
    path = f"/invoices/{invoice['id']}"
    books.moment[0] = utc("2026-04-30T21:59:59")
    assert not books.get(path)["overdue"]
    assert books.all("/invoices", overdue_on="2026-04-30") == []
    books.moment[0] = utc("2026-04-30T22:00:00")
    assert books.get(path)["overdue"]

    # What comes in at that moment came in on 1 May, which in UTC is still to come.
    receipt = {"customer_id": invoice["customer_id"], "amount": euros("15.13"), "received_on": "2026-05-01"}
    received = books.post("/receipts", receipt)
    allocation = books.post("/allocations", {"receipt_id": received["id"], "invoice_id": invoice["id"]})
    assert allocation["allocated_on"] == "2026-05-01"
    assert not books.get(path)["overdue"]
    in_order(books)
