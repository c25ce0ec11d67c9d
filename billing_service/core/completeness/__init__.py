"""Proving that a number series is complete: every number, its document, the chain, the dates, the totals.

value     what a proof says, as frozen values
proof     fed the documents of a series in their order, it names every break
sentences what each break says to a person, in Dutch and English
"""

from billing_service.core.completeness.proof import Numbered, SeriesProof, SeriesRow, Year
from billing_service.core.completeness.sentences import BREAKS, sentence
from billing_service.core.completeness.value import Break, CompletenessReport, Jump, ProvenSeries, ProvenYear, VatTotal

__all__ = [
    "BREAKS",
    "Break",
    "CompletenessReport",
    "Jump",
    "Numbered",
    "ProvenSeries",
    "ProvenYear",
    "SeriesProof",
    "SeriesRow",
    "VatTotal",
    "Year",
    "sentence",
]
