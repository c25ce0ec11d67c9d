"""Whether an event is allowed now, and why not. ``check`` looks at the event itself; ``may`` only at its kind, so that
a screen can show what can be done before anybody fills anything in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from billing_service.core.imports import fees, refusals
from billing_service.core.imports.events import (
    Event,
    FeedbackImported,
    MomentDelivered,
    QuoteAccepted,
    QuoteDeclined,
    QuoteSent,
    QuoteWithdrawn,
    Redone,
    SentBack,
)
from billing_service.core.imports.policy import ImportPolicy
from billing_service.core.imports.refusals import Refusal
from billing_service.core.imports.structure import Structure
from billing_service.core.imports.values import Project

_May = Callable[[ImportPolicy, Project, date], Refusal | None]


def may(policy: ImportPolicy, project: Project, kind: str, on: date) -> Refusal | None:
    """Why an event of ``kind`` cannot happen on this day, whatever it holds; None if it can."""
    refusal = _running(project, kind, on)
    return refusal or (_MAY[kind](policy, project, on) if kind in _MAY else None)


def check(policy: ImportPolicy, project: Project, event: Event) -> Refusal | None:
    """Why this very event cannot happen now; None if it can."""
    if isinstance(event, MomentDelivered) or (isinstance(event, Redone) and policy.own_mistake == "moment"):
        return _running(project, event.kind, event.on) or _check_moment(policy, project, event)
    refusal = may(policy, project, event.kind, event.on)
    if refusal:
        return refusal
    if isinstance(event, QuoteAccepted | QuoteDeclined | QuoteWithdrawn):
        return _quote(project, event.quote_id, event.on)
    if isinstance(event, QuoteSent):
        return _new_quote(project, event)
    if isinstance(event, SentBack):
        return _delivery(project, event)
    if isinstance(event, FeedbackImported | Redone):
        other = fees.is_new(policy, project, event.structure)
        return _delivery(project, event) or (refusals.other_structure() if other else None)
    return None


def _running(project: Project, kind: str, on: date) -> Refusal | None:
    if kind == "opened":
        return refusals.not_open("opened_before") if project.opened_on else None
    if project.opened_on is None:
        return refusals.not_open("not_opened")
    if project.closed_on is not None:
        return refusals.not_open("closed")
    if project.last_on is not None and on < project.last_on:
        return refusals.dates_run_back(project.last_on.isoformat())
    return None


def _check_moment(policy: ImportPolicy, project: Project, event: MomentDelivered | Redone) -> Refusal | None:
    """The agreements that a moment needs depend on its structure."""
    if isinstance(event, Redone) and not project.moments:
        return refusals.nothing_delivered()
    refusal = (
        _deliver(policy, project, event.on) or _delivery(project, event) or _cost(policy, project, event.structure)
    )
    if refusal is None and isinstance(event, MomentDelivered) and policy.columns_counted == "imported":
        return _skipped(policy, project, event)
    return refusal


def _skipped(policy: ImportPolicy, project: Project, event: MomentDelivered) -> Refusal | None:
    """Point h: where skipping columns can make an import free, exactly those assessed are skipped."""
    facts = project.next_facts if project.moments else project.facts
    if facts is None or not fees.is_new(policy, project, event.structure) or facts.skipped == len(event.skipped):
        return None
    return refusals.not_assessed("skipped_differ")


# --- by kind ----------------------------------------------------------------------------------------------------------


def _assess(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    """The facts under an open quote do not change: it would be accepted for something else."""
    quote = project.open_quote(on)
    return refusals.quote_open(quote.quote_id) if quote else None


def _website(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    return refusals.website_already() if project.website or project.website_added_on else None


def _send_quote(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    quote = project.open_quote(on)
    if quote:
        return refusals.quote_open(quote.quote_id)
    return _import_quote(project) if not project.moments else _new_structure_quote(policy, project)


def _import_quote(project: Project) -> Refusal | None:
    if project.assessment is None:
        return refusals.not_assessed("not_assessed")
    if project.price is not None:
        return refusals.no_quote_needed("import_price_agreed")
    return refusals.no_quote_needed("import_is_free") if project.assessment.outcome == "free" else None


def _new_structure_quote(policy: ImportPolicy, project: Project) -> Refusal | None:
    """Point e."""
    basis = fees.new_structure_basis(policy, project, project.next_facts)
    if basis == "not_assessed":
        return refusals.not_assessed("new_structure_not_assessed")
    if basis != "own_quote":
        return refusals.no_quote_needed("new_structure_has_price")
    accepted = project.accepted_quote("new_structure")
    return refusals.no_quote_needed("new_structure_quote_accepted") if accepted else None


def _decide_quote(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    if project.open_quote(on):
        return None
    expired = [quote for quote in project.quotes if quote.expired(on)]
    return refusals.quote_not_open("quote_expired", expired[-1].quote_id) if expired else _no_quote()


def _no_quote() -> Refusal:
    return refusals.quote_not_open("no_quote_open")


def _send_back(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    """Point i: after the free returns the customer first agrees to the fee."""
    if fees.return_fee(policy, project) and not project.agreed("return_agreed"):
        return refusals.agreement_needed("return_not_agreed")
    return None


def _deliver(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    if project.assessment is None:
        return refusals.not_assessed("not_assessed")
    quote = project.open_quote(on)
    if quote:
        return refusals.quote_open(quote.quote_id)
    if not project.moments and project.price is None and project.assessment.outcome == "quote":
        return refusals.quote_needed("quote_needed")
    if project.feedback in ("given", "given_paid"):
        return refusals.feedback_open()
    return None


def _deliver_anything(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    """Beyond the included moments something must be agreed first, as a rule, whichever structure comes."""
    refusal = _deliver(policy, project, on)
    if refusal:
        return refusal
    if not project.moments or not fees.is_further(policy, project) or not fees.further_moment_price(policy, project):
        return None
    agreed = project.agreed("further_moment_agreed") or project.agreed("new_structure_agreed")
    if agreed or project.accepted_quote("new_structure"):
        return None
    return refusals.agreement_needed("further_not_agreed")


def _give_feedback(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    """R5, and point g for a second round."""
    if not project.moments:
        return refusals.feedback_refused("feedback_before_import")
    if project.feedback in ("given", "given_paid"):
        return refusals.feedback_open()
    if project.feedback == "none":
        return refusals.feedback_refused("no_round")
    if project.feedback == "available" or policy.second_feedback == "free":
        return None
    if policy.second_feedback == "refused":
        return refusals.feedback_refused("round_used")
    paid = project.agreed("further_moment_agreed") or not fees.further_moment_price(policy, project)
    return None if paid else refusals.agreement_needed("round_needs_agreement")


def _import_feedback(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    return None if project.feedback in ("given", "given_paid") else refusals.no_feedback()


def _redo(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    """Point j."""
    if not project.moments:
        return refusals.nothing_delivered()
    return _deliver_anything(policy, project, on) if policy.own_mistake == "moment" else None


def _agree_further(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    """R7: agreed once, when the next moment (or, by point g, the next round of feedback) costs it."""
    if project.agreed("further_moment_agreed"):
        return refusals.no_agreement_needed("agreed_already")
    if not project.moments:
        return refusals.nothing_delivered()
    if not fees.further_moment_price(policy, project):
        return refusals.no_agreement_needed("costs_nothing")
    second_round = policy.second_feedback == "further_moment" and project.feedback == "used"
    if fees.is_further(policy, project) or second_round:
        return None
    return refusals.no_agreement_needed("moment_is_included")


def _agree_new_structure(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    """R8: agreed once the price is known."""
    if project.agreed("new_structure_agreed"):
        return refusals.no_agreement_needed("agreed_already")
    if not project.moments:
        return refusals.nothing_delivered()
    basis = fees.new_structure_basis(policy, project, project.next_facts)
    if basis == "not_assessed":
        return refusals.not_assessed("new_structure_not_assessed")
    if basis == "own_quote":
        return refusals.quote_needed("new_quote_needed")
    price = fees.new_structure_price(policy, project, basis)
    return None if price else refusals.no_agreement_needed("costs_nothing")


def _agree_return(policy: ImportPolicy, project: Project, on: date) -> Refusal | None:
    if project.agreed("return_agreed"):
        return refusals.no_agreement_needed("agreed_already")
    return None if fees.return_fee(policy, project) else refusals.no_agreement_needed("return_is_free")


_MAY: Final[dict[str, _May]] = {
    "assessed": _assess,
    "website_added": _website,
    "quote_sent": _send_quote,
    "quote_accepted": _decide_quote,
    "quote_declined": _decide_quote,
    "quote_withdrawn": _decide_quote,
    "sent_back": _send_back,
    "moment_delivered": _deliver_anything,
    "feedback_given": _give_feedback,
    "feedback_imported": _import_feedback,
    "redone": _redo,
    "further_moment_agreed": _agree_further,
    "new_structure_agreed": _agree_new_structure,
    "return_agreed": _agree_return,
}


# --- by the event itself ----------------------------------------------------------------------------------------------


def _quote(project: Project, quote_id: str, on: date) -> Refusal | None:
    for quote in project.quotes:
        if quote.quote_id == quote_id:
            if quote.expired(on):
                return refusals.quote_not_open("quote_expired", quote_id)
            return None if quote.state == "open" else refusals.quote_not_open("quote_decided", quote_id)
    return refusals.quote_not_open("quote_unknown", quote_id)


def _new_quote(project: Project, event: QuoteSent) -> Refusal | None:
    if any(quote.quote_id == event.quote_id for quote in project.quotes):
        return refusals.quote_not_open("quote_exists", event.quote_id)
    if event.purpose == "import" and project.moments:
        return refusals.no_quote_needed("import_delivered")
    return refusals.nothing_delivered() if event.purpose == "new_structure" and not project.moments else None


def _delivery(project: Project, event: SentBack | MomentDelivered | FeedbackImported | Redone) -> Refusal | None:
    """A delivery is imported or sent back once: this alone keeps a repeated request from charging again."""
    handled = event.delivery_id in project.deliveries
    return refusals.delivery_handled(event.delivery_id) if handled else None


def _cost(policy: ImportPolicy, project: Project, structure: Structure) -> Refusal | None:
    needs = fees.next_fee(policy, project, structure).needs
    return need_refusal(project, structure, needs[0]) if needs else None


def need_refusal(project: Project, structure: Structure, need: fees.Need) -> Refusal:
    """The refusal that says what ``next_fee`` still needs."""
    first = not project.moments
    if need == "assessed":
        facts = project.facts if first else project.next_facts
        missing = "not_assessed" if first else "new_structure_not_assessed"
        return refusals.not_assessed("facts_differ" if facts and not fees.describes(facts, structure) else missing)
    if need == "quote_accepted":
        return refusals.quote_needed("quote_needed" if first else "new_quote_needed")
    return refusals.agreement_needed(
        "further_not_agreed" if need == "further_moment_agreed" else "new_structure_not_agreed"
    )
