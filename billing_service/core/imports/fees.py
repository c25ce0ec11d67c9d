"""What a member import costs: the page to check line by line.

Sources: the published import conditions, restated as rules R1–R8 with their silent points a–n (domain.md, "Import
fees", has the numbers and the choices; ``policy`` has both as settings). Amounts are in the administration's currency,
without VAT. A *moment* is one time that the customer's file is imported.

R1  Free if and only if: one file, one-dimensional, at most 30 columns. Anything else: a quoted price.
R2  One-dimensional: only personal data of members (name and address, contact details, extra fields).
R3  Moments included: 2 with a website, 1 without.
R4  Unusable columns are skipped, a poor file is sent back; neither costs anything.
R5  After moment 1 the customer gives feedback once; its re-import is free and is no moment.
R6  Every later moment has exactly the same structure as an earlier one.
R7  Each further moment: half the import's price; 90.00 where the import is free.
R8  A new structure that the old one cannot replace: the import's price again; 180.00 where the import is free.

Nothing but an accepted quote's own price is charged before the customer's recorded agreement to that fee.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from billing_service.core.imports import why
from billing_service.core.imports.facts import Assessment, ImportFacts, Reason
from billing_service.core.imports.policy import ImportPolicy
from billing_service.core.imports.structure import Structure, fingerprint
from billing_service.core.imports.values import Basis, FeeCode, Moment, MomentKind, Project
from billing_service.core.money import ZERO, percentage_of, round_cents
from billing_service.errors import FieldError, InvalidInput

Need = Literal["assessed", "quote_accepted", "further_moment_agreed", "new_structure_agreed"]


@dataclass(frozen=True, slots=True)
class Part:
    """One fee of a moment: its code, its amount and why."""

    code: FeeCode
    amount: Decimal
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What importing a structure as moment number ``moment`` costs. ``needs`` names the events that must be recorded
    before it may be imported; ``parts`` are the fees known so far.
    """

    moment: int
    kind: MomentKind
    parts: tuple[Part, ...] = ()
    needs: tuple[Need, ...] = ()

    @property
    def amount(self) -> Decimal | None:
        """All parts together; None while it depends on an assessment or on a quote that is not accepted."""
        if "assessed" in self.needs or "quote_accepted" in self.needs:
            return None
        return sum((part.amount for part in self.parts), ZERO)


# --- R1, R2: free or a quote ------------------------------------------------------------------------------------------


def assess(policy: ImportPolicy, facts: ImportFacts) -> Assessment:
    """R1: free if every condition holds, else a quote, with every condition that does not.

    Raises ``InvalidInput`` where the policy limits extra fields (point h) and nobody counted them.
    """
    against = [
        reason
        for reason in (_files(facts), _columns(policy, facts), _dimensions(facts), _extra_fields(policy, facts))
        if reason
    ]
    if against:
        return Assessment("quote", tuple(against))
    return Assessment("free", (Reason("free", {"columns": columns_counted(policy, facts)}),))


def columns_counted(policy: ImportPolicy, facts: ImportFacts) -> int:
    """Point h: all titled columns, or only those that are imported (without the skipped ones of R4)."""
    return facts.columns - facts.skipped if policy.columns_counted == "imported" else facts.columns


def _files(facts: ImportFacts) -> Reason | None:
    return Reason("several_files", {"files": facts.files}) if facts.files > 1 else None


def _columns(policy: ImportPolicy, facts: ImportFacts) -> Reason | None:
    columns = columns_counted(policy, facts)
    if columns <= policy.most_columns_free:
        return None
    return Reason("too_many_columns", {"columns": columns, "most": policy.most_columns_free})


def _dimensions(facts: ImportFacts) -> Reason | None:
    return None if facts.one_dimensional else Reason("not_one_dimensional", {})


def _extra_fields(policy: ImportPolicy, facts: ImportFacts) -> Reason | None:
    """Point h: R2 names no number of extra fields; a policy may."""
    if policy.most_extra_fields is None:
        return None
    if facts.extra_fields is None:
        raise InvalidInput(
            "this import policy limits the extra fields, so they must be counted",
            errors=[FieldError("/facts/extra_fields", "is required by the import policy")],
        )
    if facts.extra_fields <= policy.most_extra_fields:
        return None
    return Reason("too_many_extra_fields", {"fields": facts.extra_fields, "most": policy.most_extra_fields})


# --- R3: moments included ---------------------------------------------------------------------------------------------


def moments_included(policy: ImportPolicy, project: Project) -> int:
    """R3: 2 with a website, 1 without; point a: a second one without website may be included too."""
    if project.website:
        return policy.moments_with_website
    if policy.second_moment_without_website == "included":
        return max(2, policy.moments_without_website)
    return policy.moments_without_website


def moments_used(policy: ImportPolicy, project: Project) -> tuple[Moment, ...]:
    """The moments that count towards the included ones: not a paid feedback round (point g), and where a new structure
    starts a fresh series (point b) only those since the last one."""
    counting = [moment for moment in project.moments if moment.kind != "feedback_round"]
    if policy.new_structure_restarts_moments:
        starts = [place for place, moment in enumerate(counting) if moment.kind == "new_structure"]
        counting = counting[starts[-1] :] if starts else counting
    return tuple(counting)


def is_further(policy: ImportPolicy, project: Project) -> bool:
    """R7: whether the next moment is one more than those included."""
    return len(moments_used(policy, project)) >= moments_included(policy, project)


# --- R4: poor files ---------------------------------------------------------------------------------------------------


def return_fee(policy: ImportPolicy, project: Project) -> Decimal:
    """R4: sending a poor file back is free; point i: a policy may charge each return after the free ones."""
    if policy.free_returns is None or project.returns < policy.free_returns:
        return ZERO
    return policy.return_fee


# --- R5: feedback -----------------------------------------------------------------------------------------------------


def feedback_after(policy: ImportPolicy, kind: MomentKind) -> bool:
    """R5: a round of feedback after moment 1; point d: after a new structure; point f: after a further moment."""
    if kind == "new_structure":
        return policy.feedback_after_new_structure
    if kind == "further":
        return policy.feedback_after_further_moment
    return kind == "first"


# --- R6: the same structure -------------------------------------------------------------------------------------------


def is_new(policy: ImportPolicy, project: Project, structure: Structure) -> bool:
    """R6: unlike every structure already delivered in this project; point n says what is alike."""
    known = {fingerprint(moment.structure, policy.same_structure) for moment in project.moments}
    return fingerprint(structure, policy.same_structure) not in known


# --- R7: a further moment ---------------------------------------------------------------------------------------------


def further_moment_price(policy: ImportPolicy, project: Project) -> Decimal:
    """R7: half the quoted price, rounded to cents as point k says (345.55 → 172.78); 90.00 for a free import."""
    if project.price is None:
        return policy.free_further_moment
    return round_cents(percentage_of(project.price, policy.further_moment_percentage), policy.half_rounding)


# --- R8: a new structure ----------------------------------------------------------------------------------------------


def new_structure_basis(policy: ImportPolicy, project: Project, facts: ImportFacts | None) -> Basis:
    """R8 and point e: by which price a new structure goes.

    A free import goes by its fixed price, or by a quote of its own once the new structure is no longer free. A quoted
    import stays quoted, or goes by the free import's price once its new structure would have been free.
    """
    quoted = project.price is not None
    if quoted and policy.quoted_stays_quoted:
        return "import_price"
    if not quoted and policy.new_structure_not_free == "fixed_price":
        return "free_price"
    if facts is None:
        return "not_assessed"
    if assess(policy, facts).outcome == "free":
        return "free_price"
    return "import_price" if quoted else "own_quote"


def new_structure_price(policy: ImportPolicy, project: Project, basis: Basis) -> Decimal | Need:
    """R8: the quoted price again; 180.00 for a free import; the price of the new structure's own quote. Or the event
    that is needed before there is a price."""
    if basis == "not_assessed":
        return "assessed"
    if basis == "import_price" and project.price is not None:
        return round_cents(percentage_of(project.price, policy.new_structure_percentage), policy.half_rounding)
    if basis == "own_quote":
        quote = project.accepted_quote("new_structure")
        return quote.price if quote else "quote_accepted"
    return policy.free_new_structure


# --- what the next moment costs ---------------------------------------------------------------------------------------


def next_fee(policy: ImportPolicy, project: Project, structure: Structure, facts: ImportFacts | None = None) -> Cost:
    """What importing ``structure`` as the next moment costs and needs first. ``facts``: else those last assessed."""
    if not project.moments:
        return _first_moment(policy, project, structure, facts or project.facts)
    if is_new(policy, project, structure):
        return _new_structure(policy, project, structure, facts or project.next_facts)
    if is_further(policy, project):
        return _further_moment(policy, project)
    return Cost(len(project.moments) + 1, "included")


def _first_moment(policy: ImportPolicy, project: Project, structure: Structure, facts: ImportFacts | None) -> Cost:
    """R1: nothing for a free import; the accepted price of a quoted one, unless it was charged at acceptance (l)."""
    if facts is None or not describes(facts, structure):
        return Cost(1, "first", needs=("assessed",))
    quote = project.accepted_quote("import")
    if quote is None:
        free = assess(policy, facts).outcome == "free"
        return Cost(1, "first", needs=() if free else ("quote_accepted",))
    if policy.charged_at == "accepted":
        return Cost(1, "first")
    return Cost(1, "first", (Part("quoted_import", quote.price, why.quoted_import(project, quote)),))


def _further_moment(policy: ImportPolicy, project: Project) -> Cost:
    """R7. A fee of 0.00 needs no agreement."""
    amount = further_moment_price(policy, project)
    used = moments_used(policy, project)[: moments_included(policy, project)]
    part = Part("further_moment", amount, why.further_moment(policy, project, used, amount))
    agreed = not amount or project.agreed("further_moment_agreed")
    return Cost(len(project.moments) + 1, "further", (part,), () if agreed else ("further_moment_agreed",))


def _new_structure(policy: ImportPolicy, project: Project, structure: Structure, facts: ImportFacts | None) -> Cost:
    """R8, at any moment; point c: beyond the included moments it replaces the fee of R7, or comes on top of it."""
    if facts is not None and not describes(facts, structure):
        facts = None
    extra = Cost(0, "further")
    if policy.new_structure_at_further_moment == "on_top" and is_further(policy, project):
        extra = _further_moment(policy, project)
    basis = new_structure_basis(policy, project, facts)
    price = new_structure_price(policy, project, basis)
    moment = len(project.moments) + 1
    if not isinstance(price, Decimal):
        return Cost(moment, "new_structure", extra.parts, (price, *extra.needs))
    part = Part("new_structure", price, why.new_structure(policy, project, structure, basis, price))
    agreed = not price or basis == "own_quote" or project.agreed("new_structure_agreed")
    needs: tuple[Need, ...] = () if agreed else ("new_structure_agreed",)
    return Cost(moment, "new_structure", (part, *extra.parts), (*needs, *extra.needs))


def describes(facts: ImportFacts, structure: Structure) -> bool:
    """Whether the assessed facts are of this very delivery, as far as can be counted."""
    return facts.files == len(structure.files) and facts.columns == structure.columns
