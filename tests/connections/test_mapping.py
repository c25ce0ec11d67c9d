"""What of ours is booked on what of theirs: proposed, set, and noticed when it no longer holds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from billing_service.connections import mapping, reading
from billing_service.connections.needs import needed
from billing_service.core.finding_texts import wording
from billing_service.errors import InvalidInput
from billing_service.rating import manual
from billing_service.store.connections import Connection, ConnectionChoice, ConnectionMapping
from billing_service.store.vat import VatRate
from tests import builders, helpdesk
from tests.builders import NOW
from tests.connections.link import Link


@pytest.fixture
def read(link: Link) -> Link:
    link.make()
    link.read()
    return link


def shown(link: Link) -> dict[str, mapping.Entry]:
    with link.connection() as (scope, row):
        return {f"{one.kind} {one.ours}".strip(): one for one in mapping.entries(scope, row)}


def charge(link: Link, **wish: Any) -> None:
    """An open charge of ours, under a contract of its own."""
    with link.scope() as scope:
        session, mine = scope.session, link.administration
        customer = builders.customer(session, mine, number=f"2{len(wish)}{id(wish) % 99999}")
        tariff = builders.tariff(session, mine, {"name": "Leeg", "rules": []})
        contract = builders.contract(session, mine, customer, tariff, reference=f"C-{id(wish)}")
        values = {"contract_id": contract, "date": date(2026, 3, 1), "description": {"nl": "Werk", "en": "Work"}}
        manual.add_charge(scope, values | {"vat_class": "standard", "amount": Decimal(10)} | wish)


def test_the_only_code_of_the_same_category_and_rate_is_proposed(read: Link) -> None:
    entries = shown(read)
    assert (entries["vat S:21"].needed, entries["vat S:21"].proposal) == (True, "vat-21")
    assert entries["journal"].proposal == "jr-70"
    assert (entries["revenue"].needed, entries["revenue"].proposal) == (True, None), "there are several accounts"
    with read.connection() as (scope, row):
        assert mapping.accept_proposals(scope, row) == 2
        assert mapping.accept_proposals(scope, row) == 0
    assert shown(read)["vat S:21"].remote_id == "vat-21"


def test_of_two_codes_that_fit_none_is_proposed(read: Link) -> None:
    extra = {"id": "vat-21b", "code": "21b", "name": "Hoog, oud", "active": True, "rate": "21.00", "category": "S"}
    read.books.package.books.lists["vat_codes"].append(extra)
    read.read()
    assert shown(read)["vat S:21"].proposal is None


def test_vat_is_needed_for_every_sort_of_customer_and_class_there_is(read: Link) -> None:
    with read.scope() as scope:
        for number, country, vat_number in (("31", "BE", "BE0403170701"), ("32", "US", None), ("33", "DE", None)):
            builders.customer(scope.session, read.administration, number, country=country, vat_number=vat_number)
    charge(read, vat_class="exempt", revenue_group="cursus")
    with read.connection() as (scope, row):
        found = needed(scope, row)
    assert [ours for kind, ours in found if kind == "vat"] == ["AE", "E", "O", "S:21"]
    assert [ours for kind, ours in found if kind == "revenue"] == ["cursus"]


def test_a_tariff_that_is_published_asks_for_its_vat_and_revenue_groups(read: Link) -> None:
    with read.scope() as scope:
        rules = [{"vat_class": "reduced", "revenue_group": "boeken"}, {}]
        builders.tariff(scope.session, read.administration, helpdesk.TARIFF | {"rules": rules})
    with read.connection() as (scope, row):
        found = needed(scope, row)
    assert {("vat", "S:9"), ("vat", "S:21"), ("revenue", "boeken"), ("revenue", "")} <= set(found)


def test_a_rate_that_begins_within_a_month_is_asked_for_already(read: Link) -> None:
    with read.scope() as scope:
        law = {"source": "wet", "created_at": NOW, "rate": Decimal("21.5"), "vat_class": "standard"}
        scope.session.add(VatRate(valid_from=date(2026, 4, 15), **law))
    with read.connection() as (scope, row):
        assert [ours for kind, ours in needed(scope, row) if kind == "vat"] == ["S:21", "S:21.5"]


def test_a_package_that_computes_vat_itself_needs_somewhere_for_cents(link: Link) -> None:
    link.make(settings={"base_url": "http://fake.invalid", "profile": "lagging"}, pushes_receipts=True)
    link.read()
    with link.connection() as (scope, row):
        kinds = {kind for kind, _ in needed(scope, row)}
    assert {"rounding_account", "rounding_vat", "payment_method"} <= kinds
    assert shown(link)["rounding_vat"].proposal == "vat-o"
    assert shown(link)["payment_method card"].proposal == "pm-bank"
    link.map(rounding_account__="gl-4990", payment_method__="pm-bank")
    with link.connection() as (scope, row):
        assert mapping.check(scope, row) == []


@pytest.mark.parametrize(
    ("line", "pointer", "says"),
    [
        (("vat", "S:21", "vat-9"), "remote_id", "another rate"),
        (("vat", "S:19", "vat-19"), "remote_id", "not active"),
        (("vat", "AE", "vat-0"), "remote_id", "another kind of VAT"),
        (("vat", "S:21", "vat-99"), "remote_id", "does not stand"),
        (("vat", "S:21.0", "vat-21"), "ours", "is no VAT"),
        (("vat", "K", "vat-0"), "ours", "is no VAT"),
        (("journal", "sales", "jr-70"), "ours", "must be empty"),
        (("payment_method", "cheque", "pm-bank"), "ours", "is no method"),
        (("revenue", "", "jr-70"), "remote_id", "does not stand"),
    ],
)
def test_a_mapping_that_cannot_be_right_is_refused(
    read: Link, line: tuple[str, str, str], pointer: str, says: str
) -> None:
    kind, ours, remote_id = line
    with read.connection() as (scope, row), pytest.raises(InvalidInput) as refused:
        mapping.replace(scope, row, [{"kind": kind, "ours": ours, "remote_id": remote_id}])
    assert [one.pointer for one in refused.value.errors] == [f"/mappings/0/{pointer}"]
    assert says in refused.value.errors[0].detail


def test_categories_without_vat_may_share_a_code(read: Link) -> None:
    lines = [{"kind": "vat", "ours": ours, "remote_id": "vat-0"} for ours in ("Z", "E", "O")]
    with read.connection() as (scope, row):
        mapping.replace(scope, row, lines)
        version = row.version
    with read.connection() as (scope, row), pytest.raises(InvalidInput, match="cannot be right"):
        mapping.replace(scope, row, [*lines, lines[0]])
    assert read.row().version == version, "a refused mapping changes nothing"


def test_what_disappears_there_is_a_finding_before_a_document_is_refused(link: Link) -> None:
    link.complete()
    lists = link.books.package.books.lists
    gone = lists["journals"].pop()
    lists["ledger_accounts"][0]["active"] = False
    lists["vat_codes"][0]["rate"] = "22.00"
    link.read()
    facts = link.findings()["connection_mapping_invalid"]
    cause, _ = wording("connection_mapping_invalid", facts, "nl", "EUR")
    for words in ("dagboek (staat niet meer", "omzetgroep overige (niet meer actief", "btw S:21 (ander tarief"):
        assert words in cause
    lists["journals"].append(gone)
    lists["ledger_accounts"][0]["active"] = True
    lists["vat_codes"][0]["rate"] = "21.00"
    link.read()
    assert link.findings() == {}


def test_a_new_class_of_vat_is_noticed_when_it_appears(link: Link) -> None:
    link.complete()
    charge(link, vat_class="reduced")
    with link.database.write() as session:
        reading.check_mappings(session, link.now())
    facts = link.findings()["connection_mapping_missing"]
    assert "VAT S:9" in wording("connection_mapping_missing", facts, "en", "EUR")[0]
    link.map()
    assert link.findings() == {}


def test_a_new_revenue_group_is_covered_by_all_others_or_is_noticed(link: Link) -> None:
    link.complete()
    charge(link, revenue_group="cursus")
    with link.database.write() as session:
        reading.check_mappings(session, link.now())
    assert link.findings() == {}
    with link.scope() as scope:
        scope.session.execute(
            update(ConnectionMapping).where(ConnectionMapping.kind == "revenue").values(ours="helpdesk")
        )
    with link.database.write() as session:
        reading.check_mappings(session, link.now())
    told = wording("connection_mapping_missing", link.findings()["connection_mapping_missing"], "nl", "EUR")[0]
    assert "omzetgroep cursus" in told


def test_reading_again_replaces_the_lists(read: Link) -> None:
    read.books.package.books.lists["cost_centres"] = []
    read.read()
    with read.database.read() as session:
        kinds = set(session.scalars(ConnectionChoice.__table__.select().with_only_columns(ConnectionChoice.kind)))
        assert session.query(Connection).count() == 1
    assert kinds == {"vat_code", "ledger_account", "journal", "payment_method"}
