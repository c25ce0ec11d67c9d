"""What a package gives back of a delivery is what it tells later: else every look would find a change that is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from billing_service.connections.facts import customer_facts, document_facts
from connectors.base import everything
from tests.connectors.papers import CUSTOMER, Delivery, invoice
from tests.connectors.stages import STAGES, stage_of
from tests.connectors.stages.stage import Stage


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Every package in the first of its kinds."""
    of_package = stage_of(request.param)
    with of_package(of_package.kinds[0], unlimited=True) as running:
        yield running


def test_customers_and_documents_read_the_same_whoever_asks(stage: Stage) -> None:
    connector = stage.connector()
    made = connector.upsert_customer(CUSTOMER, key="customer-2001")
    changed = connector.upsert_customer(replace(CUSTOMER, name="Vereniging De Es"), made.id, key="customer-2001")
    agreed = customer_facts(changed)
    assert agreed["name"] == "Vereniging De Es"
    assert {**customer_facts(made), "name": "Vereniging De Es"} == agreed
    (found,) = connector.find_customer(CUSTOMER.code).items
    assert customer_facts(found) == agreed
    (listed,) = [one for one in everything(connector.list_customers) if one.id == made.id]
    assert customer_facts(listed) == agreed

    delivered = Delivery(stage, connector, invoice(connector)).finish()
    stage.advance(connector.capabilities.settle.value)
    read = document_facts(connector.read_document(delivered.id))
    listed_documents = everything(lambda cursor: connector.documents(date(2026, 1, 1), cursor))
    (of_all,) = [one for one in listed_documents if one.id == delivered.id]
    told = document_facts(of_all)
    assert {name: read[name] for name in told if name in read} == {name: told[name] for name in told if name in read}
    assert {"state", "total", "issue_date"} <= told.keys() & read.keys()
