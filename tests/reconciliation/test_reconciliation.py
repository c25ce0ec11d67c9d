"""Both sides beside each other: what differs is found, told and repaired where that is safe; a second run changes
nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing_service.store.session import Database
from tests.reconciliation.world import Reconciling, more

ZERO = Decimal("0.00")


@pytest.fixture
def desk(database: Database) -> Reconciling:
    return Reconciling.founded(database)


def test_two_sides_that_agree_prove_it(desk: Reconciling) -> None:
    first = desk.invoice(amount=Decimal("100.00"))
    desk.invoice(amount=Decimal("60.00"), vat_class="reduced")
    desk.settle()
    desk.credit(first)
    desk.settle()
    desk.books.control.pay("202600002", Decimal("20.00"), desk.now.date())
    made = desk.reconcile()
    assert desk.found(made) == []
    assert (made.documents_ours, made.documents_theirs) == (3, 3)
    assert made.total_ours == made.total_theirs == Decimal("65.40")
    assert made.open_ours == made.open_theirs == Decimal("45.40")
    assert (made.unexplained, made.unexplained_open) == (ZERO, ZERO)
    assert made.vat == [
        {"group": "S:21", **{side: {"taxable": "0.00", "tax": "0.00"} for side in ("ours", "theirs")}},
        {"group": "S:9", **{side: {"taxable": "60.00", "tax": "5.40"} for side in ("ours", "theirs")}},
    ]
    again = desk.reconcile()
    assert again.digest == made.digest
    assert again.id != made.id


def test_every_class_is_found_and_told_and_a_second_run_changes_nothing(desk: Reconciling) -> None:
    for at in range(7):
        desk.invoice(amount=Decimal(100 + at))
    desk.settle()
    ids = [row.subject_id for row in desk.deliveries(noun="document")]
    desk.remove(ids[0])
    desk.entry(ids[1])["state"] = "draft"
    desk.entry(ids[2])["state"] = "cancelled"
    desk.copy(ids[3])
    more(desk.entry(ids[4]))
    desk.entry(ids[5])["open"] -= Decimal("1.00")
    desk.book("202600999")
    desk.book("LOS-1")
    expected = [
        ("changed", "correct_there", "202600005"),
        ("differently_paid", "pull_payments", "202600006"),
        ("duplicate", "remove_there", "202600004"),
        ("extra", "remove_there", "202600999"),
        ("missing", "deliver_again", "202600001"),
        ("not_booked", "book", "202600002"),
        ("voided", "credit_here_or_restore", "202600003"),
    ]
    made = desk.reconcile()
    assert desk.found(made) == expected
    assert (made.unexplained, made.unexplained_open) == (ZERO, ZERO)
    assert made.total_theirs - made.total_ours == sum(one.amount for one in desk.differences(made))
    told = {code: facts["numbers"] for code, facts in desk.findings().items() if "reconciliation" in code}
    assert told == {f"reconciliation_{kind}": number for kind, _, number in expected}

    picture, deliveries = desk.books.control.books(), [(row.id, row.version) for row in desk.deliveries()]
    again = desk.reconcile()
    assert (desk.found(again), again.digest) == (expected, made.digest)
    assert desk.books.control.books() == picture
    assert [(row.id, row.version) for row in desk.deliveries()] == deliveries
    assert desk.findings().keys() == {*told, "document_changed_there"}
