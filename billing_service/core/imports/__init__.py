"""Import fees: what importing a customer's member file costs, and why.

parse_policy(document, label)        an administration's settings → ImportPolicy, or every error with its pointer
assess(policy, facts)                free, or a quote is needed, with the reasons
apply(policy, project, event)        one event further: the project's new state and its fees, or Conflict
replay(policy, events)               the whole history: state and fees, always the same
status, permissions                  what the project waits for, what can be done now, and why not
next_fee(policy, project, structure) what importing this structure next would cost, and what it needs first
differences(old, new)                how two deliveries differ, column by column
propose(titles)                      what the column titles suggest; a person confirms
describe_…, explain_fee, tell        all of it as sentences, in Dutch or English
policy_sentences(policy, language)   the policy as it is printed on a quote
"""

from billing_service.core.imports.conditions import policy_sentences
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
from billing_service.core.imports.fees import (
    Cost,
    assess,
    further_moment_price,
    is_new,
    moments_included,
    new_structure_basis,
    new_structure_price,
    next_fee,
)
from billing_service.core.imports.policy import POLICY_SETTINGS, ImportPolicy, Setting, parse_policy
from billing_service.core.imports.project import NOTHING, apply, replay
from billing_service.core.imports.proposal import Proposal, propose
from billing_service.core.imports.refusals import Refusal
from billing_service.core.imports.standing import Permission, Status, permissions, status
from billing_service.core.imports.structure import Difference, Structure, differences, structure_of
from billing_service.core.imports.values import Agreement, Fee, Moment, Project, Quote
from billing_service.core.imports.wording import (
    describe_cost,
    describe_differences,
    describe_event,
    describe_fee,
    describe_proposal,
    describe_reason,
    describe_reasons,
    explain_fee,
    fee_detail,
    tell,
)

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
    "Permission",
    "Project",
    "Proposal",
    "Quote",
    "QuoteAccepted",
    "QuoteDeclined",
    "QuoteSent",
    "QuoteWithdrawn",
    "Reason",
    "Redone",
    "Refusal",
    "ReturnAgreed",
    "SentBack",
    "Setting",
    "Status",
    "Structure",
    "WebsiteAdded",
    "apply",
    "assess",
    "describe_cost",
    "describe_differences",
    "describe_event",
    "describe_fee",
    "describe_proposal",
    "describe_reason",
    "describe_reasons",
    "differences",
    "event_from_plain",
    "event_to_plain",
    "explain_fee",
    "fee_detail",
    "further_moment_price",
    "is_new",
    "moments_included",
    "new_structure_basis",
    "new_structure_price",
    "next_fee",
    "parse_policy",
    "permissions",
    "policy_sentences",
    "propose",
    "replay",
    "status",
    "structure_of",
    "tell",
]
