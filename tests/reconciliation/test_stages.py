"""Whatever the package, what somebody spoils there is found as what it is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing_service import receivables
from billing_service.reconciliation.theirs import Reader
from billing_service.store.session import Database
from tests.connectors.stages import STAGES
from tests.reconciliation.stages import OnStage, ledger_of

ZERO = Decimal("0.00")


@pytest.mark.parametrize("package", STAGES)
def test_what_is_spoilt_there_is_found_as_what_it_is(
    package: str, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OnStage.connected(sqlite_database, package) as desk:
        monkeypatch.setattr(Reader, "_wait", lambda _, how_long: desk.advance(how_long))  # the clock stands still
        ids = [desk.invoice(amount=Decimal(100 + at)) for at in range(7)]
        desk.settle()
        assert {row.state for row in desk.deliveries()} == {"delivered"}, [row.cause for row in desk.deliveries()]
        numbers = [desk.number(one) for one in ids]
        desk.stage.pay(numbers[6], Decimal("20.00"), desk.now.date())
        agreed = desk.reconcile()
        assert (desk.found(agreed), agreed.documents_theirs) == ([], 7)
        assert agreed.open_theirs == agreed.total_theirs - Decimal("20.00")

        gone, draft, voided, twice, changed, settled, _ = numbers
        ledger = ledger_of(desk.stage)
        ledger.remove(gone)
        ledger.copy(twice, twice)
        ledger.copy(twice, "202600999")
        ledger.redate(ledger.row(changed))
        with desk.scope() as scope:  # here by hand, though payments are theirs
            invoice = receivables.record_receipt(
                scope, {"customer_id": desk.customer(ids[5]), "amount": Decimal("9.00")}
            )
            wish = {"receipt_id": invoice.id, "invoice_id": ids[5], "amount": Decimal("9.00")}
            receivables.allocate(scope, wish)
        expected = {
            ("missing", gone),
            ("duplicate", twice),
            ("extra", "202600999"),
            ("changed", changed),
            ("differently_paid", settled),
        }
        for kind, number, state in (("not_booked", draft, ledger.draft), ("voided", voided, ledger.voided)):
            if state is not None:
                ledger.row(number).update(state)
                expected.add((kind, number))
        made = desk.reconcile()
        assert {(kind, number) for kind, _, number in desk.found(made)} == expected
        assert (made.unexplained, made.unexplained_open) == (ZERO, ZERO)
        picture = desk.stage.picture()
        again = desk.reconcile()
        assert (again.digest, desk.found(again)) == (made.digest, desk.found(made))
        assert desk.stage.picture() == picture
