"""Every request that a connector sends is checked by its stage: each field changed, left out or added is refused.

Just before each request the machinery sends it with one thing wrong, again and again; every such request must be
refused with an error of the package's own and change nothing; the real one must then be taken. So a stage that looks
away is found out, and with it a connector that sends something undocumented.
"""

from __future__ import annotations

import contextlib
import json
import re
import xmlrpc.client
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter

from connectors.base import Document, Kind, Payment, Pull, Push, Refused, everything
from connectors.http.transport import TimedAdapter
from tests.connectors.papers import CUSTOMER, Delivery, customer_id, document, invoice, line
from tests.connectors.stages import STAGES, stage_of
from tests.connectors.stages.stage import Stage
from tests.left_out import needs_shared

WRONG: dict[str, object] = {"neither text nor number": True}


class Mutating(BaseAdapter):
    """Sends every request wrongly in every way it can think of, then as it is; remembers what was not refused."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage, self._inner = stage, TimedAdapter(max_retries=0)
        self.tried: list[str] = []
        self.accepted: list[str] = []
        self.changed: list[str] = []
        self.unfounded: set[str] = set()

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:
        name = f"{request.method} {urlsplit(request.url or '').path}"
        before = self._stage.picture()
        for what, wrong in mutants(request, self._stage):
            self.tried.append(f"{name}: {what}")
            answer = self._inner.send(wrong, *rest, **more)
            self._cite(wrong, answer)
            if not self._stage.refuses(urlsplit(wrong.url or "").path, answer.status_code, answer.content):
                self.accepted.append(f"{name}: {what} → {answer.status_code}")
        if self._stage.picture() != before:
            self.changed.append(name)
        answer = self._inner.send(request, *rest, **more)
        self._cite(request, answer)
        return answer

    def _cite(self, request: requests.PreparedRequest, answer: requests.Response) -> None:
        """Notes an answer that rests on nothing."""
        line = f"{request.method} {called(request)} {answer.status_code}"
        if not self._stage.sections(line):
            self.unfounded.add(line)

    def close(self) -> None:
        self._inner.close()


def mutants(request: requests.PreparedRequest, stage: Stage) -> Iterator[tuple[str, requests.PreparedRequest]]:
    yield "another method", changed(request, method="PUT" if request.method == "PATCH" else "PATCH")
    address = urlsplit(request.url or "")
    yield "another path", changed(request, url=address._replace(path=address.path + "/x").geturl())
    query = parse_qsl(address.query, keep_blank_values=True)
    yield "an unknown parameter", changed(request, url=with_query(request, [*query, ("unknown", "1")]))
    for name, _ in query:
        if f"{address.path}?{name}" not in stage.optional_parameters:
            rest = [pair for pair in query if pair[0] != name]
            yield f"without {name}", changed(request, url=with_query(request, rest))
    if "Authorization" in request.headers:
        yield "not signed in", changed(request, headers={"Authorization": None})
        yield "signed in as somebody else", changed(request, headers={"Authorization": "Bearer somebody-else"})
    yield from wrong_bodies(request, stage)


def called(request: requests.PreparedRequest) -> str:
    """The path, and behind it what of one address is called."""
    address = urlsplit(request.url or "")
    return f"{address.path}#{address.fragment}" if address.fragment else address.path


def wrong_bodies(request: requests.PreparedRequest, stage: Stage) -> Iterator[tuple[str, requests.PreparedRequest]]:
    kind = request.headers.get("Content-Type")

    def optional(field: str) -> bool:
        return stage.may_leave_out(called(request), field)

    if request.body and kind == "application/json":
        yield "no JSON", changed(request, body=b"{")
        for what, value in wrong_values(json.loads(request.body), optional):
            yield what, changed(request, body=json.dumps(value).encode())
    elif request.body and kind == "text/xml":
        yield "no XML", changed(request, body=b"<")
        for what, value in wrong_calls(request.body, optional):
            yield what, changed(request, body=value)
    elif request.body and str(kind).startswith("multipart/form-data"):
        assert isinstance(request.body, bytes)
        yield "another field", changed(request, body=request.body.replace(b' name="', b' name="un', 1))
        yield "no parts", changed(request, body=b"{}")
    elif request.body and "form" in str(kind):
        form = parse_qsl(request.body if isinstance(request.body, str) else request.body.decode())
        yield "an unknown field", changed(request, body=urlencode([*form, ("unknown", "1")]).encode())
        for name, _ in form:
            yield f"without {name}", changed(request, body=urlencode([one for one in form if one[0] != name]).encode())


def wrong_calls(body: str | bytes, optional: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """A call in XML-RPC with one thing wrong: its method, each of its parameters, and whatever stands in them."""
    parameters, method = xmlrpc.client.loads(body)
    given = list(parameters)

    def call(name: str, values: list[Any]) -> bytes:
        return xmlrpc.client.dumps(tuple(values), name).encode()

    yield "another call", call(f"{method}_x", given)
    yield "without the last parameter", call(str(method), given[:-1])
    yield "with one parameter more", call(str(method), [*given, 1])
    for place, value in enumerate(given):
        for what, wrong in {"another type": [WRONG], "another value": f"{value}-x"}.items():
            yield f"parameter {place} of {what}", call(str(method), [*given[:place], wrong, *given[place + 1 :]])
    for what, value in wrong_values(given, optional):
        yield what, call(str(method), value)


def wrong_values(value: Any, optional: Callable[[str], bool]) -> Iterator[tuple[str, Any]]:
    """The value with one thing wrong, at every depth."""
    for path in places(value):
        *above, last = path
        name = ".".join(str(part) for part in path)
        if not optional(last):
            yield f"without {name}", edited(value, above, lambda at, last=last: at.pop(last))
        yield f"{name} of another type", edited(value, above, lambda at, last=last: at.__setitem__(last, WRONG))
    for path in objects(value):
        name = ".".join(str(part) for part in (*path, "unknown"))
        yield f"with {name}", edited(value, path, lambda at: at.__setitem__("unknown", "1"))


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """The path to every field, at every depth."""
    for path in objects(value):
        inside = value
        for part in path:
            inside = inside[part]
        yield from ((*path, name) for name in inside)


def objects(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every object, the value itself among them."""
    if isinstance(value, dict):
        yield at
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inside in entries:
        yield from objects(inside, (*at, name))


def edited(value: Any, path: Any, edit: Any) -> Any:
    copy = deepcopy(value)
    at = copy
    for part in path:
        at = at[part]
    edit(at)
    return copy


def with_query(request: requests.PreparedRequest, query: list[tuple[str, str]]) -> str:
    return urlsplit(request.url or "")._replace(query=urlencode(query)).geturl()


def changed(request: requests.PreparedRequest, **what: Any) -> requests.PreparedRequest:
    copy = request.copy()
    for name, value in what.pop("headers", {}).items():
        if value is None:
            del copy.headers[name]
        else:
            copy.headers[name] = value
    if "body" in what:
        copy.body = what.pop("body")
        copy.headers["Content-Length"] = str(len(copy.body))
    for name, value in what.items():
        setattr(copy, name, value)
    return copy


@pytest.mark.parametrize("way", ["always", "now and then"])
def test_every_request_with_one_thing_wrong_is_refused_and_changes_nothing(stage: Stage, way: str):
    mutating = Mutating(stage)
    (walk if way == "always" else walk_on)(stage, mutating)
    assert mutating.accepted == []
    assert mutating.changed == []
    assert mutating.unfounded == set()
    assert len(mutating.tried) > 100


def test_every_section_that_an_answer_cites_stands_in_the_reference():
    """``11.8 to 11.12`` is one heading of several."""
    page = needs_shared("reference/accounting-apis.md").read_text()
    headings = re.findall(r"(?m)^#+ ([\d.]+)(?: to ([\d.]+))?", page)
    there: set[str] = set()
    for first, last in headings:
        chapter, _, number = first.rstrip(".").partition(".")
        until = int(last.rstrip(".").partition(".")[2]) if last else int(number or 0)
        there |= {f"{chapter}.{at}" for at in range(int(number), until + 1)} if number else {chapter}
    for package in STAGES:
        cited = {section for sections in stage_of(package).cites.values() for section in sections.split()}
        assert cited, package
        assert cited <= there, package


def test_an_answer_that_rests_on_nothing_is_found_out(stage: Stage):
    """The planted fault: a stage that says of no answer where it is documented."""
    stage.cites = {}  # type: ignore[misc]
    mutating = Mutating(stage)
    stage.connector(transport=mutating).check()
    assert len(mutating.unfounded) > 1


def walk(stage: Stage, transport: BaseAdapter) -> None:
    """Everything that a connector sends to do its work, once."""
    connector = stage.connector(transport=transport)
    capable = connector.capabilities
    connector.check()
    made = customer_id(connector)
    connector.upsert_customer(CUSTOMER, made, key="c")
    bill = Delivery(stage, connector, invoice(connector, customer=made)).finish()
    linked = bill.id if capable.credit_link.value else None
    note = invoice(connector, "20260102", kind=Kind.CREDIT_NOTE, credits=linked, customer=made)
    Delivery(stage, connector, note, key="second").finish()
    if capable.search.value != "no":
        connector.find_document(Kind.INVOICE, "20260101")
    list(everything(connector.list_customers))
    list(everything(lambda cursor: connector.documents(note.issue_date, cursor)))
    list(everything(connector.open_items))
    draft = connector.create_document(invoice(connector, "20260103", customer=made), key="third")
    if capable.edits.value != "never":
        connector.update_document(draft.id, invoice(connector, "20260103", customer=made))
    if capable.deletes.value != "never":
        connector.delete_document(draft.id)
    if capable.payments.value == "changes":
        connector.payments(connector.payments(None).cursor)
    if capable.push_payment.value is not Push.NO:
        other = Delivery(stage, connector, invoice(connector, "20260104", customer=made), key="fourth").finish()
        method = connector.lists().payment_methods[0].id
        receipt = Payment("R-1", other.id, note.issue_date, other.total, "EUR", method)
        connector.push_payment(receipt, key="p")
        connector.find_payment(receipt)


def walk_on(stage: Stage, transport: BaseAdapter) -> None:
    """What a connector sends only now and then: the next page, a part, a cost centre, an old date, something wrong."""
    filling, connector = stage.connector(), stage.connector(transport=transport)
    capable, made = connector.capabilities, customer_id(filling)
    ours = invoice(connector, "20260301", customer=made, issue_date=date(2026, 8, 1), due_date=date(2026, 8, 31))
    if capable.cost_centres.value:
        centre = connector.lists().cost_centres[0].id
        ours = replace(ours, lines=tuple(replace(one, cost_centre=centre) for one in ours.lines))
    bill = Delivery(stage, connector, ours, key="on", file=None).finish()
    for field in ("vat_code", "ledger_account", "customer", *(["cost_centre"] if capable.cost_centres.value else [])):
        with contextlib.suppress(Refused):
            connector.create_document(pointing_nowhere(ours, field), key="nowhere")
    if capable.push_payment.value is not Push.NO:
        method = connector.lists().payment_methods[0].id
        part = Payment("R-2", bill.id, bill.issue_date, Decimal("10.00"), "EUR", method, "overboeking")
        connector.push_payment(part, key="part")
    credits = {"kind": Kind.CREDIT_NOTE, "credits": bill.id if capable.credit_link.value else None}
    note = document(connector, "20260302", line(connector, "10.00"), customer=made, **credits)
    Delivery(stage, connector, note, key="note", file=None).finish()
    for at in range(3):
        filling.upsert_customer(replace(CUSTOMER, code=f"300{at}"), key=f"customer-{at}")
        Delivery(stage, filling, invoice(filling, f"2026020{at}", customer=made), key=f"{at}", file=None).finish()
    list(everything(connector.list_customers))
    list(everything(lambda cursor: connector.documents(ours.issue_date, cursor)))
    list(everything(connector.open_items))
    page = connector.payments(None) if capable.payments.value is Pull.CHANGES else None
    while page is not None and page.more:
        page = connector.payments(page.cursor)


def pointing_nowhere(document: Document, field: str) -> Document:
    """The same with an id that is nobody's."""
    nobody = "9007199"
    if field == "customer":
        return replace(document, customer=nobody)
    groups = tuple(replace(one, code=nobody) for one in document.vat) if field == "vat_code" else document.vat
    lines = tuple(replace(one, **{field: nobody}) for one in document.lines)  # type: ignore[arg-type]
    return replace(document, lines=lines, vat=groups)


def test_the_renewal_of_tokens_is_checked_as_strictly(stage: Stage):
    if stage.tokens() is None:
        return
    mutating = Mutating(stage)
    stage.advance(timedelta(minutes=10))
    stage.connector(transport=mutating).check()
    assert [one for one in mutating.tried if "refresh_token" in one]
    assert mutating.accepted == []


def test_a_stage_that_looks_away_is_found_out(stage: Stage):
    """The planted fault: one request of another type is waved through."""
    mutating = Mutating(stage)
    stage.trouble("customer", status=201, applies=False, body="{}")
    connector = stage.connector(transport=mutating)
    customer_id(connector)
    assert len(mutating.accepted) == 1


@pytest.mark.parametrize(
    ("value", "count"),
    [({"a": 1}, 3), ({"a": {"b": 1}}, 6), ({"a": [{"b": 1}]}, 6)],
)
def test_every_place_of_a_value_is_tried(value: Any, count: int):
    tried = dict(wrong_values(value, lambda field: False))
    assert len(tried) == count
    assert all(wrong != value for wrong in tried.values())
