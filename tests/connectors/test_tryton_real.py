"""A real trytond: the suite's tests of what a scripted server could only claim, and what only the real one can show.

The tests of the suite that are named here run as they stand, with a proxy before the real server that makes trouble.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from connectors.base import (
    Connector,
    ConnectorError,
    Kind,
    Outcome,
    OutcomeUnknown,
    Payment,
    Refused,
    State,
    everything,
)
from connectors.fake.wire import Manner, Trouble
from connectors.http import mark_sent
from connectors.http.transport import TimedAdapter
from connectors.tryton import TrytonConnector
from connectors.tryton.rpc import nothing
from tests.connectors.papers import PDF, Delivery, customer_id, document, invoice, line
from tests.connectors.stages.tryton import TrytonStage
from tests.connectors.stages.tryton.real import RealTrytonStage
from tests.connectors.test_honesty import (  # noqa: F401  (collected here, with the fixture of this module)
    test_a_document_that_is_gone_is_said_to_be_unknown,
    test_a_refusal_names_what_is_to_be_repaired,
)
from tests.connectors.test_limits_and_tokens import (  # noqa: F401
    test_a_sign_in_that_is_withdrawn_has_to_be_given_again,
)
from tests.connectors.test_money import (  # noqa: F401
    news,
    test_a_payment_that_nobody_matched_says_what_the_payer_wrote,
    test_a_reversal_takes_back_what_was_paid,
    test_payments_come_in_by_cursor_over_pages_with_overlap,
)
from tests.connectors.test_mutation import walk
from tests.connectors.test_push import (  # noqa: F401
    test_a_credit_note_stands_there_with_its_invoice_and_closes_it,
    test_a_customer_is_made_once_found_again_and_kept_up_to_date,
    test_a_draft_of_an_earlier_attempt_is_brought_up_to_date_and_a_leftover_deleted,
    test_the_lists_hold_everything_that_a_mapping_points_to,
    test_two_customers_with_one_code_are_both_told,
    there,
)
from tests.connectors.test_unclear import (  # noqa: F401
    test_a_creation_that_is_applied_late_is_found_after_the_settle_time,
)
from tests.tryton.server import TrytonServer

ON = date(2026, 9, 10)


@pytest.fixture
def stage(tryton_server: TrytonServer) -> Iterator[RealTrytonStage]:
    with RealTrytonStage(tryton_server) as running:
        yield running


def receipt(connector: Connector, of: str, amount: str, number: str) -> Payment:
    return Payment(number, of, ON, Decimal(amount), "EUR", connector.lists().payment_methods[0].id, "overboeking")


def test_an_invoice_from_delivery_to_settlement(stage: RealTrytonStage):
    """Customer, draft, PDF, posting; part of it by our receipt, part credited, the rest by the bank; each by delta."""
    connector = stage.connector()
    ours = document(connector, "20260101", *[line(connector, "10.03")] * 3)
    assert ours.tax == Decimal("6.32"), "Tryton rounds it so too when it computes; a cent more shows that ours leads"
    vat = (replace(ours.vat[0], tax=Decimal("6.33")),)
    ours = replace(ours, vat=vat, tax=Decimal("6.33"), total=Decimal("36.42"))
    bill = there(stage, Delivery(stage, connector, ours))
    assert (bill.total, bill.open, bill.due_date, bill.own_number) == (Decimal("36.42"),) * 2 + (ours.due_date, "1")
    assert stage.files("20260101") == [(PDF.name, PDF.content)]
    assert connector.find_document(Kind.INVOICE, "20260101").items == (connector.read_document(bill.id),)
    _, cursor = news(connector, None)

    pushed = connector.push_payment(receipt(connector, bill.id, "10.00", "R-1"), key="p")
    assert connector.find_payment(receipt(connector, bill.id, "10.00", "R-1")).items == (pushed,)
    told, cursor = news(connector, cursor)
    assert [(one.number, one.document_number, one.amount, one.paid_on) for one in told] == [
        ("R-1", "20260101", Decimal("10.00"), ON)
    ]

    part = document(connector, "20260102", line(connector, "10.00"), kind=Kind.CREDIT_NOTE, credits=bill.id)
    note = there(stage, Delivery(stage, connector, part, key="second"))
    assert (note.total, note.open, note.credits) == (Decimal("12.10"), 0, bill.id)
    assert connector.read_document(bill.id).open == Decimal("14.32")
    told, cursor = news(connector, cursor)
    assert {one.id for one in told} <= {pushed.id}, "a credit note is no payment"

    rest = stage.pay("20260101", Decimal("14.32"), ON)
    told, _ = news(connector, cursor)
    assert {one.id: one.amount for one in told if one.id != pushed.id} == {rest: Decimal("14.32")}
    assert [connector.read_document(one.id).open for one in (bill, note)] == [0, 0]
    assert list(everything(connector.open_items)) == []
    assert {row["state"] for row in stage._rows()} == {"paid"}


class HangsUp(TimedAdapter):
    """Sends the creation of an invoice to the real server and is gone before it can answer."""

    def __init__(self, url: str) -> None:
        super().__init__(max_retries=0)
        self._address = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:
        if not str(request.url).endswith("#model.account.invoice.create"):
            return super().send(request, *rest, **more)
        lines = [f"POST {request.path_url} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items())]
        assert isinstance(request.body, bytes)
        with socket.create_connection((str(self._address.hostname), int(self._address.port or 0))) as hanging:
            hanging.sendall("\r\n".join([*lines, "Host: x", "", ""]).encode() + request.body)
        mark_sent()
        raise requests.ConnectionError("nobody waited")


def test_who_hangs_up_may_still_have_made_an_invoice(stage: RealTrytonStage):
    """Why the settle time is not nothing: the server goes on with a call that nobody waits for."""
    connector = stage.connector(transport=HangsUp(stage.server.url))
    ours = invoice(connector)
    with pytest.raises(OutcomeUnknown):
        connector.create_document(ours, key="k")
    deadline = time.monotonic() + 20
    while connector.find_document(ours.kind, ours.number).outcome is Outcome.NONE and time.monotonic() < deadline:
        time.sleep(0.05)
    assert connector.find_document(ours.kind, ours.number).outcome is Outcome.ONE


def test_a_receipt_in_full_whose_answer_is_lost_is_there_once(stage: RealTrytonStage):
    """The whole of what is open is booked one call earlier than a part of it (12.6)."""
    connector = stage.connector()
    bill = Delivery(stage, connector, invoice(connector), file=None).finish()
    payment = receipt(connector, bill.id, "181.50", "R-1")
    stage.troubled.add(Trouble(r".*pay\.execute choice", manner=Manner.RESET))
    with pytest.raises(OutcomeUnknown):
        connector.push_payment(payment, key="p")
    assert connector.find_payment(payment).outcome is Outcome.ONE
    assert connector.read_document(bill.id).open == 0
    with pytest.raises(Refused) as refused:
        connector.push_payment(payment, key="p")
    assert refused.value.cause == "nothing_open"


def test_what_was_delivered_late_is_booked_although_its_due_date_is_past(stage: RealTrytonStage):
    """Tryton asks a person to confirm that; everything here is delivered after 30 September 2026 (12.4)."""
    connector = stage.connector()
    ours = replace(invoice(connector), due_date=ON)
    assert Delivery(stage, connector, ours, file=None).finish().due_date == ON
    assert stage.sent("confirm") == 1
    assert stage.sent("post") == 2


def test_an_invoice_of_an_earlier_day_than_the_last_one_is_refused_by_its_date(stage: RealTrytonStage):
    """Its sequence may not go back in time; the draft stays, and is found (12.4)."""
    connector = stage.connector()
    Delivery(stage, connector, invoice(connector), file=None).finish()
    earlier = replace(invoice(connector, "20260100"), issue_date=date(2026, 8, 31))
    with pytest.raises(Refused) as refused:
        Delivery(stage, connector, earlier, file=None).finish()
    assert (refused.value.cause, refused.value.fix) == ("date_refused", "fix_data")
    assert "must set an invoice date after" in refused.value.detail
    (left,) = connector.find_document(Kind.INVOICE, "20260100").items
    assert left.state is State.DRAFT
    without_period = replace(earlier, issue_date=date(2019, 8, 31))
    connector.update_document(left.id, without_period)
    with pytest.raises(Refused) as refused:
        connector.post(left.id)
    assert refused.value.cause == "period_closed"


def test_a_bank_statement_that_is_matched_later_and_what_was_given_up(stage: RealTrytonStage):
    """One line for two invoices is told without either; matched to one it is told with it; a write-off is no money."""
    connector = stage.connector()
    bills = [Delivery(stage, connector, invoice(connector, number), key=number, file=None).finish() for number in "12"]
    customer = int(customer_id(connector))
    first = stage.keeper.receives(Decimal("181.50"), ON, "dank u", customer)
    both = stage.keeper.receives(Decimal("181.49"), ON, "rest", customer)
    told, cursor = news(connector, None)
    assert [(one.document, one.reference, one.customer) for one in told] == [
        (None, "dank u", str(customer)),
        (None, "rest", str(customer)),
    ]
    stage.keeper.matches(int(bills[0].id), first)
    stage.keeper.matches(int(bills[1].id), both, write_off=True)
    told, _ = news(connector, cursor)
    assert {(one.id, one.document, one.amount) for one in told} == {
        (str(first), bills[0].id, Decimal("181.50")),
        (str(both), bills[1].id, Decimal("181.49")),
    }
    assert [connector.read_document(one.id).open for one in bills] == [0, 0]


def test_quantities_whose_price_tryton_rounds_otherwise_keep_our_amount(stage: RealTrytonStage):
    """Half of 0.25 is 0.13 here and 0.12 there: it rounds half to even (12.4)."""
    connector = stage.connector()
    halves = line(connector, "0.13", quantity=Decimal("0.5"), unit_price=Decimal("0.25"))
    whole = line(connector, "0.38", quantity=Decimal("0.5"), unit_price=Decimal("0.75"))
    assert connector.create_document(document(connector, "20260101", halves, whole), key="k").net == Decimal("0.51")


# --- the scripted server answers as the real one ----------------------------------------------------------------------


class Noting(TimedAdapter):
    """Notes of every call its method, and the form of what was asked and answered."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)
        self.noted: list[tuple[str, Any, Any]] = []

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:
        answer = super().send(request, *rest, **more)
        asked, told = json.loads(request.body or b""), answer.json()
        self.noted.append((asked["method"], form(asked["params"]), form(told.get("result", told.get("error")))))
        return answer


def form(value: Any) -> Any:
    """A value without what differs from server to server: which keys, which kinds of value, not which values."""
    if isinstance(value, dict) and "__class__" in value:
        return value["__class__"]
    if isinstance(value, dict) and "view" in value:
        return {"view": sorted(name for name in value["view"]["defaults"] if "." not in name)}
    if isinstance(value, dict):
        return {name: form(inside) for name, inside in sorted(value.items())}
    if isinstance(value, list):
        return sorted({repr(form(inside)) for inside in value})
    return type(value).__name__


def test_the_scripted_server_answers_every_call_in_the_form_of_the_real_one(stage: RealTrytonStage):
    noted = []
    with TrytonStage("scripted") as scripted:
        for one in (scripted, stage):
            transport = Noting()
            walk(one, transport)
            noted.append([call for call in transport.noted if "warning.skip" not in call[0] and call[2] != WARNED])
    assert len(noted[0]) == len(noted[1]) > 80
    for ours, theirs in zip(*noted, strict=True):
        if ours[0] == "model.res.user.get_preferences":  # the real one tells much more of a user
            assert ours[2].items() <= theirs[2].items()
        else:
            assert ours == theirs


WARNED = form(["UserWarning", ["name", "said", ""]])
WRONG: dict[str, tuple[str, list[Any]]] = {
    "posted twice": ("model.account.invoice.post", [["invoice"]]),
    "written when posted": ("model.account.invoice.write", [["invoice"], {"reference": "x"}]),
    "deleted when posted": ("model.account.invoice.delete", [["invoice"]]),
    "an unknown one": ("model.account.invoice.delete", [[999_999_999]]),
    "its number given": ("model.account.invoice.write", [["invoice"], {"number": "x"}]),
    "an unknown field": ("model.account.invoice.create", [[{"nonsense": "x"}]]),
    "a code twice": ("model.party.party.create", [[{"code": "2001", "name": "x"}]]),
    "a code changed": ("model.party.party.write", [["party"], {"code": "x"}]),
    "an unknown kind of identifier": (
        "model.party.party.create",
        [[{"code": "x", "identifiers": [["create", [{"type": "x", "code": "x"}]]]}]],
    ),
    "a file of nothing": ("model.ir.attachment.create", [[{"name": "x", "type": "data", "resource": "x,1"}]]),
    "an unknown method": ("model.account.invoice.nonsense", [["invoice"]]),
    "an unknown model": ("model.account.nonsense.create", [[{}]]),
    "an unknown wizard": ("wizard.account.nonsense.create", []),
}


def test_the_scripted_server_refuses_in_the_words_of_the_real_one(stage: RealTrytonStage):
    said: list[dict[str, tuple[str, str]]] = []
    with TrytonStage("scripted") as scripted:
        for one in (scripted, stage):
            connector = one.connector()
            assert isinstance(connector, TrytonConnector)
            bill = Delivery(one, connector, invoice(connector), file=None).finish()
            about = {"invoice": int(bill.id), "party": int(bill.customer or 0)}
            said.append({what: refusal(connector, method, params, about) for what, (method, params) in WRONG.items()})
    assert said[0] == said[1]


def refusal(connector: TrytonConnector, method: str, params: Any, about: dict[str, int]) -> tuple[str, str]:
    """The error and its sentence, without what stands in quotes."""

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(inside) for name, inside in value.items()}
        return [filled(inside) for inside in value] if isinstance(value, list) else about.get(value, value)

    with pytest.raises(ConnectorError) as caught:
        connector._rpc.change(method, *filled(params), read=nothing)
    meant = getattr(caught.value, "cause", type(caught.value).__name__)
    return str(meant), re.sub(r"\"[^\"]*\"|'[^']*'", "…", caught.value.detail)
