"""An invoice that turns out wrong after it was paid: corrected in one call, and what was paid too much comes back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from billing_service.store.session import Database
from tests.api.client import problem
from tests.scenarios.books import Books, asked, euros, figures, in_order, local, opened_books, priced, together, total

CLOSED = local(2026, 3, 10, 15)


def begin(database: Database) -> tuple[Books, str, str, dict[str, Any]]:
    """The books with an invoice of March: a question of 1:30 at 95.00 and one by phone, 155.00 + 32.55 = 187.55."""
    books = opened_books(database, date(2026, 3, 1))
    customer = books.customer()
    books.contract("DL-2026", customer, books.tariff(), annex=True)
    books.at(2026, 3, 31)
    question = books.closed("V-1", CLOSED, "DL-2026", 90)
    books.closed("V-2", local(2026, 3, 24, 9), "DL-2026")
    books.at(2026, 4, 1)
    [invoice] = books.bill("2026-03-31")
    assert figures(invoice) == ("2026-00001", "155.00", "32.55", "187.55")
    return books, customer, question, invoice


def pay(books: Books, customer: str, invoice: dict[str, Any], amount: str, day: str) -> str:
    """The customer pays; what it came in is settled with the invoice."""
    body = {"customer_id": customer, "amount": euros(amount), "received_on": day, "reference": "RF32 2026 0000 1"}
    receipt = books.post("/receipts", body)
    allocation = books.post("/allocations", {"receipt_id": receipt["id"], "invoice_id": invoice["id"]})
    assert allocation["amount"]["amount"] == amount
    return str(receipt["id"])


def standing(books: Books, invoice: dict[str, Any]) -> tuple[str, ...]:
    """State; open, paid and credited."""
    found = books.get(f"/invoices/{invoice['id']}")
    return (
        found["payment_state"],
        *(found[name]["amount"] for name in ("open_amount", "paid_amount", "credited_amount")),
    )


def statement(books: Books, customer: str, **period: str) -> list[tuple[str, str, str | None, str, str]]:
    """Day, kind, reference, what it adds, and what the customer owes then."""
    return [
        (one["day"], one["kind"], one["reference"], one["amount"]["amount"], one["balance"]["amount"])
        for one in books.get(f"/customers/{customer}/balance", **period)["entries"]
    ]


def owed(books: Books, customer: str) -> str:
    found: str = books.get(f"/customers/{customer}/balance")["balance"]["amount"]
    return found


def test_a_paid_invoice_is_corrected_set_off_and_the_rest_paid_back(database: Database) -> None:
    books, customer, question, invoice = begin(database)
    books.at(2026, 4, 14)
    pay(books, customer, invoice, "187.55", "2026-04-13")
    assert standing(books, invoice) == ("paid", "0.00", "187.55", "0.00")
    assert owed(books, customer) == "0.00"

    # The desk finds out that it took half an hour. The invoice stays; a person is told what to do.
    books.at(2026, 4, 20)
    assert books.closed("V-1", CLOSED, "DL-2026", 30) == question
    [finding] = books.all("/findings", state="open")
    assert (finding["code"], finding["subject_id"]) == ("changed_after_release", question)
    told = finding["next_action"]["nl"].replace("\N{NO-BREAK SPACE}", " ")
    assert "Te crediteren € 142,50 en opnieuw te factureren € 47,50" in told
    assert figures(books.get(f"/invoices/{invoice['id']}")) == figures(invoice)
    proposal = books.get(f"/questions/{question}/correction")
    assert (proposal["way"], proposal["credit"]["amount"], proposal["charge"]["amount"]) == (
        "correct",
        "142.50",
        "47.50",
    )
    assert books.all("/credit-notes") == [], "a proposal writes nothing"

    # One call: a credit note over the line, and the charge that replaces it.
    done = books.post(f"/questions/{question}/correct", {})
    [note] = books.all("/credit-notes")
    assert (note["id"], note["number"], note["credited_number"]) == (
        done["credit_note_id"],
        "C2026-00001",
        "2026-00001",
    )
    assert figures(note) == ("C2026-00001", "142.50", "29.93", "172.43")
    assert [note[name]["amount"] for name in ("closes", "balance", "left")] == ["0.00", "172.43", "172.43"]
    assert books.get(f"/findings/{finding['id']}")["state"] == "resolved"
    assert owed(books, customer) == "-172.43"
    assert standing(books, invoice) == ("paid", "0.00", "187.55", "172.43")
    problem(books.ours.post(f"/v1/questions/{question}/correct", {}), 409, "nothing_to_correct")
    books.work()
    books.says(
        note,
        "CREDITNOTA",
        "Creditnotanummer C2026-00001",
        "Van factuur 2026-00001 van 1 april 2026 crediteren wij wat hieronder staat. Reden: Correctie van vraag V-1.",
        "1:30 uur 95,00 21% 142,50",
        "Totaal inclusief btw € 172,43",
        "€ 172,43 had u al betaald. Dat bedrag staat als tegoed voor u klaar",
    )

    # The next invoice has the right time, dated in March, beside what April brought: 47.50 + 12.50.
    books.at(2026, 4, 28)
    books.closed("V-3", local(2026, 4, 28, 9), "DL-2026")
    books.at(2026, 5, 1)
    [second] = books.bill("2026-04-30")
    assert figures(second) == ("2026-00002", "60.00", "12.60", "72.60")
    assert (second["supply_from"], second["supply_to"]) == ("2026-03-10", "2026-04-28")
    books.says(
        second,
        "0:30 uur 95,00 21% 47,50",
        "Vraag V-1 · 10 maart 2026 · correctie van een eerdere factuur",
        "Vraag V-3 · 28 april 2026",
        "Totaal inclusief btw € 72,60",
    )

    # What stands to the customer's credit pays for it; the rest goes back. Not a cent more than there is.
    over = {"credit_note_id": note["id"], "invoice_id": second["id"], "amount": euros("72.61")}
    problem(books.ours.post("/v1/allocations", over), 409, "exceeds_open")
    books.post("/allocations", {"credit_note_id": note["id"], "invoice_id": second["id"]})
    assert standing(books, second) == ("paid", "0.00", "72.60", "0.00")
    assert owed(books, customer) == "-99.83"
    books.at(2026, 5, 11)
    over = {"credit_note_id": note["id"], "amount": euros("99.84")}
    problem(books.ours.post("/v1/refunds", over), 409, "exceeds_source")
    books.post("/refunds", {"credit_note_id": note["id"], "refunded_on": "2026-05-10", "reference": "Terug"})
    assert books.get(f"/credit-notes/{note['id']}")["left"]["amount"] == "0.00"
    assert statement(books, customer) == [
        ("2026-04-01", "invoice", "2026-00001", "187.55", "187.55"),
        ("2026-04-13", "receipt", "RF32 2026 0000 1", "-187.55", "0.00"),
        ("2026-04-20", "credit_note", "C2026-00001", "-172.43", "-172.43"),
        ("2026-05-01", "invoice", "2026-00002", "72.60", "-99.83"),
        ("2026-05-10", "refund", "Terug", "99.83", "0.00"),
    ]
    april = {"date_from": "2026-04-15", "date_until": "2026-04-30"}
    assert statement(books, customer, **april) == [("2026-04-20", "credit_note", "C2026-00001", "-172.43", "-172.43")]
    of_april = books.get(f"/customers/{customer}/balance", **april)
    assert [of_april[name]["amount"] for name in ("opening", "closing", "balance")] == ["0.00", "-172.43", "0.00"]

    # All in all it paid for half an hour and two calls: 47.50 + 25.00, with VAT of 32.55 - 29.93 + 12.60 = 15.22.
    documents = books.all("/invoices", kind="invoice")
    assert total(documents, "net") - total([note], "net") == Decimal("72.50")
    assert (
        total(documents, "gross") - total([note], "gross") == Decimal("87.72") == Decimal("187.55") - Decimal("99.83")
    )
    in_order(books)


def test_a_partly_paid_invoice_is_credited_in_two_parts_to_the_last_cent(database: Database) -> None:
    """The open part goes first; what was paid stands to the customer's credit; the last credit takes the odd cent."""
    books, customer, question, invoice = begin(database)
    books.at(2026, 4, 14)
    pay(books, customer, invoice, "100.00", "2026-04-14")
    assert standing(books, invoice) == ("partly_paid", "87.55", "100.00", "0.00")

    # The question was asked by somebody else's member: its source takes it back.
    books.at(2026, 4, 20)
    books.post(f"/questions/{question}/withdraw", {"reason": "van een andere vereniging"})
    [finding] = books.all("/findings", state="open")
    assert finding["code"] == "changed_after_release"
    assert books.post(f"/questions/{question}/correct", {"reason": "Vraag van een ander"})["charge_ids"] == []
    [first] = books.all("/credit-notes")
    assert figures(first) == ("C2026-00001", "142.50", "29.93", "172.43")
    assert [first[name]["amount"] for name in ("closes", "balance")] == ["87.55", "84.88"]
    assert standing(books, invoice) == ("paid", "0.00", "100.00", "172.43")
    books.work()
    books.says(
        first,
        "Reden: Vraag van een ander",
        "€ 87,55 gaat af van wat u voor factuur 2026-00001 nog moet betalen.",
        "€ 84,88 had u al betaald.",
    )

    # The rest is credited too: 12.50 with 2.62, for 29.93 of 32.55 was taken (alone it would have been 2.63).
    books.post("/credit-notes", {"invoice_id": invoice["id"], "reason": "Coulance"})
    [_, second] = books.all("/credit-notes")
    assert figures(second) == ("C2026-00002", "12.50", "2.62", "15.12")
    assert [second[name]["amount"] for name in ("closes", "balance")] == ["0.00", "15.12"]
    assert standing(books, invoice) == ("credited", "0.00", "100.00", "187.55")
    assert owed(books, customer) == "-100.00"  # all that was ever paid
    more = {"invoice_id": invoice["id"], "reason": "Nog eens"}
    assert books.ours.post("/v1/credit-notes", more).status_code == 409

    # The customer's credit waits through a month without work and pays the next invoice in part: 84.88 and 15.12.
    books.at(2026, 6, 1)
    assert books.bill("2026-05-31") == []
    books.closed("V-9", local(2026, 6, 1, 10), "DL-2026", 120)
    books.at(2026, 7, 1)
    [next_one] = books.bill("2026-06-30")
    assert figures(next_one) == ("2026-00002", "190.00", "39.90", "229.90")
    for note in (first, second):
        books.post("/allocations", {"credit_note_id": note["id"], "invoice_id": next_one["id"]})
    assert standing(books, next_one) == ("partly_paid", "129.90", "100.00", "0.00")
    assert owed(books, customer) == "129.90"
    in_order(books)


def test_two_colleagues_do_the_same_at_once(database: Database) -> None:
    """Both correct, both set off, both pay back: it happens once, and the other is told."""
    books, customer, question, invoice = begin(database)
    books.at(2026, 4, 14)
    pay(books, customer, invoice, "187.55", "2026-04-13")
    books.at(2026, 4, 20)
    books.closed("V-1", CLOSED, "DL-2026", 30)

    def twice(path: str, body: Any, *codes: str) -> None:
        answers = sorted(together(*[asked(books, path, body)] * 2), key=lambda answer: answer.status_code)
        assert answers[0].status_code in (200, 201)
        refused = answers[1].get_json(force=True)
        assert (answers[1].status_code, refused["type"]) in {(409, f"/problems/{code}") for code in codes}

    twice(f"/questions/{question}/correct", {}, "nothing_to_correct")
    [note] = books.all("/credit-notes")
    assert figures(note) == ("C2026-00001", "142.50", "29.93", "172.43")
    books.at(2026, 5, 1)
    [second] = books.bill("2026-04-30")
    assert figures(second) == ("2026-00002", "47.50", "9.98", "57.48")
    twice("/allocations", {"credit_note_id": note["id"], "invoice_id": second["id"]}, "exceeds_open")
    assert books.get(f"/credit-notes/{note['id']}")["left"]["amount"] == "114.95"
    twice("/refunds", {"credit_note_id": note["id"]}, "exceeds_source")
    assert owed(books, customer) == "0.00"
    twice("/credit-notes", {"invoice_id": second["id"], "reason": "Coulance"}, "nothing_to_credit")
    assert owed(books, customer) == "-57.48"
    in_order(books)


def test_a_question_billed_to_the_wrong_association_goes_to_the_right_one(database: Database) -> None:
    """Credited to the one and charged to the other, under that one's own agreement, on the date of the question."""
    books, customer, question, invoice = begin(database)
    other = books.customer("10002", "Vereniging De Eik", payment_term_days=14)
    books.contract("DE-2026", other, books.tariff(priced("11.00", "90.00"), code="eik"), annex=True)
    books.at(2026, 4, 14)
    pay(books, customer, invoice, "187.55", "2026-04-13")

    books.at(2026, 4, 20)
    books.change(f"/questions/{question}", {"contract": "DE-2026"})
    [finding] = books.all("/findings", state="open")
    assert finding["code"] == "changed_after_release"
    proposal = books.get(f"/questions/{question}/correction")
    # 1:30 at 95.00 of the one, at 90.00 of the other
    assert (proposal["credit"]["amount"], proposal["charge"]["amount"]) == ("142.50", "135.00")
    books.post(f"/questions/{question}/correct", {"reason": "Vraag van een andere vereniging"})
    [note] = books.all("/credit-notes")
    assert (note["customer_id"], note["gross"]["amount"]) == (customer, "172.43")
    assert (owed(books, customer), owed(books, other)) == ("-172.43", "0.00")

    books.at(2026, 5, 1)
    [theirs] = books.bill("2026-04-30")
    assert (theirs["customer_id"], theirs["due_date"]) == (other, "2026-05-15")
    assert figures(theirs) == ("2026-00002", "135.00", "28.35", "163.35")
    books.says(theirs, "Vereniging De Eik", "1:30 uur 90,00 21% 135,00", "Leverdatum 10 maart 2026", "Tarief: eik 1.")
    # One customer's credit does not pay another's invoice.
    foreign = {"credit_note_id": note["id"], "invoice_id": theirs["id"]}
    problem(books.ours.post("/v1/allocations", foreign), 422, "invalid_input")
    assert (owed(books, customer), owed(books, other)) == ("-172.43", "163.35")
    in_order(books)
