"""What each break says to a person, in Dutch and English (equal keys, tested)."""

from __future__ import annotations

from typing import Final

from billing_service.core.completeness.value import Break

BREAKS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "number_missing": "Nummer {expected} ontbreekt.",
        "numbers_missing": "De nummers {expected} tot en met {found} ontbreken.",
        "number_recorded_as_skipped": "Dit nummer is vastgelegd als overgeslagen, maar het document is er wel.",
        "number_before_cut_over": "De reeks begint bij {expected}.",
        "number_form": "Volgens het patroon van de reeks hoort het nummer {expected} te zijn.",
        "date_runs_backwards": "De datum {found} ligt voor die van het vorige document, {expected}.",
        "date_outside_book_year": "De datum {found} ligt niet in boekjaar {expected}.",
        "date_after_issue": "De datum {found} ligt na de dag van uitgifte, {expected}.",
        "book_year_unknown": "Er is geen boekjaar {found}.",
        "document_changed": "Het bewaarde document is niet meer het document dat is uitgegeven.",
        "document_unreadable": "Het bewaarde document is niet te lezen.",
        "chain_broken": "Het is niet geketend aan het vorige document, {expected}.",
        "row_differs": "In de administratie staat {found}, in het document zelf {expected}.",
        "totals_differ": "De btw-groepen tellen op tot {found}, het totaal zegt {expected}.",
        "pdf_changed": "De bewaarde pdf is niet meer byte voor byte de pdf die van dit document is gemaakt.",
        "document_without_place": "Het is uitgegeven, maar heeft geen plaats in een nummerreeks.",
        "series_differs": "De reeks zelf zegt {found}; volgens de documenten hoort dat {expected} te zijn.",
    },
    "en": {
        "number_missing": "Number {expected} is missing.",
        "numbers_missing": "The numbers {expected} to {found} are missing.",
        "number_recorded_as_skipped": "This number is recorded as skipped, yet its document is here.",
        "number_before_cut_over": "The series begins at {expected}.",
        "number_form": "By the pattern of the series the number should be {expected}.",
        "date_runs_backwards": "Its date {found} lies before that of the document before it, {expected}.",
        "date_outside_book_year": "Its date {found} does not lie in book year {expected}.",
        "date_after_issue": "Its date {found} lies after the day it was issued, {expected}.",
        "book_year_unknown": "There is no book year {found}.",
        "document_changed": "The stored document is not the document that was issued.",
        "document_unreadable": "The stored document cannot be read.",
        "chain_broken": "It is not chained to the document before it, {expected}.",
        "row_differs": "The administration says {found}, the document itself {expected}.",
        "totals_differ": "The VAT groups add up to {found}, the total says {expected}.",
        "pdf_changed": "The stored PDF is no longer, byte by byte, the PDF that was made of this document.",
        "document_without_place": "It was issued, but has no place in a number series.",
        "series_differs": "The series itself says {found}; by its documents that should be {expected}.",
    },
}


def sentence(found: Break, language: str) -> str:
    """The cause, in one sentence."""
    return BREAKS[language][found.code].format(expected=found.expected or "–", found=found.found or "–")
