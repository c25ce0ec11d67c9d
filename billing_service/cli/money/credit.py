"""``billing credit``, ``billing correct``, ``billing set-off``: documents taken back, and what they settle."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import click
from sqlalchemy import select

from billing_service import invoicing, receivables
from billing_service.cli.money.common import amount_option, by_number, customer_option, newest, numbers, tell_allocation
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.core import money
from billing_service.core.crediting import Part
from billing_service.core.vat import VAT_CLASSES
from billing_service.errors import InvalidInput, NotFound
from billing_service.receivables.standing import CREDIT_REST
from billing_service.store.charges import Charge
from billing_service.store.invoices import Invoice
from billing_service.store.questions import Question
from billing_service.store.scope import Scope

BY_PERSON: Final = ("charge", "included", "draw", "waived", "not_billable")


@click.command()
@administration_option
@click.argument("invoice")
@click.option("--reason", required=True, help="Printed on the credit note, in the customer's language.")
@click.option("--line", type=int, multiple=True, help="Only this line; may be repeated. Without: all that is left.")
@amount_option(text="Of that line, without VAT.")
@click.option("--quantity", type=str, help="Of that line.")
@click.option("--minutes", type=int, help="Of that line.")
@pass_program
def credit(
    program: Program,
    administration: str | None,
    invoice: str,
    reason: str,
    line: tuple[int, ...],
    amount: Decimal | None,
    quantity: str | None,
    minutes: int | None,
) -> None:
    """Credit INVOICE (its number), whole or lines of it. The credit note is issued at once."""
    if len(line) != 1 and any(value is not None for value in (amount, quantity, minutes)):
        raise click.UsageError("Say of which --line; a part of one line at a time.")
    pieces = None if quantity is None else money.to_decimal(quantity, places=4, pointer="--quantity")
    parts = [Part(number, quantity=pieces, minutes=minutes, amount=amount) for number in line] or None
    with program.scope(program.administration(administration)) as scope:
        credited = by_number(scope, Invoice, invoice)
        note_id = invoicing.credit(scope, credited.id, reason, parts)
        invoicing.issue_invoice(scope, note_id)
        _tell_credit_note(scope, note_id)
    program.make_worker(program.context, program.settings).drain()


@click.command("credit-notes")
@administration_option
@customer_option
@click.option("--left", is_flag=True, help="Only those of which something stands as the customer's balance.")
@pass_program
def credit_notes(program: Program, administration: str | None, customer: str | None, left: bool) -> None:
    """The newest 100 credit notes, what they credit and what is left of them."""
    with program.scope(program.administration(administration)) as scope:
        query = newest(scope, Invoice, customer=customer).where(Invoice.kind == "credit_note")
        if left:
            query = query.where(Invoice.state == "issued", CREDIT_REST > 0)
        rows = scope.session.scalars(query).all()
        rests = receivables.credit_rests(scope, [row.id for row in rows])
        credited = numbers(scope, [row.credits_invoice_id for row in rows])
        shown = [
            (
                row.issue_date or "",
                row.number or row.state,
                credited[row.credits_invoice_id],
                row.gross,
                rests.get(row.id, "–"),
            )
            for row in rows
        ]
    Teller().table(["Day", "Credit note", "Of invoice", ">Amount", ">Left"], shown)


@click.command()
@administration_option
@click.argument("question")
@click.option("--source", help="Where the question comes from, if several sources know this number.")
@click.option("--reason", help="Printed on the credit note; without: correction of this question.")
@click.option("--decide", "disposition", type=click.Choice(BY_PERSON), help="Decide yourself; else the tariff does.")
@amount_option(text="With --decide: of the charge, or the value of what is waived; without VAT.")
@click.option("--vat-class", type=click.Choice(VAT_CLASSES), help="With --decide; without: standard.")
@click.option("--minutes", type=click.IntRange(min=1), help="With --decide draw; without: the question itself.")
@click.option("--code", help="With --decide draw: only from cards, blocks and allowances with this code.")
@click.option("--contract", help="With --decide: its reference, where the rules found no contract.")
@click.option("--because", help="With --decide: why; the explanation shows it.")
@click.option("--yes", is_flag=True, help="Correct without asking.")
@pass_program
def correct(
    program: Program,
    /,
    administration: str | None,
    question: str,
    source: str | None,
    reason: str | None,
    yes: bool,
    **decision: Any,
) -> None:
    """Correct QUESTION (its number at its source, or its id) whose invoice is issued: one credit and one new charge.

    Shows what is credited and charged anew, and asks. The credit note is issued at once; the charge comes on the next
    invoice, with the VAT of the original date.
    """
    wish = _decision(decision)
    administration_id = program.administration(administration)
    with program.reading(administration_id) as scope:
        question_id = _question(scope, question, source).id
        proposal = invoicing.propose(scope, question_id, wish)
    if proposal.way == "correct":
        _tell_proposal(proposal)
        if not yes:
            click.confirm("Correct it so?", abort=True)
    with program.scope(administration_id) as scope:
        done = invoicing.correct(scope, question_id, reason, wish)
        if done.credit_note_id is not None:
            _tell_credit_note(scope, done.credit_note_id)
        for charge_id in done.charge_ids:
            charge = scope.session.get_one(Charge, (administration_id, charge_id))
            click.echo(f"Charge {charge.id}: {charge.amount} of {charge.date}, on the next invoice.")
    program.make_worker(program.context, program.settings).drain()


@click.command("set-off")
@administration_option
@click.argument("credit_note")
@click.argument("invoice")
@amount_option()
@click.option("--overpays", is_flag=True, help="The customer meant this invoice: more than is open.")
@pass_program
def set_off(
    program: Program,
    administration: str | None,
    credit_note: str,
    invoice: str,
    amount: Decimal | None,
    overpays: bool,
) -> None:
    """Settle INVOICE with what is left of CREDIT_NOTE (their numbers). `billing receipt undo` takes it back."""
    with program.scope(program.administration(administration)) as scope:
        note, settled = by_number(scope, Invoice, credit_note), by_number(scope, Invoice, invoice)
        wish = {"credit_note_id": note.id, "invoice_id": settled.id, "amount": amount, "overpays": overpays}
        tell_allocation(scope, receivables.allocate(scope, wish), settled)
        click.echo(f"{receivables.credit_rests(scope, [note.id])[note.id]} of {note.number} is left.")


def _decision(given: dict[str, Any]) -> dict[str, Any] | None:
    """A person's decision as ``decide_by_person`` takes it; None where the tariff is to decide."""
    wish = {name: value for name, value in given.items() if value is not None}
    if not wish:
        return None
    if "disposition" not in wish or "because" not in wish:
        raise click.UsageError("A decision of your own needs --decide and --because.")
    return wish | {"reason": wish.pop("because")}


def _question(scope: Scope, said: str, source: str | None) -> Question:
    """Raises ``NotFound``, and ``InvalidInput`` where several sources know this number."""
    query = select(Question).where(Question.administration_id == scope.administration_id)
    key = _as_id(said)
    query = query.where(Question.external_id == said if key is None else Question.id == key)
    if source is not None:
        query = query.where(Question.source == source)
    found = scope.session.scalars(query).all()
    if not found:
        raise NotFound(f"There is no question {said}.")
    if len(found) > 1:
        known = ", ".join(sorted(row.source for row in found))
        raise InvalidInput(f"Several sources know a question {said}: give --source, one of {known}.")
    return found[0]


def _as_id(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None


def _tell_proposal(found: invoicing.Proposal) -> None:
    now = "nothing" if found.now is None else _said(found.now)
    click.echo(f"On {found.number or 'a statement without number'}: {_said(found.released)}. Now: {now}.")
    credit = f"{found.credit} is credited" if found.credit else "Nothing is credited"
    charge = f"{found.charge} is charged anew" if found.charges else "nothing is charged anew"
    click.echo(f"{credit} and {charge}, without VAT.")


def _said(decision: Any) -> str:
    words: str = decision["disposition"] or decision["state"]
    amount = decision.get("amount")
    return words.replace("_", " ") + (f" {amount}" if amount is not None else "")


def _tell_credit_note(scope: Scope, credit_note_id: UUID) -> None:
    note = invoicing.get_credit_note(scope, credit_note_id)
    left = receivables.credit_rests(scope, [note.id])[note.id]
    closed = numbers(scope, [note.credits_invoice_id])[note.credits_invoice_id]
    click.echo(f"Credit note {note.number}: {note.net} + {note.vat} VAT = {note.gross}.")
    click.echo(f"{note.gross - left} closes {closed}; {left} stands as the customer's balance.")


COMMANDS = (credit, credit_notes, correct, set_off)
