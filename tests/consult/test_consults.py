"""A consult from proposal to charge: its questions are charged with it and never twice; what is done can be undone."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import DBAPIError

from billing_service import consults, rating
from billing_service.core import finding_texts
from billing_service.core.charge_texts import explain_charge
from billing_service.core.tariff import explain
from billing_service.errors import BillingError, Conflict, InvalidInput, NotFound
from billing_service.intake import times
from billing_service.intake.single import change_question, get_question, withdraw_question
from billing_service.rating.persons import decide_by_person
from billing_service.store.consults import Consult, ConsultQuestion
from billing_service.store.questions import TimeEntry
from billing_service.store.session import Database
from tests.consult.world import FIXED, HOURLY, Desk
from tests.helpdesk import fixed, rule
from tests.prepaid import cards
from tests.replay.test_replay import assert_no_difference, replayed, rules


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def refused(error: type[BillingError], desk: Desk, what: str, *arguments: Any) -> BillingError:
    with pytest.raises(error) as found:
        desk.do(what, *arguments)
    return found.value


def test_sessions_and_questions_become_one_charge_that_explains_itself(desk: Desk) -> None:
    asked = desk.ask("7", minutes=20)
    assert desk.helpdesk.decided("7") == ("decided", "charge", Decimal("25.00"))
    consult = desk.make(indicators=["complex_fees", "privacy"])
    desk.held(consult, 75, title="Contributiestructuur", handler="anna")
    desk.held(consult, 45, date(2026, 3, 17), kind="call")
    desk.do("add_question", consult, asked)
    assert desk.helpdesk.decided("7") == ("decided", "included", Decimal("0.00"))
    assert desk.shown(consult)["price"]["amount"] == Decimal("221.67")  # 2:20 at 95.00, before it is charged

    desk.do("complete", consult)
    (charge,) = desk.charges()
    assert (charge.amount, charge.minutes, charge.unit_price) == (Decimal("221.67"), 140, Decimal("95.00"))
    assert (charge.date, charge.state, charge.disposition) == (date(2026, 3, 31), "open", "charge")
    assert charge.description == {"nl": "Consult C-0001: Contributie", "en": "Consult C-0001: Contributie"}
    assert charge.detail == {"nl": "2 sessies · 1 vraag · 2:20", "en": "2 sessions · 1 question · 2:20"}
    assert charge.explanation is not None
    assert explain_charge(charge.explanation, "en") == [
        "Webinar on 10 March 2026, “Contributiestructuur”: 1:15.",
        "Call on 17 March 2026: 0:45.",
        "Question 7, “Leden importeren”: 0:20.",
        "Time of this consult: 2:20.",
        "2:20 hours × €95.00 = €221.67.",
    ]
    assert desk.helpdesk.amounts() == [Decimal("0.00"), Decimal("221.67")]  # the question stands at zero


def test_a_question_in_a_consult_says_so_in_two_languages(desk: Desk) -> None:
    asked = desk.ask()
    consult = desk.make(FIXED)
    desk.do("add_question", consult, asked)
    row = desk.helpdesk.decision()
    assert row is not None
    assert explain(row.explanation, "nl") == [
        "Deze vraag wordt beantwoord in consult C-0001 en wordt daarmee in rekening gebracht.",
        "Niet apart te factureren: € 0,00.".replace("€ ", "€\xa0"),
    ]
    assert explain(row.explanation, "en")[0] == (
        "This question is answered in consult C-0001 and is charged with that."
    )
    (line,) = desk.helpdesk.charges()
    assert (line.disposition, line.description["en"]) == ("included", "Consult C-0001: Leden importeren")


def test_a_proposed_consult_decides_nothing_and_confirming_needs_a_price(desk: Desk) -> None:
    asked = desk.ask()
    consult = desk.make(confirmed=False)
    desk.do("add_question", consult, asked)
    assert desk.helpdesk.decided() == ("decided", "charge", Decimal("25.00"))
    assert [finding.subject_id for finding in desk.findings()] == [consult]
    desk.do("confirm", consult, {"reason": "Afgesproken met J. de Wit"})
    assert desk.helpdesk.decided() == ("decided", "included", Decimal("0.00"))
    assert desk.findings() == []
    assert refused(Conflict, desk, "confirm", consult, {}).code == "consult_not_proposed"


def test_without_its_own_price_a_consult_takes_that_of_the_policy_the_contracts_first(desk: Desk) -> None:
    without = {"contract_id": desk.helpdesk.contract_id, "title": "Zonder prijs"}
    first = desk.do("create", without).id
    assert [error.pointer for error in refused(InvalidInput, desk, "confirm", first, {}).errors] == ["/pricing"]
    desk.do("put_policy", {"pricing": FIXED})
    assert desk.do("confirm", first, {}).pricing == {"kind": "fixed", "amount": "450.00"}
    desk.do("put_policy", {"pricing": FIXED, "contracts": {"C-1": HOURLY}, "revenue_group": "advies"})
    second = desk.do("create", without)
    assert (second.reference, second.revenue_group) == ("C-0002", "advies")
    assert desk.do("confirm", second.id, {}).pricing["kind"] == "hourly"
    unknown = refused(InvalidInput, desk, "put_policy", {"contracts": {"C-9": FIXED}})
    assert [error.pointer for error in unknown.errors] == ["/contracts/C-9"]


def test_rejecting_and_cancelling_hand_the_questions_back_to_the_tariff(desk: Desk) -> None:
    asked = desk.ask()
    proposed = desk.make(confirmed=False)
    desk.do("add_question", proposed, asked)
    desk.do("reject", proposed, "Is een gewone vraag")
    assert (desk.consult(proposed).state, desk.consult(proposed).reason) == ("rejected", "Is een gewone vraag")
    assert desk.findings() == []
    confirmed = desk.make()
    desk.do("add_question", confirmed, asked)  # the rejected one let it go
    assert desk.helpdesk.decided() == ("decided", "included", Decimal("0.00"))
    desk.do("cancel", confirmed, "Klant ziet ervan af")
    assert desk.helpdesk.decided() == ("decided", "charge", Decimal("25.00"))
    for what, argument in (("cancel", "x"), ("add_question", asked)):
        assert refused(Conflict, desk, what, confirmed, argument).code == "consult_ended"


def test_taking_a_question_out_has_it_decided_again(desk: Desk) -> None:
    asked = desk.ask()
    consult = desk.make()
    desk.do("add_question", consult, asked)
    desk.do("remove_question", consult, asked)
    assert desk.helpdesk.decided() == ("decided", "charge", Decimal("25.00"))
    refused(NotFound, desk, "remove_question", consult, asked)


def test_an_open_question_is_decided_by_the_consult_once_it_is_closed_whatever_changes(desk: Desk) -> None:
    asked = desk.ask(closed_at=None)
    consult = desk.make()
    desk.do("add_question", consult, asked)
    assert desk.helpdesk.decision() is None
    desk.ask()  # the source closes it
    assert desk.helpdesk.decided() == ("decided", "included", Decimal("0.00"))
    with desk.helpdesk.scope() as scope:
        change_question(scope, get_question(scope, asked), {"category": "work"})
        rating.redecide(scope, cause="contract_changed", contracts=[desk.helpdesk.contract_id])
    assert desk.helpdesk.decided() == ("decided", "included", Decimal("0.00"))


def test_a_question_without_contract_comes_under_that_of_its_consult(desk: Desk) -> None:
    asked = desk.ask(organisation=None)
    assert desk.helpdesk.decided()[0] == "no_contract"
    consult = desk.make()
    desk.do("add_question", consult, asked)
    assert desk.helpdesk.decided() == ("decided", "included", Decimal("0.00"))
    assert desk.contract_of(asked) is None  # the question itself is as its source told it
    desk.do("remove_question", consult, asked)
    assert desk.helpdesk.decided()[0] == "no_contract"


def test_a_question_in_two_consults_is_refused_also_by_the_database(desk: Desk) -> None:
    asked = desk.ask()
    first, second = desk.make(), desk.make(confirmed=False)
    desk.do("add_question", first, asked)
    found = refused(Conflict, desk, "add_question", second, asked)
    assert found.code == "question_in_consult"
    assert "C-0001" in found.detail
    key = {"administration_id": desk.helpdesk.administration_id, "question_id": asked}
    with pytest.raises(DBAPIError), desk.helpdesk.scope() as scope:
        scope.session.add(ConsultQuestion(**key, consult_id=second, live=True, created_at=scope.now))


def test_what_is_released_withdrawn_or_of_another_contract_stays_out(desk: Desk) -> None:
    asked, withdrawn = desk.ask("1"), desk.ask("2")
    with desk.helpdesk.scope() as scope:
        withdraw_question(scope, get_question(scope, withdrawn), "Dubbel")
    late = desk.make(confirmed=False)
    desk.do("add_question", late, asked)
    desk.release()
    found = refused(Conflict, desk, "confirm", late, {})
    assert (found.code, desk.consult(late).state) == ("question_released", "proposed")
    assert "question 1" in found.detail
    desk.do("cancel", late, "Al gefactureerd")
    consult = desk.make()
    assert refused(Conflict, desk, "add_question", consult, asked).code == "question_released"
    assert refused(Conflict, desk, "add_question", consult, withdrawn).code == "already_withdrawn"
    refused(InvalidInput, desk, "add_question", consult, consult)
    assert desk.findings("changed_after_release") == []


def test_a_persons_decision_stays_and_its_time_is_not_the_consults(desk: Desk) -> None:
    mine, other = desk.ask("1", minutes=30), desk.ask("2", minutes=40)
    wish = {"disposition": "charge", "amount": Decimal("12.50"), "reason": "Afgesproken"}
    with desk.helpdesk.scope("key:boss") as scope:
        decide_by_person(scope, mine, wish)
    consult = desk.make()
    desk.held(consult, 60)
    for asked in (mine, other):
        desk.do("add_question", consult, asked)
    assert desk.helpdesk.decided("1") == ("decided", "charge", Decimal("12.50"))
    assert desk.shown(consult)["minutes"] == 100
    desk.do("complete", consult)
    (charge,) = desk.charges()
    assert charge.minutes == 100
    assert charge.explanation is not None
    assert not [step for step in charge.explanation if "1" in step]


def test_corrected_minutes_go_before_raw_ones_and_question_time_may_be_left_out(desk: Desk) -> None:
    asked = desk.ask(minutes=50)
    with desk.helpdesk.scope() as scope:
        entry = scope.session.scalars(select(TimeEntry).where(TimeEntry.question_id == asked)).one()
        times.correct_entry(scope, entry, 30, "Overleg telt niet")
    counted, sessions_only = desk.make(), desk.make({**HOURLY, "question_time": "not"})
    desk.held(counted, 60)
    desk.do("add_question", counted, asked)
    assert desk.shown(counted)["minutes"] == 90
    desk.do("remove_question", counted, asked)
    desk.held(sessions_only, 60)
    desk.do("add_question", sessions_only, asked)
    assert desk.shown(sessions_only)["minutes"] == 60
    assert "belongs to this consult" in " ".join(desk.shown(sessions_only)["sentences"])


def test_time_that_is_not_known_yet_is_never_billed_in_silence(desk: Desk) -> None:
    consult = desk.make()
    assert refused(Conflict, desk, "complete", consult).code == "consult_without_time"
    still_open = desk.ask(closed_at=None)
    desk.do("add_question", consult, still_open)
    assert refused(Conflict, desk, "complete", consult).code == "consult_question_open"
    desk.do("remove_question", consult, still_open)
    desk.held(consult, 0)
    desk.do("complete", consult)
    (charge,) = desk.charges()
    assert (charge.amount, charge.disposition) == (Decimal("0.00"), "included")
    fixed = desk.make(FIXED)
    desk.do("complete", fixed)  # needs no time
    assert [row.amount for row in desk.charges()] == [Decimal("0.00"), Decimal("450.00")]


def test_completing_is_undone_while_the_charge_is_open_and_not_after(desk: Desk) -> None:
    consult = desk.make({"kind": "blocks", "block_price": "280.00", "block_minutes": 240})
    desk.held(consult, 240)
    desk.do("complete", consult, date(2026, 3, 20))
    assert refused(Conflict, desk, "complete", consult).code == "consult_not_confirmed"
    assert refused(Conflict, desk, "add_session", consult, {}).code == "consult_ended"
    desk.do("reopen", consult, "Er komt nog een sessie")
    assert [(row.amount, row.state) for row in desk.charges()] == [(Decimal("280.00"), "cancelled")]
    assert refused(Conflict, desk, "reopen", consult, "x").code == "consult_not_completed"
    desk.held(consult, 1)
    desk.do("complete", consult)
    (charge,) = desk.charges("open")
    assert (charge.quantity, charge.amount, charge.date) == (2, Decimal("560.00"), date(2026, 3, 31))
    assert desk.release() is not None
    assert refused(Conflict, desk, "reopen", consult, "x").code == "consult_released"


def test_the_document_shows_the_consult_once_and_its_questions_at_zero(desk: Desk) -> None:
    asked = desk.ask(minutes=20)
    consult = desk.make()
    desk.held(consult, 120)
    desk.do("add_question", consult, asked)
    desk.release()  # the question goes first, at zero: a consult may take longer than a month
    desk.do("complete", consult)
    assert desk.charges()[0].minutes == 140
    assert desk.release() is not None
    assert desk.charges()[0].state == "released"
    assert desk.findings("changed_after_release") == []
    assert [row.amount for row in desk.helpdesk.charges()] == [Decimal("0.00"), Decimal("221.67")]


def test_cancelling_after_the_question_was_released_at_zero_proposes_a_correction(desk: Desk) -> None:
    asked = desk.ask()
    consult = desk.make()
    desk.do("add_question", consult, asked)
    desk.release()
    desk.do("cancel", consult, "Klant ziet ervan af")
    assert desk.helpdesk.decided() == ("decided", "included", Decimal("0.00"))
    (finding,) = desk.findings("changed_after_release")
    assert (finding.facts["cause"], finding.facts["now"]["amount"]) == ("consult_changed", "25.00")


def test_what_a_question_drew_from_a_card_comes_back_while_a_consult_answers_it(database: Database) -> None:
    desk = Desk(database, tariff=cards.TARIFF)
    card = cards.sell(desk.helpdesk, 60)
    asked = desk.ask("a", minutes=45, category="work")
    assert cards.left(desk.helpdesk, card) == 15
    consult = desk.make()
    desk.do("add_question", consult, asked)
    assert cards.left(desk.helpdesk, card) == 60
    desk.do("complete", consult)
    assert [charge.minutes for charge in desk.charges()] == [45]
    desk.do("reopen", consult, "Toch geen consult")
    desk.do("cancel", consult, "Toch geen consult")
    assert cards.left(desk.helpdesk, card) == 15
    assert desk.helpdesk.decided("a")[1] == "draw"


def test_time_that_changes_after_it_was_charged_is_a_finding_until_it_agrees_again(desk: Desk) -> None:
    asked, consult, fixed = desk.ask(minutes=20), desk.make(), desk.make(FIXED)
    desk.do("add_question", consult, asked)
    desk.do("complete", consult)
    desk.do("complete", fixed)
    desk.do("report_changed_time")
    assert desk.findings("consult_time_changed") == []
    desk.ask(minutes=50)  # the source revises its time
    desk.do("report_changed_time")
    (finding,) = desk.findings("consult_time_changed")
    assert finding_texts.wording(finding.code, finding.facts, "en", "EUR")[0] == (
        "The time of consult C-0001 changed after it was completed: 20 minutes were charged, now there are 50."
    )
    desk.do("reopen", consult, "Tijd gewijzigd")
    assert desk.findings("consult_time_changed") == []
    desk.do("complete", consult)
    desk.do("report_changed_time")
    assert desk.findings("consult_time_changed") == []
    assert [charge.minutes for charge in desk.charges("open") if charge.pricing == "time"] == [50]


def test_questions_that_come_in_ask_nothing_about_consults(desk: Desk) -> None:
    said: list[str] = []
    event.listen(desk.database.engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    desk.ask("new")
    assert said
    assert not [statement for statement in said if "consult" in statement]
    said.clear()
    desk.ask("new", subject="Anders")  # known: decided again, its consult asked for beside the question itself
    assert len([statement for statement in said if "consult" in statement]) == 1


def test_another_tariff_would_not_have_billed_what_a_consult_answers(desk: Desk) -> None:
    asked, consult = desk.ask(), desk.make(FIXED)
    desk.do("add_question", consult, asked)
    dearer = rules(**{"import": rule("import", when={"category": ["import"]}, price=fixed("99.00"))})
    assert_no_difference(replayed(desk.helpdesk, dearer))


def test_a_day_outside_the_contract_or_to_come_is_refused(database: Database) -> None:
    desk = Desk(database, valid_from=date(2026, 3, 1), valid_to=date(2026, 3, 15))
    consult = desk.make(FIXED)
    for day in (None, date(2026, 2, 28), date(2026, 4, 1)):
        assert [error.pointer for error in refused(InvalidInput, desk, "complete", consult, day).errors] == ["/on"]
    desk.do("complete", consult, date(2026, 3, 15))
    assert [row.date for row in desk.charges()] == [date(2026, 3, 15)]


def test_two_that_complete_at_once_make_one_charge(desk: Desk) -> None:
    consult = desk.make(FIXED)
    together, outcomes = threading.Barrier(2), []

    def run() -> None:
        together.wait()
        try:
            desk.do("complete", consult)
            outcomes.append("completed")
        except Conflict as refusal:
            outcomes.append(refusal.code)

    both = [threading.Thread(target=run) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(outcomes) == ["completed", "consult_not_confirmed"]
    assert [row.amount for row in desk.charges()] == [Decimal("450.00")]


def test_the_database_refuses_a_second_charge_and_keeps_every_consult(desk: Desk) -> None:
    consult, other = desk.make(FIXED), desk.make(FIXED)
    desk.do("complete", consult)
    desk.do("complete", other)
    theirs = desk.consult(other).charge_id
    desk.do("reopen", other, "Weg ermee")
    row = (Consult.administration_id == desk.helpdesk.administration_id) & (Consult.id == consult)
    for values in ({"charge_id": theirs}, {"charge_id": None, "completed_on": None, "state": "confirmed"}):
        with pytest.raises(DBAPIError), desk.helpdesk.scope() as scope:
            scope.session.execute(update(Consult).where(row).values(values))
    with pytest.raises(DBAPIError), desk.helpdesk.scope() as scope:
        scope.session.delete(scope.session.get_one(Consult, (desk.helpdesk.administration_id, consult)))
    desk.do("cancel", other, "Toch niet")
    gone = (Consult.administration_id == desk.helpdesk.administration_id) & (Consult.id == other)
    with pytest.raises(DBAPIError), desk.helpdesk.scope() as scope:
        scope.session.execute(update(Consult).where(gone).values(state="confirmed"))


def test_a_change_is_held_to_the_same_rules_and_a_confirmed_one_keeps_a_price(desk: Desk) -> None:
    consult = desk.make()
    with desk.helpdesk.scope() as scope:
        row = consults.change(
            scope, consults.get(scope, consult), {"title": "Nieuw", "indicators": ["privacy"], "pricing": FIXED}
        )
        assert (row.title, row.indicators, row.pricing) == ("Nieuw", ["privacy"], FIXED)
        with pytest.raises(InvalidInput):
            consults.change(scope, row, {"pricing": None})
