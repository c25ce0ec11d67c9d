"""The member file that a customer delivered: CSV, XLSX, XLS or ODS in; titles, counts and column problems out.

process      starts, limits and ends the reading process
reader       that process; ``recognise`` tells what the file is, ``workbook`` and ``delimited`` read it
columns      which columns an import must skip, with the thresholds
refusals     why a file is not read; ``wording``: why a column is skipped; both in Dutch and English
"""

from billing_service.documents.delivered.columns import Problem
from billing_service.documents.delivered.process import read_delivered
from billing_service.documents.delivered.refusals import RefusedFile, describe_refusal
from billing_service.documents.delivered.values import DeliveredColumn, DeliveredFile, ReadLimits
from billing_service.documents.delivered.wording import describe_problem, name_column

__all__ = [
    "DeliveredColumn",
    "DeliveredFile",
    "Problem",
    "ReadLimits",
    "RefusedFile",
    "describe_problem",
    "describe_refusal",
    "name_column",
    "read_delivered",
]
