"""Two billing runs at once, each with a caller and a worker in threads of their own: nothing doubled, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from billing_service.store.session import Database
from billing_service.worker.process import Worker
from billing_service.worker.work import Pace
from tests.api.client import Caller
from tests.scenarios.books import Books, asked, in_order, local, opened_books, together, total


def worker(books: Books) -> Callable[[], int]:
    """A worker of its own; it takes one piece of work at a time, so that two of them share what there is."""
    return Worker(books.app.extensions["billing"], Pace(batch=1), tasks={}).drain


def open_with(database: Database, contracts: int) -> Books:
    """Contracts with a question by phone (12.50) in March each."""
    books = opened_books(database, date(2026, 3, 1))
    tariff = books.tariff()
    for place in range(1, contracts + 1):
        customer = books.customer(f"{10000 + place}", f"Vereniging {place}")
        books.contract(f"C-{place:02d}", customer, tariff)
    books.at(2026, 3, 31)
    for place in range(1, contracts + 1):
        books.closed(f"V-{place:02d}", local(2026, 3, 1 + place, 10), f"C-{place:02d}")
    return books


def numbers(books: Books) -> list[str]:
    return sorted(one["number"] for one in books.all("/invoices", state="issued"))


def counted(count: int) -> list[str]:
    return [f"2026-{place:05d}" for place in range(1, count + 1)]


def states(books: Books) -> dict[str, int]:
    found: dict[str, int] = {}
    for charge in books.all("/charges"):
        found[charge["state"]] = found.get(charge["state"], 0) + 1
    return found


def test_two_runs_over_the_same_contracts(database: Database) -> None:
    books = open_with(database, 12)
    answers = together(*[asked(books, "/billing-runs", {"until": "2026-03-31"})] * 2)
    together(worker(books), worker(books))
    books.work()
    runs = [answer.get_json()["subject_id"] for answer in answers]
    assert len(set(runs)) == 2
    shares = [books.get(f"/billing-runs/{run}")["counts"] for run in runs]
    assert sum(share["released"] for share in shares) == 12
    assert [share["refused"] for share in shares] == [0, 0]
    assert books.all("/findings") == []
    assert states(books) == {"released": 12}

    # Twelve invoices of 15.13 under twelve numbers in a row, whichever run has them.
    invoices = [invoice for run in runs for invoice in books.issue(run)]
    assert numbers(books) == counted(12)
    assert len({one["contract_id"] for one in invoices}) == 12
    assert (total(invoices, "net"), total(invoices, "gross")) == (Decimal("150.00"), Decimal("181.56"))
    in_order(books)


def test_two_runs_are_issued_at_once(database: Database) -> None:
    books = open_with(database, 12)
    contracts = [one["id"] for one in books.all("/contracts")]
    runs = [books.release("2026-03-31", *contracts[at::2]) for at in (0, 1)]
    for answer in together(*(asked(books, f"/billing-runs/{run}/issue", {}) for run in runs)):
        assert answer.status_code == 202
    together(worker(books), worker(books))
    books.work()
    assert [books.get(f"/billing-runs/{run}")["counts"]["issued"] for run in runs] == [6, 6]
    assert {books.get(f"/billing-runs/{run}")["state"] for run in runs} == {"issued"}
    assert numbers(books) == counted(12)
    for invoice in books.all("/invoices", billing_run_id=runs[1]):
        books.says(invoice, invoice["number"], "Totaal inclusief btw € 15,13")
    in_order(books)


def test_one_run_is_withdrawn_while_the_other_is_issued(database: Database) -> None:
    books = open_with(database, 10)
    contracts = [one["id"] for one in books.all("/contracts")]
    ours, theirs = books.release("2026-03-31", *contracts[::2]), books.release("2026-03-31", *contracts[1::2])
    books.post(f"/billing-runs/{ours}/issue", {})
    _, withdrawn = together(worker(books), asked(books, f"/billing-runs/{theirs}/withdraw", {}))
    assert withdrawn.status_code == 200
    books.work()
    assert numbers(books) == counted(5)
    assert states(books) == {"invoiced": 5, "open": 5}
    assert [books.get(f"/billing-runs/{run}")["state"] for run in (ours, theirs)] == ["issued", "withdrawn"]

    # What was withdrawn is billed by the next run, under the numbers that follow.
    assert [one["number"] for one in books.bill("2026-03-31")] == counted(10)[5:]
    assert states(books) == {"invoiced": 10}
    in_order(books)


def test_the_same_run_is_issued_and_withdrawn_at_once(database: Database) -> None:
    """Whoever comes first has it; the other is told so, and the run is never half of each."""
    books = open_with(database, 6)
    run = books.release("2026-03-31")
    paths = (f"/billing-runs/{run}/issue", f"/billing-runs/{run}/withdraw")
    issued, withdrawn = (answer.status_code for answer in together(*(asked(books, path, {}) for path in paths)))
    assert (issued, withdrawn) in {(202, 409), (409, 200)}
    again, _ = together(asked(books, paths[1], {}), worker(books))
    books.work()
    if issued == 202:
        assert again.status_code in (409, 200), "by then all is issued, and nothing is left to withdraw"
        assert (numbers(books), states(books)) == (counted(6), {"invoiced": 6})
    else:
        assert (numbers(books), states(books)) == ([], {"open": 6})
        assert [one["number"] for one in books.bill("2026-03-31")] == counted(6)
    in_order(books)


def test_questions_that_come_in_while_a_run_is_released(database: Database) -> None:
    """They are on it or wait for the next one; none is on both, and none is lost."""
    books = open_with(database, 4)
    caller = Caller(books.app.test_client(), books.ours.key)

    def late_ones() -> None:
        for place in range(1, 9):
            body = {
                "source": "desk",
                "external_id": f"L-{place}",
                "subject": "Nagekomen",
                "channel": "phone",
                "contract": f"C-{1 + place % 4:02d}",
                "opened_at": "2026-03-30T09:00:00+02:00",
                "closed_at": "2026-03-30T10:00:00+02:00",
            }
            assert caller.post("/v1/questions", body).status_code == 201

    run = books.post("/billing-runs", {"until": "2026-03-31"})["subject_id"]
    together(worker(books), late_ones)
    books.work()
    first = books.issue(run)
    second = books.bill("2026-03-31") if "open" in states(books) else []
    assert states(books) == {"invoiced": 12}
    assert total(first, "net") + total(second, "net") == Decimal("150.00")
    assert numbers(books) == counted(len(first) + len(second))
    assert all(one["released"] for one in books.all("/decisions"))
    in_order(books)
