"""Payments from an accounting package: read since a cursor, and booked here once, whatever the order they are told in.

    collecting   one pull in a worker: page by page, each recorded with its cursor

``store.collecting`` asks for a pull in the transaction of whatever gives reason to.
"""

from billing_service.collection.collecting import collect

__all__ = ["collect"]
