"""``billing hour-card …`` and ``billing allowance …``: prepaid time, sold or given, and what is left of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import click
from sqlalchemy import select

from billing_service import prepaid
from billing_service.cli.money.common import NEWEST, amount_option, day_option, reason_option
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.core.calendar import PERIOD_KINDS
from billing_service.core.minutes import hours_and_minutes
from billing_service.core.prepaid import UNITS
from billing_service.core.vat import VAT_CLASSES
from billing_service.errors import NotFound
from billing_service.prepaid.describing import STATES, in_state, is_running
from billing_service.store.parties import Contract
from billing_service.store.prepaid import Allowance, CardMovement, HourCard
from billing_service.store.questions import Question
from billing_service.store.scope import Scope

Command = TypeVar("Command", bound=Callable[..., Any])
Referred = TypeVar("Referred", Contract, HourCard)

_WORDS = {
    "sale": "sold",
    "grant": "given",
    "draw": "drawn",
    "undo": "booked back",
    "correction": "corrected",
}


def _title_options(command: Command) -> Command:
    command = click.option("--title-en", help="The same in English; without: as --title.")(command)
    return click.option("--title", required=True, help="What the invoice says, in Dutch.")(command)


_contract_option = click.option("--contract", required=True, help="Its reference.")
_of_contract_option = click.option("--contract", help="Only of this contract; its reference.")


@click.group("hour-card")
def hour_card() -> None:
    """Hour cards and blocks: sell them, see what is left, correct, cancel.

    docs/hour-cards.md has an example.
    """


@hour_card.command("sell")
@administration_option
@_contract_option
@click.option("--block", is_flag=True, help="A block of work: four hours, unless --minutes says otherwise.")
@click.option("--code", required=True, help="What a rule's draw_from asks for, such as support.")
@_title_options
@click.option("--minutes", type=click.IntRange(1), help="Required of a card.")
@amount_option(required=True, text="The price without VAT.")
@click.option("--vat-class", type=click.Choice(VAT_CLASSES), default="standard", show_default=True)
@click.option("--revenue-group", help="Which part of the business earned it.")
@click.option("--reference", help="What people call it; without: the next free one, UK-0001.")
@day_option("--on", "The day of the sale. Without: today.")
@day_option("--valid-from", "The first day of work it pays for. Without: the day of the sale.", "valid_from")
@day_option("--valid-to", "The last such day. Without: no end.", "valid_to")
@click.option("--low", "low", type=click.IntRange(0), help="Tell webhooks when no more minutes than these are left.")
@click.option("--follows", help="Of a block: reference of the block whose feedback it pays for.")
@pass_program
def sell(
    program: Program,
    /,
    administration: str | None,
    contract: str,
    block: bool,
    title: str,
    title_en: str | None,
    amount: Decimal,
    on: date | None,
    low: int | None,
    follows: str | None,
    **wish: Any,
) -> None:
    """Sell a card, or a block with --block. It is charged on the day of the sale, with VAT."""
    with program.scope(program.administration(administration)) as scope:
        asked = wish | {
            "contract_id": _contract(scope, contract).id,
            "kind": "block" if block else "card",
            "title": _texts(title, title_en),
            "price": amount,
            "sold_on": on,
            "low_balance_minutes": low,
            "follows_id": None if follows is None else _card(scope, follows).id,
        }
        card = prepaid.sell(scope, asked)
        click.echo(
            f"Sold {card.reference}: {hours_and_minutes(card.minutes)} for {card.price} on {card.sold_on},"
            f" valid from {card.valid_from}{f' to {card.valid_to}' if card.valid_to else ''}."
        )


@hour_card.command("list")
@administration_option
@_of_contract_option
@click.option("--state", type=click.Choice(STATES), help="Only those that stand so today.")
@pass_program
def list_(program: Program, administration: str | None, contract: str | None, state: Any) -> None:
    """The newest 100 cards and blocks, and what is left of them."""
    with program.reading(program.administration(administration)) as scope:
        query = select(HourCard).where(HourCard.administration_id == scope.administration_id)
        if contract is not None:
            query = query.where(HourCard.contract_id == _contract(scope, contract).id)
        if state is not None:
            query = query.where(in_state(state, scope.today))
        cards = scope.session.scalars(query.order_by(HourCard.id.desc()).limit(NEWEST)).all()
        shown = [
            (
                card["reference"],
                card["kind"],
                card["code"],
                card["valid_from"],
                card["valid_to"] or "",
                hours_and_minutes(card["minutes"]),
                hours_and_minutes(card["balance"]),
                card["state"].replace("_", " "),
            )
            for card in prepaid.shown(scope, cards)
        ]
    Teller().table(["Card", "Kind", "Code", "From", "To", ">Sold", ">Left", "State"], shown)


@hour_card.command("show")
@administration_option
@click.argument("card")
@pass_program
def show(program: Program, administration: str | None, card: str) -> None:
    """What came on and went off CARD (its reference), and what is left."""
    with program.reading(program.administration(administration)) as scope:
        row = _card(scope, card)
        (stands,) = prepaid.shown(scope, [row])
        told = _moves(scope, prepaid.movements_of(scope, hour_card_id=row.id), hours_and_minutes)
    click.echo(f"{row.reference}: {row.title['nl']} / {row.title['en']}, {stands['state'].replace('_', ' ')}.")
    Teller().table(["Day", "What", ">Time", "Question or reason"], told)
    click.echo(f"{hours_and_minutes(stands['balance'])} is left.")


@hour_card.command("correct")
@administration_option
@click.argument("card")
@click.argument("minutes", type=int)
@reason_option
@day_option("--on", "The day it counts for. Without: today.")
@pass_program
def correct(
    program: Program, administration: str | None, card: str, minutes: int, reason: str, on: date | None
) -> None:
    """Add MINUTES to CARD (its reference), or take them off: `correct UK-0001 --reason … -- -30`."""
    with program.scope(program.administration(administration)) as scope:
        row = _card(scope, card)
        prepaid.correct(scope, row, minutes, reason, on)
        _tell_left(scope, row)


@hour_card.command("feedback")
@administration_option
@click.argument("block")
@click.argument("minutes", type=click.IntRange(1))
@click.option("--description", required=True, help="What was done; it is kept and printed.")
@day_option("--on", "The day of the work. Without: today.")
@pass_program
def feedback(
    program: Program, administration: str | None, block: str, minutes: int, description: str, on: date | None
) -> None:
    """Register MINUTES of work on feedback on BLOCK (its reference): off it, or off a block that follows it."""
    with program.scope(program.administration(administration)) as scope:
        moved = prepaid.register_feedback(scope, _card(scope, block), minutes, description, on)
        assert moved.hour_card_id is not None  # noqa: S101 - it is a card's
        _tell_left(scope, prepaid.get_card(scope, moved.hour_card_id))


@hour_card.command("cancel")
@administration_option
@click.argument("card")
@reason_option
@pass_program
def cancel(program: Program, administration: str | None, card: str, reason: str) -> None:
    """Take the sale of CARD (its reference) back, while it is not on a document and nothing was drawn."""
    with program.scope(program.administration(administration)) as scope:
        row = prepaid.cancel(scope, _card(scope, card), reason)
        click.echo(f"{row.reference} is cancelled; it is not invoiced.")


@click.group()
def allowance() -> None:
    """Allowances: questions or minutes that a contract gives in every period."""


@allowance.command("add")
@administration_option
@_contract_option
@click.option("--code", required=True, help="What a rule's draw_from asks for, such as questions.")
@_title_options
@click.option("--unit", type=click.Choice(UNITS), required=True)
@click.option("--quantity", type=click.IntRange(1), required=True, help="In every period.")
@click.option("--period", type=click.Choice(PERIOD_KINDS), default="calendar_month", show_default=True)
@click.option(
    "--carry-over", "carry_over_periods", type=click.IntRange(0), default=0, help="Periods that what is left stays."
)
@day_option("--valid-from", "Without: the day the contract begins.", "valid_from")
@day_option("--valid-to", "The last day. Without: no end.", "valid_to")
@pass_program
def add(
    program: Program, /, administration: str | None, contract: str, title: str, title_en: str | None, **wish: Any
) -> None:
    """Give a contract questions or minutes in every period."""
    with program.scope(program.administration(administration)) as scope:
        contract_id = _contract(scope, contract).id
        row = prepaid.add_allowance(scope, wish | {"contract_id": contract_id, "title": _texts(title, title_en)})
        click.echo(f"Allowance {row.id}: {_given(row)} from {row.valid_from}.")


@allowance.command("list")
@administration_option
@_of_contract_option
@click.option("--running", is_flag=True, help="Only those that give something today.")
@pass_program
def list_allowances(program: Program, administration: str | None, contract: str | None, running: bool) -> None:
    """The newest 100 allowances, and what can be used of them today."""
    with program.reading(program.administration(administration)) as scope:
        query = select(Allowance).where(Allowance.administration_id == scope.administration_id)
        if contract is not None:
            query = query.where(Allowance.contract_id == _contract(scope, contract).id)
        if running:
            query = query.where(is_running(scope.today))
        rows = scope.session.scalars(query.order_by(Allowance.id.desc()).limit(NEWEST)).all()
        stands = {row["id"]: row["balance"] for row in prepaid.allowances_shown(scope, rows)}
        shown = [
            (
                row.id,
                row.code,
                _given(row),
                row.valid_from,
                row.valid_to or "",
                _amount(row)(stands[row.id]),
            )
            for row in rows
        ]
    Teller().table(["Allowance", "Code", "Gives", "From", "To", ">Left today"], shown)


@allowance.command("show")
@administration_option
@click.argument("allowance_id", type=click.UUID)
@pass_program
def show_allowance(program: Program, administration: str | None, allowance_id: UUID) -> None:
    """What an allowance gave, what was drawn of it, and what can be used today by period."""
    with program.reading(program.administration(administration)) as scope:
        row = prepaid.get_allowance(scope, allowance_id)
        (stands,) = prepaid.allowances_shown(scope, [row])
        amount = _amount(row)
        told = _moves(scope, prepaid.movements_of(scope, allowance_id=row.id), amount)
    Teller().table(["Day", "What", ">Quantity", "Question or reason"], told)
    for period in stands["periods"]:
        until = f", usable until {period['usable_until']}" if period["usable_until"] else ""
        click.echo(f"{amount(period['balance'])} is left of the period from {period['first']}{until}.")


@allowance.command("end")
@administration_option
@click.argument("allowance_id", type=click.UUID)
@click.argument("last", type=click.DateTime(["%Y-%m-%d"]))
@pass_program
def end(program: Program, administration: str | None, allowance_id: UUID, last: Any) -> None:
    """Give nothing after LAST, a day."""
    with program.scope(program.administration(administration)) as scope:
        row = prepaid.end_allowance(scope, prepaid.get_allowance(scope, allowance_id), last.date())
        click.echo(f"Ends on {row.valid_to}.")


def _texts(dutch: str, english: str | None) -> dict[str, str]:
    return {"nl": dutch, "en": english or dutch}


def _contract(scope: Scope, reference: str) -> Contract:
    return _by_reference(scope, Contract, reference, "contract")


def _card(scope: Scope, reference: str) -> HourCard:
    return _by_reference(scope, HourCard, reference, "hour card")


def _by_reference(scope: Scope, table: type[Referred], reference: str, what: str) -> Referred:
    query = select(table).where(table.administration_id == scope.administration_id, table.reference == reference)
    row = scope.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no {what} {reference}.")
    return row


def _moves(scope: Scope, rows: Sequence[CardMovement], amount: Callable[[int], str]) -> list[tuple[object, ...]]:
    asked = {row.question_id for row in rows if row.question_id}
    query = select(Question.id, Question.external_id).where(
        Question.administration_id == scope.administration_id, Question.id.in_(asked)
    )
    named = {row.id: row.external_id for row in scope.session.execute(query)}
    return [
        (
            row.work_date,
            _WORDS[row.kind],
            amount(row.quantity),
            named[row.question_id] if row.question_id else row.reason or "",
        )
        for row in rows
    ]


def _amount(row: Allowance) -> Callable[[int], str]:
    return hours_and_minutes if row.unit == "minutes" else str


def _given(row: Allowance) -> str:
    unit = row.unit.removesuffix("s") if row.quantity == 1 else row.unit
    return f"{row.quantity} {unit} per {_period(row)}"


def _period(row: Allowance) -> str:
    return row.period.replace("_", " ")


def _tell_left(scope: Scope, card: HourCard) -> None:
    (stands,) = prepaid.shown(scope, [card])
    click.echo(f"{hours_and_minutes(stands['balance'])} is left of {card.reference}.")


COMMANDS = (hour_card, allowance)
