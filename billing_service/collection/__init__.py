"""Payments from an accounting package: read since a cursor, and booked here once, whatever the order they are told in.

    asking       when the schedule asks, by what the package can bear
    collecting   one pull in a worker: page by page, each recorded with its cursor
    open_list    for packages that tell only what is open
    payments     what was told last, with all that bears on it
    links        which of our documents, receipts and customers that is about
    deciding     what becomes of a payment here
    matching     what names no document of ours
    resolving    what a person decides
    settling     booking that, and taking back what is no longer so

``store.collecting`` asks for a pull in the transaction of whatever gives reason to; ``core.payments_in`` says what
stands of all that was told.
"""

from billing_service.collection.asking import ask_due, interval
from billing_service.collection.collecting import collect
from billing_service.collection.resolving import resolve
from billing_service.collection.settling import settle_again

__all__ = ["ask_due", "collect", "interval", "resolve", "settle_again"]
