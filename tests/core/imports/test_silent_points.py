"""The silent points a–n of the import conditions: what each default does, and every other choice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from billing_service.core.imports import ImportFacts, Redone, assess, further_moment_price, parse_policy, structure_of
from billing_service.errors import InvalidInput
from tests.core.imports.stories import MEMBERS, Story, columns

OTHER = [*MEMBERS, "Telefoon"]
THIRD = [*MEMBERS, "Mobiel"]
TOO_WIDE = columns(31)


def restructured(story: Story, file: list[str]) -> Story:
    """The customer delivers a new structure that the old one cannot replace, and agrees."""
    return story.assessed(file).agrees_new_structure().moment(file)


# a. a second moment without website


def test_a_a_second_moment_without_website_is_a_further_moment() -> None:
    story = Story().free(website=False).moment().refuses("import_agreement_needed", "moment")
    assert story.agrees_further().moment().charged == [("further_moment", 2, "90.00")]


def test_a_a_second_moment_without_website_may_be_included() -> None:
    story = Story(second_moment_without_website="included").free(website=False).moment().moment()
    assert story.total == "0.00"
    assert story.refuses("import_agreement_needed", "moment").agrees_further().moment().total == "90.00"


# b. a new structure and then a third moment


def test_b_a_third_moment_after_a_new_structure_is_a_further_one() -> None:
    story = restructured(Story().free().moment(), OTHER).refuses("import_agreement_needed", "moment", OTHER)
    assert story.agrees_further().moment(OTHER).total == "270.00"


def test_b_a_new_structure_may_start_a_fresh_series_of_moments() -> None:
    story = restructured(Story(new_structure_restarts_moments=True).free().moment(), OTHER).moment(OTHER)
    assert story.total == "180.00"
    story.refuses("import_agreement_needed", "moment", OTHER)
    assert story.agrees_further().moment(OTHER).total == "270.00"


# c. a new structure at moment 3 or later


def test_c_a_new_structure_at_a_further_moment_costs_180_and_not_270() -> None:
    story = restructured(Story().free().moment().moment(), OTHER)
    assert story.charged == [("new_structure", 3, "180.00")]


def test_c_a_new_structure_at_a_further_moment_may_come_on_top_of_it() -> None:
    story = Story(new_structure_at_further_moment="on_top").free().moment().moment().assessed(OTHER)
    assert story.next(OTHER) == ("new_structure", "270.00", ("new_structure_agreed", "further_moment_agreed"))
    story.agrees_new_structure().refuses("import_agreement_needed", "moment", OTHER)
    story.agrees_further().moment(OTHER)
    assert story.charged == [("new_structure", 3, "180.00"), ("further_moment", 3, "90.00")]


def test_c_on_top_an_included_moment_with_a_new_structure_costs_180() -> None:
    assert restructured(Story(new_structure_at_further_moment="on_top").free().moment(), OTHER).total == "180.00"


def test_c_the_old_structure_restored_at_a_further_moment_costs_that_moment_only() -> None:
    story = Story().free().moment().moment().assessed(OTHER).agrees_further()
    story.refuses("import_agreement_needed", "moment", OTHER)
    assert story.moment().charged == [("further_moment", 3, "90.00")]


# d. feedback after a paid new structure


def test_d_a_charged_new_structure_opens_one_round_of_feedback() -> None:
    story = restructured(Story().free().moment(), OTHER).feedback().reimported(OTHER)
    assert story.refuses("import_feedback_refused", "feedback").total == "180.00"


def test_d_a_new_structure_may_open_no_round() -> None:
    story = restructured(Story(feedback_after_new_structure=False).free().moment(), OTHER)
    assert story.refuses("import_feedback_refused", "feedback").total == "180.00"


# e. a new structure that is no longer free, and the reverse


def test_e_a_new_structure_that_is_no_longer_free_needs_a_quote() -> None:
    story = Story().free().moment().assessed(TOO_WIDE)
    assert story.status == "needs_quote"
    assert story.next(TOO_WIDE) == ("new_structure", None, ("quote_accepted",))
    story.refuses("import_quote_needed", "agrees_new_structure").refuses("import_quote_needed", "moment", TOO_WIDE)
    story.quote("650.00", "new_structure").refuses("import_quote_open", "moment", TOO_WIDE).accepted()
    assert story.total == "0.00"
    assert story.moment(TOO_WIDE).charged == [("new_structure", 2, "650.00")]


def test_e_a_new_structure_that_is_no_longer_free_may_cost_the_fixed_price() -> None:
    story = Story(new_structure_not_free="fixed_price").free().moment()
    assert restructured(story, TOO_WIDE).charged == [("new_structure", 2, "180.00")]


def test_e_a_quoted_import_stays_quoted_when_its_new_structure_is_simple() -> None:
    story = restructured(Story().quoted("500.00").moment(), OTHER)
    assert story.charged[-1] == ("new_structure", 2, "500.00")


def test_e_a_simple_new_structure_of_a_quoted_import_may_cost_the_free_imports_price() -> None:
    story = Story(quoted_stays_quoted=False).quoted("500.00").moment()
    assert restructured(story, OTHER).charged[-1] == ("new_structure", 2, "180.00")
    assert "180" in str(story.last_fee.reasons[1].facts["amount"])
    assert story.last_fee.reasons[1].code == "new_structure_free_import"


def test_e_a_new_structure_that_stays_complex_costs_the_quoted_price_again() -> None:
    story = Story(quoted_stays_quoted=False).quoted("500.00").moment()
    assert restructured(story, TOO_WIDE).charged[-1] == ("new_structure", 2, "500.00")


@pytest.mark.parametrize(("sets_price", "further"), [(False, "90.00"), (True, "325.00")])
def test_e_what_a_further_moment_costs_after_a_quoted_new_structure(sets_price: bool, further: str) -> None:
    story = Story(new_quote_sets_price=sets_price).free().moment().assessed(TOO_WIDE)
    story.quote("650.00", "new_structure").accepted().moment(TOO_WIDE).agrees_further().moment(TOO_WIDE)
    assert story.charged == [("new_structure", 2, "650.00"), ("further_moment", 3, further)]


# f. feedback after a further moment


def test_f_a_further_moment_opens_no_round_of_feedback() -> None:
    Story().free().moment().moment().agrees_further().moment().refuses("import_feedback_refused", "feedback")


def test_f_a_further_moment_may_open_a_round_of_feedback() -> None:
    story = Story(feedback_after_further_moment=True).free().moment().moment()
    story.refuses("import_feedback_refused", "feedback").agrees_further().moment().feedback_round()
    assert story.refuses("import_feedback_refused", "feedback").total == "90.00"


# g. a second round of feedback


def test_g_a_second_round_is_refused_and_may_come_as_a_moment() -> None:
    story = Story().free().moment().feedback_round().refuses("import_feedback_refused", "feedback")
    assert story.moment().agrees_further().moment().total == "90.00"


def test_g_a_second_round_may_be_free() -> None:
    story = Story(second_feedback="free").free().moment().feedback_round().feedback_round().feedback_round()
    assert story.moment().total == "0.00"
    story.refuses("import_feedback_refused", "feedback")


def test_g_a_second_round_may_cost_a_further_moment_beside_the_included_ones() -> None:
    story = Story(second_feedback="further_moment").free().moment().feedback_round()
    story.refuses("import_agreement_needed", "feedback").agrees_further().feedback_round()
    assert story.charged == [("further_moment", 2, "90.00")]
    assert story.last_fee.reasons[0].code == "second_feedback"
    assert story.moment().total == "90.00"
    assert story.refuses("import_agreement_needed", "moment").agrees_further().moment().total == "180.00"


# h. which columns count, and how many extra fields


@pytest.mark.parametrize(("settings", "outcome"), [({}, "quote"), ({"columns_counted": "imported"}, "free")])
def test_h_skipped_columns_count_unless_the_policy_counts_only_imported_ones(
    settings: dict[str, str], outcome: str
) -> None:
    policy = parse_policy(settings, "")
    assert assess(policy, ImportFacts(1, 31, True, skipped=1)).outcome == outcome
    assert assess(policy, ImportFacts(1, 32, True, skipped=1)).outcome == "quote"


def test_h_where_only_imported_columns_count_those_skipped_are_those_assessed() -> None:
    file = columns(31)
    story = Story(columns_counted="imported").opened().assessed(file, skipped=1)
    story.refuses("import_not_assessed", "moment", file)
    assert story.moment(file, skipped=["Veld 31"]).total == "0.00"


def test_h_extra_fields_are_unlimited_unless_the_policy_limits_them() -> None:
    assert assess(parse_policy({}, ""), ImportFacts(1, 30, True, extra_fields=28)).outcome == "free"
    policy = parse_policy({"most_extra_fields": 5}, "")
    assert assess(policy, ImportFacts(1, 12, True, extra_fields=5)).outcome == "free"
    assessment = assess(policy, ImportFacts(1, 12, True, extra_fields=6))
    assert [reason.code for reason in assessment.reasons] == ["too_many_extra_fields"]
    with pytest.raises(InvalidInput):
        assess(policy, ImportFacts(1, 12, True))


# i. how often a poor file goes back


def test_i_sending_back_is_free_however_often() -> None:
    story = Story().free()
    for _ in range(7):
        story.sent_back()
    assert story.moment().total == "0.00"
    assert story.project.returns == 7


def test_i_returns_after_the_free_ones_may_cost_a_fee() -> None:
    story = Story(free_returns=2, return_fee="35.00").free().refuses("import_no_agreement_needed", "agrees_return")
    story.sent_back().sent_back().refuses("import_agreement_needed", "sent_back")
    story.agrees_return().sent_back().refuses("import_agreement_needed", "sent_back")
    story.agrees_return().sent_back().moment()
    assert story.charged == [("return", None, "35.00"), ("return", None, "35.00")]


def test_i_a_limit_without_a_fee_charges_nothing() -> None:
    assert Story(free_returns=0).free().sent_back().total == "0.00"


# j. our own mistakes


def test_j_our_own_mistake_is_redone_free_and_is_no_moment() -> None:
    story = Story().free().moment().redone().moment().redone()
    assert story.total == "0.00"
    assert len(story.project.moments) == 2


def test_j_a_redo_keeps_the_structure() -> None:
    Story().free().moment().refuses("import_other_structure", "redone", OTHER)


def test_j_a_redo_may_count_as_a_moment() -> None:
    story = Story(own_mistake="moment").free().refuses("import_nothing_delivered", "redone").moment().redone()
    assert story.total == "0.00"
    story.refuses("import_agreement_needed", "redone").refuses("import_agreement_needed", "moment")
    assert story.agrees_further().redone().charged == [("further_moment", 3, "90.00")]


# k. rounding


@pytest.mark.parametrize(("rounding", "half"), [("half_up", "172.78"), ("up", "172.78"), ("down", "172.77")])
def test_k_half_of_345_55(rounding: str, half: str) -> None:
    story = Story(half_rounding=rounding).quoted("345.55").moment().moment().agrees_further().moment()
    assert story.charged[-1] == ("further_moment", 3, half)


@pytest.mark.parametrize(("rounding", "third"), [("half_up", "33.33"), ("up", "33.34"), ("down", "33.33")])
def test_k_up_and_half_up_differ_below_half_a_cent(rounding: str, third: str) -> None:
    story = Story(half_rounding=rounding, further_moment_percentage="33.33").quoted("100.01").moment()
    assert further_moment_price(story.policy, story.project) == Decimal(third)


# l. when it is charged, for how long a quote holds, which VAT


def test_l_the_quoted_price_is_charged_when_the_first_moment_is_delivered() -> None:
    story = Story().quoted("500.00")
    assert story.total == "0.00"
    assert story.moment().last_fee.on == story.events[-1].on


def test_l_the_quoted_price_may_be_charged_at_acceptance_and_only_then() -> None:
    story = Story(charged_at="accepted").quoted("500.00")
    assert story.charged == [("quoted_import", 1, "500.00")]
    assert story.moment().moment().total == "500.00"
    assert story.agrees_further().moment().total == "750.00"


def test_l_a_quote_holds_until_its_last_day() -> None:
    story = Story().opened().assessed(one_dimensional=False).quote("500.00", valid_days=3)
    assert story.wait(3).status == "quote_expired"
    story.refuses("import_quote_not_open", "accepted").refuses("import_quote_needed", "moment")
    assert story.quote("450.00", valid_days=3).wait(2).accepted().moment().total == "450.00"


def test_l_the_policy_has_validity_vat_class_and_revenue_group() -> None:
    policy = parse_policy({}, "")
    assert (policy.quote_valid_days, policy.vat_class, policy.revenue_group) == (30, "standard", None)
    policy = parse_policy({"quote_valid_days": 14, "vat_class": "exempt", "revenue_group": "import"}, "")
    assert (policy.quote_valid_days, policy.vat_class, policy.revenue_group) == (14, "exempt", "import")


# m. a website added later


def test_m_a_website_added_later_makes_2_moments() -> None:
    story = Story().free(website=False).moment().website_added().moment()
    assert story.total == "0.00"
    story.refuses("import_website_already", "website_added").refuses("import_agreement_needed", "moment")


def test_m_a_website_added_later_may_change_nothing() -> None:
    story = Story(website_added_later="ignored").free(website=False).moment().website_added()
    assert story.refuses("import_agreement_needed", "moment").agrees_further().moment().total == "90.00"


# n. what the same structure is


def test_n_the_same_structure_is_the_same_titles_in_the_same_order_but_for_capitals_and_spaces() -> None:
    story = Story().free().moment().moment([f"  {title.upper()} " for title in MEMBERS])
    assert story.total == "0.00"
    assert story.next(MEMBERS[::-1])[0] == "new_structure"


def test_n_the_order_of_columns_may_not_count() -> None:
    story = Story(same_structure="any_order").free().moment().moment(MEMBERS[::-1])
    assert story.total == "0.00"
    assert story.next(OTHER)[0] == "new_structure"


@pytest.mark.parametrize("same", ["exact", "any_order"])
def test_n_a_renamed_column_is_a_new_structure(same: str) -> None:
    story = Story(same_structure=same).free().moment()
    assert story.next([*MEMBERS[:-1], "Mail"])[0] == "new_structure"


def test_new_is_unlike_every_structure_delivered_free_or_paid() -> None:
    story = restructured(Story().free().moment(), OTHER)
    for delivered in (MEMBERS, OTHER):
        assert story.next(delivered) == ("further", "90.00", ("further_moment_agreed",))
    assert story.next(THIRD, facts=ImportFacts(1, 5, True)) == ("new_structure", "180.00", ("new_structure_agreed",))


def test_a_redo_on_a_later_day_is_dated_then() -> None:
    story = Story(own_mistake="moment").free().moment().moment().agrees_further()
    late = story.today + timedelta(days=10)
    story.happens(Redone(late, "opnieuw", "Fout van ons.", structure_of([MEMBERS])))
    assert story.last_fee.on == late
