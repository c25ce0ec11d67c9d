"""The problem types: what each code means and what to do. Served at ``/problems/<code>``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from billing_service.api.connection_problems import CONNECTION_PROBLEMS
from billing_service.api.import_problems import IMPORT_PROBLEMS
from billing_service.api.money_problems import MONEY_PROBLEMS
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
    "cannot_read_here": ProblemType(
        "Files are not read on this system",
        "A delivered file is read in a process whose memory is limited, which works on Linux only.",
        "Run the service on Linux, or state the facts of the import instead of sending the file.",
    ),
    "conflict": ProblemType(
        "Its state forbids this",
        "The thing exists, but not in a state that allows this.",
        "Read it again; see the detail.",
    ),
    "cut_over_done": ProblemType(
        "The cut-over was done", "The next number of a series can be set once.", "Make another series if you must."
    ),
    "damaged_file": ProblemType(
        "The file is damaged",
        "It is incomplete, or not what its beginning says.",
        "Open it, save it again and send it once more.",
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
    "duplicate_titles": ProblemType(
        "Two columns have one title",
        "Columns are known by their titles, and these cannot be told apart.",
        "Give each column a title of its own; the detail names them.",
    ),
    "encrypted_file": ProblemType(
        "The file has a password",
        "A protected file cannot be read.",
        "Remove the password and send it again.",
    ),
    "file_too_large": ProblemType(
        "The file is too large",
        "Delivered files are limited in size.",
        "Send a smaller file; the detail says how large one may be.",
    ),
    "file_with_macros": ProblemType(
        "The file holds macros",
        "Files with programs in them are refused, whatever the programs do.",
        "Save it as XLSX, ODS or CSV.",
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
    "import_agreement_needed": ProblemType(
        "The customer must agree first",
        "This would cost something that the customer has not agreed to on record.",
        "Record the agreement, then try again; the detail says to what.",
    ),
    "import_dates_run_back": ProblemType(
        "Dates do not run back", "The import project has an event on a later date.", "Use that date or a later one."
    ),
    "import_delivery_handled": ProblemType(
        "The delivery was handled before", "It was imported or sent back.", "Handle the next delivery."
    ),
    "import_feedback_open": ProblemType(
        "Feedback is waiting", "Feedback was given that has not been imported yet.", "Import the feedback first."
    ),
    "import_feedback_refused": ProblemType(
        "No feedback now",
        "The import policy gives no round of feedback here, or it has been used.",
        "Deliver a further moment instead; the detail says why.",
    ),
    "import_no_agreement_needed": ProblemType(
        "No agreement is needed", "This costs nothing now, or was agreed to before.", "Go on without it."
    ),
    "import_no_feedback": ProblemType(
        "No feedback is waiting",
        "There is no feedback left to import.",
        "Import it as a moment.",
    ),
    "import_no_quote_needed": ProblemType(
        "No quote is needed", "The import is free, or its price is fixed or agreed.", "Go on without a quote."
    ),
    "import_not_assessed": ProblemType(
        "Not assessed yet",
        "Nobody has confirmed the facts of this delivery, or they are those of another one.",
        "Assess the delivery, then try again.",
    ),
    "import_not_open": ProblemType(
        "The import project is not open", "It has been closed, or is not opened yet.", "Open another import project."
    ),
    "import_nothing_delivered": ProblemType(
        "Nothing was imported yet", "This is possible only after the first import.", "Import the first moment."
    ),
    "import_other_structure": ProblemType(
        "Another structure",
        "Feedback and our own mistakes are imported with a structure that was delivered before.",
        "Deliver the file as a new moment.",
    ),
    "import_quote_needed": ProblemType(
        "A quote is needed", "This import is not free and no quote for it is accepted.", "Send the customer a quote."
    ),
    "import_quote_not_open": ProblemType(
        "The quote is not open",
        "The quote was decided, withdrawn or has expired, is not of this project, or its number was used before.",
        "Read the import project again; send a new quote if one is needed.",
    ),
    "import_quote_open": ProblemType(
        "A quote is open", "The customer has not answered the quote yet.", "Wait for the answer, or withdraw the quote."
    ),
    "import_website_already": ProblemType(
        "There is a website already",
        "The project was sold with one, or got one.",
        "Nothing is left to do.",
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
    "no_titles": ProblemType(
        "There are no column titles",
        "The first row with anything in it must hold the titles of the columns.",
        "Put titles above the data, and nothing above the titles.",
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
    "not_a_table": ProblemType(
        "The file is no table",
        "Only CSV, XLSX, XLS and ODS are read.",
        "Save the data as one of these.",
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
    "reading_took_too_long": ProblemType(
        "Reading took too long",
        "The file could not be read in the time one may take.",
        "Send a smaller or simpler file.",
    ),
    "reading_took_too_much_memory": ProblemType(
        "Reading took too much memory",
        "The file could not be read in the memory one may take.",
        "Send a smaller or simpler file.",
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
    "tariff_part_absent": ProblemType(
        "The tariff uses a part that is not there yet",
        "Its document is right, but this service cannot carry out a part of it yet.",
        "Leave the part out; the errors name it.",
    ),
    "too_many_cells": ProblemType(
        "The sheet is too large",
        "It spans more cells than are read.",
        "Remove what stands far from the data, or send it in parts.",
    ),
    "too_many_columns": ProblemType(
        "There are too many columns",
        "The file has more columns than are read.",
        "Remove what is not needed; look for something far to the right of the data.",
    ),
    "too_many_requests": ProblemType(
        "Too many requests",
        "The key, or this address with refused keys, asked too often.",
        "Wait for Retry-After seconds.",
    ),
    "too_many_rows": ProblemType(
        "There are too many rows",
        "The file has more rows than are read.",
        "Send it in parts; look for something far below the data.",
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
    "unreadable_text": ProblemType(
        "The text cannot be read",
        "A quotation mark is not closed, a line has no end, or the characters are none.",
        "The detail names the line. Save the file again as CSV in UTF-8.",
    ),
    "unsafe_xml": ProblemType(
        "The file holds what no workbook has",
        "Its XML declares entities, refers to other files, or is nested too deeply.",
        "Open it, save it again and send it once more.",
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
    "wrong_extension": ProblemType(
        "The file's name does not fit",
        "The file is of another form than the end of its name says.",
        "Give it the right name, or save it again.",
    ),
    "wrong_schema": ProblemType(
        "The database has another version", "It does not fit this program or this backup.", "Read the detail."
    ),
    "zip_bomb": ProblemType(
        "The file unpacks to far too much",
        "It was packed as no ordinary workbook is.",
        "Save the data again as XLSX, ODS or CSV.",
    ),
}

_MORE: Final = CONNECTION_PROBLEMS | IMPORT_PROBLEMS | MONEY_PROBLEMS | WEBHOOK_PROBLEMS
PROBLEM_TYPES.update({code: ProblemType(*texts) for code, texts in _MORE.items()})


def title_of(code: str) -> str:
    """The title of a problem type."""
    known = PROBLEM_TYPES.get(code)
    return known.title if known else code.replace("_", " ").capitalize()
