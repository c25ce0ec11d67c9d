"""Moneybird against its vendor's contract: ``python -m tests.connectors.moneybird_contract openapi.json``.

Every request that the connector sends and every answer of the stage is held against ``openapi.json`` of
github.com/moneybird/openapi, and the connector reads all the answers that stand in it as examples. No field may be sent
that it does not name. No test by itself: that file has no licence to be copied here, so whoever wants to know fetches
it.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from itertools import product
from operator import getitem
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from openapi_spec_validator.schemas.backend.jsonschema import create_validator

from connectors.base import AlreadyThere, Connector, Kind, Refused
from connectors.http.transport import TimedAdapter
from connectors.moneybird import records
from tests.connectors.papers import CUSTOMER, invoice
from tests.connectors.stages.moneybird import MoneybirdStage
from tests.connectors.test_mutation import walk, walk_on

INVOICES = "/{administration_id}/external_sales_invoices"
READERS: dict[str, Any] = {
    f"get {INVOICES}{{format}}": records.document,
    f"post {INVOICES}{{format}}": records.document,
    f"get {INVOICES}/{{id}}{{format}}": records.document,
    f"patch {INVOICES}/{{id}}{{format}}": records.document,
    f"post {INVOICES}/synchronization{{format}}": records.document,
    "get /{administration_id}/contacts{format}": records.customer,
    "post /{administration_id}/contacts{format}": records.customer,
    "get /{administration_id}/contacts/customer_id/{customer_id}{format}": records.customer,
    "get /{administration_id}/tax_rates{format}": records.vat_code,
    "get /{administration_id}/ledger_accounts{format}": records.ledger_account,
    "get /{administration_id}/projects{format}": records.project,
    "get /{administration_id}/financial_accounts{format}": records.financial_account,
}


class Holding(TimedAdapter):
    """Holds what is sent and answered against the contract; what breaks it is remembered."""

    def __init__(self, contract: dict[str, Any]) -> None:
        super().__init__(max_retries=0)
        self._contract = contract
        self.broken: set[str] = set()
        self.held: Counter[str] = Counter()

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:
        answer = super().send(request, *rest, **more)
        path = urlsplit(request.url or "").path
        if path != "/oauth/token":
            self._hold(f"{request.method} {path}", request, answer)
        return answer

    def _hold(self, name: str, request: requests.PreparedRequest, answer: requests.Response) -> None:
        operation = self._operation(request)
        if operation is None:
            self.broken.add(f"{name}: no such route")
            return
        self.held[f"{request.method} {answer.status_code}"] += 1
        parameters = {one["name"]: one for one in map(self._whole, operation["parameters"])}
        query = dict(parse_qsl(urlsplit(request.url or "").query))
        needed = {known for known, one in parameters.items() if one["in"] == "query" and one.get("required")}
        self.broken |= {f"{name}?{known} is needed" for known in needed - query.keys()}
        for given, value in query.items():
            schema = parameters.get(given, {"schema": False})["schema"]
            self._check(f"{name}?{given}", schema, value)
        bodies = self._whole(operation.get("requestBody", {})).get("content", {})
        if request.body and "json" in request.headers["Content-Type"]:
            schema, sent = bodies["application/*"]["schema"], json.loads(request.body)
            self._check(f"{name} body", schema, sent)
            self.broken |= {f"{name} body: {stranger} is not known" for stranger in self._strangers(schema, sent)}
        elif request.body and "multipart/form-data" not in bodies:
            self.broken.add(f"{name}: no files")
        told = self._whole(operation["responses"].get(str(answer.status_code)))
        if told is None:
            self.broken.add(f"{name}: {answer.status_code} is not told")
        elif "content" in told:
            schema = told["content"]["application/json"]["schema"]
            self._check(f"{name} {answer.status_code}", schema, json.loads(answer.content))

    def _operation(self, request: requests.PreparedRequest) -> Any:
        path = urlsplit(request.url or "").path.removeprefix("/api/v2")
        fitting = [
            operations[str(request.method).lower()]
            for route, operations in sorted(self._contract["paths"].items(), key=lambda item: item[0].count("{"))
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route.replace("{format}", r"\.json")), path)
            if str(request.method).lower() in operations
        ]
        return fitting[0] if fitting else None

    def _whole(self, value: Any) -> Any:
        """What a reference points to in the end; anything else is itself."""
        while value and "$ref" in value:
            value = reduce(getitem, value["$ref"].removeprefix("#/").split("/"), self._contract)
        return value

    def _strangers(self, schema: Any, value: Any) -> Iterator[str]:
        """Fields that no part of the schema names. The schemas themselves let any pass."""
        parts = list(self._parts(schema))
        if isinstance(value, list):
            each = {"anyOf": [part["items"] for part in parts if "items" in part]}
            yield from (stranger for one in value for stranger in self._strangers(each, one))
        known: dict[str, list[Any]] = {}
        for part in parts:
            for name, inside in part.get("properties", {}).items():
                known.setdefault(name, []).append(inside)
        for name, inside in value.items() if known and isinstance(value, dict) else ():
            if name not in known:
                yield name
            yield from self._strangers({"anyOf": known.get(name, [])}, inside)

    def _parts(self, schema: Any) -> Iterator[Any]:
        whole = self._whole(schema)
        yield whole
        for several in ("allOf", "anyOf", "oneOf"):
            for one in whole.get(several, ()):
                yield from self._parts(one)

    def _check(self, name: str, schema: Any, value: Any) -> None:
        # The references of a schema point into the whole file.
        dialect = "https://json-schema.org/draft/2020-12/schema"
        whole = {"$schema": dialect, "components": self._contract["components"], "allOf": [schema]}
        for error in create_validator(whole).iter_errors(value):
            self.broken.add(f"{name}: {error.message[:200]}")


def broken_by_us(contract: dict[str, Any]) -> tuple[set[str], Counter[str]]:
    """What breaks the contract of all that connector and stage say to each other, and how often which answer came."""
    broken: set[str] = set()
    held: Counter[str] = Counter()
    for kind, way in product(MoneybirdStage.kinds, (walk, walk_on)):
        with MoneybirdStage(kind, unlimited=True) as stage:
            holding = Holding(contract)
            way(stage, holding)
            refusals(stage.connector(transport=holding))
            broken |= holding.broken
            held += holding.held
    return broken, held


def refusals(connector: Connector) -> None:
    """Asks for what is refused."""
    for refused in (
        lambda: connector.read_document("1"),
        lambda: connector.find_document(Kind.INVOICE, "1", customer="1"),
        lambda: connector.create_document(invoice(connector, customer="1"), key="k"),
        lambda: connector.upsert_customer(CUSTOMER, key="k"),
        lambda: connector.upsert_customer(CUSTOMER, "1", key="k"),
    ):
        with contextlib.suppress(Refused, AlreadyThere):
            refused()
    connector.find_customer("9")


def examples(contract: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every answer of success in the contract that we would read."""
    for name in READERS:
        method, _, route = name.partition(" ")
        responses = contract["paths"][route][method]["responses"]
        for status in responses.keys() & {"200", "201"}:
            for one in responses[status]["content"]["application/json"]["examples"].values():
                values = one["value"] if isinstance(one["value"], list) else [one["value"]]
                yield from ((name, value) for value in values)


def main() -> None:
    """Prints what was held and read; fails at anything that breaks the contract or cannot be read."""
    contract = json.loads(Path(sys.argv[1]).read_text())
    read = Counter(name for name, example in examples(contract) if READERS[name](example))
    broken, held = broken_by_us(contract)
    print(f"{contract['info']['version']}: {read.total()} examples read, {held.total()} calls held: {dict(held)}")
    sys.exit("\n".join(sorted(broken)) or None)


if __name__ == "__main__":
    main()
