"""What a bookkeeper takes along: invoices, their lines, charges, decisions and receipts, as CSV and XLSX.

``tables`` says which columns and filters each has, ``wording`` what they are called in Dutch and English; ``writing``
streams CSV, and makes XLSX (a zip, which must be finished before its first byte is known) in a job.
"""

from billing_service.exports.tables import EXPORTS, Export
from billing_service.exports.writing import EXPORT, Form, csv_of, file_name, rows_of, start, write

__all__ = ["EXPORT", "EXPORTS", "Export", "Form", "csv_of", "file_name", "rows_of", "start", "write"]
