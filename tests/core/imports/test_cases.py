"""The seventeen worked cases of the import conditions, each by its number."""

from __future__ import annotations

from billing_service.core.imports import ImportFacts, assess, parse_policy, propose
from tests.core.imports.stories import MEMBERS, Story, columns

POLICY = parse_policy({}, "Importbeleid 2026")


def needs_quote(facts: ImportFacts) -> list[str]:
    """The reasons why these facts need a quote; none for a free import."""
    assessment = assess(POLICY, facts)
    codes = [reason.code for reason in assessment.reasons]
    assert assessment.outcome == ("free" if codes == ["free"] else "quote")
    return [] if codes == ["free"] else codes


def test_case_01_one_file_of_30_columns_with_website_and_2_moments_is_free() -> None:
    file = columns(30)
    story = Story().opened().assessed(file).moment(file).moment(file)
    assert needs_quote(ImportFacts(1, 30, True)) == []
    assert story.total == "0.00"
    assert story.project.fees == ()


def test_case_02_31_columns_need_a_quote() -> None:
    file = columns(31)
    assert needs_quote(ImportFacts(1, 31, True)) == ["too_many_columns"]
    story = Story().opened().assessed(file).refuses("import_quote_needed", "moment", file)
    assert story.status == "needs_quote"
    assert story.total == "0.00"


def test_case_03_12_columns_with_a_group_membership_need_a_quote() -> None:
    file = columns(12, "Commissie")
    proposal = propose([file])
    assert not proposal.one_dimensional
    assert needs_quote(ImportFacts(1, 12, proposal.one_dimensional)) == ["not_one_dimensional"]
    story = Story().opened().assessed(file, one_dimensional=False)
    assert story.refuses("import_quote_needed", "moment", file).total == "0.00"


def test_case_04_companies_with_contact_persons_need_a_quote() -> None:
    file = columns(15, "Bedrijfsnaam", "Contactpersoon")
    assert [reason.facts["sign"] for reason in propose([file]).reasons] == ["company", "contact_person"]
    story = Story().opened().assessed(file, one_dimensional=False)
    assert story.refuses("import_quote_needed", "moment", file).total == "0.00"


def test_case_05_two_files_of_10_columns_need_a_quote_though_20_columns_would_not() -> None:
    files = columns(10), columns(10, "Telefoon")
    assert needs_quote(ImportFacts(2, 20, True)) == ["several_files"]
    story = Story().opened().assessed(*files)
    assert story.refuses("import_quote_needed", "moment", *files).total == "0.00"


def test_case_06_free_without_website_1_moment() -> None:
    assert Story().free(website=False).moment().total == "0.00"


def test_case_07_free_with_website_3_moments_cost_90() -> None:
    story = Story().free().moment().moment()
    story.refuses("import_agreement_needed", "moment")
    story.agrees_further().moment()
    assert story.charged == [("further_moment", 3, "90.00")]


def test_case_08_free_with_website_4_moments_cost_180() -> None:
    story = Story().free().moment().moment().agrees_further().moment()
    story.refuses("import_agreement_needed", "moment")
    story.agrees_further().moment()
    assert story.charged == [("further_moment", 3, "90.00"), ("further_moment", 4, "90.00")]
    assert story.total == "180.00"


def test_case_09_quoted_500_with_website_2_moments_cost_500() -> None:
    story = Story().quoted("500.00")
    assert story.total == "0.00"
    story.moment()
    assert story.charged == [("quoted_import", 1, "500.00")]
    assert story.moment().total == "500.00"


def test_case_10_quoted_500_3_moments_cost_750() -> None:
    story = Story().quoted("500.00").moment().moment().agrees_further().moment()
    assert story.charged == [("quoted_import", 1, "500.00"), ("further_moment", 3, "250.00")]
    assert story.total == "750.00"


def test_case_11_quoted_500_4_moments_cost_1000() -> None:
    story = Story().quoted("500.00").moment().moment().agrees_further().moment().agrees_further().moment()
    assert story.total == "1000.00"


def test_case_12_a_new_structure_at_moment_2_whose_old_one_is_restored_is_free() -> None:
    other = [*MEMBERS[:-1], "E-mailadres"]
    story = Story().free().moment().assessed(other)
    assert story.next(other) == ("new_structure", "180.00", ("new_structure_agreed",))
    story.refuses("import_agreement_needed", "moment", other)
    assert story.moment().total == "0.00"
    assert len(story.project.moments) == 2


def test_case_13_a_new_structure_at_moment_2_that_cannot_be_restored_costs_180() -> None:
    other = [*MEMBERS[:-1], "E-mailadres"]
    story = Story().free().moment().assessed(other).agrees_new_structure().moment(other)
    assert story.charged == [("new_structure", 2, "180.00")]


def test_case_14_quoted_500_with_a_new_structure_at_moment_2_costs_1000() -> None:
    other = [*MEMBERS, "Telefoon"]
    story = Story().quoted("500.00").moment().assessed(other, one_dimensional=False).agrees_new_structure()
    story.moment(other)
    assert story.charged == [("quoted_import", 1, "500.00"), ("new_structure", 2, "500.00")]
    assert story.total == "1000.00"


def test_case_15_a_column_with_mixed_date_formats_is_skipped_at_no_charge() -> None:
    file = [*MEMBERS, "Geboortedatum"]
    story = Story().opened().assessed(file, skipped=1).moment(file, skipped=["Geboortedatum"])
    assert story.total == "0.00"
    assert story.project.moments[0].skipped == ("Geboortedatum",)


def test_case_16_feedback_once_after_moment_1_is_free_and_no_moment() -> None:
    story = Story().free().moment().feedback().reimported().moment()
    assert story.total == "0.00"
    assert [moment.number for moment in story.project.moments] == [1, 2]


def test_case_17_feedback_after_moment_2_is_refused() -> None:
    story = Story().free().moment().moment()
    assert story.refuses("import_feedback_refused", "feedback").total == "0.00"
