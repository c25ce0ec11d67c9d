"""Subscriptions: a price once and a price per period, which periods there are and what each of them costs.

model     what was agreed: start, end, period, policies, dated terms (price, indexation, quantity)
calendar  the periods, laid out without gap or overlap, and how much of one is covered
price     the price in force for a period, and what it comes to
due       what falls due up to a date, with the steps that explain each amount
wording   what a line says, in Dutch and English
"""

from billing_service.core.subscriptions.due import ONCE, PERIODIC, Due, due_charges, once, periodic
from billing_service.core.subscriptions.model import (
    ANCHORS,
    MONTHS,
    PERIODS,
    POLICIES,
    TERM_KINDS,
    TIMINGS,
    Subscription,
    Term,
)
from billing_service.core.subscriptions.price import Price, full_amount, indexed, price_on
from billing_service.core.subscriptions.wording import correction_description, description, span

__all__ = [
    "ANCHORS",
    "MONTHS",
    "ONCE",
    "PERIODIC",
    "PERIODS",
    "POLICIES",
    "TERM_KINDS",
    "TIMINGS",
    "Due",
    "Price",
    "Subscription",
    "Term",
    "correction_description",
    "description",
    "due_charges",
    "full_amount",
    "indexed",
    "once",
    "periodic",
    "price_on",
    "span",
]
