"""Who owns what: customers and documents are ours, payments the package's unless the connection says otherwise.

A change on the wrong side becomes a conflict, with ours, theirs and what both sides agreed on last, and a finding.

    seeing     what was seen there is held against what was agreed on; for collection and reconciliation to call
    looking    a worker's look at one of ours there, or at all customers
    ours       our side of what is compared
    resolving  ours again, theirs accepted, or kept as it is: one call
"""

from billing_service.ownership.looking import look, look_at_customers
from billing_service.ownership.resolving import get, resolve
from billing_service.ownership.seeing import customer_seen, document_seen, receipt_by_hand, receipt_seen, settle_others

__all__ = [
    "customer_seen",
    "document_seen",
    "get",
    "look",
    "look_at_customers",
    "receipt_by_hand",
    "receipt_seen",
    "resolve",
    "settle_others",
]
