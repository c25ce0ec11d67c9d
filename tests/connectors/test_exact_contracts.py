"""Exact Online against what others wrote down of it: the resource list and field lists of ../shared/contracts.

They are generated from the vendor's pages by a third party ([E8] of accounting-apis 1). Also its notifications (1.11).
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from connectors.base import InvalidSignature, Kind, Payment, Subject, everything
from connectors.exact import PACKAGE
from connectors.http import Secret
from tests.connectors.papers import CUSTOMER, Delivery, customer_id, invoice
from tests.connectors.stages.exact import ExactStage
from tests.connectors.stages.exact.entities import RESOURCES
from tests.left_out import needs_shared

NOT_LISTED = {"sync/Cashflow/PaymentTerms", "sync/Deleted"}  # documented in [E1]: accounting-apis 1.6
TYPES = {"text": "string", "guid": "guid", "flag": "boolean", "int": "int32", "double": "double", "day": "datetime"}


def contract(name: str) -> Any:
    return json.loads(needs_shared(f"contracts/exact-online/{name}").read_text())


def listed() -> dict[str, set[str]]:
    """Resource, in small letters, with the methods that are listed."""
    groups = contract("exact-api-resources.json")["resources"]
    return {
        f"{group}/{name}".lower(): set(methods) for group, names in groups.items() for name, methods in names.items()
    }


def asked() -> list[tuple[str, str]]:
    """Method and resource of every call that the connector makes in everything it can do."""
    with ExactStage("searchcode", unlimited=True) as stage:
        connector = stage.connector()
        connector.check()
        made = customer_id(connector)
        connector.upsert_customer(CUSTOMER, made, key="c")
        list(everything(connector.list_customers))
        bill = Delivery(stage, connector, invoice(connector)).finish()
        note = invoice(connector, "20260102", kind=Kind.CREDIT_NOTE)
        connector.delete_document(connector.create_document(note, key="n").id)
        connector.find_document(Kind.INVOICE, "20260101")
        list(everything(lambda cursor: connector.documents(note.issue_date, cursor)))
        list(everything(connector.open_items))
        receipt = Payment("R-1", bill.id, note.issue_date, bill.total, "EUR", "20")
        connector.push_payment(receipt, key="p")
        connector.find_payment(receipt)
        connector.payments()
        prefix = "/api/v1/{division}/"
        return [(call.method, call.route.removeprefix(prefix)) for call in stage.calls if call.route.startswith(prefix)]


def test_every_call_of_the_connector_is_one_that_the_resource_list_allows():
    there = listed()
    for method, resource in set(asked()):
        if resource not in NOT_LISTED:
            assert method in there[resource.lower()], f"{method} {resource}"


def test_the_stage_knows_every_resource_with_exactly_the_methods_of_the_list():
    there = listed()
    for name, resource in RESOURCES.items():
        if name not in NOT_LISTED:
            assert set(resource.methods) == there[name.lower()], name


@pytest.mark.parametrize(("entity", "resource"), [("Account", "crm/Accounts"), ("GLAccount", "financial/GLAccounts")])
def test_the_fields_of_the_stage_are_those_of_the_field_list(entity: str, resource: str):
    fields = contract(f"{entity}.fields.json")["fields"]
    ours = RESOURCES[resource].fields
    known = {name: field for name, field in ours.items() if name != "PeppolIdentifier"}  # newer: 1.3 [E1]
    for name, field in known.items():
        there = fields[name]
        assert there["type"] == TYPES[field.kind], name
        assert field.longest == there.get("maxLength") or there.get("readOnly"), name
        if resource == "crm/Accounts":
            assert field.writable != bool(there.get("readOnly")) or name == "Type", name
            assert field.required == bool(there.get("required")), name


@pytest.mark.parametrize(("entity", "resource"), [("Account", "crm/Accounts"), ("GLAccount", "financial/GLAccounts")])
def test_the_fields_that_the_connector_asks_and_sends_are_in_the_field_list(entity: str, resource: str):
    fields = contract(f"{entity}.fields.json")["fields"]
    used: set[str] = set()
    with ExactStage("code", unlimited=True) as stage:
        troubled = stage.exact.troubled

        def watched(request: Any) -> Any:
            if request.path.partition("(")[0].endswith(resource):
                query = request.query
                used.update(re.findall(r"\w+", query.get("$select", "")))
                used.update(re.findall(r"(\w+) (?:eq|ne|gt|lt|ge) ", query.get("$filter", "")))
                used.update(json.loads(request.body) if request.body else ())
            return troubled(request)

        stage.exact.troubled = watched  # type: ignore[assignment]
        connector = stage.connector()
        connector.lists()
        connector.upsert_customer(CUSTOMER, customer_id(connector), key="c")
        list(everything(connector.list_customers))
    assert len(used) > 4
    assert used <= fields.keys()


def test_texts_of_an_entry_are_as_long_as_those_of_the_sales_invoice_in_the_field_list():
    fields = contract("SalesInvoice.fields.json")["fields"]
    entry = RESOURCES["salesentry/SalesEntries"].fields
    for name in ("YourRef", "PaymentReference", "Description", "Journal"):
        assert entry[name].longest == fields[name]["maxLength"]
    assert fields["InvoiceNumber"]["readOnly"], "why a sales invoice cannot keep our number (1.4)"
    assert PACKAGE.capabilities({}).number.value.max_length == fields["PaymentReference"]["maxLength"]


# --- 1.11 notifications ---------------------------------------------------------------------------------------------


def test_a_hook_hints_at_what_is_to_be_fetched_and_only_for_its_own_division():
    with ExactStage("code", unlimited=True) as stage:
        connector, now = stage.connector(), stage.now()
        (hint,) = connector.verify_webhook(stage.exact.hook("Accounts", "guid-1"), {}, now)
        assert (hint.subject, hint.id, hint.at) == (Subject.CUSTOMER, "guid-1", now)
        again = connector.verify_webhook(stage.exact.hook("Accounts", "guid-1"), {}, now)
        assert again == (hint,), "a retry is the same delivery"
        assert connector.verify_webhook(stage.exact.hook("StockPositions", "guid-1"), {}, now) == ()
        assert connector.verify_webhook(stage.exact.hook("Accounts", "guid-1", division=7), {}, now) == ()
        assert connector.verify_webhook(b"", {}, now) == (), (
            "the question of a new subscription whether anybody listens"
        )
        assert stage.calls == []


def test_without_its_secret_no_hook_is_believed():
    with ExactStage("code", unlimited=True) as stage:
        at = stage.connection()
        for secrets in ({"client_secret": Secret("x")}, {**at.secrets, "webhook_secret": Secret("another")}):
            connector = PACKAGE.connect(replace(at, secrets=secrets))
            with pytest.raises(InvalidSignature):
                connector.verify_webhook(stage.exact.hook("Accounts", "guid-1"), {}, stage.now())
