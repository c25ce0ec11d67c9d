"""Proving that nothing was changed, removed or left out.

sealing        audit rows, written unchained, are chained every second
verifying      the first broken link of an audit trail, and its oldest unsealed row
pdfs           stored PDFs against the hash stored with them
completeness   per number series and book year: every number, its document, the chain, the dates, the totals, the PDF
"""

from billing_service.auditing.completeness import SERIES_REPORT, make_report
from billing_service.auditing.verifying import VERIFY_AUDIT, verify_audit

__all__ = ["SERIES_REPORT", "VERIFY_AUDIT", "make_report", "verify_audit"]
