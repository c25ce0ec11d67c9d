"""Prepaid time: hour cards, blocks and allowances of a contract.

open_pots      what may be drawn on a day: cards, blocks and periods of allowances, the oldest first
balance_of     what is left of a card: the sum of its movements
movements_of   every movement of a card, an allowance or a question, in the order in which they were made
statement, print_on, take_off  how they stand on a document; each movement stands on one
shown, allowances_shown       how cards and allowances stand, as plain values
sell, cancel   a card or block, with its first movement and its charge, in one transaction
correct, register_feedback    a person's movement, with a reason; feedback on a used-up block needs a new block
add_allowance, end_allowance  what a contract gives by the period
credited, reopened            what crediting the sale does to a card, and withdrawing that credit note

Drawing itself is ``rating.drawing``: it happens where a question is decided. Whatever is sold or corrected here has the
questions of the contract decided again.
"""

from billing_service.prepaid.allowances import add_allowance, end_allowance, get_allowance
from billing_service.prepaid.balances import balance_of, movements_of, open_pots
from billing_service.prepaid.correcting import correct, register_feedback
from billing_service.prepaid.crediting import credited, reopened
from billing_service.prepaid.describing import allowances_shown, shown
from billing_service.prepaid.selling import cancel, get_card, sell
from billing_service.prepaid.statement import Statement, print_on, statement, take_off

__all__ = [
    "Statement",
    "add_allowance",
    "allowances_shown",
    "balance_of",
    "cancel",
    "correct",
    "credited",
    "end_allowance",
    "get_allowance",
    "get_card",
    "movements_of",
    "open_pots",
    "print_on",
    "register_feedback",
    "reopened",
    "sell",
    "shown",
    "statement",
    "take_off",
]
