"""Why a fee is charged: codes and facts, gathered when it is charged, worded when somebody reads them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from billing_service.core.imports.facts import Reason
from billing_service.core.imports.policy import ImportPolicy
from billing_service.core.imports.structure import Difference, Structure, differences
from billing_service.core.imports.values import Agreement, Basis, Moment, Project, Quote

_MOST_DIFFERENCES = 50  # of a structure that has nothing left of the old one


def quoted_import(project: Project, quote: Quote) -> tuple[Reason, ...]:
    """Why this import was quoted, and that its quote was accepted."""
    assessment = project.assessment
    return (*(assessment.reasons if assessment and assessment.outcome == "quote" else ()), _accepted(quote))


def further_moment(
    policy: ImportPolicy, project: Project, used: Sequence[Moment], amount: Decimal
) -> tuple[Reason, ...]:
    """R7: which moments were included and when they were, and what each further one costs."""
    included = Reason(
        "moments_included",
        {
            "files": _files(project),
            "quoted": project.price is not None,
            "website": project.website,
            "restarted": used[0].kind == "new_structure",
            "days": [_day(moment) for moment in used],
        },
    )
    return (included, _half(policy, project, amount), *_agreed(project.agreed("further_moment_agreed")))


def feedback_round(policy: ImportPolicy, project: Project, amount: Decimal) -> tuple[Reason, ...]:
    """Point g: a second round of feedback that costs what a further moment costs."""
    return (
        Reason("second_feedback", {"files": _files(project), "on": _day(project.moments[-1])}),
        _half(policy, project, amount),
        *_agreed(project.agreed("further_moment_agreed")),
    )


def new_structure(
    policy: ImportPolicy, project: Project, structure: Structure, basis: Basis, amount: Decimal
) -> tuple[Reason, ...]:
    """R8: how the structure differs from the most similar one delivered, and what a new structure costs."""
    nearest, found = nearest_delivered(project, structure)
    changed = Reason(
        "new_structure",
        {
            "files": len(structure.files),
            "on": _day(nearest),
            "delivered": len(project.structures),
            "differences": [difference.to_plain() for difference in found[:_MOST_DIFFERENCES]],
            "more": max(0, len(found) - _MOST_DIFFERENCES),
        },
    )
    quote = project.accepted_quote("new_structure")
    if quote and basis == "own_quote":
        return (changed, _accepted(quote))
    return (changed, _whole(policy, project, basis, amount), *_agreed(project.agreed("new_structure_agreed")))


def returned(project: Project, amount: Decimal, free: int) -> tuple[Reason, ...]:
    """Point i: the free returns are used up."""
    return (
        Reason("returns_used", {"free": free, "amount": str(amount)}),
        *_agreed(project.agreed("return_agreed")),
    )


def nearest_delivered(project: Project, structure: Structure) -> tuple[Moment, tuple[Difference, ...]]:
    """The delivered moment whose structure is most like this one (the latest of equals), with the differences."""
    compared = [(moment, differences(moment.structure, structure)) for moment in reversed(project.moments)]
    return min(compared, key=lambda pair: len(pair[1]))


def _half(policy: ImportPolicy, project: Project, amount: Decimal) -> Reason:
    if project.price is None:
        return Reason("further_moment_free_import", {"amount": str(amount)})
    percentage = policy.further_moment_percentage
    return Reason(
        "further_moment_quoted",
        {"price": str(project.price), "percentage": str(percentage), "amount": str(amount)},
    )


def _whole(policy: ImportPolicy, project: Project, basis: Basis, amount: Decimal) -> Reason:
    if basis == "free_price":
        return Reason("new_structure_free_import", {"amount": str(amount)})
    percentage = policy.new_structure_percentage
    return Reason(
        "new_structure_quoted",
        {"price": str(project.price), "percentage": str(percentage), "amount": str(amount)},
    )


def _accepted(quote: Quote) -> Reason:
    decided = quote.decided_on or quote.sent_on
    return Reason("quote_accepted", {"quote": quote.quote_id, "on": decided.isoformat(), "price": str(quote.price)})


def _agreed(agreement: Agreement | None) -> tuple[Reason, ...]:
    if agreement is None:
        return ()
    return (Reason(agreement.event, {"by": agreement.by, "on": agreement.on.isoformat()}),)


def _files(project: Project) -> int:
    return len(project.moments[-1].structure.files)


def _day(moment: Moment) -> str:
    return moment.on.isoformat()
