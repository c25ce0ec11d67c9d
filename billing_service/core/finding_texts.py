"""What each finding says to a person: its cause and what to do next, in Dutch and English (equal keys, tested)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from billing_service.core import connection_texts, formats, ownership_texts, payment_texts, reconciling_texts
from billing_service.core.consult import wording as consult_texts

_SLOT: Final = re.compile(r"\{([a-z_.]+)\}")

TEXTS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "nl": {
        "changed_after_release": (
            "De gegevens van deze vraag zijn gewijzigd nadat de post was vrijgegeven ({cause}). Vrijgegeven: "
            "{released}; volgens het tarief nu: {now}.",
            "{proposal}",
        ),
        "deliveries_need_attention": (
            "Niet alles komt over koppeling {connection} in het boekhoudpakket aan ({causes}).",
            "Bekijk de afleveringen die aandacht vragen: bij elke staat de oorzaak en wat te doen. Laat ze na herstel "
            "opnieuw gaan, alle met dezelfde oorzaak in één keer.",
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
            "De factuur van dit contract tot en met {until} zou negatief zijn: zij komt uit op {amount}.",
            "Controleer de posten; wacht tot er meer te factureren is, of maak een creditnota.",
        ),
        "prepaid_short": (
            "Voor deze vraag is {missing} te weinig vooruitbetaald ({pots}).",
            "Verkoop een nieuwe strippenkaart of een nieuw blok, of besluit zelf over de vraag.",
        ),
        "receipt_undone_here": (
            "Een toewijzing van een ontvangst is hier teruggedraaid, maar staat als {number} in het boekhoudpakket.",
            "Draai de betaling ook in het boekhoudpakket terug.",
        ),
        "series_blocked": (
            "De database is teruggezet uit een reservekopie. Nummers die nummerreeks {series} daarna nog heeft "
            "uitgegeven, zijn hier onbekend; het laatst bekende nummer is {last_number}. Er wordt in deze reeks niets "
            "uitgegeven.",
            "Zoek het laatst verzonden nummer op (in de verzonden e-mail of het boekhoudpakket) en bevestig dat.",
        ),
        "subscription_changed_after_release": (
            "Voor abonnement {title} (contract {contract}) geldt met terugwerkende kracht een andere prijs of een "
            "ander aantal. Van {from} tot en met {until} zijn {periods} hele perioden berekend voor samen "
            "{charged.amount}; dat zou nu {now.amount} zijn.",
            "Breng het verschil met de hand in rekening, of crediteer het. Wat is vrijgegeven en nog niet uitgegeven, "
            "trekt u in: dat volgt dan vanzelf.",
        ),
        "terms_changed_after_release": (
            "Voor contract {contract} geldt met terugwerkende kracht iets anders dan waarnaar is gefactureerd "
            "({cause}): {changes}.",
            "Vergelijk met een replay van die tariefversie over die dagen en corrigeer met de hand wat anders hoort te "
            "zijn. Wat is vrijgegeven en nog niet uitgegeven, trekt u in.",
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
        "webhook_failed": (
            "Een webhook naar {url} is na alle pogingen niet aangenomen: {problem}.",
            "Herstel de ontvanger en laat opnieuw verzenden wat hij heeft gemist.",
        ),
        "webhooks_restored": (
            "Deze kopie is teruggezet uit een reservekopie. Naar {url} wordt niets verzonden, want de oorspronkelijke "
            "kan nog in gebruik zijn.",
            "Zet de webhook weer aan als alleen deze kopie nog in gebruik is, en laat verzenden wat is gemist.",
        ),
        "work_failed": (
            "Werk op de achtergrond ({kind}) is na {attempts} pogingen gestopt: {reason}",
            "Herstel de oorzaak en start het werk opnieuw.",
        ),
    },
    "en": {
        "changed_after_release": (
            "The facts of this question changed after its charge was released ({cause}). Released: "
            "{released}; by the tariff now: {now}.",
            "{proposal}",
        ),
        "deliveries_need_attention": (
            "Not everything arrives in the accounting package over connection {connection} ({causes}).",
            "Look at the deliveries that need attention: each says its cause and what to do. After the repair let them "
            "go again, all of the same cause at once.",
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
            "The invoice of this contract up to {until} would be negative: it comes to {amount}.",
            "Check the charges; wait until there is more to invoice, or make a credit note.",
        ),
        "prepaid_short": (
            "For this question {missing} too little was paid for beforehand ({pots}).",
            "Sell a new hour card or block, or decide the question yourself.",
        ),
        "receipt_undone_here": (
            "An allocation of a receipt was undone here, but it stands in the accounting package as {number}.",
            "Undo the payment in the accounting package, too.",
        ),
        "series_blocked": (
            "The database was restored from a backup. Numbers that number series {series} gave after it are unknown "
            "here; the last one known is {last_number}. Nothing is issued in this series.",
            "Look up the last number that was sent (in sent mail or in the accounting package) and confirm it.",
        ),
        "subscription_changed_after_release": (
            "Subscription {title} (contract {contract}) has another price or quantity with retroactive effect. From "
            "{from} until {until} {periods} whole periods were charged for {charged.amount} together; they would be "
            "{now.amount} now.",
            "Charge the difference by hand, or credit it. Withdraw what is released and not issued yet: that follows "
            "by itself then.",
        ),
        "terms_changed_after_release": (
            "For contract {contract} something else holds, with retroactive effect, than was invoiced ({cause}): "
            "{changes}.",
            "Compare with a replay of that tariff version over those days and correct by hand what is to be otherwise. "
            "Withdraw what is released and not issued yet.",
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
        "webhook_failed": (
            "A webhook to {url} was not taken after all attempts: {problem}.",
            "Repair the receiver, and have what it missed sent again.",
        ),
        "webhooks_restored": (
            "This copy was restored from a backup. Nothing is sent to {url}, because the original may still be in use.",
            "Make the endpoint active again when only this copy is in use, and have what it missed sent.",
        ),
        "work_failed": (
            "Work in the background ({kind}) stopped after {attempts} attempts: {reason}",
            "Repair the cause and start the work again.",
        ),
    },
}

PROPOSALS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "withdraw": (
            "Voorstel: trek het document in, het is nog niet uitgegeven. Van deze vraag staat er nu {proposal.credit} "
            "op; dat wordt {proposal.charge}, exclusief btw."
        ),
        "credit_and_charge": (
            "Voorstel: corrigeer de vraag met een creditnota en een nieuwe post. Te crediteren {proposal.credit} en "
            "opnieuw te factureren {proposal.charge}, exclusief btw."
        ),
        "credit": (
            "Voorstel: corrigeer de vraag met een creditnota. Te crediteren {proposal.credit}, exclusief btw; opnieuw "
            "te factureren is er niets."
        ),
        "charge": (
            "Voorstel: corrigeer de vraag met een nieuwe post. Te factureren {proposal.charge}, exclusief btw; te "
            "crediteren is er niets."
        ),
        "neither": (
            "Voorstel: corrigeer de vraag, zodat de beslissing de gegevens volgt. Te crediteren of opnieuw te "
            "factureren is er niets."
        ),
    },
    "en": {
        "withdraw": (
            "Proposal: withdraw the document, it is not issued yet. Of this question {proposal.credit} stands on it "
            "now; that becomes {proposal.charge}, without VAT."
        ),
        "credit_and_charge": (
            "Proposal: correct the question with a credit note and a new charge. To be credited {proposal.credit} and "
            "charged anew {proposal.charge}, without VAT."
        ),
        "credit": (
            "Proposal: correct the question with a credit note. To be credited {proposal.credit}, without VAT; nothing "
            "is to be charged anew."
        ),
        "charge": (
            "Proposal: correct the question with a new charge. To be charged {proposal.charge}, without VAT; nothing "
            "is to be credited."
        ),
        "neither": (
            "Proposal: correct the question, so that its decision follows the facts. Nothing is to be credited or "
            "charged anew."
        ),
    },
}
"""What to do about a question that changed after its release, by what there is to credit and to charge."""

CHANGES: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "one": "1 vraag van {from} (gefactureerd {amount})",
        "many": "{questions} vragen van {from} tot en met {until} (gefactureerd {amount})",
        "version": "{which} valt nu onder tariefversie {tariff}",
        "versions": "{which} vallen nu onder tariefversie {tariff}",
        "none": "{which}: er geldt nu geen contract of tarief",
        "phase": ", fase {phase}",
    },
    "en": {
        "one": "1 question of {from} (invoiced {amount})",
        "many": "{questions} questions of {from} up to {until} (invoiced {amount})",
        "version": "{which} now falls under tariff version {tariff}",
        "versions": "{which} now fall under tariff version {tariff}",
        "none": "{which}: no contract or tariff holds now",
        "phase": ", phase {phase}",
    },
}
"""The questions that other terms hold for now than they were invoiced by, per tariff version."""

_UNKNOWN: Final = {
    "nl": ("Er is iets dat aandacht vraagt ({code}).", "Bekijk de feiten en handel het af."),
    "en": ("Something needs attention ({code}).", "Look at the facts and settle it."),
}

WORDS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "blocked": "geblokkeerd",
        "charge": "factureren",
        "consult_changed": "het consult is gewijzigd",
        "contract_changed": "het contract is gewijzigd",
        "customer_changed": "de debiteur is gewijzigd",
        "draw": "afboeken",
        "counts_no_longer": "telt niet meer mee",
        "included": "inbegrepen",
        "needs_decision": "een persoon moet beslissen",
        "not_billable": "niet te factureren",
        "organisation_changed": "de organisatie is gewijzigd",
        "person_changed": "de persoon is gewijzigd",
        "person_withdrew": "een persoon trok de eigen beslissing in",
        "prepaid_changed": "er is een kaart of tegoed bij gekomen of gewijzigd",
        "question_changed": "de vraag is gewijzigd",
        "question_withdrawn": "de vraag is ingetrokken",
        "release_withdrawn": "de vrijgave is ingetrokken",
        "tariff_published": "er is een tariefversie gepubliceerd",
        "time_changed": "de bestede tijd is gewijzigd",
        "time_corrected": "de tijd is gecorrigeerd",
        "waived": "kwijtgescholden",
    },
    "en": {
        "blocked": "blocked",
        "charge": "charge",
        "consult_changed": "the consult changed",
        "contract_changed": "the contract changed",
        "customer_changed": "the customer changed",
        "draw": "draw",
        "counts_no_longer": "counts no longer",
        "included": "included",
        "needs_decision": "a person must decide",
        "not_billable": "not billable",
        "organisation_changed": "the organisation changed",
        "person_changed": "the person changed",
        "person_withdrew": "a person withdrew their decision",
        "prepaid_changed": "an hour card or allowance was added or changed",
        "question_changed": "the question changed",
        "question_withdrawn": "the question was withdrawn",
        "release_withdrawn": "the release was withdrawn",
        "tariff_published": "a tariff version was published",
        "time_changed": "the time spent changed",
        "time_corrected": "the time was corrected",
        "waived": "waived",
    },
}

for _language in TEXTS:
    TEXTS[_language] |= connection_texts.TEXTS[_language] | reconciling_texts.FINDINGS[_language]
    TEXTS[_language] |= ownership_texts.TEXTS[_language] | payment_texts.TEXTS[_language]
    TEXTS[_language] |= consult_texts.TEXTS[_language]
    WORDS[_language] |= connection_texts.WORDS[_language] | payment_texts.DOUBTS[_language]

_MONEY: Final = ("amount", "credit", "charge")
_DAYS: Final = ("from", "until")


def wording(code: str, facts: Mapping[str, Any], language: str, currency: str) -> tuple[str, str]:
    """The cause and the next action of a finding, in ``nl`` or ``en``; a fact that is missing prints as a dash.

    Amounts (in ``currency``) and days are written as its reader writes them.
    """
    cause, action = TEXTS[language].get(code, _UNKNOWN[language])
    known = {"code": code} | {
        name: _said(name, value, language, currency) for name, value in _flat(facts, language).items()
    }
    if code == "changed_after_release":
        known |= {which: _decided(facts.get(which, {}), known, which, language) for which in ("released", "now")}
        known["proposal"] = _fill(PROPOSALS[language][_proposed(facts["proposal"])], known)
    if code == "terms_changed_after_release":
        known["changes"] = "; ".join(_changed(entry, language, currency) for entry in facts["changes"])
    if code == "consult_proposed":
        known["why"] = consult_texts.describe_proposal(facts["rule"], facts["facts"], language)
    if code == "prepaid_short":
        known |= {name: str(facts[name][language]) for name in ("missing", "pots")}
    if "compared" in facts:
        known["compared"] = ownership_texts.compared(facts["compared"], language)
    return _fill(cause, known), _fill(action, known)


def _fill(text: str, known: Mapping[str, str]) -> str:
    return _SLOT.sub(lambda slot: known.get(slot[1], "–"), text)


def _said(name: str, value: Any, language: str, currency: str) -> str:
    kind = name.rpartition(".")[2]
    if value is None:
        return "–"
    if kind in _MONEY:
        return formats.money(Decimal(value), currency, language)
    if kind in _DAYS:
        return formats.long_date(date.fromisoformat(value), language)
    if isinstance(value, list) and all(isinstance(line, list) for line in value):
        return "; ".join(" ".join(_said("", word, language, currency) for word in line) for line in value)
    return WORDS[language].get(str(value), str(value))


def _decided(decision: Mapping[str, Any], known: Mapping[str, str], which: str, language: str) -> str:
    """A decision in words, with its amount where that says something."""
    if decision.get("disposition") is None:
        state = decision.get("state") or "counts_no_longer"
        return WORDS[language].get(state, state)
    word = known[f"{which}.disposition"]
    priced = decision.get("amount") is not None and (decision["disposition"] == "charge" or Decimal(decision["amount"]))
    return f"{word} {known[f'{which}.amount']}" if priced else word


def _proposed(proposal: Mapping[str, Any]) -> str:
    """Which of ``PROPOSALS``."""
    if proposal["way"] == "withdraw":
        return "withdraw"
    credit, charge = (Decimal(proposal[name] or 0) for name in ("credit", "charge"))
    if credit and charge:
        return "credit_and_charge"
    return "credit" if credit else "charge" if charge else "neither"


def _changed(entry: Mapping[str, Any], language: str, currency: str) -> str:
    texts = CHANGES[language]
    known = {name: _said(name, value, language, currency) for name, value in entry.items()}
    single = entry["questions"] == 1
    known["which"] = _fill(texts["one" if single else "many"], known)
    told = _fill(texts["none" if entry["tariff"] is None else "version" if single else "versions"], known)
    return told if entry["phase"] is None else told + _fill(texts["phase"], known)


def _flat(facts: Mapping[str, Any], language: str, before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, Mapping) and value.keys() == TEXTS.keys():  # a text by language
            found[f"{before}{name}"] = value[language]
        elif isinstance(value, Mapping):
            found |= _flat(value, language, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found
