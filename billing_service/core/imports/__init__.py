"""Import fees: what importing a customer's member file costs, and why.

parse_policy(document, label)        an administration's settings → ImportPolicy, or every error with its pointer
assess(policy, facts)                free, or a quote is needed, with the reasons
apply(policy, project, event)        one event further: the project's new state and its fees, or Conflict
replay(policy, events)               the whole history: state and fees, always the same
next_fee(policy, project, structure) what importing this structure next would cost, and what it needs first
differences(old, new)                how two deliveries differ, column by column
"""

from billing_service.core.imports.events import (
    EVENTS,
    KINDS,
    Assessed,
    Closed,
    Event,
    FeedbackGiven,
    FeedbackImported,
    FurtherMomentAgreed,
    MomentDelivered,
    NewStructureAgreed,
    Opened,
    QuoteAccepted,
    QuoteDeclined,
    QuoteSent,
    QuoteWithdrawn,
    Redone,
    ReturnAgreed,
    SentBack,
    WebsiteAdded,
    event_from_plain,
    event_to_plain,
)
from billing_service.core.imports.facts import Assessment, ImportFacts, Reason
from billing_service.core.imports.fees import Cost, assess, moments_included, next_fee
from billing_service.core.imports.policy import POLICY_SETTINGS, ImportPolicy, Setting, parse_policy
from billing_service.core.imports.project import NOTHING, apply, replay
from billing_service.core.imports.structure import Difference, Structure, differences, structure_of
from billing_service.core.imports.values import Agreement, Fee, Moment, Project, Quote

__all__ = [
    "EVENTS",
    "KINDS",
    "NOTHING",
    "POLICY_SETTINGS",
    "Agreement",
    "Assessed",
    "Assessment",
    "Closed",
    "Cost",
    "Difference",
    "Event",
    "Fee",
    "FeedbackGiven",
    "FeedbackImported",
    "FurtherMomentAgreed",
    "ImportFacts",
    "ImportPolicy",
    "Moment",
    "MomentDelivered",
    "NewStructureAgreed",
    "Opened",
    "Project",
    "Quote",
    "QuoteAccepted",
    "QuoteDeclined",
    "QuoteSent",
    "QuoteWithdrawn",
    "Reason",
    "Redone",
    "ReturnAgreed",
    "SentBack",
    "Setting",
    "Structure",
    "WebsiteAdded",
    "apply",
    "assess",
    "differences",
    "event_from_plain",
    "event_to_plain",
    "moments_included",
    "next_fee",
    "parse_policy",
    "replay",
    "structure_of",
]
