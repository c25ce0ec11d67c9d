"""Consults: a service for a problem that a simple answer does not solve, in sessions and with questions.

create, change           made by a person, with the indicators it is based on
propose                  from facts, by the rules of the administration's policy; the same cause once
confirm, reject, cancel  a person decides; a confirmed consult decides its questions
add_session, add_question, remove_session, remove_question
complete, reopen         the charge, once; undone while it is open
look_everywhere          every day: propose, and report time that changed after it was charged
get_policy, put_policy   what a consult costs, and when one is proposed
describe, describe_items as callers see them
"""

from billing_service.consults.completing import complete, reopen
from billing_service.consults.contents import add_question, add_session, remove_question, remove_session
from billing_service.consults.deciding import cancel, confirm, reject
from billing_service.consults.describe import describe, describe_items, describe_policy
from billing_service.consults.looking import anything_to_see, look_everywhere, report_changed_time
from billing_service.consults.policies import get_policy, put_policy
from billing_service.consults.proposing import propose
from billing_service.consults.records import by_reference, change, create, get

__all__ = [
    "add_question",
    "add_session",
    "anything_to_see",
    "by_reference",
    "cancel",
    "change",
    "complete",
    "confirm",
    "create",
    "describe",
    "describe_items",
    "describe_policy",
    "get",
    "get_policy",
    "look_everywhere",
    "propose",
    "put_policy",
    "reject",
    "remove_question",
    "remove_session",
    "reopen",
    "report_changed_time",
]
