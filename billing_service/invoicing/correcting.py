"""A correction after issue: credit what a question put on its invoice, and charge what it comes to now.

Before issue there is nothing to correct: the released invoice is withdrawn and its questions follow their facts again.
A decision that is not released follows them by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import func, select

from billing_service import findings
from billing_service.core.crediting import Part, left_of
from billing_service.core.document import from_json
from billing_service.core.money import ZERO
from billing_service.errors import Conflict
from billing_service.invoicing.crediting import credit, credited_before
from billing_service.invoicing.issue import issue_invoice
from billing_service.invoicing.reading import get_invoice
from billing_service.rating import Outcome, decided_now, refresh_terms_changed, replace_released
from billing_service.rating.changed import CHANGED_AFTER_RELEASE
from billing_service.rating.persons import get_decision, wished_outcome
from billing_service.store.charges import Charge, Decision
from billing_service.store.invoices import Invoice
from billing_service.store.questions import Question
from billing_service.store.scope import Scope

Way = Literal["correct", "withdraw", "nothing"]

_REASON: Final = {"nl": "Correctie van vraag {question}.", "en": "Correction of question {question}."}
_COMPARED: Final = ("state", "disposition", "amount", "contract_id")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What correcting a question would do.

    ``way``: ``correct`` (credit and charge anew), ``withdraw`` (its document is not issued yet), ``nothing`` (its
    decision follows the facts, or still says the same). ``now`` is the decision by the facts of now, None where the
    question counts no longer. Amounts are without VAT.
    """

    question_id: UUID
    way: Way
    invoice_id: UUID | None
    number: str | None
    released: Mapping[str, Any]
    now: Mapping[str, Any] | None
    credit: Decimal
    charges: tuple[Mapping[str, Any], ...]

    @property
    def charge(self) -> Decimal:
        return sum((charge["amount"] for charge in self.charges), ZERO)


@dataclass(frozen=True, slots=True)
class Correction:
    """What was done; ``credit_note_id`` is None where the question had put nothing on its invoice (any more)."""

    question_id: UUID
    credit_note_id: UUID | None
    charge_ids: tuple[UUID, ...]


def propose(scope: Scope, question_id: UUID, wish: Mapping[str, Any] | None = None) -> Proposal:
    """What ``correct`` would do now. Writes nothing.

    Raises:
        NotFound: no decision about such a question.
        Conflict: a person decided it, and only a person can decide otherwise (``decided_by_a_person``).
    """
    row = get_decision(scope, question_id)
    released = {name: getattr(row, name) for name in ("state", "disposition", "amount", "minutes", "rule")}
    if not row.released or row.invoice_id is None:
        return Proposal(question_id, "nothing", None, None, released, None, ZERO, ())
    invoice = get_invoice(scope, row.invoice_id)
    outcome = _outcome(scope, row, wish)
    now = None if outcome is None else outcome.decision
    charges = () if outcome is None else tuple(outcome.charges)
    if invoice.state != "issued":
        charged = sum((charge.amount for charge in _charges(scope, question_id)), ZERO)
        return Proposal(question_id, "withdraw", invoice.id, None, released, now, charged, charges)
    _, credited = _parts(scope, invoice, question_id)
    same = wish is None and now is not None and all(getattr(row, name) == now[name] for name in _COMPARED)
    if same and credited == row.amount:
        return Proposal(question_id, "nothing", invoice.id, invoice.number, released, now, ZERO, ())
    return Proposal(question_id, "correct", invoice.id, invoice.number, released, now, credited, charges)


def correct(
    scope: Scope, question_id: UUID, reason: str | None = None, wish: Mapping[str, Any] | None = None
) -> Correction:
    """Credit what the question put on its issued invoice and charge what it comes to now, dated as what it replaces.

    Without ``wish`` the tariff decides by the facts of now; a ``wish`` is a person's decision (see
    ``rating.persons.decide_by_person``). ``reason`` is printed on the credit note. The decision follows the facts again
    until its new charges are released, so a second correction works on the newest state.

    Raises:
        NotFound: no decision about such a question.
        Conflict: its document is not issued (``withdraw_instead``), there is nothing to correct, or as ``credit``.
        InvalidInput: as ``decide_by_person``, or no number series for credit notes.
    """
    scope.session.execute(
        select(Decision.question_id)
        .where(Decision.administration_id == scope.administration_id, Decision.question_id == question_id)
        .with_for_update()
    )
    scope.session.expire_all()
    proposal = propose(scope, question_id, wish)
    if proposal.way == "withdraw":
        detail = "The invoice of this question is not issued yet: withdraw it, and the question is decided again."
        raise Conflict(detail, code="withdraw_instead")
    if proposal.way == "nothing" or proposal.invoice_id is None:
        detail = "There is nothing to correct: what was decided still holds, or follows the facts by itself."
        raise Conflict(detail, code="nothing_to_correct")
    invoice = get_invoice(scope, proposal.invoice_id, lock=True)
    parts, _ = _parts(scope, invoice, question_id)
    credit_note_id = None
    if parts:
        credit_note_id = credit(scope, invoice.id, reason or _reason(scope, question_id, invoice), parts)
        issue_invoice(scope, credit_note_id)
    under = get_decision(scope, question_id).contract_id
    replace_released(scope, question_id, _outcome(scope, get_decision(scope, question_id), wish))
    findings.settle(scope, CHANGED_AFTER_RELEASE, question_id, "corrected")
    refresh_terms_changed(scope, [] if under is None else [under])
    made = [charge.id for charge in _charges(scope, question_id) if charge.state == "open"]
    return Correction(question_id, credit_note_id, tuple(made))


def _outcome(scope: Scope, row: Decision, wish: Mapping[str, Any] | None) -> Outcome | None:
    if wish is not None:
        return wished_outcome(scope, row.question_id, wish)
    outcome = decided_now(scope, row.question_id)
    if outcome is not None and row.by_person is not None:
        detail = "A person decided this question; give the decision that is to hold now."
        raise Conflict(detail, code="decided_by_a_person")
    return outcome


def _charges(scope: Scope, question_id: UUID) -> Sequence[Charge]:
    """The charges of the question that count: those of earlier corrections do not."""
    mine = Charge.administration_id == scope.administration_id
    counting = select(Charge).where(mine, Charge.question_id == question_id, Charge.state != "credited")
    return scope.session.scalars(counting.order_by(Charge.part)).all()


def _parts(scope: Scope, invoice: Invoice, question_id: UUID) -> tuple[list[Part], Decimal]:
    """What to credit of the invoice: a line of the question's own whole, of a line that it shares its own share."""
    document = from_json(invoice.document.encode())
    lines = {line.number: line for line in document.lines}
    before = credited_before(scope, invoice.id)
    left = {number: left_of(line, before.of(number)) for number, line in lines.items()}
    shared = _shared(scope, invoice)
    parts: list[Part] = []
    total = ZERO
    detail = _REASON[document.language].format(question=_external_id(scope, question_id))
    for charge in _charges(scope, question_id):
        number = charge.line
        if number is None or charge.invoice_id != invoice.id or not left[number]:
            continue
        if shared[number] == 1:
            parts.append(Part(number))
            total += left[number]
        elif charge.amount and lines[number].quantity is not None and left[number] >= charge.amount:
            parts.append(Part(number, quantity=charge.quantity or Decimal(1), detail=detail))
            total += charge.amount
        else:
            amount = min(charge.amount, left[number])
            parts += [Part(number, amount=amount, detail=detail)] if amount else []
            total += amount
    return parts, total


def _shared(scope: Scope, invoice: Invoice) -> dict[int, int]:
    """How many charges stand on each line."""
    rows = scope.session.execute(
        select(Charge.line, func.count())
        .where(Charge.administration_id == scope.administration_id, Charge.invoice_id == invoice.id)
        .group_by(Charge.line)
    )
    return {line: count for line, count in rows if line is not None}


def _reason(scope: Scope, question_id: UUID, invoice: Invoice) -> str:
    language = from_json(invoice.document.encode()).language
    return _REASON[language].format(question=_external_id(scope, question_id))


def _external_id(scope: Scope, question_id: UUID) -> str:
    return scope.session.get_one(Question, (scope.administration_id, question_id)).external_id
