"""Fees read as the customer would expect: what was delivered when, why it costs this, under which policy."""

from __future__ import annotations

from string import Formatter

import pytest

from billing_service.core.imports import (
    ImportFacts,
    assess,
    describe_cost,
    describe_fee,
    describe_reasons,
    explain_fee,
    fee_detail,
    next_fee,
    parse_policy,
    sentences,
    status,
    structure_of,
    tell,
    texts,
)
from billing_service.core.imports.sentences import Texts
from tests.core.imports.stories import MEMBERS, Story, columns

NBSP = "\u00a0"
OTHER = ["Lidnummer", "Achternaam", "Voornaam", "E-mail"]
ALL = [
    sentences.REFUSALS,
    sentences.STATUS,
    texts.COSTS,
    texts.DIFFERENCES,
    texts.FEES,
    texts.HISTORY,
    texts.REASONS,
    texts.WORDS,
]


def plain(said: list[str]) -> list[str]:
    return [sentence.replace(NBSP, " ") for sentence in said]


def invoice(story: Story, language: str) -> list[str]:
    """The line of the last fee, then why."""
    fee = story.last_fee
    return plain([describe_fee(fee, language), *explain_fee(fee, story.policy, language)])


@pytest.mark.parametrize("table", ALL)
def test_dutch_and_english_have_the_same_keys_with_the_same_facts_in_them(table: Texts) -> None:
    assert list(table) == ["nl", "en"]
    assert table["nl"].keys() == table["en"].keys()
    for key, sentence in table["nl"].items():
        slots = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (sentence, table["en"][key])]
        assert slots[0] == slots[1], key


def test_a_third_moment_of_a_free_import() -> None:
    story = Story().free().moment().wait(16).moment().wait(20).agrees_further().moment()
    assert invoice(story, "nl") == [
        "Derde importmoment van het ledenbestand (13 december 2026)",
        "Het gratis importtarief omvat twee momenten met een website: 4 november 2026 en 21 november 2026.",
        "Elk volgend moment kost € 90,00.",
        "Akkoord van Jan de Vries op 12 december 2026.",
        "Beleid: Importbeleid 2026.",
    ]
    assert invoice(story, "en") == [
        "Third import moment of the member file (13 December 2026)",
        "The free import includes two moments with a website: 4 November 2026 and 21 November 2026.",
        "Each further moment costs €90.00.",
        "Agreed by Jan de Vries on 12 December 2026.",
        "Policy: Importbeleid 2026.",
    ]
    assert plain([fee_detail(story.last_fee, story.policy, "nl")]) == [
        "Het gratis importtarief omvat twee momenten met een website: 4 november 2026 en 21 november 2026. "
        "Elk volgend moment kost € 90,00. Beleid: Importbeleid 2026."
    ]


def test_a_second_moment_of_a_quoted_import_of_three_files_without_website() -> None:
    files = MEMBERS, columns(5), columns(8, "Commissie")
    story = Story().opened(website=False).assessed(*files, one_dimensional=False).quote("345.55").accepted()
    story.moment(*files)
    assert invoice(story, "nl") == [
        "Import van de ledenbestanden (6 november 2026)",
        "Er zijn 3 bestanden; gratis is één bestand.",
        "Het gaat om meer dan persoonsgegevens van leden: groepen, onderlinge verbanden, of bedrijven met "
        "contactpersonen.",
        "Offerte OFF-1 van € 345,55 is op 5 november 2026 geaccepteerd.",
        "Beleid: Importbeleid 2026.",
    ]
    story.agrees_further().moment(*files)
    assert invoice(story, "nl")[:3] == [
        "Tweede importmoment van de ledenbestanden (8 november 2026)",
        "De offerteprijs omvat één moment zonder website: 6 november 2026.",
        "Elk volgend moment kost de helft van de offerteprijs van € 345,55: € 172,78.",
    ]
    assert invoice(story, "en")[2] == "Each further moment costs half the quoted price of €345.55: €172.78."


def test_a_new_structure_names_what_changed() -> None:
    story = Story().free().moment().assessed(OTHER).agrees_new_structure().moment(OTHER)
    assert invoice(story, "nl") == [
        "Import van het ledenbestand met een nieuwe opbouw (7 november 2026)",
        "De opbouw is anders dan die van 4 november 2026.",
        "De kolommen “Voornaam” en “Achternaam” zijn verwisseld (plaatsen 2 en 3).",
        "Een nieuwe opbouw kost € 180,00 als de oude niet meer kan.",
        "De oude opbouw kan niet meer; akkoord van Jan de Vries op 6 november 2026.",
        "Beleid: Importbeleid 2026.",
    ]
    third = [*MEMBERS, "Mobiel"]
    story.assessed(third).agrees_new_structure().moment(third)
    assert invoice(story, "en")[1:3] == [
        "The structure is unlike all 2 earlier ones; it is most like that of 4 November 2026.",
        "Column “Mobiel” is new (place 5).",
    ]


def test_a_new_structure_of_a_quoted_import_costs_the_quoted_price_again() -> None:
    story = Story().quoted("500.00").moment().assessed(OTHER).agrees_new_structure().moment(OTHER)
    assert "Een nieuwe opbouw kost opnieuw de offerteprijs van € 500,00 als de oude niet meer kan." in invoice(
        story, "nl"
    )
    story = Story(new_structure_percentage="80").quoted("500.00").moment().assessed(OTHER).agrees_new_structure()
    assert (
        "A new structure costs 80% of the quoted price of €500.00 where the old one is no longer possible: €400.00."
        in (invoice(story.moment(OTHER), "en"))
    )


def test_a_new_structure_with_a_quote_of_its_own_names_that_quote() -> None:
    wide = columns(31)
    story = Story().free().moment().assessed(wide).quote("650.00", "new_structure").accepted().moment(wide)
    assert invoice(story, "nl")[-2] == "Offerte OFF-1 van € 650,00 is op 7 november 2026 geaccepteerd."
    assert "Elk" not in " ".join(invoice(story, "nl"))


def test_a_structure_with_nothing_left_of_the_old_one_lists_fifty_differences_at_most() -> None:
    other = [f"Anders {place}" for place in range(1, 60)]
    story = Story(most_columns_free=100).opened().assessed(columns(90)).moment(columns(90))
    story.assessed(other).agrees_new_structure().moment(other)
    assert "Er zijn nog 40 verschillen." in invoice(story, "nl")


def test_other_fees() -> None:
    story = Story(second_feedback="further_moment").free().moment().feedback_round().agrees_further().feedback_round()
    assert invoice(story, "nl")[:3] == [
        "Extra feedbackronde bij de import van het ledenbestand (9 november 2026)",
        "De feedbackronde na het moment van 4 november 2026 was gebruikt; een tweede kost een volgend moment.",
        "Elk volgend moment kost € 90,00.",
    ]
    story = Story(free_returns=1, return_fee="35.00").free().sent_back().agrees_return().sent_back()
    assert invoice(story, "nl")[:2] == [
        "Nieuwe controle van een teruggestuurd ledenbestand (6 november 2026)",
        "Gratis terugzendingen: 1. Elke volgende kost € 35,00.",
    ]
    story = Story(new_structure_restarts_moments=True).free().moment().assessed(OTHER).agrees_new_structure()
    story.moment(OTHER).moment(OTHER).agrees_further().moment(OTHER)
    assert invoice(story, "nl")[1] == (
        "Met de nieuwe opbouw waren met een website weer twee momenten inbegrepen: 7 november 2026 en 8 november 2026."
    )


@pytest.mark.parametrize(
    ("number", "dutch", "english"),
    [(10, "Tiende", "Tenth"), (11, "11e", "11th"), (12, "12e", "12th"), (21, "21e", "21st"), (23, "23e", "23rd")],
)
def test_moments_beyond_the_tenth(number: int, dutch: str, english: str) -> None:
    story = Story().free().moment().moment()
    while len(story.project.moments) < number:
        story.agrees_further().moment()
    assert invoice(story, "nl")[0].startswith(f"{dutch} importmoment van")
    assert invoice(story, "en")[0].startswith(f"{english} import moment of")


def test_why_an_import_is_free_or_not() -> None:
    policy = parse_policy({"most_extra_fields": 5}, "")
    reasons = assess(policy, ImportFacts(2, 31, False, extra_fields=6)).reasons
    assert describe_reasons(reasons, "nl") == [
        "Er zijn 2 bestanden; gratis is één bestand.",
        "Er zijn 31 kolommen; gratis zijn er hoogstens 30.",
        "Het gaat om meer dan persoonsgegevens van leden: groepen, onderlinge verbanden, of bedrijven met "
        "contactpersonen.",
        "Er zijn 6 extra velden; gratis zijn er hoogstens 5.",
    ]
    (free,) = assess(parse_policy({}, ""), ImportFacts(1, 30, True)).reasons
    assert describe_reasons([free], "en") == ["One file with only personal data of members; columns: 30. That is free."]


def test_what_the_next_moment_would_cost_and_needs() -> None:
    story = Story().free().moment().assessed(OTHER)
    cost = next_fee(story.policy, story.project, structure_of([OTHER]))
    assert plain(describe_cost(cost, "nl")) == [
        "Dit moment kost € 180,00, exclusief btw.",
        "Vraag eerst om de oude opbouw; kan die niet meer, dan is het akkoord van de klant nodig.",
    ]
    cost = next_fee(story.policy, story.project, structure_of([MEMBERS]))
    assert describe_cost(cost, "en") == ["This moment costs nothing."]
    cost = next_fee(story.policy, story.project, structure_of([columns(31)]), ImportFacts(1, 31, True))
    assert describe_cost(cost, "en") == ["This needs an accepted quote first."]


def test_where_a_project_stands() -> None:
    story = Story().opened().assessed(columns(31)).quote("500.00")
    assert status(story.policy, story.project, story.today).describe("nl") == (
        "Offerte OFF-1 ligt bij de klant, geldig tot en met 4 december 2026."
    )
    story.closed()
    assert status(story.policy, story.project, story.today).describe("en") == "Closed on 5 November 2026."


def test_the_whole_history_as_the_support_desk_reads_it() -> None:
    wide = columns(31)
    story = Story().opened().sent_back().assessed().moment(skipped=["E-mail"]).feedback().reimported().redone()
    story.assessed(wide).quote("400.00", "new_structure").declined().quote("300.00", "new_structure").withdrawn()
    said = [sentence for _, sentence in tell(story.events, story.project.fees, "nl")]
    assert plain(said) == [
        "Project geopend, met een website.",
        "Bestand teruggestuurd. Alle namen staan in één kolom.",
        "Beoordeeld: bestanden 1, kolommen 4, alleen persoonsgegevens van leden.",
        "Import uitgevoerd. Niet geïmporteerd: E-mail.",
        "Feedback ontvangen. Voornaam en achternaam zijn verwisseld.",
        "Feedback verwerkt en opnieuw geïmporteerd.",
        "Opnieuw geïmporteerd om een fout van ons te herstellen. Verkeerd script gebruikt.",
        "Beoordeeld: bestanden 1, kolommen 31, alleen persoonsgegevens van leden.",
        "Offerte OFF-1 van € 400,00 voor een nieuwe opbouw gestuurd, geldig tot en met 10 december 2026.",
        "Offerte OFF-1 afgewezen. Te duur.",
        "Offerte OFF-2 van € 300,00 voor een nieuwe opbouw gestuurd, geldig tot en met 12 december 2026.",
        "Offerte OFF-2 ingetrokken. Vergissing.",
    ]
    story.moment().agrees_further().moment().closed()
    told = tell(story.events, story.project.fees, "en")[-3:]
    assert [sentence for _, sentence in told] == [
        "Jan de Vries agreed to the price of a further moment.",
        "Import carried out. To be charged: €90.00, excluding VAT.",
        "Project closed. Klaar.",
    ]
