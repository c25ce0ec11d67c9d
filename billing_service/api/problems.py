"""The problem types: what each code means and what to do. Served at ``/problems/<code>``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from billing_service.api.conflict_problems import CONFLICT_PROBLEMS
from billing_service.api.connection_problems import CONNECTION_PROBLEMS
from billing_service.api.consult_problems import CONSULT_PROBLEMS
from billing_service.api.delivery_problems import DELIVERY_PROBLEMS
from billing_service.api.import_problems import IMPORT_PROBLEMS
from billing_service.api.money_problems import MONEY_PROBLEMS
from billing_service.api.payment_problems import PAYMENT_PROBLEMS
from billing_service.api.prepaid_problems import PREPAID_PROBLEMS
from billing_service.api.reconciliation_problems import RECONCILIATION_PROBLEMS
from billing_service.api.subscription_problems import SUBSCRIPTION_PROBLEMS
from billing_service.api.webhook_problems import WEBHOOK_PROBLEMS


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A short title, what the code means, what a caller can do about it."""

    title: str
    meaning: str
    remedy: str


_REPAIR: Final = "The errors name each field; repair them and send again."

PROBLEM_TYPES: Final[dict[str, ProblemType]] = {
    "already_exists": ProblemType(
        "It exists already",
        "A number, code, reference or external id that must be unique is taken.",
        "Read the one that has it, or choose another.",
    ),
    "already_published": ProblemType(
        "Published versions never change",
        "The tariff version was published before.",
        "Make a new version; it may begin on any day that no other published version begins on.",
    ),
    "already_resolved": ProblemType("Resolved before", "The finding was resolved before.", "Nothing is left to do."),
    "already_revoked": ProblemType("Revoked before", "The API key was revoked before.", "Nothing is left to do."),
    "already_withdrawn": ProblemType(
        "Withdrawn before", "The question was withdrawn before.", "Nothing is left to do."
    ),
    "answer_not_kept": ProblemType(
        "The answer held a secret",
        "A request with this Idempotency-Key was carried out; its answer showed a secret and was not stored.",
        "The detail names what was made. If its secret is lost, revoke it and make another under a new key.",
    ),
    "bad_request": ProblemType(
        "The request cannot be read", "It breaks a rule of HTTP.", "See the detail; repair it and send again."
    ),
    "body_too_large": ProblemType(
        "The body is too large", "Bodies are limited to 5 MB, those of bulk operations to 50 MB.", "Send it in parts."
    ),
    "book_year_in_use": ProblemType(
        "The book year is in use", "Documents were numbered in it.", "Keep it; it is part of the books."
    ),
    "broken_books": ProblemType(
        "The books are not sound",
        "In the backup a number is missing, or a document or an audit row is not what it was.",
        "Find out what happened; --accept-broken-books restores them as they are.",
    ),
    "busy": ProblemType(
        "Somebody else is at it",
        "A request with the same Idempotency-Key is still running, or something it needs was locked for 10 seconds.",
        "Try again with the same Idempotency-Key, after Retry-After.",
    ),
    "conflict": ProblemType(
        "Its state forbids this",
        "The thing exists, but not in a state that allows this.",
        "Read it again; see the detail.",
    ),
    "cut_over_done": ProblemType(
        "The cut-over was done", "The next number of a series can be set once.", "Make another series if you must."
    ),
    "database_not_empty": ProblemType(
        "The database is not empty",
        "A backup is restored into an empty database only.",
        "Make a new database and restore into that.",
    ),
    "document_damaged": ProblemType(
        "The stored document was changed",
        "What is stored is not what was checked at release.",
        "Withdraw it and release it again; find out who changed the database.",
    ),
    "idempotency_key_required": ProblemType(
        "Idempotency-Key is required",
        "Every POST that changes something needs a key of the caller's own, so that it can be repeated safely.",
        "Send a new unique text, such as a UUID, per intended effect; the same one when you repeat a request.",
    ),
    "idempotency_key_reused": ProblemType(
        "The Idempotency-Key was used for something else",
        "A request with this key had another body or another address.",
        "Use a new key for a new request. Keys are kept 30 days.",
    ),
    "internal_error": ProblemType(
        "Something went wrong here",
        "A defect on our side. Nothing was changed.",
        "Tell us the request_id. You may try again with the same Idempotency-Key.",
    ),
    "invalid_amount": ProblemType(
        "That is no amount", "Not a decimal number written as text, or too many digits.", 'Write it as text: "12.50".'
    ),
    "invalid_document": ProblemType(
        "The document cannot be issued",
        "It lacks what the law asks, or does not add up.",
        "The errors name each field; repair it at the source and release again.",
    ),
    "invalid_input": ProblemType("Something in the request cannot be right", "A field or parameter is wrong.", _REPAIR),
    "invalid_minutes": ProblemType("Nobody spent those minutes", "Minutes are whole, from 0 to 1,440 a day.", _REPAIR),
    "invalid_number_pattern": ProblemType(
        "The number pattern cannot be used",
        "It cannot be read, or it could one day print a number that another series or year prints too.",
        "Put {year} or other fixed letters into the pattern; the detail shows a number that two would share.",
    ),
    "invalid_tariff": ProblemType(
        "The tariff cannot be used", "Its document breaks the rules of docs/tariffs.md.", _REPAIR
    ),
    "issue_date_in_future": ProblemType(
        "The invoice date lies in the future",
        "Documents are issued today or on an earlier day.",
        "Leave the date out, or choose an earlier one.",
    ),
    "issue_date_runs_backwards": ProblemType(
        "The invoice date lies before the last one",
        "Dates never run backwards in a number series; the detail names the document that blocks it.",
        "Choose the date of that document or a later one.",
    ),
    "issue_refused": ProblemType(
        "The document cannot be issued",
        "Its series, its date or its content forbids it.",
        "See the detail.",
    ),
    "last_vat_status": ProblemType(
        "A VAT status is needed", "It is the only one.", "Set another one first; or change this one."
    ),
    "malformed_idempotency_key": ProblemType(
        "The Idempotency-Key cannot be read", "It is longer than 255 characters or has spaces.", "Send a UUID."
    ),
    "malformed_json": ProblemType(
        "The body is not JSON",
        "It is not UTF-8, not JSON, names something twice in one object, or holds a number nobody can hold.",
        "Repair it and send again; large and exact numbers are written as text.",
    ),
    "malformed_precondition": ProblemType(
        "If-Match cannot be read", "It must hold an entity tag.", 'Send the ETag as you got it, such as "3".'
    ),
    "method_not_allowed": ProblemType(
        "Method not allowed", "The address exists, but not with this method.", "The Allow header lists the methods."
    ),
    "naive_instant": ProblemType(
        "A moment needs its offset",
        "A moment without a time zone may be any of many.",
        "Send it as 2026-03-31T12:00:00+02:00.",
    ),
    "no_book_year": ProblemType(
        "No book year contains the date",
        "Numbers are counted in the book year of the invoice date.",
        "Add the book year, then issue again.",
    ),
    "no_contract_year": ProblemType(
        "There is no such contract year", "The contract had not begun on that day.", "Check the contract's valid_from."
    ),
    "no_series": ProblemType(
        "There is no number series",
        "Invoices need a series of the document type invoice, credit notes one of the document type credit_note.",
        "Add a series of that document type to the administration.",
    ),
    "no_vat_rate": ProblemType(
        "No VAT rate is known for the date",
        "The charge is older than the rates this service knows.",
        "Set the date of the charge right.",
    ),
    "no_vat_status": ProblemType(
        "No VAT status on the date",
        "The administration's VAT status is dated and begins later.",
        "Add the VAT status from an earlier day on.",
    ),
    "not_a_manual_charge": ProblemType(
        "Not a manual charge",
        "The charge follows from a question, an import or another source.",
        "Set it right there: decide the question otherwise; what an import costs follows from its history.",
    ),
    "not_allowed": ProblemType(
        "The key may not do this", "The API key is valid but lacks the scope.", "Use a key with the scope named."
    ),
    "not_closed": ProblemType(
        "The question is not closed", "A question is decided when it is closed.", "Close it at its source first."
    ),
    "not_decided_by_a_person": ProblemType(
        "No person decided it", "Only a person's decision can be handed back to the rules.", "Nothing is left to do."
    ),
    "not_found": ProblemType(
        "Not found", "There is no such thing, or it belongs to another administration.", "Check the id and the key."
    ),
    "not_not_billable": ProblemType(
        "The question is billable",
        "Only a question decided as not billable is closed this way.",
        "Decide it as not billable first.",
    ),
    "not_open": ProblemType(
        "The charge is not open",
        "Only an open charge can be cancelled.",
        "Withdraw the released invoice first; after issue, credit it.",
    ),
    "not_signed_in": ProblemType(
        "A valid API key is required",
        "There is no key, or it is unknown, expired or revoked.",
        "Send Authorization: Bearer bk_… with a valid key.",
    ),
    "overlapping_book_years": ProblemType(
        "Book years cannot overlap", "Every day belongs to one book year at most.", "Choose days that are free."
    ),
    "precondition_required": ProblemType(
        "If-Match is required",
        "A change names the version it was made on, so that nobody's change is lost.",
        "Read first, and send the ETag as If-Match.",
    ),
    "released": ProblemType(
        "Released for invoicing",
        "The decision is locked until its invoice is issued or withdrawn.",
        "Withdraw the released invoice first; after issue, correct with a credit and a new charge.",
    ),
    "report_not_ready": ProblemType(
        "The report is not ready", "Its job is still running.", "Follow the job; ask again when it is done."
    ),
    "schema_newer": ProblemType(
        "The database is newer than this program",
        "A newer program has migrated it, or made the backup.",
        "Start the newer program.",
    ),
    "schema_older": ProblemType(
        "The database is older than this program",
        "It must be migrated before this program can run.",
        "Run: billing migrate.",
    ),
    "series_blocked": ProblemType(
        "The number series is blocked",
        "The database was restored from a backup: numbers given after the backup are unknown here.",
        "Confirm the last number really sent (confirm-last-number), then issue again.",
    ),
    "series_in_use": ProblemType(
        "The series has given numbers", "What numbers look like cannot change half-way.", "Make another series."
    ),
    "series_not_blocked": ProblemType(
        "The number series is not blocked",
        "The last number is confirmed once after a restore.",
        "Nothing is left to do.",
    ),
    "stale_version": ProblemType(
        "Somebody changed it", "It has another version than the one you read.", "Read it again and repeat your change."
    ),
    "tariff_date_taken": ProblemType(
        "Another version begins that day",
        "Two published versions of a tariff cannot begin on the same day.",
        "Change the draft's valid_from.",
    ),
    "too_many_requests": ProblemType(
        "Too many requests",
        "The key, or this address with refused keys, asked too often.",
        "Wait for Retry-After seconds.",
    ),
    "unavailable": ProblemType(
        "The service cannot work now", "The database cannot be reached.", "Try again after Retry-After."
    ),
    "unknown_currency": ProblemType(
        "The currency cannot be used", "It is unknown or does not count in hundredths.", "Use an ISO code such as EUR."
    ),
    "unknown_cursor": ProblemType(
        "The cursor does not belong here",
        "It is no next_cursor of this list with these filters.",
        "Start without a cursor; keep the filters while you turn pages.",
    ),
    "unreadable_file": ProblemType(
        "The file cannot be read", "Its encoding or form is not what its content type says.", _REPAIR
    ),
    "unsupported_media_type": ProblemType(
        "That content type is not accepted",
        "Bodies are application/json unless the operation says otherwise.",
        "Send the content type that the operation documents.",
    ),
    "wrong_encoding": ProblemType(
        "The file has another encoding",
        "Its bytes are not what its charset says.",
        "Send UTF-8, or name its charset in Content-Type.",
    ),
    "wrong_schema": ProblemType(
        "The database has another version", "It does not fit this program or this backup.", "Read the detail."
    ),
}

_MORE: Final = (
    CONFLICT_PROBLEMS
    | CONNECTION_PROBLEMS
    | CONSULT_PROBLEMS
    | DELIVERY_PROBLEMS
    | PAYMENT_PROBLEMS
    | IMPORT_PROBLEMS
    | MONEY_PROBLEMS
    | PREPAID_PROBLEMS
    | SUBSCRIPTION_PROBLEMS
    | RECONCILIATION_PROBLEMS
    | WEBHOOK_PROBLEMS
)
PROBLEM_TYPES.update({code: ProblemType(*texts) for code, texts in _MORE.items()})


def title_of(code: str) -> str:
    """The title of a problem type."""
    known = PROBLEM_TYPES.get(code)
    return known.title if known else code.replace("_", " ").capitalize()
