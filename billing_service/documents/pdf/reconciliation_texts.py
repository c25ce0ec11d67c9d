"""Every word of the reconciliation page, in Dutch and English, with equal keys. What a difference says stands in
``core/reconciling_texts.py``."""

from __future__ import annotations

from typing import Final

RECONCILIATION_TEXTS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "title": "Aansluiting boekhouding",
        "verdict": "Uitkomst",
        "agrees": "sluit aan",
        "differs": "sluit niet aan",
        "made_at": "Opgemaakt op",
        "connection": "Koppeling",
        "company": "Administratie daar",
        "intro": "Elk document dat sinds {since} is uitgegeven, is vergeleken met wat {package} heeft staan: nummer, "
        "data, bedragen, btw en debiteur, en wat er nog openstaat. Beide lijsten zijn tot het einde gelezen; wat "
        "verschilde, is daarna nog eens gelezen.",
        "totals": "Totalen",
        "here": "Hier",
        "there": "In {package}",
        "difference": "Verschil",
        "documents": "Documenten",
        "total": "Totaal inclusief btw",
        "open": "Openstaand",
        "explained": "waarvan door de verschillen hieronder verklaard",
        "unexplained": "Onverklaard",
        "vat": "Btw per tarief",
        "group": "Tarief",
        "taxable": "Grondslag",
        "tax": "Btw",
        "vat_not_told": "{package} noemt in zijn lijsten de btw per tarief niet.",
        "differences": "Verschillen: {many}",
        "number": "Nummer",
        "class": "Soort",
        "what": "Wat er is, en wat te doen",
        "amount": "Daar meer",
        "open_amount": "Open",
        "none": "Geen verschillen gevonden.",
        "more": "En {many} meer; het csv-bestand noemt ze alle.",
        "digest": "Vergeleken is precies wat deze digest (SHA-256) aanwijst: {digest}.",
    },
    "en": {
        "title": "Reconciliation",
        "verdict": "Result",
        "agrees": "agrees",
        "differs": "does not agree",
        "made_at": "Made on",
        "connection": "Connection",
        "company": "Company there",
        "intro": "Every document issued since {since} was compared with what stands in {package}: number, dates, "
        "amounts, VAT and customer, and what is still open. Both lists were read to their end; what differed was read "
        "once more after that.",
        "totals": "Totals",
        "here": "Here",
        "there": "In {package}",
        "difference": "Difference",
        "documents": "Documents",
        "total": "Total including VAT",
        "open": "Open",
        "explained": "of which explained by the differences below",
        "unexplained": "Unexplained",
        "vat": "VAT by rate",
        "group": "Rate",
        "taxable": "Taxable",
        "tax": "VAT",
        "vat_not_told": "{package} does not tell the VAT by rate in its lists.",
        "differences": "Differences: {many}",
        "number": "Number",
        "class": "Class",
        "what": "What is the matter, and what to do",
        "amount": "There more",
        "open_amount": "Open",
        "none": "No differences found.",
        "more": "And {many} more; the CSV file names them all.",
        "digest": "Compared was exactly what this digest (SHA-256) names: {digest}.",
    },
}
