"""A package does what it declares; refusals name what to repair; webhooks are believed only with their signature."""

from __future__ import annotations

import logging
import traceback
from dataclasses import fields, replace
from typing import Any

import pytest

import connectors
from connectors.base import (
    Attachment,
    ConnectorError,
    InvalidSignature,
    Kind,
    NotSupported,
    Refused,
    Verified,
    unverified,
)
from tests.connectors.papers import CUSTOMER, PDF, Delivery, invoice
from tests.connectors.stages.stage import CANARY, Stage


def test_every_capability_says_what_it_was_verified_against(stage: Stage):
    """As declared: a stage may switch on what is unverified, as an administrator can."""
    declared = connectors.PACKAGES[stage.package].capabilities(stage.settings())
    for field in fields(declared):
        fact = getattr(declared, field.name)
        assert fact.source
        assert fact.verified is not Verified.UNVERIFIED or not fact.on


def test_an_unverified_capability_is_off_until_it_is_enabled(stage: Stage):
    capable = replace(stage.connector().capabilities, credit_link=unverified(claimed=True, off=False, source="a guess"))
    assert not capable.credit_link.value
    assert capable.enable(frozenset({"credit_link"})).credit_link.value
    with pytest.raises(KeyError):
        capable.enable(frozenset({"magic"}))


def test_what_does_not_fit_is_refused_before_anything_is_sent(stage: Stage):
    connector = stage.connector()
    ours = invoice(connector)
    capable = connector.capabilities
    wrong: list[tuple[str, Any]] = []
    if capable.number.value.max_length:
        wrong.append(("number_too_long", replace(ours, number="1" * (capable.number.value.max_length + 1))))
    if capable.number.value.pattern:
        wrong.append(("number_form", replace(ours, number="ß 1")))
    if capable.description.value.max_length:
        long = replace(ours.lines[0], description="x" * (capable.description.value.max_length + 1))
        wrong.append(("description_too_long", replace(ours, lines=(long, *ours.lines[1:]))))
    wrong.append(("total_differs", replace(ours, total=ours.total + 1)))
    before = len(stage.calls)
    for cause, document in wrong:
        with pytest.raises(Refused) as refused:
            connector.create_document(document, key="k")
        assert refused.value.cause == cause
    if capable.customer_code.value.max_length:
        long_code = "1" * (capable.customer_code.value.max_length + 1)
        with pytest.raises(Refused):
            connector.upsert_customer(replace(CUSTOMER, code=long_code), key="k")
    assert len(stage.calls) == before


def test_what_is_not_declared_is_not_supported_and_not_sent(stage: Stage):
    connector = stage.connector()
    ours = invoice(connector)
    capable = connector.capabilities
    refused: dict[str, Any] = {}
    if capable.attachments.value is None:
        refused["attachments"] = lambda: connector.attach("1", PDF, key="k")
    if not capable.cost_centres.value:
        split = replace(ours, lines=(replace(ours.lines[0], cost_centre="x"), *ours.lines[1:]))
        refused["cost_centres"] = lambda: connector.create_document(split, key="k")
    if not capable.credit_link.value:
        linked = replace(ours, kind=Kind.CREDIT_NOTE, credits="1")
        refused["credit_link"] = lambda: connector.create_document(linked, key="k")
    if capable.webhooks.value is None:
        refused["webhooks"] = lambda: connector.verify_webhook(b"{}", {}, stage.now())
    before = len(stage.calls)
    for name, call in refused.items():
        with pytest.raises(NotSupported) as said:
            call()
        assert said.value.capability == name
    assert len(stage.calls) == before


def test_a_cost_centre_is_kept_where_there_are_any(stage: Stage):
    connector = stage.connector()
    centres = connector.lists().cost_centres
    if centres:
        ours = invoice(connector)
        lines = tuple(replace(one, cost_centre=centres[0].id) for one in ours.lines)
        Delivery(stage, connector, replace(ours, lines=lines)).finish()
        assert centres[0].id in stage.picture()


def test_a_file_of_another_type_or_too_large_is_refused_before_it_is_sent(stage: Stage):
    connector = stage.connector()
    allowed = connector.capabilities.attachments.value
    if allowed is None:
        return
    before = len(stage.calls)
    with pytest.raises(Refused, match="type"):
        connector.attach("1", Attachment("x.exe", "application/x-msdownload", b"MZ"), key="k")
    with pytest.raises(Refused, match="bytes"):
        connector.attach("1", Attachment("x.pdf", "application/pdf", bytes(allowed.max_bytes + 1)), key="k")
    assert len(stage.calls) == before


@pytest.mark.parametrize(
    ("field", "cause", "fix"),
    [
        ("vat_code", "vat_code_unknown", "fix_mapping"),
        ("ledger_account", "ledger_account_unknown", "fix_mapping"),
        ("customer", "customer_unknown", "fix_data"),
    ],
)
def test_a_refusal_names_what_is_to_be_repaired(stage: Stage, field: str, cause: str, fix: str):
    connector = stage.connector()
    ours = invoice(connector)
    if field == "customer":
        ours = replace(ours, customer="9007199254740000")
    else:
        wrong = tuple(replace(one, **{field: "no-such-thing"}) for one in ours.lines)  # type: ignore[arg-type]
        groups = tuple(replace(one, code="no-such-thing") for one in ours.vat) if field == "vat_code" else ours.vat
        ours = replace(ours, lines=wrong, vat=groups)
    with pytest.raises(Refused) as refused:
        connector.create_document(ours, key="k")
    assert (refused.value.cause, refused.value.fix) == (cause, fix)
    assert stage.documents() == []


def test_a_document_that_is_gone_is_said_to_be_unknown(stage: Stage):
    with pytest.raises(Refused) as refused:
        stage.connector().read_document("9007199254740000")
    assert refused.value.cause == "document_unknown"


@pytest.mark.parametrize(
    ("status", "fix"), [(402, "fix_rights"), (403, "fix_rights"), (302, "fix_support"), (415, "fix_support")]
)
def test_other_answers_have_their_next_step_too(stage: Stage, status: int, fix: str):
    stage.trouble("check", status=status, applies=False, headers={"Location": "http://127.0.0.1:9/elsewhere"})
    with pytest.raises(Refused) as refused:
        stage.connector().check()
    assert refused.value.fix == fix


# --- webhooks -------------------------------------------------------------------------------------------------------


def test_a_webhook_is_a_hint_when_its_signature_is_that_of_its_raw_body(stage: Stage):
    connector = stage.connector()
    if connector.capabilities.webhooks.value is None:
        return
    body, headers = stage.hook("payment", "9007199254740993")
    (hint,) = connector.verify_webhook(body, {name.upper(): value for name, value in headers.items()}, stage.now())
    assert (hint.subject, hint.id) == ("payment", "9007199254740993")
    believed: list[object] = []
    for what, (content, signed, later) in stage.forgeries(body, headers, "9007199254740993").items():
        with pytest.raises(InvalidSignature):
            believed.append((what, connector.verify_webhook(content, signed, stage.now() + later)))
    assert believed == []


# --- secrets --------------------------------------------------------------------------------------------------------


def everything_said(error: BaseException) -> str:
    """What a log with values of local variables would hold of this error, without the test's own."""
    said = traceback.TracebackException.from_exception(error, capture_locals=True)
    del said.stack[0]
    return "".join(said.format()) + repr(error.__dict__) + repr(error.__context__) + repr(error.__cause__)


def test_no_secret_in_errors_traces_and_logs_even_when_the_package_repeats_it(
    stage: Stage, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    connector = stage.connector()
    ours = invoice(connector)
    echo = " ".join(stage.secrets().values()) + f" Authorization: Bearer {CANARY}-api_key"
    said = ""
    troubles: list[dict[str, Any]] = [
        {"status": 400, "body": echo},
        {"status": 403, "body": echo},
        {"status": 500, "body": echo},
        {"status": 429, "body": echo},
        {"body": echo},
        {"manner": "reset"},
    ]
    for what in troubles:
        stage.trouble("create", applies=False, times=3, **what)
        with pytest.raises(ConnectorError) as caught:
            connector.create_document(ours, key="k")
        said += everything_said(caught.value) + caught.value.detail
        stage.calm()
    stage.lose_sign_in()
    with pytest.raises(ConnectorError) as caught:
        connector.check()
    said += everything_said(caught.value)
    assert "[secret]" in said, "the package did repeat them"
    for secret in stage.secrets().values():
        assert secret not in said
        assert secret not in repr(stage.calls)
        assert secret not in caplog.text
        assert secret not in repr(connector.__dict__)
        assert secret not in repr(stage.connection())


def test_a_trace_knows_the_route_and_not_what_it_was_about(stage: Stage):
    connector = stage.connector()
    remote = Delivery(stage, connector, invoice(connector)).finish()
    connector.read_document(remote.id)
    shown = repr(stage.calls)
    assert remote.id not in shown
    assert "20260101" not in shown
    assert all(call.milliseconds >= 0 and call.status for call in stage.calls)
