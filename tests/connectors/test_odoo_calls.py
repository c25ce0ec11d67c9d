"""The two APIs of Odoo, and what its errors mean (accounting-apis 11.2, 11.8)."""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.base import (
    OutcomeUnknown,
    Refused,
    SignInAgain,
    TryAgainLater,
    Verified,
)
from connectors.fake.wire import InMemory, Reply, Request
from connectors.odoo import PACKAGE
from connectors.odoo.settings import capabilities
from tests.connectors.papers import CUSTOMER, Delivery, document, invoice, line
from tests.connectors.stages.odoo import OdooStage
from tests.connectors.stages.odoo.api import TRACE, fault_of
from tests.connectors.stages.odoo.orm import Wrong


@pytest.fixture(params=OdooStage.kinds)
def odoo(request: pytest.FixtureRequest) -> Iterator[OdooStage]:
    with OdooStage(request.param, unlimited=True) as running:
        yield running


@pytest.fixture
def json_2() -> Iterator[OdooStage]:
    with OdooStage("json-2", unlimited=True) as running:
        yield running


@pytest.fixture
def xml_rpc() -> Iterator[OdooStage]:
    with OdooStage("xml-rpc", unlimited=True) as running:
        yield running


def answering(stage: OdooStage, step: str, name: str, status: int, message: str) -> None:
    """The next requests of this step get this exception of Odoo, in the form of its API, and nothing happens."""
    if stage.kind == "xml-rpc":
        status, said = 200, xmlrpc.client.dumps(fault_of(Wrong(status, name, message)))
    else:
        told = {"name": name, "message": message, "arguments": [message], "context": {}, "debug": TRACE + message}
        said = json.dumps(told)
    stage.trouble(step, applies=False, body=said, status=status, times=3)


@pytest.mark.parametrize(
    ("name", "status", "fix"),
    [
        ("builtins.ValueError", 500, "fix_support"),
        ("builtins.TypeError", 500, "fix_support"),
        ("odoo.exceptions.UserError", 422, "fix_data"),
        ("odoo.exceptions.ValidationError", 422, "fix_data"),
        ("odoo.exceptions.AccessError", 403, "fix_rights"),
    ],
)
def test_what_odoo_refuses_was_not_done_and_is_not_sent_again(odoo: OdooStage, name: str, status: int, fix: str):
    """11.8: also the 500 for a wrong field or argument name."""
    connector = odoo.connector()
    ours = invoice(connector)
    answering(odoo, "create", name, status, "Zo kan het niet.")
    with pytest.raises(Refused) as refused:
        connector.create_document(ours, key="k")
    assert refused.value.fix == fix
    assert refused.value.detail.endswith("Zo kan het niet.")
    assert "Traceback" not in refused.value.detail


@pytest.mark.parametrize("name", ["psycopg2.OperationalError", "builtins.RuntimeError", "builtins.MemoryError"])
def test_any_other_failure_says_nothing_and_keeps_no_traceback(odoo: OdooStage, name: str):
    connector = odoo.connector()
    ours = invoice(connector)
    answering(odoo, "create", name, 500, "server closed the connection")
    with pytest.raises(OutcomeUnknown) as unknown:
        connector.create_document(ours, key="k")
    odoo.calm()
    answering(odoo, "check", name, 500, "server closed the connection")
    with pytest.raises(TryAgainLater) as later:
        connector.check()
    for error in (unknown.value, later.value):
        assert "server closed the connection" in error.detail
        assert "a_secret_place" not in error.detail


def test_accounting_that_is_not_installed_is_no_fault_of_the_document(json_2: OdooStage):
    answering(json_2, "check", "werkzeug.exceptions.NotFound", 404, "the model 'account.journal' does not exist")
    with pytest.raises(Refused, match="accounting app") as refused:
        json_2.connector().check()
    assert refused.value.fix == "fix_support"


@pytest.mark.parametrize("kind", OdooStage.kinds)
def test_a_version_without_this_api_says_so(kind: str):
    """JSON-2 came with Odoo 19; XML-RPC goes with 20 (11.2)."""
    with OdooStage(kind) as stage:
        stage.odoo.forms = tuple(one for one in OdooStage.kinds if one != kind)
        with pytest.raises(Refused, match="right api") as refused:
            stage.connector().check()
        assert refused.value.fix == "fix_support"


def test_a_wrong_login_or_key_needs_a_person(odoo: OdooStage):
    if odoo.kind == "xml-rpc":
        with pytest.raises(SignInAgain):
            odoo.opened(login="somebody@else.example").check()
    connector = odoo.connector()
    assert connector.check().name == "Voorbeeld Helpdesk B.V."
    odoo.lose_sign_in()
    with pytest.raises(SignInAgain):
        connector.check()


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"api": "soap"}, "api is json-2 or xml-rpc"),
        ({"vat_rounding": "up"}, "vat_rounding is per_line or globally"),
        ({"payments_count": "never"}, "payments_count is paid or registered"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_name(settings: dict[str, str], wrong: str):
    with pytest.raises(ValueError, match=wrong):
        PACKAGE.capabilities({"journal": "HLP", **settings})


@pytest.mark.parametrize("name", ["login", "database"])
def test_what_xml_rpc_needs_beside_the_key_is_asked_for_before_anything_is_sent(xml_rpc: OdooStage, name: str):
    with pytest.raises(Refused, match=f"{name} is needed") as refused:
        xml_rpc.opened(**{name: ""}).check()
    assert (refused.value.fix, refused.value.field) == ("fix_mapping", name)
    assert xml_rpc.calls == []


def test_a_server_with_one_database_needs_none_to_be_named(json_2: OdooStage):
    """11.2: the header is needed where there are several."""
    heard: list[Request] = []

    def hears(request: Request) -> Reply:
        heard.append(request)
        return Reply(200, b"[]")

    for database in ("", "helpdesk"):
        assert json_2.opened(InMemory(hears), database=database).find_customer("2001").items == ()
    assert [request.headers.get("X-Odoo-Database") for request in heard] == [None, "helpdesk"]


def test_only_what_the_recording_shows_is_said_to_be_recorded():
    """The recording is of JSON-2; of XML-RPC the reference says only that it ran."""

    def said(api: str) -> set[Verified]:
        capable = capabilities({"api": api})
        return {getattr(capable, name).verified for name in capable.__dataclass_fields__}

    assert said("json-2") == {Verified.RECORDING, Verified.DOCUMENTATION}
    assert said("xml-rpc") == {Verified.DOCUMENTATION}


# --- XML ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Łódź – été €", "<b>&amp;</b> ]]>", "regel 1\nregel 2\t😀", "x\x0by\x00z"])
def test_any_text_arrives_whole(odoo: OdooStage, text: str):
    connector = odoo.connector()
    ours = document(connector, "20260101", line(connector, "10.00", description=text))
    Delivery(odoo, connector, ours).finish()
    (kept,) = (one["name"] for one in odoo.books.rows["account.move.line"].values())
    assert kept == (text if odoo.kind == "json-2" else text.replace("\x0b", "").replace("\x00", ""))
    assert connector.upsert_customer(replace(CUSTOMER, name="Łódź & zonen"), key="c").name == "Łódź & zonen"


LIST = "<value><array><data><value><int>{}</int></value></data></array></value>"
ANSWER = f"<methodResponse><params><param>{LIST}</param></params></methodResponse>"
ENTITIES = '<!DOCTYPE x [<!ENTITY a "704"><!ENTITY b "&a;0001">]>' + ANSWER.format("&b;")


@pytest.mark.parametrize("body", [ENTITIES, "<methodResponse>", "[7040001]", ANSWER.replace("params", "fault")])
def test_an_answer_that_is_no_xml_rpc_is_unclear_and_nothing_in_it_is_unfolded(xml_rpc: OdooStage, body: str):
    connector = xml_rpc.connector()
    ours = invoice(connector)
    xml_rpc.trouble("create", body=body)
    with pytest.raises(OutcomeUnknown):
        connector.create_document(ours, key="k")
    xml_rpc.trouble("check", body=body)
    with pytest.raises(TryAgainLater):
        connector.check()


def test_the_same_answer_without_entities_is_read(xml_rpc: OdooStage):
    connector = xml_rpc.connector()
    ours = invoice(connector)
    xml_rpc.trouble("create", body=ANSWER.format("7040001"))
    assert connector.create_document(ours, key="k").id == "7040001"


def test_one_sign_in_serves_all_calls_of_a_connector(xml_rpc: OdooStage):
    connector = xml_rpc.connector()
    Delivery(xml_rpc, connector, invoice(connector)).finish()
    routes = [call.route for call in xml_rpc.calls]
    assert routes.count("/xmlrpc/2/common") == 1
    assert xml_rpc.sent("create") == 1, "traces tell which method was called"
    assert all(route.startswith("/xmlrpc/2/object#") for route in routes[1:])


def test_a_call_in_either_api_has_the_same_arguments() -> None:
    """What the connector asks is written once; the stage sees the same calls in both forms."""
    heard: dict[str, list[Any]] = {}
    for kind in OdooStage.kinds:
        with OdooStage(kind, unlimited=True) as stage:
            heard[kind] = []
            real = stage.odoo.call

            def listens(model: str, method: str, arguments: Any, kind: str = kind, real: Any = real) -> Any:
                heard[kind].append((model, method, json.loads(json.dumps(arguments))))
                return real(model, method, arguments)

            stage.odoo.call = listens  # type: ignore[method-assign]
            connector = stage.connector()
            Delivery(stage, connector, invoice(connector)).finish()
    first, second = heard.values()
    assert first == second
