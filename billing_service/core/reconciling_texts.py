"""What differences between both sides say to a bookkeeper, in Dutch and English with equal keys: one sentence for each
class, one for each repair, and the findings about them (``finding_texts`` reads those)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from billing_service.core import formats
from billing_service.core.delivery_texts import FIELDS

CLASSES: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "under_way": "onderweg",
        "missing": "ontbreekt",
        "not_booked": "niet geboekt",
        "voided": "geannuleerd",
        "extra": "niet van ons",
        "duplicate": "dubbel",
        "changed": "gewijzigd",
        "differently_paid": "anders betaald",
    },
    "en": {
        "under_way": "under way",
        "missing": "missing",
        "not_booked": "not booked",
        "voided": "voided",
        "extra": "not ours",
        "duplicate": "duplicate",
        "changed": "changed",
        "differently_paid": "differently paid",
    },
}

COLUMNS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "name": "aansluiting",
        "number": "Nummer",
        "class": "Soort verschil",
        "problem": "Wat er is",
        "next_action": "Wat te doen",
        "amount": "Meer in het boekhoudpakket",
        "open": "Meer open in het boekhoudpakket",
        "remote_id": "Kenmerk daar",
    },
    "en": {
        "name": "reconciliation",
        "number": "Number",
        "class": "Class of difference",
        "problem": "What is the matter",
        "next_action": "What to do",
        "amount": "More in the accounting package",
        "open": "More open in the accounting package",
        "remote_id": "Id there",
    },
}

SENTENCES: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "under_way": "{number} is op weg naar het boekhoudpakket en telt daar nog niet mee.",
        "missing": "{number} is afgeleverd, maar staat niet meer in het boekhoudpakket.",
        "not_booked": "{number} staat in het boekhoudpakket alleen als concept en telt daar niet mee.",
        "voided": "{number} is in het boekhoudpakket geannuleerd.",
        "extra": "{number} staat in het boekhoudpakket in ons dagboek of met een nummer van ons, maar is niet van ons.",
        "duplicate": "{number} staat nog een keer in het boekhoudpakket.",
        "changed": "{number} is in het boekhoudpakket anders: {fields}.",
        "differently_paid": "Van {number} staat een ander bedrag open: {fields}.",
    },
    "en": {
        "under_way": "{number} is on its way to the accounting package and does not count there yet.",
        "missing": "{number} was delivered, but no longer stands in the accounting package.",
        "not_booked": "{number} stands in the accounting package as a draft only and does not count there.",
        "voided": "{number} was cancelled in the accounting package.",
        "extra": "{number} stands in the accounting package in our journal or with a number of ours, but is not ours.",
        "duplicate": "{number} stands in the accounting package once more.",
        "changed": "{number} is different in the accounting package: {fields}.",
        "differently_paid": "Another amount is open of {number}: {fields}.",
    },
}

REPAIRS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "wait": "Niets: dit gaat vanzelf verder.",
        "retry": "Kijk bij de afleveringen wat de oorzaak is, herstel die en laat opnieuw gaan.",
        "deliver_again": "Laat opnieuw afleveren; eerst wordt gezocht of het er toch staat.",
        "book": "Laat het concept boeken.",
        "credit_here_or_restore": "Herstel het document in het boekhoudpakket, of crediteer het hier.",
        "remove_there": "Verwijder het in het boekhoudpakket, of boek het daar op een andere plaats.",
        "correct_there": "Maak het in het boekhoudpakket weer gelijk aan hier.",
        "pull_payments": "Betalingen worden opnieuw gelezen; blijft dit staan, zoek dan uit welke betaling ontbreekt.",
    },
    "en": {
        "wait": "Nothing: it goes on by itself.",
        "retry": "See at the deliveries what the cause is, repair it and let it go again.",
        "deliver_again": "Have it delivered again; first it is looked for, in case it does stand there.",
        "book": "Have the draft booked.",
        "credit_here_or_restore": "Restore the document in the accounting package, or credit it here.",
        "remove_there": "Remove it in the accounting package, or book it elsewhere there.",
        "correct_there": "Make it in the accounting package the same as here again.",
        "pull_payments": "Payments are read again; if this stays, find out which payment is missing.",
    },
}

_ALL: Final = {"nl": "De laatste aansluiting noemt ze alle.", "en": "The latest reconciliation names them all."}
_FOUND: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "nl": {
        "missing": (
            "{many} document(en) van koppeling {connection} zijn afgeleverd, maar staan niet meer in het "
            "boekhoudpakket: {numbers}.",
            "deliver_again",
        ),
        "not_booked": (
            "{many} document(en) van koppeling {connection} staan in het boekhoudpakket alleen als concept: {numbers}.",
            "book",
        ),
        "voided": (
            "{many} document(en) van koppeling {connection} zijn in het boekhoudpakket geannuleerd: {numbers}.",
            "credit_here_or_restore",
        ),
        "extra": (
            "{many} document(en) staan in het boekhoudpakket van koppeling {connection} in ons dagboek of met een "
            "nummer van ons, maar zijn niet van ons: {numbers}.",
            "remove_there",
        ),
        "duplicate": (
            "{many} document(en) van koppeling {connection} staan nog een keer in het boekhoudpakket: {numbers}.",
            "remove_there",
        ),
        "changed": (
            "{many} document(en) van koppeling {connection} zijn in het boekhoudpakket anders dan hier: {numbers}.",
            "correct_there",
        ),
        "differently_paid": (
            "Van {many} document(en) van koppeling {connection} staat in het boekhoudpakket een ander bedrag open: "
            "{numbers}.",
            "pull_payments",
        ),
    },
    "en": {
        "missing": (
            "{many} document(s) of connection {connection} were delivered, but no longer stand in the accounting "
            "package: {numbers}.",
            "deliver_again",
        ),
        "not_booked": (
            "{many} document(s) of connection {connection} stand in the accounting package as drafts only: {numbers}.",
            "book",
        ),
        "voided": (
            "{many} document(s) of connection {connection} were cancelled in the accounting package: {numbers}.",
            "credit_here_or_restore",
        ),
        "extra": (
            "{many} document(s) stand in the accounting package of connection {connection} in our journal or with a "
            "number of ours, but are not ours: {numbers}.",
            "remove_there",
        ),
        "duplicate": (
            "{many} document(s) of connection {connection} stand in the accounting package once more: {numbers}.",
            "remove_there",
        ),
        "changed": (
            "{many} document(s) of connection {connection} are different in the accounting package: {numbers}.",
            "correct_there",
        ),
        "differently_paid": (
            "Of {many} document(s) of connection {connection} another amount is open in the accounting package: "
            "{numbers}.",
            "pull_payments",
        ),
    },
}

FINDINGS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    language: {
        f"reconciliation_{kind}": (cause, f"{REPAIRS[language][repair]} {_ALL[language]}")
        for kind, (cause, repair) in kinds.items()
    }
    for language, kinds in _FOUND.items()
}
FINDINGS["nl"] |= {
    "reconciliation_unexplained": (
        "Koppeling {connection}: tussen de totalen hier en in het boekhoudpakket zit een verschil dat uit geen "
        "document volgt: {amount}; van wat openstaat {left.amount}.",
        "Dit hoort niet te kunnen. Bewaar het rapport van de aansluiting en meld het aan de beheerder.",
    ),
    "not_reconciled": (
        "Koppeling {connection} kon niet worden aangesloten: {package} gaf de lijsten niet volledig. {reason}",
        "Bij een storing gebeurt het vanzelf opnieuw; blijft dit staan, controleer dan de koppeling.",
    ),
}
FINDINGS["en"] |= {
    "reconciliation_unexplained": (
        "Connection {connection}: between the totals here and in the accounting package is a difference that follows "
        "from no document: {amount}; of what is open {left.amount}.",
        "This should not be possible. Keep the report of the reconciliation and tell the operator.",
    ),
    "not_reconciled": (
        "Connection {connection} could not be reconciled: {package} did not give its lists whole. {reason}",
        "After a disturbance it happens again by itself; if this stays, check the connection.",
    ),
}

_DIFFERS: Final = {"nl": "{field} hier {ours}, daar {theirs}", "en": "{field} here {ours}, there {theirs}"}
_MORE: Final = {"nl": {"open": "open", "id": "kenmerk daar"}, "en": {"open": "open", "id": "id there"}}
_WITHOUT: Final = {"nl": "Document {remote_id} zonder nummer", "en": "Document {remote_id} without a number"}
_MONEY: Final = frozenset({"net", "tax", "total", "open"})
_DAYS: Final = frozenset({"issue_date", "due_date"})
_WORDS: Final[dict[str, dict[str, str]]] = {
    "nl": {"invoice": "factuur", "credit_note": "creditnota", "None": "–"},
    "en": {"invoice": "invoice", "credit_note": "credit note", "None": "–"},
}


def sentence(
    kind: str,
    language: str,
    *,
    number: str | None,
    remote_id: str | None,
    currency: str,
    fields: Sequence[Mapping[str, str]] = (),
) -> str:
    """What differs, in ``nl`` or ``en``; amounts and days as its reader writes them."""
    name = number or _WITHOUT[language].format(remote_id=remote_id or "–")
    told = "; ".join(_field(one, language, currency) for one in fields)
    return SENTENCES[language][kind].format(number=name, fields=told or "–")


def group_name(group: str, language: str) -> str:
    """A VAT group as people call it: ``S:21`` is 21 %; a code of the package as it is."""
    names = _GROUPS[language]
    parts = [names.get(part, part) for part in group.split(" + ")]
    return " + ".join(f"{_percent(part[2:], language)}%" if part.startswith("S:") else part for part in parts)


_GROUPS: Final[dict[str, dict[str, str]]] = {
    "nl": {"Z": "0%", "E": "vrijgesteld", "AE": "verlegd", "O": "buiten de btw"},
    "en": {"Z": "0%", "E": "exempt", "AE": "reverse charge", "O": "outside VAT"},
}


def _percent(rate: str, language: str) -> str:
    return rate.replace(".", ",") if language == "nl" else rate


def _field(one: Mapping[str, str], language: str, currency: str) -> str:
    name, _, group = one["name"].partition(".")
    words = FIELDS[language] | _MORE[language]
    title = f"{FIELDS[language]['tax']} {group_name(group, language)}" if group else words.get(name, name)
    ours, theirs = (_value("vat" if group else name, one[side], language, currency) for side in ("ours", "theirs"))
    return _DIFFERS[language].format(field=title, ours=ours, theirs=theirs)


def _value(name: str, text: str, language: str, currency: str) -> str:
    """Money and days in the reader's way; what is neither, as it is."""
    try:
        if name == "vat" and " / " in text:
            tax, taxable = (formats.money(Decimal(part), currency, language) for part in text.split(" / "))
            return f"{tax} {'over' if language == 'nl' else 'on'} {taxable}"
        if name in _MONEY:
            return formats.money(Decimal(text), currency, language)
        if name in _DAYS:
            return formats.long_date(date.fromisoformat(text), language)
    except (InvalidOperation, ValueError):
        return text
    return _WORDS[language].get(text, text)
