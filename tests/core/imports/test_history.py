"""What can be done when, what an import project waits for, and what its quotes and deliveries allow."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from billing_service.core.formats import LANGUAGES
from billing_service.core.imports import (
    KINDS,
    NOTHING,
    Assessed,
    Closed,
    ImportFacts,
    MomentDelivered,
    QuoteSent,
    apply,
    permissions,
    replay,
    status,
    structure_of,
)
from billing_service.core.money import ZERO
from billing_service.errors import Conflict, InvalidInput
from tests.core.imports.stories import MEMBERS, Story, columns

OTHER = [*MEMBERS, "Telefoon"]


def allowed(story: Story) -> set[str]:
    """The kinds of events that can happen now; what cannot has a reason in both languages."""
    found = permissions(story.policy, story.project, story.today)
    assert tuple(permission.kind for permission in found) == KINDS
    for permission in found:
        assert permission.allowed == (permission.reason is None)
        if permission.reason:
            assert all(permission.reason.describe(language) for language in LANGUAGES)
    return {permission.kind for permission in found if permission.allowed}


def test_before_anything_a_project_can_only_be_opened() -> None:
    assert allowed(Story()) == {"opened"}
    assert status(Story().policy, NOTHING, date(2026, 11, 2)).code == "needs_assessment"


def test_a_free_project_from_opening_to_closing() -> None:
    story = Story().opened()
    assert (story.status, allowed(story)) == ("needs_assessment", {"assessed", "sent_back", "closed"})
    story.assessed()
    assert (story.status, allowed(story)) == (
        "waiting_for_file",
        {"assessed", "sent_back", "moment_delivered", "closed"},
    )
    story.moment()
    assert story.status == "waiting_for_file"
    assert allowed(story) == {"assessed", "sent_back", "moment_delivered", "feedback_given", "redone", "closed"}
    story.feedback()
    assert story.status == "feedback_open"
    assert allowed(story) == {"assessed", "sent_back", "feedback_imported", "redone", "closed"}
    story.reimported().moment()
    assert story.status == "all_moments_delivered"
    assert allowed(story) == {"assessed", "sent_back", "redone", "further_moment_agreed", "closed"}
    story.agrees_further()
    assert story.status == "waiting_for_file"
    assert "moment_delivered" in allowed(story)
    story.moment().closed()
    assert (story.status, allowed(story)) == ("closed", set())


def test_a_quoted_project_declined_changed_and_accepted() -> None:
    files = MEMBERS, columns(5), columns(8, "Commissie")
    story = Story().opened().assessed(*files, one_dimensional=False)
    assert (story.status, allowed(story)) == ("needs_quote", {"assessed", "sent_back", "quote_sent", "closed"})
    story.quote("750.00")
    assert story.status == "quote_open"
    decisions = {"quote_accepted", "quote_declined", "quote_withdrawn"}
    assert allowed(story) == {"sent_back", "closed", *decisions}
    story.refuses("import_quote_open", "assessed").refuses("import_quote_open", "quote", "1.00")
    story.declined()
    assert story.status == "quote_declined"
    story.refuses("import_quote_not_open", "accepted").quote("600.00").accepted()
    assert (story.status, story.total) == ("waiting_for_file", "0.00")
    story.refuses("import_no_quote_needed", "quote", "1.00")
    assert story.moment(*files).charged == [("quoted_import", 1, "600.00")]
    assert story.project.quotes[0].reason == "Te duur."


def test_a_new_structure_waits_for_the_customer() -> None:
    story = Story().free().moment().assessed(OTHER)
    assert story.status == "waiting_for_agreement"
    story.agrees_new_structure()
    assert story.status == "waiting_for_file"
    story.refuses("import_no_agreement_needed", "agrees_new_structure")
    assert story.moment(OTHER).status == "all_moments_delivered"


def test_a_quote_for_a_new_structure_can_be_open_declined_and_expired() -> None:
    wide = columns(31)
    story = Story().free().moment().assessed(wide).quote("400.00", "new_structure")
    assert story.status == "quote_open"
    assert story.declined().status == "quote_declined"
    story.quote("300.00", "new_structure", valid_days=1).wait(3)
    assert story.status == "quote_expired"
    assert story.moment().total == "0.00"


# --- quotes


def test_no_quote_for_a_free_import_nor_for_one_that_was_delivered() -> None:
    story = Story().opened().refuses("import_not_assessed", "quote", "1.00").assessed()
    story.refuses("import_no_quote_needed", "quote", "1.00").moment().refuses("import_not_assessed", "quote", "1.00")
    story.assessed(OTHER).refuses("import_no_quote_needed", "quote", "1.00", "new_structure")
    story.assessed(columns(40)).refuses("import_no_quote_needed", "quote", "1.00", "import")


def test_no_quote_for_a_new_structure_before_the_first_import() -> None:
    story = Story().opened().assessed(columns(31))
    story.refuses("import_nothing_delivered", "quote", "1.00", "new_structure")


def test_a_withdrawn_quote_and_an_unknown_one_cannot_be_accepted() -> None:
    story = Story().opened().assessed(columns(31)).quote("1.00").withdrawn()
    assert story.status == "needs_quote"
    story.refuses("import_quote_not_open", "accepted").quote("2.00").refuses("import_quote_not_open", "accepted", "X")
    story.refuses("import_quote_not_open", "accepted", "OFF-1").accepted().refuses("import_quote_not_open", "accepted")
    story.refuses("import_quote_not_open", "withdrawn")


def test_the_number_of_a_quote_is_used_once() -> None:
    story = Story().opened().assessed(columns(31)).quote("1.00").declined()
    again = QuoteSent(story.today, "OFF-1", ZERO, story.today)
    assert story.refuses("import_quote_not_open", "happens", again).status == "quote_declined"


def test_an_accepted_quote_is_for_the_structure_it_was_made_for() -> None:
    wide, wider = columns(31), columns(32)
    story = Story().free().moment().assessed(wide).quote("400.00", "new_structure").accepted()
    story.refuses("import_not_assessed", "moment", wider)
    story.assessed(wide).assessed(wider).refuses("import_quote_needed", "moment", wider)
    story.assessed(wide).refuses("import_quote_needed", "moment", wide)
    assert story.total == "0.00"


def test_an_accepted_quote_for_a_new_structure_lapses_when_the_old_one_comes_back() -> None:
    wide = columns(31)
    story = Story().free().moment().assessed(wide).quote("400.00", "new_structure").accepted().moment()
    story.assessed(wide).agrees_further().refuses("import_quote_needed", "moment", wide)
    assert story.total == "0.00"


def test_an_expired_quote_stays_expired_while_a_newer_one_is_open() -> None:
    story = Story().opened().assessed(columns(31)).quote("400.00", valid_days=2).wait(5).quote("550.00")
    story.refuses("import_quote_not_open", "accepted", "OFF-1").accepted("OFF-2")
    assert story.moment(columns(31)).total == "550.00"


def test_a_quote_that_was_used_opens_no_further_moment() -> None:
    wide = columns(31)
    story = Story().free().moment().assessed(wide).quote("400.00", "new_structure").accepted().moment(wide)
    assert story.status == "all_moments_delivered"
    assert [quote.used for quote in story.project.quotes] == [True]
    story.refuses("import_agreement_needed", "moment", wide)


def test_a_quoted_price_of_nothing_is_agreed_and_charges_nothing() -> None:
    story = Story().quoted("0.00").moment().moment()
    assert story.refuses("import_no_agreement_needed", "agrees_further").moment().project.fees == ()


@pytest.mark.parametrize("price", ["-0.01", "0.001"])
def test_a_quoted_price_is_in_cents_and_not_negative(price: str) -> None:
    with pytest.raises(InvalidInput):
        Story().opened().assessed(columns(31)).quote(price)


# --- agreements


def test_an_agreement_is_used_once() -> None:
    story = Story().free().moment().moment().agrees_further()
    story.refuses("import_no_agreement_needed", "agrees_further").moment().refuses("import_agreement_needed", "moment")


def test_no_agreement_for_what_costs_nothing() -> None:
    story = Story(free_further_moment="0.00", free_new_structure="0.00").free()
    story.refuses("import_nothing_delivered", "agrees_further").refuses(
        "import_nothing_delivered", "agrees_new_structure"
    )
    story.moment().refuses("import_no_agreement_needed", "agrees_further").moment().moment()
    story.assessed(OTHER).refuses("import_no_agreement_needed", "agrees_new_structure").moment(OTHER)
    assert story.project.fees == ()


def test_no_agreement_to_a_moment_that_is_included() -> None:
    Story().free().moment().refuses("import_no_agreement_needed", "agrees_further")


def test_an_agreement_to_a_new_structure_lapses_when_the_old_one_comes_back() -> None:
    story = Story().free().moment().assessed(OTHER).agrees_new_structure().moment()
    story.assessed(OTHER).refuses("import_agreement_needed", "moment", OTHER)
    assert story.total == "0.00"


def test_an_agreement_to_a_further_moment_does_not_pay_for_a_new_structure() -> None:
    story = Story().free().moment().moment().agrees_further().assessed(OTHER)
    story.refuses("import_agreement_needed", "moment", OTHER)


# --- deliveries


def test_a_delivery_is_imported_or_sent_back_once() -> None:
    story = Story().free().moment()
    again = MomentDelivered(story.today, "levering-3", structure_of([MEMBERS]))
    story.refuses("import_delivery_handled", "happens", again)
    story.sent_back()
    story.refuses("import_delivery_handled", "happens", MomentDelivered(story.today, "levering-4", again.structure))


def test_a_file_with_more_columns_than_were_assessed_is_assessed_again() -> None:
    story = Story().free().refuses("import_not_assessed", "moment", OTHER)
    story.refuses("import_not_assessed", "moment", MEMBERS, MEMBERS).assessed(OTHER)
    assert story.moment(OTHER).total == "0.00"


def test_facts_that_turn_out_otherwise_before_the_first_import_need_a_quote() -> None:
    assert Story().free().assessed(columns(31)).status == "needs_quote"
    assert Story().opened().assessed(columns(31)).assessed().status == "waiting_for_file"


def test_feedback_waits_for_nothing_but_its_import() -> None:
    story = Story().free().refuses("import_feedback_refused", "feedback").refuses("import_no_feedback", "reimported")
    story.moment().refuses("import_no_feedback", "reimported").feedback()
    story.refuses("import_feedback_open", "feedback").refuses("import_feedback_open", "moment")
    story.refuses("import_other_structure", "reimported", OTHER)
    assert story.reimported().moment().total == "0.00"


def test_an_unused_round_of_feedback_ends_with_the_next_moment() -> None:
    Story().free().moment().moment().refuses("import_feedback_refused", "feedback")


# --- order


def test_dates_never_run_back() -> None:
    story = Story().free()
    early = Closed(story.today - timedelta(days=30), "")
    story.refuses("import_dates_run_back", "happens", early)


def test_several_events_can_happen_on_one_day() -> None:
    story = Story().free()
    on = story.project.last_on
    assert on is not None
    assert story.happens(MomentDelivered(on, "a", structure_of([MEMBERS]))).project.last_on == on


def test_nothing_happens_in_a_closed_project() -> None:
    story = Story().free().closed()
    for step in ("opened", "assessed", "moment", "closed", "sent_back"):
        story.refuses("import_not_open", step)


def test_an_event_that_is_refused_in_a_history_refuses_the_history() -> None:
    story = Story().free()
    with pytest.raises(Conflict):
        replay(story.policy, [*story.events, story.events[0]])


def test_a_fee_names_the_event_that_caused_it() -> None:
    story = Story().quoted("500.00").moment().moment().agrees_further().moment()
    assert [story.events[fee.event].kind for fee in story.project.fees] == ["moment_delivered"] * 2
    assert [fee.event for fee in story.project.fees] == [4, 7]


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ((0, 1, True), "/files"),
        ((1, 0, True), "/columns"),
        ((2, 1, True), "/columns"),
        ((1, 5, True, 6), "/extra_fields"),
        ((1, 5, True, None, 6), "/skipped"),
        ((1, 5, True, None, -1), "/skipped"),
    ],
)
def test_facts_that_cannot_be_are_named(facts: tuple[int, int, bool], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        ImportFacts(*facts)
    assert [error.pointer for error in refusal.value.errors] == [pointer]


def test_the_facts_of_a_new_structure_leave_the_imports_own_assessment_alone() -> None:
    story = Story().quoted("500.00").moment().assessed(OTHER)
    assert story.project.assessment is not None
    assert story.project.assessment.outcome == "quote"
    after = apply(story.policy, story.project, Assessed(story.today, ImportFacts(1, 5, True)))
    assert after.next_facts == ImportFacts(1, 5, True)
