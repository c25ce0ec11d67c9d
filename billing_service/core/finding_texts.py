"""What each finding says to a person: its cause and what to do next, in Dutch and English (equal keys, tested)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_SLOT: Final = re.compile(r"\{([a-z_.]+)\}")

TEXTS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "nl": {
        "changed_after_release": (
            "De gegevens van deze vraag zijn gewijzigd nadat de post was vrijgegeven ({cause}). Vrijgegeven: "
            "{released.disposition} {released.amount}; volgens het tarief nu: {now.disposition} {now.amount}.",
            "Voorstel: {proposal.way}. Te crediteren {proposal.credit} en opnieuw te factureren {proposal.charge}, "
            "exclusief btw.",
        ),
        "draft_refused": (
            "De factuur van dit contract tot en met {until} kon niet worden vrijgegeven: {reason}",
            "Herstel de oorzaak en geef opnieuw vrij.",
        ),
        "eu_business_without_valid_vat_number": (
            "Dit bedrijf in een ander EU-land heeft geen geldig btw-nummer; er wordt Nederlandse btw berekend.",
            "Vraag het btw-nummer op en leg het bij de debiteur vast.",
        ),
        "import_charges_differ": (
            "De posten van importproject {reference} zijn niet die van zijn geschiedenis: {differences}.",
            "Zoek uit wie de database heeft gewijzigd, herstel de posten en controleer opnieuw.",
        ),
        "issue_refused": (
            "De factuur kon niet worden uitgegeven: {reason}",
            "Herstel de oorzaak en geef opnieuw uit.",
        ),
        "negative_draft": (
            "De factuur van dit contract tot en met {until} zou negatief zijn: {reason}",
            "Controleer de posten; wacht tot er meer te factureren is, of maak een creditnota.",
        ),
        "series_blocked": (
            "De database is teruggezet uit een reservekopie. Nummers die nummerreeks {series} daarna nog heeft "
            "uitgegeven, zijn hier onbekend; het laatst bekende nummer is {last_number}. Er wordt in deze reeks niets "
            "uitgegeven.",
            "Zoek het laatst verzonden nummer op (in de verzonden e-mail of het boekhoudpakket) en bevestig dat.",
        ),
        "time_revised_after_correction": (
            "De bron heeft de bestede tijd gewijzigd van {raw_before} naar {raw} minuten, nadat iemand die had "
            "gecorrigeerd tot {corrected} minuten. De correctie blijft gelden.",
            "Bevestig of wijzig de correctie.",
        ),
        "vat_scope_changes": (
            "In deze periode ging btw gelden of hield die op te gelden. Wat daarvoor en daarna is geleverd, mag niet "
            "op één factuur staan; de vrijgegeven factuur bevat wat daarvoor is geleverd.",
            "Geef dit contract opnieuw vrij: de rest komt dan op een eigen factuur.",
        ),
        "work_failed": (
            "Werk op de achtergrond ({kind}) is na {attempts} pogingen gestopt: {reason}",
            "Herstel de oorzaak en start het werk opnieuw.",
        ),
    },
    "en": {
        "changed_after_release": (
            "The facts of this question changed after its charge was released ({cause}). Released: "
            "{released.disposition} {released.amount}; by the tariff now: {now.disposition} {now.amount}.",
            "Proposal: {proposal.way}. To be credited {proposal.credit} and charged anew {proposal.charge}, "
            "without VAT.",
        ),
        "draft_refused": (
            "The invoice of this contract up to {until} could not be released: {reason}",
            "Repair the cause and release again.",
        ),
        "eu_business_without_valid_vat_number": (
            "This business elsewhere in the EU has no valid VAT number; Dutch VAT is charged.",
            "Ask for the VAT number and record it with the customer.",
        ),
        "import_charges_differ": (
            "The charges of import project {reference} are not those of its history: {differences}.",
            "Find out who changed the database, repair the charges and check again.",
        ),
        "issue_refused": (
            "The invoice could not be issued: {reason}",
            "Repair the cause and issue again.",
        ),
        "negative_draft": (
            "The invoice of this contract up to {until} would be negative: {reason}",
            "Check the charges; wait until there is more to invoice, or make a credit note.",
        ),
        "series_blocked": (
            "The database was restored from a backup. Numbers that number series {series} gave after it are unknown "
            "here; the last one known is {last_number}. Nothing is issued in this series.",
            "Look up the last number that was sent (in sent mail or in the accounting package) and confirm it.",
        ),
        "time_revised_after_correction": (
            "The source changed the time spent from {raw_before} to {raw} minutes, after somebody had corrected it to "
            "{corrected} minutes. The correction stands.",
            "Confirm or change the correction.",
        ),
        "vat_scope_changes": (
            "In this period VAT began or ceased to apply. What was supplied before and after may not stand on one "
            "invoice; the released invoice holds what was supplied before.",
            "Release this contract again: the rest then comes on an invoice of its own.",
        ),
        "work_failed": (
            "Work in the background ({kind}) stopped after {attempts} attempts: {reason}",
            "Repair the cause and start the work again.",
        ),
    },
}

_UNKNOWN: Final = {
    "nl": ("Er is iets dat aandacht vraagt ({code}).", "Bekijk de feiten en handel het af."),
    "en": ("Something needs attention ({code}).", "Look at the facts and settle it."),
}

WORDS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "charge": "factureren",
        "contract_changed": "het contract is gewijzigd",
        "correct": "corrigeer de vraag met een creditnota en een nieuwe post",
        "customer_changed": "de debiteur is gewijzigd",
        "draw": "afboeken",
        "included": "inbegrepen",
        "not_billable": "niet te factureren",
        "organisation_changed": "de organisatie is gewijzigd",
        "person_changed": "de persoon is gewijzigd",
        "person_withdrew": "een persoon trok de eigen beslissing in",
        "question_changed": "de vraag is gewijzigd",
        "question_withdrawn": "de vraag is ingetrokken",
        "release_withdrawn": "de vrijgave is ingetrokken",
        "tariff_published": "er is een tariefversie gepubliceerd",
        "time_changed": "de bestede tijd is gewijzigd",
        "time_corrected": "de tijd is gecorrigeerd",
        "waived": "kwijtgescholden",
        "withdraw": "trek de factuur in, zij is nog niet uitgegeven",
    },
    "en": {
        "charge": "charge",
        "contract_changed": "the contract changed",
        "correct": "correct the question with a credit note and a new charge",
        "customer_changed": "the customer changed",
        "draw": "draw",
        "included": "included",
        "not_billable": "not billable",
        "organisation_changed": "the organisation changed",
        "person_changed": "the person changed",
        "person_withdrew": "a person withdrew their decision",
        "question_changed": "the question changed",
        "question_withdrawn": "the question was withdrawn",
        "release_withdrawn": "the release was withdrawn",
        "tariff_published": "a tariff version was published",
        "time_changed": "the time spent changed",
        "time_corrected": "the time was corrected",
        "waived": "waived",
        "withdraw": "withdraw the invoice, it is not issued yet",
    },
}


def wording(code: str, facts: Mapping[str, Any], language: str) -> tuple[str, str]:
    """The cause and the next action of a finding, in ``nl`` or ``en``; a fact that is missing prints as a dash."""
    cause, action = TEXTS[language].get(code, _UNKNOWN[language])
    known = {"code": code, **_flat(facts)}

    def fill(slot: re.Match[str]) -> str:
        value = known.get(slot[1])
        return "–" if value is None else WORDS[language].get(str(value), str(value))

    return _SLOT.sub(fill, cause), _SLOT.sub(fill, action)


def _flat(facts: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found
