"""Every word of the completeness report, in Dutch and English, with equal keys. What a break says stands in
``core/completeness/sentences.py``."""

from __future__ import annotations

from typing import Final

COMPLETENESS_TEXTS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "title": "Volledigheid van de nummering",
        "made_on": "Opgemaakt op",
        "book_year": "Boekjaar",
        "all_years": "alle",
        "documents": "Documenten",
        "verdict": "Uitkomst",
        "complete": "volledig",
        "incomplete": "niet volledig",
        "intro": "Per nummerreeks is elk document nagelopen: de nummers lopen door zonder gaten en hebben de "
        "vorm van de "
        "reeks, de data lopen niet terug en vallen in hun boekjaar, elk document is nog letterlijk het document dat is "
        "uitgegeven en is geketend aan het vorige, en de reeks zelf zegt hetzelfde als het nieuwste document.",
        "series": "Nummerreeks {code}",
        "document_type_invoice": "facturen",
        "document_type_credit_note": "creditnota's",
        "pattern": "Patroon {pattern}, {counts}.",
        "counts_per_year": "elk boekjaar opnieuw vanaf 1",
        "counts_on": "doorlopend over de boekjaren",
        "no_documents": "In deze reeks is niets uitgegeven.",
        "cut_over": "De reeks begint bij {number}: de nummers ervoor zijn in een ander systeem uitgegeven.",
        "jump": "{first} tot en met {last} ({many} nummers) zijn uitgegeven na een reservekopie die daarna is "
        "teruggezet. "
        "Ze staan niet in deze administratie; dat is op {day} bevestigd door {actor}.",
        "blocked": "De reeks is geblokkeerd sinds het terugzetten van een reservekopie; het laatst verzonden "
        "nummer is nog "
        "niet bevestigd.",
        "column_year": "Boekjaar",
        "column_first": "Eerste nummer",
        "column_last": "Laatste nummer",
        "column_documents": "Aantal",
        "column_taxable": "Bedrag excl. btw",
        "column_tax": "Btw-bedrag",
        "year_total": "totaal",
        "seal": "Keten: {documents} documenten, het laatste is {number} met digest {digest}.",
        "pdfs": "Van {many} bewaarde pdf's is elke byte vergeleken met de hash (SHA-256) die bij het bewaren is "
        "vastgelegd.",
        "sound": "Geen afwijkingen gevonden.",
        "breaks": "Afwijkingen: {many}",
        "more_breaks": "En {many} meer; billing audit series-report noemt ze alle.",
        "no_series": "Deze administratie heeft geen nummerreeksen.",
    },
    "en": {
        "title": "Completeness of numbering",
        "made_on": "Made on",
        "book_year": "Book year",
        "all_years": "all",
        "documents": "Documents",
        "verdict": "Result",
        "complete": "complete",
        "incomplete": "not complete",
        "intro": "Of each number series every document was looked at: the numbers run on without gaps and "
        "have the form of "
        "the series, the dates never run backwards and lie in their book year, each document is still to the "
        "letter the "
        "document that was issued and is chained to the one before it, and the series itself agrees with the newest.",
        "series": "Number series {code}",
        "document_type_invoice": "invoices",
        "document_type_credit_note": "credit notes",
        "pattern": "Pattern {pattern}, {counts}.",
        "counts_per_year": "from 1 again every book year",
        "counts_on": "counting on over the book years",
        "no_documents": "Nothing was issued in this series.",
        "cut_over": "The series begins at {number}: the numbers before it were given by another system.",
        "jump": "{first} to {last} ({many} numbers) were given after a backup that was restored later. They "
        "are not in this "
        "administration; that was confirmed on {day} by {actor}.",
        "blocked": "The series is blocked since a backup was restored; the last number sent has not been "
        "confirmed yet.",
        "column_year": "Book year",
        "column_first": "First number",
        "column_last": "Last number",
        "column_documents": "Number",
        "column_taxable": "Amount excl. VAT",
        "column_tax": "VAT amount",
        "year_total": "total",
        "seal": "Chain: {documents} documents, the last is {number} with digest {digest}.",
        "pdfs": "Of {many} stored PDFs every byte was held against the hash (SHA-256) recorded when they were stored.",
        "sound": "No deviations found.",
        "breaks": "Deviations: {many}",
        "more_breaks": "And {many} more; billing audit series-report names them all.",
        "no_series": "This administration has no number series.",
    },
}
