"""Service reports: what a helpdesk did for a customer, a system owner or an organisation in a period.

value       header, lines (one per question), totals
measuring   how fast a question was picked up and solved, in working time
tally       adds lines up while they pass
texts       columns and words in Dutch and English
"""

from billing_service.core.service_report.measuring import timing, within_one_working_day
from billing_service.core.service_report.tally import SHOWN_SUBJECTS, Tally
from billing_service.core.service_report.texts import COLUMNS, WORDS, word
from billing_service.core.service_report.value import (
    AUDIENCES,
    Audience,
    ReportContract,
    ReportHeader,
    ReportLine,
    ReportTotals,
    ServiceReport,
    Share,
    Sum,
    Timing,
)

__all__ = [
    "AUDIENCES",
    "COLUMNS",
    "SHOWN_SUBJECTS",
    "WORDS",
    "Audience",
    "ReportContract",
    "ReportHeader",
    "ReportLine",
    "ReportTotals",
    "ServiceReport",
    "Share",
    "Sum",
    "Tally",
    "Timing",
    "timing",
    "within_one_working_day",
    "word",
]
