"""Receivables: money that comes in, what it settles, and what is open because of it.

record_receipt, cancel_receipt   money received, by hand
allocate, undo_allocation        what of a receipt or a credit note settles an invoice; also set-off
record_refund, undo_refund       what a person paid back
write_off, undo_write_off        what nobody expects to be paid any more
open_dispute, end_dispute        the customer contests an invoice
settle_many, take_back           receipts that a package or a bank told, with what they settle, and such that never came
close_with_credit                an issued credit note closes the open part of its invoice first
standing                         states and open amounts, always computed
balance_of                       a customer's account: statement and balance
"""

from billing_service.receivables.allocating import allocate, close_with_credit, undo_allocation
from billing_service.receivables.balance import Balance, Entry, balance_of
from billing_service.receivables.beside import end_dispute, open_dispute, undo_write_off, write_off
from billing_service.receivables.receipts import cancel_receipt, record_receipt, record_refund, undo_refund
from billing_service.receivables.settling import Settling, live_allocations, settle_many, take_back
from billing_service.receivables.standing import Standing, credit_rests, receipt_rests, standing, standings

__all__ = [
    "Balance",
    "Entry",
    "Settling",
    "Standing",
    "allocate",
    "balance_of",
    "cancel_receipt",
    "close_with_credit",
    "credit_rests",
    "end_dispute",
    "live_allocations",
    "open_dispute",
    "receipt_rests",
    "record_receipt",
    "record_refund",
    "settle_many",
    "standing",
    "standings",
    "take_back",
    "undo_allocation",
    "undo_refund",
    "undo_write_off",
    "write_off",
]
