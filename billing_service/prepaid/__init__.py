"""Prepaid time: hour cards, blocks and allowances of a contract.

open_pots      what may be drawn on a day: cards, blocks and periods of allowances, the oldest first
balance_of     what is left of a card: the sum of its movements
movements_of   every movement of a card, an allowance or a question, in the order in which they were made

Drawing itself is ``rating.drawing``: it happens where a question is decided.
"""

from billing_service.prepaid.balances import balance_of, movements_of, open_pots

__all__ = ["balance_of", "movements_of", "open_pots"]
