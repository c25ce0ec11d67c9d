"""A month of an association: from charges that wait to numbered invoices."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from billing_service import invoicing
from billing_service.core.document import from_json
from billing_service.errors import Conflict, InvalidInput, IssueRefused, NotFound
from billing_service.store.charges import Charge
from billing_service.store.findings import Finding
from billing_service.store.invoices import Invoice
from billing_service.store.session import Database
from tests.invoicing.checks import broken_promises
from tests.invoicing.world import World


@pytest.fixture
def world(database: Database) -> World:
    return World.founded(database)


def open_findings(world: World) -> dict[str, str]:
    """Code and noun of each open finding."""
    with world.reading() as scope:
        rows = scope.session.scalars(select(Finding).where(Finding.state == "open"))
        return {row.code: row.noun for row in rows}


def test_a_month_of_an_association_becomes_one_invoice_per_contract(world: World) -> None:
    world.agree("C-1")
    world.agree("C-2", customer={"language": "en", "payment_term_days": 14})
    world.charge("C-1", minutes=50, unit_price=Decimal("95.00"), date=date(2026, 3, 3))
    world.charge("C-1", date=date(2026, 3, 12))
    world.charge("C-2", date=date(2026, 3, 31))
    world.charge("C-2", date=date(2026, 4, 1))

    run = world.release(until=date(2026, 3, 31))
    assert [row.state for row in world.invoices()] == ["released", "released"]
    assert world.issue(run) == {"issued": 2, "released": 0, "withdrawn": 0, "zero_statements": 0, "refused": 0}

    first, second = world.invoices()
    assert (first.number, second.number) == ("2026-00001", "2026-00002")
    assert (first.net, first.vat, first.gross) == (Decimal("91.67"), Decimal("19.25"), Decimal("110.92"))
    assert (first.supply_from, first.supply_to) == (date(2026, 3, 3), date(2026, 3, 12))
    assert (first.issue_date, first.due_date) == (date(2026, 3, 31), date(2026, 4, 30))
    assert (second.gross, second.due_date) == (Decimal("15.13"), date(2026, 4, 14))
    document = from_json(second.document.encode())
    assert (document.language, document.lines[0].description) == ("en", "Password reset")
    assert document.payment.reference == second.payment_reference
    assert second.previous_digest == first.digest
    assert broken_promises(world.database, world.administration_id) == []
    with world.reading() as scope:
        waiting = scope.session.scalars(select(Charge).where(Charge.state == "open")).all()
        assert [charge.date for charge in waiting] == [date(2026, 4, 1)]


def test_a_preview_shows_what_release_stores_and_writes_nothing(world: World) -> None:
    world.agree("C-1", annex=True, recipient_name="Penningmeester", recipient_email="geld@vereniging.example")
    world.agree("C-2", customer={"email": None})
    world.charge("C-1", minutes=20, unit_price=Decimal("95.00"))
    world.charge("C-2")
    with world.reading() as scope:
        drafts = invoicing.preview(scope, date(2026, 3, 31))
        assert not scope.session.new
        assert not scope.session.dirty
    assert all(isinstance(draft, invoicing.Draft) for draft in drafts)
    first, second = (draft for draft in drafts if isinstance(draft, invoicing.Draft))
    assert (first.recipient.channel, first.recipient.name) == ("email", "Penningmeester")
    assert first.document.buyer.attention == "Penningmeester"
    assert (second.recipient.channel, second.recipient.email) == ("post", None)
    assert world.invoices() == []

    world.release()
    stored = [from_json(row.document.encode()) for row in world.invoices()]
    assert stored == [first.document, second.document]


def test_equal_fixed_prices_share_a_line_where_the_contract_wants_it_and_time_never_does(world: World) -> None:
    world.agree("C-1", group_equal_lines=True)
    world.agree("C-2")
    for reference in ("C-1", "C-2"):
        for _ in range(3):
            world.charge(reference, source="question", minutes=20, unit_price=Decimal("95.00"), rule="time")
            world.charge(reference, source="question", rule="fixed")
    world.release()
    grouped, single = (from_json(row.document.encode()) for row in world.invoices())
    assert [line.amount for line in grouped.lines].count(Decimal("31.67")) == 3
    (fixed,) = (line for line in grouped.lines if line.quantity is not None)
    assert (fixed.quantity, fixed.unit_price, fixed.amount) == (Decimal(3), Decimal("12.50"), Decimal("37.50"))
    assert fixed.description == "Wachtwoord opnieuw ingesteld (3 vragen)"
    assert len(single.lines) == 6
    assert grouped.totals == single.totals
    assert broken_promises(world.database, world.administration_id) == []


def test_two_rates_and_the_rate_of_the_day(world: World) -> None:
    world.agree()
    world.charge(date=date(2018, 12, 31), vat_class="reduced", unit_price=Decimal(100))
    world.charge(date=date(2019, 1, 1), vat_class="reduced", unit_price=Decimal(100))
    world.charge(date=date(2019, 1, 1), unit_price=Decimal(100))
    world.release()
    (invoice,) = world.invoices()
    groups = from_json(invoice.document.encode()).vat
    assert [(group.category, group.rate, group.tax) for group in groups] == [
        ("S", Decimal("21.00"), Decimal("21.00")),
        ("S", Decimal("9.00"), Decimal("9.00")),
        ("S", Decimal("6.00"), Decimal("6.00")),
    ]


def test_a_belgian_business_is_reverse_charged_and_without_valid_number_taxed_with_a_finding(world: World) -> None:
    belgian = {"country": "BE", "vat_number": "BE0403170701", "kvk": None}
    world.agree("C-1", customer=belgian)
    world.agree("C-2", customer=belgian | {"vat_number": "BE0403170702"})
    world.agree("C-3", customer={"country": "US"})
    world.agree("C-4", customer={"country": "BE", "is_business": False})
    for reference in world.contracts:
        world.charge(reference)
    world.release()
    found = {
        from_json(row.document.encode()).contract_reference: from_json(row.document.encode()).lines[0]
        for row in world.invoices()
    }
    assert [found[key].vat_category for key in ("C-1", "C-2", "C-3", "C-4")] == ["AE", "S", "O", "S"]
    assert found["C-1"].vat_text == "reverse_charge"
    assert open_findings(world) == {"eu_business_without_valid_vat_number": "customer"}


def test_nothing_to_pay_becomes_a_zero_statement_without_a_number(world: World) -> None:
    world.agree()
    world.charge(disposition="included", minutes=30)
    run = world.release()
    assert world.issue(run)["zero_statements"] == 1
    (statement,) = world.invoices()
    assert (statement.kind, statement.state, statement.number) == ("zero_statement", "issued", None)
    assert statement.issue_date == date(2026, 3, 31)
    assert broken_promises(world.database, world.administration_id) == []
    pdf = invoicing.pdf_of(world.reading, world.scope, statement.id)
    assert pdf.file_name == "Nuloverzicht 2026-03-31 Stichting Ledenhulp.pdf"


def test_without_zero_statements_what_costs_nothing_waits_for_the_next_invoice(database: Database) -> None:
    world = World.founded(database, zero_statements=False)
    world.agree()
    world.charge(disposition="included", minutes=30)
    world.release()
    assert world.invoices() == []
    world.charge()
    world.release()
    (invoice,) = world.invoices()
    assert len(from_json(invoice.document.encode()).lines) == 2


def test_a_negative_draft_is_a_finding_and_the_run_goes_on(world: World) -> None:
    world.agree("C-1")
    world.agree("C-2")
    world.charge("C-1", amount=Decimal("-40.00"))
    world.charge("C-2")
    run = world.release()
    assert [row.contract_id for row in world.invoices()] == [world.contract_id("C-2")]
    assert open_findings(world) == {"negative_draft": "contract"}
    with world.reading() as scope:
        (facts,) = scope.session.scalars(select(Finding.facts))
    assert facts["amount"] == "-48.40"
    world.charge("C-1", amount=Decimal("100.00"))
    world.issue(run)
    world.release()
    assert open_findings(world) == {}
    assert broken_promises(world.database, world.administration_id) == []


def test_a_contract_that_cannot_be_printed_is_a_finding_and_the_run_goes_on(world: World) -> None:
    world.agree("C-1", title="x" * 20_000)
    world.agree("C-2")
    world.charge("C-1")
    world.charge("C-2")
    world.charge("C-2", date=date(1999, 12, 31))
    world.release()
    assert world.invoices() == []
    with world.reading() as scope:
        facts = {row.subject_id: row.facts for row in scope.session.scalars(select(Finding))}
    assert "too long" in facts[world.contract_id("C-1")]["reason"]
    assert facts[world.contract_id("C-2")]["code"] == "no_vat_status"


def test_the_rhythm_of_a_contract_decides_unless_it_is_named(world: World) -> None:
    world.agree("month")
    world.agree("quarter", rhythm="quarter")
    world.agree("year", rhythm="year")
    world.agree("on demand", rhythm="on_demand")
    for reference in world.contracts:
        world.charge(reference, date=date(2025, 12, 31))
        world.charge(reference, date=date(2026, 4, 30))
    with world.reading() as scope:
        drafts = invoicing.preview(scope, date(2026, 4, 30))
    until = {draft.document.contract_reference: draft.until for draft in drafts if isinstance(draft, invoicing.Draft)}
    assert until == {"month": date(2026, 4, 30), "quarter": date(2026, 3, 31), "year": date(2025, 12, 31)}
    world.now = datetime(2026, 5, 1, 10, tzinfo=UTC)
    world.release(date(2026, 4, 30), ["on demand", "year"])
    assert [row.supply_to for row in world.invoices()] == [date(2026, 4, 30)] * 2


def test_withdrawing_gives_everything_back_until_it_is_issued(world: World) -> None:
    world.agree("C-1")
    world.agree("C-2")
    world.charge("C-1")
    world.charge("C-2")
    run = world.release()
    first, second = world.invoices()
    with world.scope() as scope:
        invoicing.issue_invoice(scope, first.id)
    with pytest.raises(Conflict, match="is issued"), world.scope() as scope:
        invoicing.withdraw(scope, [second.id, first.id])
    with world.scope() as scope:
        assert invoicing.withdraw_run(scope, run).state == "issued"
    assert {row.id: row.state for row in world.invoices()} == {first.id: "issued", second.id: "withdrawn"}
    with pytest.raises(Conflict, match="withdrawn"), world.scope() as scope:
        invoicing.issue_invoice(scope, second.id)
    assert broken_promises(world.database, world.administration_id) == []

    again = world.release()
    world.issue(again)
    assert [row.number for row in world.invoices("issued")] == ["2026-00001", "2026-00002"]
    assert broken_promises(world.database, world.administration_id) == []


def test_issuing_twice_is_issuing_once(world: World) -> None:
    world.agree()
    world.charge()
    world.release()
    (released,) = world.invoices()
    numbers = []
    for _ in range(2):
        with world.scope() as scope:
            numbers.append(invoicing.issue_invoice(scope, released.id).number)
    assert numbers == ["2026-00001", "2026-00001"]
    assert broken_promises(world.database, world.administration_id) == []


def test_an_issued_document_and_its_lines_and_charges_never_change(world: World) -> None:
    world.agree()
    world.charge()
    world.issue(world.release())
    for statement in (
        "UPDATE invoices SET gross = 0, net = 0, vat = 0",
        "UPDATE invoice_lines SET amount = 0",
        "DELETE FROM invoice_lines",
        "DELETE FROM invoices",
        "UPDATE charges SET amount = 0",
    ):
        with pytest.raises(DBAPIError, match="never changes"), world.scope() as scope:
            scope.session.connection().exec_driver_sql(statement)


def test_the_year_changes_at_midnight_in_amsterdam(world: World) -> None:
    world.agree("C-1")
    world.agree("C-2")
    world.charge("C-1")
    world.charge("C-2")
    world.release()
    first, second = world.invoices()
    world.now = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)
    with world.scope() as scope:
        assert invoicing.issue_invoice(scope, first.id).number == "2026-00001"
    world.now = datetime(2026, 12, 31, 23, 0, 0, tzinfo=UTC)
    with world.scope() as scope:
        invoice = invoicing.issue_invoice(scope, second.id)
        assert (invoice.number, invoice.issue_date) == ("2027-00001", date(2027, 1, 1))
    assert broken_promises(world.database, world.administration_id) == []


def test_midnight_that_passes_while_waiting_for_the_series_counts(world: World) -> None:
    world.agree()
    world.charge()
    world.release()
    (released,) = world.invoices()
    with world.scope() as scope:
        world.now = datetime(2026, 12, 31, 23, 0, 0, tzinfo=UTC)  # the scope began in March; now the lock is ours
        invoice = invoicing.issue_invoice(scope, released.id)
        assert (invoice.number, invoice.issue_date) == ("2027-00001", date(2027, 1, 1))
    assert world.invoices()[0].issued_at == world.now


@pytest.mark.parametrize(
    ("closed", "billed"),
    [
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 3, 29)),  # the night the clock goes forward
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), date(2026, 10, 25)),  # and the night it goes back
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_the_invoice_date_is_the_day_in_amsterdam_also_when_the_clock_changes(
    world: World, closed: datetime, billed: date
) -> None:
    world.agree()
    world.charge()
    world.release()
    world.now = closed
    (released,) = world.invoices()
    with world.scope() as scope:
        invoice = invoicing.issue_invoice(scope, released.id)
        assert invoice.issue_date == billed
    assert world.invoices()[0].due_date == billed + timedelta(days=30)


def test_dates_never_run_backwards_nor_ahead_and_need_a_book_year(world: World) -> None:
    for reference in ("C-1", "C-2"):
        world.agree(reference)
        world.charge(reference)
    world.release()
    first, second = world.invoices()
    with world.scope() as scope:
        invoicing.issue_invoice(scope, first.id, date(2026, 3, 20))
    for day, code, words in (
        (date(2026, 3, 19), "issue_date_runs_backwards", "2026-00001 was issued on 2026-03-20"),
        (date(2026, 4, 1), "issue_date_in_future", "lies in the future"),
    ):
        with pytest.raises(IssueRefused, match=words) as refused, world.scope() as scope:
            invoicing.issue_invoice(scope, second.id, day)
        assert refused.value.code == code
    world.now = datetime(2035, 1, 5, tzinfo=UTC)
    with pytest.raises(IssueRefused, match="No book year contains 2035-01-05"), world.scope() as scope:
        invoicing.issue_invoice(scope, second.id)
    assert broken_promises(world.database, world.administration_id) == []


def test_a_run_that_cannot_be_issued_stays_released_with_a_finding(world: World) -> None:
    world.agree()
    world.charge()
    run = world.release()
    world.now = datetime(2035, 1, 5, tzinfo=UTC)
    with pytest.raises(IssueRefused, match="No book year"):
        world.issue(run)
    assert open_findings(world) == {"issue_refused": "billing_run"}
    world.now = datetime(2026, 4, 1, tzinfo=UTC)
    world.issue(run)
    assert open_findings(world) == {}
    assert [row.number for row in world.invoices()] == ["2026-00001"]


def test_a_document_that_was_tampered_with_stays_released_and_the_others_are_issued(world: World) -> None:
    for reference in ("C-1", "C-2", "C-3"):
        world.agree(reference)
        world.charge(reference)
    run = world.release()
    victim = world.invoices()[1]
    with world.scope() as scope:
        row = scope.session.get(Invoice, (world.administration_id, victim.id))
        assert row is not None
        row.document = row.document.replace("12.50", "11.50")
    assert world.issue(run)["refused"] == 1
    assert [row.number for row in world.invoices("issued")] == ["2026-00001", "2026-00002"]
    assert open_findings(world) == {"issue_refused": "invoice"}
    with pytest.raises(IssueRefused, match="not the one that was released"), world.scope() as scope:
        invoicing.issue_invoice(scope, victim.id)


def test_over_a_hundred_documents_go_in_batches_and_stay_gapless(world: World) -> None:
    for at in range(103):
        world.agree(f"C-{at:03d}")
        world.charge(f"C-{at:03d}")
    assert world.issue(world.release())["issued"] == 103
    assert [row.number for row in world.invoices()] == [f"2026-{at:05d}" for at in range(1, 104)]
    assert broken_promises(world.database, world.administration_id) == []


def test_a_series_that_counts_on_keeps_counting_over_the_years(world: World) -> None:
    with world.scope() as scope:
        scope.session.connection().exec_driver_sql("UPDATE series SET pattern = 'F{number:4}', per_book_year = false")
    for reference in ("C-1", "C-2"):
        world.agree(reference)
        world.charge(reference)
    world.release()
    for released, moment in zip(world.invoices(), (2026, 2027), strict=True):
        world.now = datetime(moment, 6, 1, tzinfo=UTC)
        with world.scope() as scope:
            invoicing.issue_invoice(scope, released.id)
    assert [row.number for row in world.invoices()] == ["F0001", "F0002"]
    assert broken_promises(world.database, world.administration_id) == []


def test_clear_refusals(world: World) -> None:
    world.agree()
    stranger = World.founded(world.database)
    stranger.agree("theirs")
    with pytest.raises(NotFound), world.scope() as scope:
        invoicing.start_run(scope, date(2026, 3, 31), [stranger.contract_id("theirs")])
    with pytest.raises(InvalidInput, match="at least one contract"), world.scope() as scope:
        invoicing.start_run(scope, date(2026, 3, 31), [])
    with world.scope() as scope:
        run, _ = invoicing.start_run(scope, date(2026, 3, 31))
        with pytest.raises(Conflict, match="releasing"):
            invoicing.start_issue(scope, run.id)
        with pytest.raises(Conflict, match="releasing"):
            invoicing.withdraw_run(scope, run.id)
    with pytest.raises(NotFound), stranger.scope() as scope:
        invoicing.get_run(scope, run.id)
