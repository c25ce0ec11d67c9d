"""The recording of a real Tryton 8.2 (shared/contracts/tryton): its answers understood, our questions in its form."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from connectors.base import AlreadyThere, ConnectorError, OutcomeUnknown, Payment, Refused, TryAgainLater
from connectors.http import Answer
from connectors.http.transport import TimedAdapter
from connectors.tryton.rpc import decoded, encoded, reads_error
from tests.connectors.papers import Delivery, invoice
from tests.connectors.stages.tryton import TrytonStage
from tests.left_out import needs_shared

ON = date(2026, 9, 10)


def recorded() -> dict[str, tuple[dict[str, Any], Answer]]:
    """Step → what was asked of the real server, and what it answered."""
    entries = json.loads((needs_shared("contracts/tryton/rpc-recording.json")).read_text())
    told = {}
    for entry in entries:
        reply = entry["response"]
        content = json.dumps(reply["body"], separators=(",", ":")).encode() if reply["body"] else b""
        told[entry["step"]] = (entry["request"]["body"], Answer(reply["status"], CaseInsensitiveDict(), content, True))
    return told


def meant(answer: Answer) -> ConnectorError | None:
    return reads_error(answer, answer.text())


def test_every_recorded_error_is_understood_and_every_success_is_none():
    errors = {step: error for step, (_, answer) in recorded().items() if (error := meant(answer)) is not None}
    assert {step: getattr(error, "cause", type(error)) for step, error in errors.items()} == {
        "create party with a used code": AlreadyThere,
        "post again (refused)": "document_locked",
        "write number (refused)": "document_locked",
    }
    assert recorded()["bad session"][1].status == 401


def test_recorded_values_are_read_and_written_as_they_stand():
    for asked, answer in recorded().values():
        if answer.body:
            for value in (asked["params"], json.loads(answer.body)):
                assert encoded(decoded(value)) == value


class Asked(TimedAdapter):
    """Remembers what was asked."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)
        self.calls: list[dict[str, Any]] = []

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:
        self.calls.append(json.loads(request.body or b""))
        return super().send(request, *rest, **more)

    def of(self, method: str) -> list[list[Any]]:
        return [call["params"] for call in self.calls if call["method"] == method]


def test_what_we_send_has_the_form_that_the_real_server_took():
    transport = Asked()
    with TrytonStage("scripted") as stage:
        deliver_and_pay(stage, transport)
    steps = recorded()
    for step in ("create party", "create invoice", "attach PDF"):
        (ours,), _ = transport.of(steps[step][0]["method"])[0]
        (theirs,), _ = steps[step][0]["params"]
        assert set(theirs) - {"payment_term"} <= set(ours), step
    lines = [values["lines"][0][1][0] for values in (ours_of(transport), steps["create invoice"][0]["params"][0][0])]
    assert lines[0].keys() == lines[1].keys()
    assert (
        transport.of("common.db.login")[0][1].keys()
        == steps["login (result: user id, session key, bus host)"][0]["params"][1].keys()
    )
    wizard = [steps[f"partial payment: {step}"][0]["params"] for step in ("start", "choice", "pay as partial")]
    for ours, theirs in zip(transport.of("wizard.account.invoice.pay.execute"), wizard, strict=True):
        assert ours[2] == theirs[2]
        assert {name: set(data) for name, data in ours[1].items()} == {
            name: set(data) for name, data in theirs[1].items()
        }
        assert set(theirs[3]) <= set(ours[3])


def deliver_and_pay(stage: TrytonStage, transport: Asked) -> None:
    connector = stage.connector(transport=transport)
    bill = Delivery(stage, connector, invoice(connector)).finish()
    connector.push_payment(Payment("R-1", bill.id, ON, Decimal("80.00"), "EUR", "1"), key="1")


def ours_of(transport: Asked) -> Any:
    return transport.of("model.account.invoice.create")[0][0][0]


def test_an_error_inside_the_server_is_unclear_where_something_may_have_changed():
    """They come as HTTP 200 with two texts (12.7): a field that a version lacks, a database that is locked."""
    body = b'{"id":1,"error":["database is locked",""]}'
    for changes, kind in ((True, OutcomeUnknown), (False, TryAgainLater)):
        answer = Answer(200, CaseInsensitiveDict(), body, changes)
        assert isinstance(meant(answer), kind)
    long = b'{"id":1,"error":["UserError",["\\"x\\" is closed","",[' + b"9" * 200_000
    refused = reads_error(Answer(200, {}, long, True), long.decode()[:100_000])
    assert isinstance(refused, Refused)
    assert (refused.cause, refused.detail) == ("period_closed", '"x" is closed')
