"""What is the matter with a delivery, in English."""

from __future__ import annotations

from typing import Final

_AGAIN: Final = "and then let the delivery go again."
_LOOK: Final = "Look up {number} in the accounting package"

CAUSES: Final[dict[str, tuple[str, str]]] = {
    # --- what the package refuses ---
    "number_form": (
        "The accounting package cannot hold the number {number}: its form is not allowed there.",
        "Choose another number series for documents to come; enter this one there by hand and cancel the delivery.",
    ),
    "number_too_long": (
        "The number {number} is too long for the accounting package.",
        "Choose a shorter number series for documents to come; enter this one there by hand and cancel the delivery.",
    ),
    "customer_code_form": (
        "The customer number {number} has a form that is not allowed in the accounting package.",
        f"Give the customer another number {_AGAIN}",
    ),
    "customer_code_too_long": (
        "The customer number {number} is too long for the accounting package.",
        f"Give the customer a shorter number {_AGAIN}",
    ),
    "customer_unknown": (
        "The accounting package does not know the customer of {number} (any more).",
        f"Restore the customer in the accounting package {_AGAIN}",
    ),
    "customer_refused": (
        "The accounting package refuses the data of the customer of {number}.",
        f"Correct the data of the customer {_AGAIN}",
    ),
    "description_too_long": (
        "The text of a line of {number} is too long for the accounting package.",
        "Tell the operator: texts should have been cut.",
    ),
    "attachment_too_large": (
        "The PDF of {number} is too large for the accounting package.",
        "Let the delivery go without its file.",
    ),
    "attachment_type": (
        "The accounting package does not take the file of {number}.",
        "Let the delivery go without its file.",
    ),
    "currency": (
        "The accounting package refuses the currency of {number}.",
        f"Allow this currency in the accounting package {_AGAIN}",
    ),
    "date_refused": (
        "The accounting package refuses a date of {number}.",
        f"Check the book years and periods in the accounting package {_AGAIN}",
    ),
    "period_closed": (
        "The period of {number} is closed in the accounting package.",
        f"Open the period there {_AGAIN}",
    ),
    "total_differs": (
        "By the accounting package the amounts of {number} do not add up.",
        f"Check the mapping of VAT codes {_AGAIN}",
    ),
    "vat_difference_too_large": (
        "The accounting package would compute VAT for {number} that is more than 0.05 off.",
        f"Check the mapping of VAT codes {_AGAIN}",
    ),
    "rounding_not_mapped": (
        "The accounting package computes the VAT of {number} some cents off, and no ledger account for rounding "
        "differences is mapped.",
        f"Map a ledger account and VAT code for rounding {_AGAIN}",
    ),
    "vat_code_unknown": (
        "A VAT code of {number} is not mapped, or does not exist in the accounting package (any more).",
        f"Repair the mapping of VAT {_AGAIN}",
    ),
    "ledger_account_unknown": (
        "A ledger account of {number} is not mapped, or does not exist in the accounting package (any more).",
        f"Repair the mapping of revenue {_AGAIN}",
    ),
    "journal_unknown": (
        "The journal for {number} is not mapped, or does not exist in the accounting package (any more).",
        f"Repair the mapping of the journal {_AGAIN}",
    ),
    "cost_centre_unknown": (
        "A cost centre of {number} does not exist in the accounting package (any more).",
        f"Repair the mapping of the cost centre {_AGAIN}",
    ),
    "payment_method_unknown": (
        "The payment method of {number} is not mapped, or does not exist in the accounting package (any more).",
        f"Repair the mapping of the payment method {_AGAIN}",
    ),
    "document_unknown": (
        "The accounting package does not know a document (any more) that {number} points to.",
        f"{_LOOK} and restore it there; then let the delivery go again.",
    ),
    "document_locked": (
        "{number} is locked in the accounting package and cannot be completed there.",
        f"{_LOOK} and unlock it; then let the delivery go again.",
    ),
    "nothing_open": (
        "Not enough is open in the accounting package of the invoice of {number}.",
        "Check there whether the payment is booked already; if so, cancel the delivery.",
    ),
    "credited_invoice_unknown": (
        "The accounting package does not find the invoice that credit note {number} belongs to.",
        f"Look that invoice up there, restore it {_AGAIN}",
    ),
    "no_permission": (
        "The user of the connection is not allowed to do this in the accounting package.",
        f"Give that user the rights there {_AGAIN}",
    ),
    "subscription": (
        "The subscription to the accounting package does not allow this.",
        f"Change the subscription {_AGAIN}",
    ),
    "request_refused": (
        "The accounting package refuses {number} and says: {detail}",
        f"Repair what it names {_AGAIN}",
    ),
    "answer_not_understood": (
        "The accounting package gave an answer about {number} that we do not understand: {detail}",
        "Tell the operator.",
    ),
    "not_supported": (
        "This accounting package cannot do it: {field}.",
        "Tell the operator.",
    ),
    # --- what we do not know, or find not right ---
    "outcome_unclear": (
        "Nobody can tell whether {number} arrived in the accounting package: the connection broke off, and nothing "
        "can be searched there.",
        f"{_LOOK} and say whether it stands there when you let it go again.",
    ),
    "several_there": (
        "{number} stands in the accounting package more than once ({detail}).",
        "Delete there what is too much and let the delivery go again.",
    ),
    "differs": (
        "{number} stands in the accounting package, but otherwise than here: {differences}.",
        "Correct it there and let the delivery go again: it is then compared again.",
    ),
    "document_gone": (
        "{number} stood in the accounting package and is gone.",
        "Find out who deleted it. When you let it go again, say that it does not stand there: it is then entered anew.",
    ),
    "document_cancelled": (
        "{number} was cancelled in the accounting package.",
        "Find out why. When you let it go again, say that it does not stand there: it is then entered anew; or make "
        "a credit note here and cancel the delivery.",
    ),
    "customer_code_taken": (
        "Customer number {number} belongs to somebody else in the accounting package: {detail}.",
        "If it is the same customer, say which it is when you let it go again; else give one of the two another "
        "number.",
    ),
    "customer_gone": (
        "Customer {number} is gone from the accounting package.",
        "When you let it go again, say that it does not stand there: it is then made anew.",
    ),
    "customer_first": (
        "First customer {detail} must stand in the accounting package; that does not succeed yet.",
        "Repair the delivery of the customer; this one follows by itself.",
    ),
    "invoice_first": (
        "First invoice {detail} must stand in the accounting package; that does not succeed yet.",
        "Repair the delivery of that invoice; this one follows by itself.",
    ),
    "failed_here": (
        "Something went wrong here while {number} was delivered: {detail}",
        "Tell the operator.",
    ),
    "no_end": (
        "The accounting package takes {number}, but it does not become what it should be.",
        f"{_LOOK} and tell the operator.",
    ),
    # --- what did not pass ---
    "still_limit": (
        "The accounting package has allowed no calls for a week.",
        f"Raise the limit of the connection there {_AGAIN}",
    ),
    "still_error_budget": (
        "The accounting package refused so much that the connection has been spared for two days.",
        f"Repair what is refused {_AGAIN}",
    ),
    "still_unreachable": (
        "The accounting package has not been reachable for three days.",
        f"Find out whether it is still at the same address {_AGAIN}",
    ),
    "still_unavailable": (
        "The accounting package has said for three days that it does not work.",
        f"Ask its supplier when it works again {_AGAIN}",
    ),
    "still_sign_in": (
        "The sign-in to the accounting package could not be renewed for a day.",
        "Sign the connection in again, and then let the delivery go again.",
    ),
    "still_unclear": (
        "For three days the connection to the accounting package broke off each time over {number}.",
        f"{_LOOK} and let the delivery go again: it is searched first.",
    ),
}
"""What is the matter and what to do, by cause."""
