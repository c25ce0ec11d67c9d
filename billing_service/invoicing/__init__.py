"""Invoicing: what is uninvoiced becomes a draft, a released document, an issued invoice, a PDF.

preview              what would be invoiced, per contract; writes nothing
start_run            release it: a job, document by document, sources locked
withdraw_run, withdraw   until issue everything can be taken back
start_issue, issue_invoice   number, frozen value, digest, outbox and audit in one transaction
pdf_of, render_pdf   rendered from the frozen value, stored once
selected, recipients_csv   which document goes by e-mail to whom, and which by post
start_pdf_files      the PDFs of many documents in files of at most 50 to print
credit               part or all of an issued invoice taken back by a credit note
propose, correct     a question set right after issue: a credit and a new charge
"""

from billing_service.invoicing.correcting import Correction, Proposal, correct, propose
from billing_service.invoicing.crediting import credit, get_credit_note
from billing_service.invoicing.describe import describe_invoice, describe_invoices, describe_preview
from billing_service.invoicing.drafts import Draft, Recipient, Unpriceable, preview
from billing_service.invoicing.issue import RENDER_PDF, issue_batch, issue_invoice
from billing_service.invoicing.pdf import StoredPdf, pdf_of, render_pdf
from billing_service.invoicing.pdf_files import PDF_FILES, chosen_documents, start_pdf_files, write_pdf_files
from billing_service.invoicing.reading import get_invoice, get_run
from billing_service.invoicing.recipients import describe_recipients, recipients_csv, selected
from billing_service.invoicing.release import withdraw
from billing_service.invoicing.runs import (
    ISSUE_RUN,
    RELEASE_RUN,
    issue_one,
    issue_run,
    release_run,
    report_refused,
    start_issue,
    start_run,
    withdraw_run,
)

__all__ = [
    "ISSUE_RUN",
    "PDF_FILES",
    "RELEASE_RUN",
    "RENDER_PDF",
    "Correction",
    "Draft",
    "Proposal",
    "Recipient",
    "StoredPdf",
    "Unpriceable",
    "chosen_documents",
    "correct",
    "credit",
    "describe_invoice",
    "describe_invoices",
    "describe_preview",
    "describe_recipients",
    "get_credit_note",
    "get_invoice",
    "get_run",
    "issue_batch",
    "issue_invoice",
    "issue_one",
    "issue_run",
    "pdf_of",
    "preview",
    "propose",
    "recipients_csv",
    "release_run",
    "render_pdf",
    "report_refused",
    "selected",
    "start_issue",
    "start_pdf_files",
    "start_run",
    "withdraw",
    "withdraw_run",
    "write_pdf_files",
]
