"""Documents, customers and receipts on their way to an accounting package: exactly once, or in a person's hands.

    delivering   one delivery in a worker; asking for everything since a connection began
    documents    customer first, document, PDF, posting, read back and compared
    customers    found, created, brought up to date
    receipts     what of a receipt settles one invoice, booked after that invoice
    push         what is recorded around every call
    steps        what comes next, from what is recorded and what is known there (pure)
    patience     what an error means: when it goes on by itself, or what a person is told (pure)
    telling      who hears of what became of it

``store.dispatch`` asks for deliveries in the transaction of the change.
"""

from billing_service.delivery.delivering import deliver, dispatch_since_start, gave_up
from billing_service.delivery.push import Hands

__all__ = ["Hands", "deliver", "dispatch_since_start", "gave_up"]
