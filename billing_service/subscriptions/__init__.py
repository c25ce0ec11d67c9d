"""Subscriptions: agreed on, billed period by period, changed, indexed, ended.

create, change, agree, end, cancel   what was agreed; ``agree`` is a price, an indexation or a quantity from a day on
charge_due, upcoming_charges         what falls due becomes charges, each period once; or would
first_due, reach                     which contracts have something due, and how far ahead a run goes
billed_on, settle_again              charges that are open again follow what is agreed now
contract_ends_otherwise              a subscription ends with its contract
index_preview, index_all             many at once
shown, shown_whole, upcoming         as plain values
"""

from billing_service.subscriptions.agreeing import agree, cancel, change, contract_ends_otherwise, create, end
from billing_service.subscriptions.charging import charge_due, first_due, reach, upcoming_charges
from billing_service.subscriptions.describing import shown, shown_whole, upcoming
from billing_service.subscriptions.indexing import described as described_index
from billing_service.subscriptions.indexing import index_all, index_preview
from billing_service.subscriptions.loading import get
from billing_service.subscriptions.settling import billed_on, settle_again

__all__ = [
    "agree",
    "billed_on",
    "cancel",
    "change",
    "charge_due",
    "contract_ends_otherwise",
    "create",
    "described_index",
    "end",
    "first_due",
    "get",
    "index_all",
    "index_preview",
    "reach",
    "settle_again",
    "shown",
    "shown_whole",
    "upcoming",
    "upcoming_charges",
]
