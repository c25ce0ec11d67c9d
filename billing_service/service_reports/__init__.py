"""Service reports: what was asked in a period, how fast it was solved, what it cost; for whoever pays, for the system
owner of a contract, and for the organisation of the askers.

``planning`` looks up what a report is about and what its reader may see, ``reading`` streams its questions, ``writing``
makes the report, CSV and XLSX of them, ``making`` a file, at once or in a job.
"""

from billing_service.service_reports.making import start, write
from billing_service.service_reports.planning import Plan, Wanted, plan
from billing_service.service_reports.reading import lines_of
from billing_service.service_reports.writing import MOST_ON_PAGES, csv_of, file_name, report_of, xlsx_of

__all__ = [
    "MOST_ON_PAGES",
    "Plan",
    "Wanted",
    "csv_of",
    "file_name",
    "lines_of",
    "plan",
    "report_of",
    "start",
    "write",
    "xlsx_of",
]
