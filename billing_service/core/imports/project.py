"""From the events of an import project to its state and its fees. ``allowed`` says what may happen, ``fees`` what it
costs; here is only what each event leaves behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Final

from billing_service.core.imports import fees, why
from billing_service.core.imports.allowed import check
from billing_service.core.imports.events import (
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
)
from billing_service.core.imports.facts import Reason
from billing_service.core.imports.policy import ImportPolicy
from billing_service.core.imports.structure import Structure
from billing_service.core.imports.values import Agreement, Fee, FeeCode, Moment, MomentKind, Project, Quote, QuoteState
from billing_service.core.money import ZERO

NOTHING: Final = Project()
"""A project before its first event."""


def apply(policy: ImportPolicy, project: Project, event: Event) -> Project:
    """The project after ``event``, with the fees that it caused.

    Raises ``Conflict`` with a stable code and a sentence when the event is not allowed there.
    """
    refusal = check(policy, project, event)
    if refusal:
        raise refusal.error()
    after = _APPLY[event.kind](policy, project, event)
    return replace(after, last_on=event.on, events=project.events + 1)


def replay(policy: ImportPolicy, events: Iterable[Event]) -> Project:
    """The project that these events make, from the first. Raises ``Conflict`` as ``apply`` does."""
    project = NOTHING
    for event in events:
        project = apply(policy, project, event)
    return project


# --- opening, assessing, closing --------------------------------------------------------------------------------------


def _opened(policy: ImportPolicy, project: Project, event: Opened) -> Project:
    return replace(project, opened_on=event.on, website=event.website)


def _assessed(policy: ImportPolicy, project: Project, event: Assessed) -> Project:
    """Before the first import the facts replace the earlier ones; after it they are those of a new structure, and other
    facts undo what was agreed for the earlier ones."""
    assessment = fees.assess(policy, event.facts)
    if not project.moments:
        return replace(project, facts=event.facts, assessment=assessment)
    if event.facts == project.next_facts:
        return project
    agreements = tuple(agreement for agreement in project.agreements if agreement.event != NewStructureAgreed.kind)
    return replace(_quotes_used(project), next_facts=event.facts, agreements=agreements)


def _website_added(policy: ImportPolicy, project: Project, event: WebsiteAdded) -> Project:
    """Point m."""
    return replace(project, website=policy.website_added_later == "counts", website_added_on=event.on)


def _closed(policy: ImportPolicy, project: Project, event: Closed) -> Project:
    return replace(project, closed_on=event.on, closed_reason=event.reason)


# --- quotes -----------------------------------------------------------------------------------------------------------


def _quote_sent(policy: ImportPolicy, project: Project, event: QuoteSent) -> Project:
    quote = Quote(event.quote_id, event.price, event.on, event.valid_until, event.purpose)
    return replace(project, quotes=(*project.quotes, quote))


def _quote_accepted(policy: ImportPolicy, project: Project, event: QuoteAccepted) -> Project:
    """Point l: the import's own price may be charged at once, the rest is charged when it is delivered."""
    project = _decided(project, event.quote_id, "accepted", event.on)
    quote = next(quote for quote in project.quotes if quote.quote_id == event.quote_id)
    if quote.purpose == "new_structure":
        return project
    if policy.charged_at == "accepted":
        project = _charge(project, "quoted_import", 1, quote.price, event.on, why.quoted_import(project, quote))
    return replace(project, price=quote.price)


def _quote_declined(policy: ImportPolicy, project: Project, event: QuoteDeclined) -> Project:
    return _decided(project, event.quote_id, "declined", event.on, event.reason)


def _quote_withdrawn(policy: ImportPolicy, project: Project, event: QuoteWithdrawn) -> Project:
    return _decided(project, event.quote_id, "withdrawn", event.on, event.reason)


def _decided(project: Project, quote_id: str, state: QuoteState, on: date, reason: str = "") -> Project:
    quotes = tuple(
        replace(quote, state=state, decided_on=on, reason=reason) if quote.quote_id == quote_id else quote
        for quote in project.quotes
    )
    return replace(project, quotes=quotes)


def _quotes_used(project: Project) -> Project:
    """An accepted quote for a new structure is for one delivery."""
    return replace(
        project,
        quotes=tuple(
            replace(quote, used=True) if quote.purpose == "new_structure" and quote.state == "accepted" else quote
            for quote in project.quotes
        ),
    )


# --- deliveries -------------------------------------------------------------------------------------------------------


def _sent_back(policy: ImportPolicy, project: Project, event: SentBack) -> Project:
    """R4, point i."""
    amount = fees.return_fee(policy, project)
    reasons = why.returned(project, amount, policy.free_returns or 0)
    project = _charge(project, "return", None, amount, event.on, reasons)
    agreements = tuple(agreement for agreement in project.agreements if agreement.event != ReturnAgreed.kind)
    return _handled(replace(project, returns=project.returns + 1, agreements=agreements), event.delivery_id)


def _moment_delivered(policy: ImportPolicy, project: Project, event: MomentDelivered) -> Project:
    return _deliver(policy, project, event.on, event.delivery_id, event.structure, event.skipped)


def _deliver(
    policy: ImportPolicy,
    project: Project,
    on: date,
    delivery_id: str,
    structure: Structure,
    skipped: tuple[str, ...] = (),
) -> Project:
    """A moment, with what it costs. What was agreed for it is used up, and so is what was agreed but not needed."""
    cost = fees.next_fee(policy, project, structure)
    quote = project.accepted_quote("new_structure")
    for part in cost.parts:
        project = _charge(project, part.code, cost.moment, part.amount, on, part.reasons)
    own_price = quote.price if quote and cost.kind == "new_structure" and policy.new_quote_sets_price else project.price
    project = _with_moment(project, on, delivery_id, structure, cost.kind, skipped)
    agreements = tuple(agreement for agreement in project.agreements if agreement.event == ReturnAgreed.kind)
    return replace(
        _quotes_used(project),
        price=own_price,
        feedback="available" if fees.feedback_after(policy, cost.kind) else "none",
        next_facts=None,
        agreements=agreements,
    )


def _with_moment(
    project: Project,
    on: date,
    delivery_id: str,
    structure: Structure,
    kind: MomentKind,
    skipped: tuple[str, ...] = (),
) -> Project:
    moment = Moment(len(project.moments) + 1, on, delivery_id, structure, kind, skipped)
    return replace(_handled(project, delivery_id), moments=(*project.moments, moment))


def _redone(policy: ImportPolicy, project: Project, event: Redone) -> Project:
    """Point j: our own mistake costs nothing and is no moment, unless the policy counts it as one."""
    if policy.own_mistake == "moment":
        return _deliver(policy, project, event.on, event.delivery_id, event.structure)
    return _handled(project, event.delivery_id)


def _handled(project: Project, delivery_id: str) -> Project:
    return replace(project, deliveries=project.deliveries | {delivery_id})


# --- feedback ---------------------------------------------------------------------------------------------------------


def _feedback_given(policy: ImportPolicy, project: Project, event: FeedbackGiven) -> Project:
    paid = project.feedback == "used" and policy.second_feedback == "further_moment"
    return replace(project, feedback="given_paid" if paid else "given")


def _feedback_imported(policy: ImportPolicy, project: Project, event: FeedbackImported) -> Project:
    """R5: free and no moment; point g: a second round may be charged as a further moment, beside those included."""
    if project.feedback == "given":
        return replace(_handled(project, event.delivery_id), feedback="used")
    amount = fees.further_moment_price(policy, project)
    reasons = why.feedback_round(policy, project, amount)
    project = _charge(project, "further_moment", len(project.moments) + 1, amount, event.on, reasons)
    agreements = tuple(agreement for agreement in project.agreements if agreement.event != FurtherMomentAgreed.kind)
    project = replace(project, feedback="used", agreements=agreements)
    return _with_moment(project, event.on, event.delivery_id, event.structure, "feedback_round")


# --- agreements and fees ----------------------------------------------------------------------------------------------


def _agreed(
    policy: ImportPolicy, project: Project, event: FurtherMomentAgreed | NewStructureAgreed | ReturnAgreed
) -> Project:
    return replace(project, agreements=(*project.agreements, Agreement(event.kind, event.on, event.by)))


def _charge(
    project: Project, code: FeeCode, moment: int | None, amount: Any, on: date, reasons: tuple[Reason, ...]
) -> Project:
    if amount == ZERO:
        return project
    return replace(project, fees=(*project.fees, Fee(code, moment, amount, on, project.events, reasons)))


_APPLY: Final[dict[str, Callable[[ImportPolicy, Project, Any], Project]]] = {
    Opened.kind: _opened,
    Assessed.kind: _assessed,
    WebsiteAdded.kind: _website_added,
    QuoteSent.kind: _quote_sent,
    QuoteAccepted.kind: _quote_accepted,
    QuoteDeclined.kind: _quote_declined,
    QuoteWithdrawn.kind: _quote_withdrawn,
    SentBack.kind: _sent_back,
    MomentDelivered.kind: _moment_delivered,
    FeedbackGiven.kind: _feedback_given,
    FeedbackImported.kind: _feedback_imported,
    Redone.kind: _redone,
    FurtherMomentAgreed.kind: _agreed,
    NewStructureAgreed.kind: _agreed,
    ReturnAgreed.kind: _agreed,
    Closed.kind: _closed,
}
