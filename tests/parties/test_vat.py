"""VAT over time: rates that laws bring, numbers that were checked, and what may stand together on one invoice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from billing_service import invoicing
from billing_service.core.document import InvoiceDocument, from_json
from billing_service.errors import Conflict, InvalidInput
from billing_service.parties import customers, vat_rates
from billing_service.parties.vat_numbers import check_again, newest_checks
from billing_service.store.administrations import VatStatus
from billing_service.store.audit import AuditRow, OperatorAuditRow
from billing_service.store.findings import Finding
from billing_service.store.parties import Customer
from billing_service.store.scope import OperatorScope
from billing_service.store.session import Database
from billing_service.store.vat import VatNumberCheck
from tests.invoicing.world import World

JUNE, JULY = date(2026, 6, 30), date(2026, 7, 1)
NEW_LAW = {"vat_class": "reduced", "valid_from": JULY, "rate": Decimal("10.50"), "source": "Stb. 2026, 999"}


@pytest.fixture
def world(database: Database) -> World:
    world = World.founded(database)
    world.now = datetime(2026, 8, 1, 10, tzinfo=UTC)
    return world


def set_rate(world: World, **values: Any) -> dict[str, Any]:
    with world.database.write() as session:
        return vat_rates.set_rate(OperatorScope(session, "operator", world.now), NEW_LAW | values)


def becomes(world: World, status: str, since: date = JULY) -> None:
    with world.scope() as scope:
        scope.session.add(VatStatus(administration_id=world.administration_id, valid_from=since, status=status))


def documents(world: World) -> list[InvoiceDocument]:
    return [from_json(row.document.encode()) for row in world.invoices()]


def open_findings(world: World) -> list[tuple[str, str]]:
    with world.reading() as scope:
        rows = scope.session.scalars(select(Finding).where(Finding.state == "open").order_by(Finding.code))
        return [(row.code, row.noun) for row in rows]


def groups(document: InvoiceDocument) -> list[tuple[str, Decimal | None, Decimal]]:
    return [(group.category, group.rate, group.tax) for group in document.vat]


def both_sides(world: World, **fields: Any) -> None:
    for day in (JUNE, JULY):
        world.charge(date=day, unit_price=Decimal(100), **fields)


def test_a_period_across_a_new_rate_has_lines_at_both(world: World) -> None:
    world.agree()
    set_rate(world)
    both_sides(world, vat_class="reduced")
    world.release(date(2026, 7, 31))
    (document,) = documents(world)
    assert groups(document) == [
        ("S", Decimal("10.50"), Decimal("10.50")),
        ("S", Decimal("9.00"), Decimal("9.00")),
    ]


def test_a_rate_is_the_operators_until_a_document_used_it(world: World) -> None:
    assert set_rate(world, rate=Decimal("11.00"))["rate"] == Decimal("11.00")
    assert set_rate(world)["rate"] == Decimal("10.50")
    with world.database.read() as session:
        reduced = [row for row in vat_rates.all_rates(session) if row["vat_class"] == "reduced"]
        trail = session.scalars(select(OperatorAuditRow).where(OperatorAuditRow.noun == "vat_rate")).all()
    assert [(row["rate"], row["source"]) for row in reduced] == [
        (Decimal("10.50"), "Stb. 2026, 999"),
        (Decimal("9.00"), None),
        (Decimal("6.00"), None),
    ]
    assert sorted(row.changes["rate"] for row in trail) == ["10.50", "11.00"]
    world.agree()
    world.charge(date=JULY)
    world.release(date(2026, 7, 31))
    with pytest.raises(Conflict) as refused:
        set_rate(world, rate=Decimal("12.00"))
    assert refused.value.code == "vat_rate_used"
    assert set_rate(world, valid_from=date(2027, 1, 1))["source"] == "Stb. 2026, 999"


@pytest.mark.parametrize("wrong", [{"valid_from": date(2019, 1, 1)}, {"rate": Decimal("0.00")}])
def test_a_built_in_rate_stays_and_a_rate_is_a_percentage(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        set_rate(world, **wrong)


@pytest.mark.parametrize(
    ("status", "expected"),
    [("small_business", [("S", Decimal("21.00"), Decimal("21.00")), ("E", Decimal("0.00"), Decimal("0.00"))])],
)
def test_the_small_business_scheme_entered_in_mid_year(world: World, status: str, expected: list[Any]) -> None:
    world.agree()
    becomes(world, status)
    both_sides(world)
    world.release(date(2026, 7, 31))
    (document,) = documents(world)
    assert groups(document) == expected
    assert document.lines[1].vat_text == "small_business"


def test_the_small_business_scheme_left_in_mid_year(database: Database) -> None:
    world = World.founded(database)
    becomes(world, "small_business", date(2026, 1, 1))
    becomes(world, "liable", JULY)
    world.agree()
    both_sides(world)
    world.release(date(2026, 7, 31))
    assert [line.vat_category for line in documents(world)[0].lines] == ["E", "S"]


def test_what_is_outside_the_scope_of_vat_stands_on_an_invoice_of_its_own(world: World) -> None:
    world.agree()
    becomes(world, "not_entrepreneur")
    both_sides(world)
    world.charge(date=date(2026, 7, 9))
    with world.reading() as scope:
        (draft,) = invoicing.preview(scope, date(2026, 7, 31))
    assert isinstance(draft, invoicing.Draft)
    assert (draft.until, [code for code, *_ in draft.findings]) == (JUNE, ["vat_scope_changes"])
    world.release(date(2026, 7, 31))
    assert open_findings(world) == [("vat_scope_changes", "contract")]
    world.release(date(2026, 7, 31))
    assert open_findings(world) == []
    before, after = sorted(documents(world), key=lambda one: one.supply_from)
    assert [line.vat_category for line in before.lines] == ["S"]
    assert [line.vat_category for line in after.lines] == ["O", "O"]


def test_a_british_business_across_the_end_of_membership_gets_two_invoices(world: World) -> None:
    world.agree(customer={"country": "GB", "vat_number": None, "kvk": None})
    world.charge(date=date(2020, 12, 31))
    world.charge(date=date(2021, 1, 1))
    world.release(date(2021, 1, 31))
    world.release(date(2021, 1, 31))
    assert sorted(line.vat_category for one in documents(world) for line in one.lines) == ["O", "S"]


def test_exempt_work_for_a_business_outside_the_eu_joins_what_is_outside_the_scope(world: World) -> None:
    world.agree("C-1", customer={"country": "US", "kvk": None})
    world.agree("C-2", customer={"country": "US", "kvk": None})
    world.charge("C-1", date=JULY)
    world.charge("C-1", date=JULY, vat_class="exempt")
    world.charge("C-2", date=JULY, vat_class="exempt")
    world.release(date(2026, 7, 31))
    mixed, exempt = documents(world)
    assert [(line.vat_category, line.vat_text) for line in mixed.lines] == [("O", "outside_eu")] * 2
    assert [(line.vat_category, line.vat_text) for line in exempt.lines] == [("E", "exempt")]


def customer_values(**fields: Any) -> dict[str, Any]:
    values = {"number": "20001", "name": "Vereniging De Beuk", "street": "Kerkstraat 1", "city": "Gent"}
    return {**values, "postal_code": "9000", "country": "BE", "vat_number": "BE0403170701", **fields}


def checks(world: World) -> list[tuple[str, str, bool]]:
    with world.reading() as scope:
        rows = scope.session.scalars(select(VatNumberCheck).order_by(VatNumberCheck.checked_at, VatNumberCheck.id))
        return [(row.vat_number, row.country, row.valid) for row in rows]


def test_each_vat_number_a_customer_had_was_checked_and_that_is_kept(world: World) -> None:
    with world.scope() as scope:
        customer = customers.create(scope, customer_values())
        customers.change(scope, customer, {"name": "De Beuk"})
        customers.change(scope, customer, {"vat_number": "BE0202239951"})
    assert checks(world) == [("BE0403170701", "BE", True), ("BE0202239951", "BE", True)]
    with world.scope() as scope:
        customer = scope.session.scalars(select(Customer).where(Customer.number == "20001")).one()
        (shown,) = customers.shown(scope, [customer])
        assert (shown["vat_number_check"].vat_number, shown["vat_number_check"].rule) == ("BE0202239951", "form")
        customers.change(scope, customer, {"vat_number": None})
        assert customers.shown(scope, [customer])[0]["vat_number_check"] is None
    assert len(checks(world)) == 2
    with pytest.raises(DBAPIError, match="kept for ever"), world.scope() as scope:
        scope.session.execute(update(VatNumberCheck).values(valid=False))


def test_a_number_is_checked_again_on_demand_and_every_outcome_is_kept(world: World) -> None:
    with world.scope() as scope:
        customer = customers.create(scope, customer_values())
    world.now = datetime(2026, 9, 1, 10, tzinfo=UTC)
    with world.scope() as scope:
        customer = customers.get(scope, customer.id)
        assert check_again(scope, customer).valid
        customer.vat_number = "BE0403170702"  # as it may have come in from elsewhere
        scope.session.flush()
        again = check_again(scope, customer)
        assert (again.valid, again.checked_at, customers.shown(scope, [customer])[0]["vat_number_check"]) == (
            False,
            world.now,
            again,
        )
        assert again.problem
        trail = scope.session.scalars(select(AuditRow).where(AuditRow.noun == "vat_number_check")).all()
        assert [row.changes["valid"] for row in trail] == [True, True, False]
        customer.vat_number = None
        with pytest.raises(Conflict) as refused:
            check_again(scope, customer)
        assert refused.value.code == "no_vat_number"
    assert [outcome for *_, outcome in checks(world)] == [True, True, False]


def test_a_release_checks_what_was_never_checked_and_only_that(world: World) -> None:
    world.agree("C-1", customer={"country": "BE", "vat_number": "BE0403170701"})
    world.agree("C-2", customer={"country": "BE", "vat_number": "BE0403170702"})
    world.agree("C-3", customer={"vat_number": "NL001234567B82"})
    for _ in range(2):
        for reference in world.contracts:
            world.charge(reference, date=JULY)
        world.release(date(2026, 7, 31))
    assert checks(world) == [("BE0403170701", "BE", True), ("BE0403170702", "BE", False)]
    assert [line.vat_category for one in documents(world)[:2] for line in one.lines] == ["AE", "S"]
    assert open_findings(world) == [("eu_business_without_valid_vat_number", "customer")]


def test_the_check_of_a_number_in_another_country_is_not_that_of_now(world: World) -> None:
    with world.scope() as scope:
        customer = customers.create(scope, customer_values(vat_number="CHE107787577", country="CH"))
        customers.change(scope, customer, {"country": "LI"})
        newest = newest_checks(scope, [customer])[customer.id]
    assert [country for _, country, _ in checks(world)] == ["CH", "LI"]
    assert newest.country == "LI"
