"""An import policy as plain sentences: every rule, number and choice, as they are printed on a quote.

A setting with choices has a sentence per choice, ``setting:choice``.
"""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Final

from billing_service.core import formats
from billing_service.core.imports.policy import ImportPolicy
from billing_service.core.imports.sentences import Texts
from billing_service.core.imports.wording import count_moments

SENTENCES: Final[Texts] = {
    "nl": {
        "free": "Een import is gratis bij één bestand met alleen persoonsgegevens van leden (naam en adres, "
        "contactgegevens, extra velden) en hoogstens {most_columns_free} kolommen. Voor al het andere maken wij een "
        "offerte.",
        "columns_counted:titled": "Elke kolom met een titel telt mee.",
        "columns_counted:imported": "Alleen kolommen die wij importeren tellen mee.",
        "extra_fields:none": "Het aantal extra velden is daarbinnen onbeperkt.",
        "extra_fields:some": "Hoogstens {most_extra_fields} kolommen mogen extra velden zijn.",
        "moments_with_website": "Met een website is inbegrepen: {moments_with_website}.",
        "moments_without_website": "Zonder website is inbegrepen: {moments_without_website}.",
        "second_moment_without_website:further_moment": "Een tweede moment zonder website is een volgend moment.",
        "second_moment_without_website:included": "Ook zonder website is een tweede moment inbegrepen.",
        "website_added_later:counts": "Komt er later een website bij, dan gelden de momenten met een website.",
        "website_added_later:ignored": "Een website die er later bij komt, verandert het aantal momenten niet.",
        "skipped": "Kolommen met onbruikbare gegevens slaan wij over; wij melden u welke.",
        "returns:free": "Een bestand dat te slecht is om te importeren, sturen wij zonder kosten terug.",
        "returns:fee": "Een bestand dat te slecht is om te importeren, sturen wij terug. Zonder kosten kan dat "
        "{free_returns} keer; elke volgende keer kost {return_fee}.",
        "feedback": "Na het eerste moment kunt u één keer feedback geven; de import die daarop volgt is gratis en telt "
        "niet als moment.",
        "second_feedback:refused": "Een tweede feedbackronde is er niet; wel kan de verbetering met een volgend moment "
        "mee.",
        "second_feedback:free": "Ook verdere feedbackrondes na dat moment zijn gratis.",
        "second_feedback:further_moment": "Elke verdere feedbackronde kost zoveel als een volgend moment.",
        "feedback_after_further_moment:true": "Ook na een volgend moment is er een feedbackronde.",
        "feedback_after_further_moment:false": "Na een volgend moment is er geen feedbackronde.",
        "feedback_after_new_structure:true": "Na een betaalde nieuwe opbouw is er opnieuw een feedbackronde.",
        "feedback_after_new_structure:false": "Na een nieuwe opbouw is er geen feedbackronde.",
        "own_mistake:free": "Een fout van onszelf herstellen wij gratis; dat telt niet als moment.",
        "own_mistake:moment": "Herstel van een fout van onszelf telt als een moment.",
        "free_further_moment": "Elk volgend moment kost bij een gratis import {free_further_moment}.",
        "further_moment": "Elk volgend moment kost bij een import op offerte {further_moment_percentage}% van de "
        "offerteprijs.",
        "half_rounding:half_up": "Een percentage van de offerteprijs ronden wij af op hele centen, een halve cent "
        "naar boven.",
        "half_rounding:up": "Een percentage van de offerteprijs ronden wij naar boven af op hele centen.",
        "half_rounding:down": "Een percentage van de offerteprijs ronden wij naar beneden af op hele centen.",
        "same_structure:exact": "Een volgend bestand heeft dezelfde opbouw als een eerder: dezelfde kolomtitels in "
        "dezelfde volgorde. Hoofdletters en spaties eromheen tellen niet.",
        "same_structure:any_order": "Een volgend bestand heeft dezelfde opbouw als een eerder: dezelfde "
        "kolomtitels, in "
        "welke volgorde ook. Hoofdletters en spaties eromheen tellen niet.",
        "free_new_structure": "Kan de oude opbouw niet meer, dan kost een nieuwe bij een gratis import "
        "{free_new_structure}.",
        "new_structure": "Bij een import op offerte kost een nieuwe opbouw dan {new_structure_percentage}% van de "
        "offerteprijs.",
        "new_structure_at_further_moment:instead_of_half": "Een nieuwe opbouw na de inbegrepen momenten kost alleen "
        "die "
        "prijs, niet ook nog die van een volgend moment.",
        "new_structure_at_further_moment:on_top": "Een nieuwe opbouw na de inbegrepen momenten kost die prijs en "
        "daarnaast die van een volgend moment.",
        "new_structure_restarts_moments:true": "Met een nieuwe opbouw begint een nieuwe reeks inbegrepen momenten.",
        "new_structure_restarts_moments:false": "Een nieuwe opbouw geeft geen nieuwe reeks inbegrepen momenten.",
        "new_structure_not_free:quote": "Zou een nieuwe opbouw bij een gratis import niet meer gratis zijn geweest, "
        "dan "
        "maken wij er een offerte voor.",
        "new_structure_not_free:fixed_price": "Die prijs geldt bij een gratis import ook voor een nieuwe opbouw die "
        "niet "
        "meer gratis zou zijn geweest.",
        "quoted_stays_quoted:true": "Een import op offerte blijft op offerte, ook als een nieuwe opbouw eenvoudiger "
        "is.",
        "quoted_stays_quoted:false": "Zou een nieuwe opbouw gratis zijn geweest, dan kost zij ook bij een import op "
        "offerte {free_new_structure}.",
        "new_quote_sets_price:true": "Na een offerte voor een nieuwe opbouw gaan percentages over de prijs van die "
        "offerte.",
        "new_quote_sets_price:false": "Na een offerte voor een nieuwe opbouw blijft de prijs van een volgend moment "
        "wat "
        "hij was.",
        "charged_at:delivered": "Wij brengen een moment in rekening als het is uitgevoerd.",
        "charged_at:accepted": "De offerteprijs van de import brengen wij in rekening zodra u akkoord gaat, andere "
        "kosten als het moment is uitgevoerd.",
        "agreement": "Kosten ontstaan alleen als u er vooraf mee akkoord bent gegaan.",
        "quote_valid_days": "Een offerte is {quote_valid_days} dagen geldig.",
        "vat_class:standard": "Alle bedragen zijn exclusief btw, waarvoor het algemene tarief geldt.",
        "vat_class:reduced": "Alle bedragen zijn exclusief btw, waarvoor het verlaagde tarief geldt.",
        "vat_class:zero": "Alle bedragen zijn exclusief btw, waarvoor het nultarief geldt.",
        "vat_class:exempt": "De import is vrijgesteld van btw.",
    },
    "en": {
        "free": "An import is free for one file with only personal data of members (name and address, contact details, "
        "extra fields) and at most {most_columns_free} columns. For anything else we make a quote.",
        "columns_counted:titled": "Every column with a title counts.",
        "columns_counted:imported": "Only columns that we import count.",
        "extra_fields:none": "Within that, the number of extra fields is unlimited.",
        "extra_fields:some": "At most {most_extra_fields} columns may be extra fields.",
        "moments_with_website": "Included with a website: {moments_with_website}.",
        "moments_without_website": "Included without a website: {moments_without_website}.",
        "second_moment_without_website:further_moment": "A second moment without a website is a further moment.",
        "second_moment_without_website:included": "A second moment is included without a website too.",
        "website_added_later:counts": "If a website is added later, the moments with a website apply.",
        "website_added_later:ignored": "A website that is added later does not change the number of moments.",
        "skipped": "Columns with unusable data are skipped; we tell you which.",
        "returns:free": "A file that is too poor to import is sent back without costs.",
        "returns:fee": "A file that is too poor to import is sent back. Times without costs: {free_returns}; each "
        "further time costs {return_fee}.",
        "feedback": "After the first moment you can give feedback once; the import that follows it is free and does "
        "not "
        "count as a moment.",
        "second_feedback:refused": "There is no second round of feedback; what you want improved can come with a "
        "further "
        "moment.",
        "second_feedback:free": "Further rounds of feedback after that moment are free too.",
        "second_feedback:further_moment": "Each further round of feedback costs as much as a further moment.",
        "feedback_after_further_moment:true": "There is a round of feedback after a further moment too.",
        "feedback_after_further_moment:false": "There is no round of feedback after a further moment.",
        "feedback_after_new_structure:true": "After a paid new structure there is another round of feedback.",
        "feedback_after_new_structure:false": "There is no round of feedback after a new structure.",
        "own_mistake:free": "Mistakes of our own are repaired free of charge; that does not count as a moment.",
        "own_mistake:moment": "The repair of a mistake of our own counts as a moment.",
        "free_further_moment": "Each further moment of a free import costs {free_further_moment}.",
        "further_moment": "Each further moment of a quoted import costs {further_moment_percentage}% of the quoted "
        "price.",
        "half_rounding:half_up": "A percentage of the quoted price is rounded to whole cents, half a cent upwards.",
        "half_rounding:up": "A percentage of the quoted price is rounded up to whole cents.",
        "half_rounding:down": "A percentage of the quoted price is rounded down to whole cents.",
        "same_structure:exact": "A further file has the same structure as an earlier one: the same column titles in "
        "the "
        "same order. Capitals, and spaces around a title, do not count.",
        "same_structure:any_order": "A further file has the same structure as an earlier one: the same column "
        "titles, in "
        "any order. Capitals, and spaces around a title, do not count.",
        "free_new_structure": "Where the old structure is no longer possible, a new one costs {free_new_structure} for "
        "a free import.",
        "new_structure": "For a quoted import a new structure then costs {new_structure_percentage}% of the quoted "
        "price.",
        "new_structure_at_further_moment:instead_of_half": "A new structure after the included moments costs that "
        "price "
        "only, not that of a further moment as well.",
        "new_structure_at_further_moment:on_top": "A new structure after the included moments costs that price and "
        "that "
        "of a further moment as well.",
        "new_structure_restarts_moments:true": "A new structure starts a new series of included moments.",
        "new_structure_restarts_moments:false": "A new structure does not start a new series of included moments.",
        "new_structure_not_free:quote": "If a new structure of a free import would no longer have been free, we make a "
        "quote for it.",
        "new_structure_not_free:fixed_price": "For a free import that price holds also for a new structure that "
        "would no "
        "longer have been free.",
        "quoted_stays_quoted:true": "A quoted import stays quoted, also when a new structure is simpler.",
        "quoted_stays_quoted:false": "If a new structure would have been free, it costs {free_new_structure} for a "
        "quoted "
        "import too.",
        "new_quote_sets_price:true": "After a quote for a new structure, percentages are of the price of that quote.",
        "new_quote_sets_price:false": "After a quote for a new structure, the price of a further moment stays what it "
        "was.",
        "charged_at:delivered": "We charge for a moment when it has been carried out.",
        "charged_at:accepted": "The quoted price of the import is charged as soon as you accept it, other costs "
        "when the "
        "moment has been carried out.",
        "agreement": "Costs arise only if you agreed to them beforehand.",
        "quote_valid_days": "A quote is valid for {quote_valid_days} days.",
        "vat_class:standard": "All amounts are without VAT, to which the standard rate applies.",
        "vat_class:reduced": "All amounts are without VAT, to which the reduced rate applies.",
        "vat_class:zero": "All amounts are without VAT, to which the zero rate applies.",
        "vat_class:exempt": "The import is exempt from VAT.",
    },
}  # fmt: skip

_CHOSEN: Final = ("columns_counted", "second_moment_without_website", "website_added_later", "second_feedback",
                  "feedback_after_further_moment", "feedback_after_new_structure", "own_mistake", "half_rounding",
                  "same_structure", "new_structure_at_further_moment", "new_structure_restarts_moments",
                  "new_structure_not_free", "quoted_stays_quoted", "new_quote_sets_price", "charged_at",
                  "vat_class")  # fmt: skip


def policy_sentences(policy: ImportPolicy, language: str, currency: str = "EUR") -> list[str]:
    """Everything the policy says, in the order in which an import goes."""
    shown: dict[str, str] = {}
    for field in fields(policy):
        value = getattr(policy, field.name)
        if field.name.startswith("moments_"):
            shown[field.name] = count_moments(value, language)
        elif isinstance(value, Decimal) and not field.name.endswith("_percentage"):
            shown[field.name] = formats.money(value, currency, language)
        elif isinstance(value, Decimal | int) and not isinstance(value, bool):
            shown[field.name] = formats.number(value, language)
    return [SENTENCES[language][key].format(**shown) for key in _keys(policy)]


def _keys(policy: ImportPolicy) -> list[str]:
    """The sentences that hold under this policy, in the order of the page."""
    holds = {f"{name}:{str(getattr(policy, name)).lower()}" for name in _CHOSEN}
    holds.add("extra_fields:none" if policy.most_extra_fields is None else "extra_fields:some")
    holds.add("returns:fee" if policy.return_fee else "returns:free")
    return [key for key in SENTENCES["nl"] if ":" not in key or key in holds]
