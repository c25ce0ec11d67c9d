"""Problem types of hour cards, blocks and allowances: title, meaning, remedy (``problems``)."""

from __future__ import annotations

from typing import Final

PREPAID_PROBLEMS: Final[dict[str, tuple[str, str, str]]] = {
    "already_cancelled": (
        "Cancelled before",
        "The hour card was cancelled, or closed by a credit of its sale: nothing can be moved on it.",
        "Sell another card.",
    ),
    "already_ended": (
        "Ended before",
        "The allowance ends on that day or before already.",
        "Nothing is left to do; an allowance that is to go on is added anew.",
    ),
    "card_drawn": (
        "Something was drawn from it",
        "Questions were drawn from the hour card: a sale can only be taken back while nothing was.",
        "Decide those questions otherwise first, or leave the card as it is.",
    ),
    "card_invoiced": (
        "The sale was invoiced",
        "The sale of the hour card stands on an issued invoice, which never changes.",
        "Credit that line of the invoice whole: it closes the card. The detail names invoice and line.",
    ),
    "card_released": (
        "The sale is released",
        "The sale of the hour card stands on a document that waits to be issued.",
        "Withdraw that document first.",
    ),
    "exceeds_card": (
        "More than is left",
        "The hour card or block holds less than this; nothing is ever taken below zero.",
        "Take what is left, or sell another card.",
    ),
    "multi_purpose_card": (
        "Multi-purpose cards are not sold",
        "VAT of a multi-purpose card is due when it is used, and its sale is a payment document without VAT.",
        "Sell an ordinary card: its VAT is due at the sale.",
    ),
    "new_block_needed": (
        "A new block is needed",
        "The block and those that follow it are used up; feedback on a finished block needs a new one.",
        "Sell a block whose follows_id is this block.",
    ),
    "not_a_block": (
        "It is no block",
        "Only a block is a piece of work that is finished and has feedback.",
        "Work under an hour card is registered as a question, or as a correction of the card.",
    ),
    "prepaid_short": (
        "Too little to draw from",
        "The cards, blocks and allowances that are valid on the day of the work hold less than is to be drawn.",
        "Draw what is left, sell another card, or decide the question otherwise.",
    ),
}
