"""Problem types of credit notes, corrections and money that comes in: title, meaning, remedy (``problems``)."""

from __future__ import annotations

from typing import Final

MONEY_PROBLEMS: Final[dict[str, tuple[str, str, str]]] = {
    "vat_rate_used": (
        "The VAT rate was used",
        "Documents that are not withdrawn hold supplies on or after that day.",
        "Choose a later day; withdraw what is released and not issued; what is issued is corrected by credit notes.",
    ),
    "no_vat_number": (
        "No VAT number",
        "The customer has no VAT number, so there is nothing to check.",
        "Record its number first; it is checked then.",
    ),
    "already_undone": (
        "Undone before",
        "It was undone before, or is itself the row that undoes another.",
        "Nothing is left to do; record it anew if it is to hold again.",
    ),
    "closed_by_credit": (
        "A credit note closed it",
        "A credit note closes the open part of its own invoice; it says so, and it never changes.",
        "Set off or refund what is left of the credit note.",
    ),
    "credit_exceeds_invoice": (
        "More than is left of the invoice",
        "Credits never exceed their invoice: not per line, not per VAT group, not in all.",
        "Credit what is left; read the invoice's credit notes for what was credited.",
    ),
    "credit_note_waiting": (
        "A credit note waits",
        "Credits of one invoice follow each other, and one of this invoice is not issued yet.",
        "Issue or withdraw that one first.",
    ),
    "decided_by_a_person": (
        "A person decided this question",
        "No rule replaces a person's decision, in a correction neither.",
        "Give the decision that is to hold now.",
    ),
    "dispute_ended": ("The dispute is over", "It ended before.", "Open another one if the invoice is contested again."),
    "disputed_already": (
        "Contested already",
        "An invoice has one dispute at a time.",
        "End the running dispute first.",
    ),
    "exceeds_open": (
        "More than is open",
        "Less than this is open of the invoice; what is left of a receipt stays the customer's balance.",
        "Give what is open, or say `overpays` where the payer meant this invoice.",
    ),
    "exceeds_source": (
        "More than is left",
        "Less than this is left of the receipt or credit note.",
        "Give what is left; undo an allocation first if it was wrong.",
    ),
    "not_creditable": (
        "It cannot be credited",
        "Only an issued invoice is credited: no draft, no zero statement, no credit note.",
        "Withdraw a released invoice instead.",
    ),
    "not_issued": (
        "It is not issued",
        "Only an issued document can be paid, set off, contested or written off.",
        "Issue it first.",
    ),
    "nothing_to_correct": (
        "Nothing to correct",
        "What was invoiced still holds, or the decision is not released and follows the facts by itself.",
        "Change the facts first, or give another decision.",
    ),
    "nothing_to_credit": (
        "Nothing is left to credit",
        "All of the invoice was credited before.",
        "Nothing is left to do.",
    ),
    "receipt_cancelled": (
        "The receipt was cancelled",
        "It was recorded by mistake and counts no longer.",
        "Record the receipt anew.",
    ),
    "receipt_in_use": (
        "The receipt is in use",
        "Something of it is allocated or refunded.",
        "Undo that first.",
    ),
    "withdraw_instead": (
        "The invoice is not issued yet",
        "Before issue nothing needs a credit.",
        "Withdraw the invoice: its questions are decided again by their facts.",
    ),
    "written_off": (
        "Something was written off",
        "A credit of what was written off would count twice.",
        "Undo the write-off first.",
    ),
}
