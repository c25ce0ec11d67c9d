"""From a helpdesk's rows to stored questions: one by one, or by the thousand.

rules      what may come in: one definition for requests and rows
accept     known or new, stored, decided; used by both ways in
single     questions, withdrawals and contact moments of a request;  times  time entries and corrections
rows       JSON, NDJSON and CSV;  mapping  columns to fields;  bulk  files and jobs
"""

from billing_service.intake.bulk import Tally, import_questions, start_import
from billing_service.intake.mapping import ColumnMapping, load_mapping
from billing_service.intake.references import CreateMissing
from billing_service.intake.rows import read_rows
from billing_service.intake.single import get_question, receive_question, withdraw_question

__all__ = [
    "ColumnMapping",
    "CreateMissing",
    "Tally",
    "get_question",
    "import_questions",
    "load_mapping",
    "read_rows",
    "receive_question",
    "start_import",
    "withdraw_question",
]
