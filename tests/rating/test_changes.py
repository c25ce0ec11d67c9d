"""A question is decided again whenever its facts change, until its charge is released."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from billing_service.intake import withdraw_question
from billing_service.intake.times import correct_entry
from billing_service.rating import redecide
from billing_service.store.audit import AuditRow
from billing_service.store.charges import Decision
from billing_service.store.findings import Finding
from billing_service.store.parties import Contract, ContractContact, ContractOrganisation, ContractPhase
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.session import Database
from billing_service.store.tariffs import TariffVersion
from tests import builders
from tests.helpdesk import TARIFF, fixed, open_helpdesk, rule
from tests.rating.test_ordinals import release, withdraw

HOURS = {"category": "work", "time_entries": [{"worked_on": "2026-03-02", "minutes": 50, "external_id": "t"}]}


def test_a_changed_fact_changes_decision_and_charge_and_keeps_the_charges_id(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive()
    (before,) = desk.charges()
    assert desk.receive(category="manual").what == "changed"
    (after,) = desk.charges()
    assert (after.id, after.amount, after.disposition) == (before.id, Decimal("0.00"), "included")
    desk.receive(category="unheard of")
    assert desk.decided() == ("no_rule", None, None)
    assert desk.charges() == []


def test_what_comes_again_unchanged_writes_nothing(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive(**HOURS)
    with database.read() as session:
        before = len(session.scalars(select(AuditRow)).all())
    assert desk.receive(**HOURS).what == "unchanged"
    assert desk.receive(**HOURS | {"opened_at": "2026-03-02T08:00:00Z"}).what == "unchanged"
    with database.read() as session:
        assert len(session.scalars(select(AuditRow)).all()) == before


def test_revised_minutes_bill_anew_and_both_values_are_kept(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive(**HOURS)
    assert desk.amounts() == [Decimal("71.25")]
    desk.receive(**HOURS | {"time_entries": [{"worked_on": "2026-03-02", "minutes": 51, "external_id": "t"}]})
    assert desk.amounts() == [Decimal("95.00")]
    with database.read() as session:
        entry = session.scalars(select(TimeEntry)).one()
    assert (entry.raw_minutes, entry.revision, entry.corrected_minutes) == (51, 2, None)


def test_two_rates_make_two_charges_and_one_of_them_goes_again(database: Database) -> None:
    desk = open_helpdesk(database)
    entries = [
        {"worked_on": "2026-03-02", "minutes": 30, "external_id": "a"},
        {"worked_on": "2026-03-02", "minutes": 30, "external_id": "b", "role": "junior"},
    ]
    desk.receive(category="work", time_entries=entries)
    assert sorted(desk.amounts()) == [Decimal("30.00"), Decimal("47.50")]
    desk.receive(category="work", time_entries=[entries[0], entries[1] | {"role": None}])
    assert desk.amounts() == [Decimal("95.00")]


def test_after_release_a_change_is_a_finding_and_the_charge_stays(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive()
    release(desk)
    desk.receive(category="manual")
    assert desk.decided() == ("decided", "charge", Decimal("25.00"))
    with database.read() as session:
        assert session.scalars(select(Question.category)).one() == "manual"
        finding = session.scalars(select(Finding)).one()
    assert finding.code == "changed_after_release"
    assert finding.facts["released"] == {"disposition": "charge", "amount": "25.00"}
    assert finding.facts["now"] == {"state": "decided", "disposition": "included", "amount": "0.00"}


def test_after_release_a_withdrawal_is_a_finding_too(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive()
    release(desk)
    with desk.scope() as scope:
        withdraw_question(scope, scope.session.scalars(select(Question)).one(), "double")
    assert desk.amounts() == [Decimal("25.00")]
    with database.read() as session:
        assert session.scalars(select(Finding.code)).all() == ["changed_after_release"]


def test_a_withdrawn_release_is_decided_by_the_facts_of_now(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive()
    invoice = release(desk)
    desk.receive(category="manual")
    withdraw(desk, invoice)
    assert desk.decided() == ("decided", "included", Decimal("0.00"))


def test_a_correction_after_release_stays_with_its_entry_and_raises_a_finding(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive(**HOURS)
    release(desk)
    with desk.scope() as scope:
        correct_entry(scope, scope.session.scalars(select(TimeEntry)).one(), 10, "typed wrong")
    assert desk.amounts() == [Decimal("71.25")]
    with database.read() as session:
        assert session.scalars(select(Finding.code)).all() == ["changed_after_release"]


def test_a_reopened_question_is_undecided_until_it_closes_again(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive()
    desk.receive(closed_at=None)
    assert desk.decision() is None
    assert desk.charges() == []
    desk.receive()
    assert desk.amounts() == [Decimal("25.00")]


def test_the_day_of_closing_in_amsterdam_picks_contract_phase_and_tariff_version(database: Database) -> None:
    desk = open_helpdesk(database)
    with desk.scope() as scope:
        key = {"administration_id": desk.administration_id}
        later = {
            "name": "2026",
            "rules": [
                rule("build", "included", when={"phase": ["implementation"]}, vat_class="standard"),
                rule("all", price=fixed("30.00")),
            ],
        }
        scope.session.add(
            TariffVersion(
                **key,
                tariff_id=desk.tariff_id,
                number=2,
                valid_from=date(2026, 3, 1),
                state="published",
                document=later,
                created_at=desk.now,
            )
        )
        for day, label in ((date(2014, 1, 1), "implementation"), (date(2026, 3, 2), "live")):
            scope.session.add(ContractPhase(**key, contract_id=desk.contract_id, valid_from=day, label=label))
    opened = "2026-02-01T09:00:00Z"
    desk.receive(external_id="old", opened_at=opened, closed_at="2026-02-28T22:59:59Z")
    desk.receive(external_id="new", opened_at=opened, closed_at="2026-02-28T23:00:00Z")
    desk.receive(external_id="live", opened_at=opened, closed_at="2026-03-01T23:00:00Z")
    assert desk.decided("old") == ("decided", "charge", Decimal("25.00"))
    assert desk.decided("new") == ("decided", "included", Decimal("0.00"))
    assert desk.decided("live") == ("decided", "charge", Decimal("30.00"))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"organisation": None}, "no_contract"),
        ({"closed_at": "2013-12-31T10:00:00Z", "opened_at": "2013-12-31T09:00:00Z"}, "no_contract"),
        ({"category": "work"}, "missing_time"),
        ({"category": "checked", "time_entries": HOURS["time_entries"]}, "missing_correction"),
    ],
)
def test_what_cannot_be_decided_says_why(database: Database, fields: dict[str, object], reason: str) -> None:
    desk = open_helpdesk(database)
    desk.receive(**fields)
    decision = desk.decision()
    assert decision is not None
    assert (decision.state, decision.reason, decision.disposition) == ("blocked", reason, None)
    assert desk.charges() == []


def test_two_contracts_that_cover_the_organisation_block_and_a_named_one_decides(database: Database) -> None:
    desk = open_helpdesk(database)
    with desk.scope() as scope:
        builders.contract(
            scope.session,
            desk.administration_id,
            desk.customer_id,
            desk.tariff_id,
            reference="C-2",
            organisations=(desk.organisation_id,),
        )
    desk.receive()
    decision = desk.decision()
    assert decision is not None
    assert decision.explanation["facts"]["candidates"] == ["C-1", "C-2"]
    desk.receive(contract="C-2")
    assert desk.decided() == ("decided", "charge", Decimal("25.00"))
    desk.receive(subject="Nog iets")
    assert desk.decided() == ("decided", "charge", Decimal("25.00"))


def test_a_question_without_tariff_needs_a_decision(database: Database) -> None:
    desk = open_helpdesk(database)
    with desk.scope() as scope:
        empty = builders.tariff(scope.session, desk.administration_id, TARIFF, valid_from=date(2027, 1, 1))
        scope.session.get_one(Contract, (desk.administration_id, desk.contract_id)).tariff_id = empty
    desk.receive()
    assert desk.decided() == ("no_tariff", None, None)


def test_a_contract_that_changes_decides_its_questions_again(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive()
    desk.receive(external_id="2", organisation=None)
    with desk.scope() as scope:
        contract = scope.session.get_one(Contract, (desk.administration_id, desk.contract_id))
        contract.valid_to = date(2026, 3, 1)
        scope.session.flush()
        redecide(scope, cause="contract_changed", contracts=[desk.contract_id])
    assert desk.decided() == ("no_contract", None, None)
    with desk.scope() as scope:
        contract = scope.session.get_one(Contract, (desk.administration_id, desk.contract_id))
        contract.valid_to = None
        scope.session.flush()
        stored = redecide(scope, cause="contract_changed", organisations=[desk.organisation_id])
    assert len(stored.replaced) == 1
    assert desk.decided() == ("decided", "charge", Decimal("25.00"))


def test_an_organisation_covered_from_now_on_unblocks_its_questions(database: Database) -> None:
    desk = open_helpdesk(database, organisations=())
    desk.receive()
    assert desk.decided() == ("no_contract", None, None)
    with desk.scope() as scope:
        scope.session.add(
            ContractOrganisation(
                administration_id=desk.administration_id,
                contract_id=desk.contract_id,
                organisation_id=desk.organisation_id,
            )
        )
        scope.session.flush()
        redecide(scope, cause="contract_changed", organisations=[desk.organisation_id])
    assert desk.amounts() == [Decimal("25.00")]


def test_a_known_contact_is_a_fact_of_the_contract(database: Database) -> None:
    rules = [rule("known", "included", when={"known_contact": True}, vat_class="standard"), *TARIFF["rules"]]
    desk = open_helpdesk(database, TARIFF | {"rules": rules})
    desk.receive()
    assert desk.decided()[1] == "charge"
    with desk.scope() as scope:
        scope.session.add(
            ContractContact(
                administration_id=desk.administration_id,
                contract_id=desk.contract_id,
                person_id=desk.asker_id,
                role="known_contact",
            )
        )
        scope.session.flush()
        redecide(scope, cause="contract_changed", contracts=[desk.contract_id])
    assert desk.decided()[1] == "included"


def test_deciding_a_stored_question_says_the_same_as_taking_it_in(database: Database) -> None:
    desk = open_helpdesk(database)
    entries = [{"worked_on": "2026-03-02", "minutes": 7, "role": "junior"}, {"worked_on": "2026-03-01", "minutes": 50}]
    desk.receive(external_id="1", category="work", time_entries=entries, tags=["b", "a"])
    desk.receive(external_id="2", quantities={"labels": "1.5"}, base_amount={"amount": "10.00", "currency": "EUR"})
    desk.receive(external_id="3", category="call")
    desk.receive(external_id="4", organisation=None)
    with desk.scope() as scope:
        stored = redecide(scope, cause="check", contracts=[desk.contract_id], organisations=[desk.organisation_id])
    assert (len(stored.unchanged), stored.replaced) == (3, [])
    with desk.scope() as scope:
        assert scope.session.scalars(select(Decision.version)).all() == [1, 1, 1, 1]
