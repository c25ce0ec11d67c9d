"""``billing subscription …``: agree on a price once and per period, look at what it will charge, change and end it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select

from billing_service import subscriptions
from billing_service.cli import subscription_telling as telling
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.core import money
from billing_service.core.subscriptions import ANCHORS, PERIODS, POLICIES, TIMINGS
from billing_service.core.vat import VAT_CLASSES
from billing_service.errors import InvalidInput, NotFound
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope
from billing_service.store.subscriptions import Subscription

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("subscription")
def subscription() -> None:
    """A price once and a price per period, charged by the billing runs.

    NAME is a subscription's id, or the reference of its contract, with /LABEL where that has several: C-2026-1/apps.
    docs/subscriptions.md explains policies and indexation with examples.
    """


def _as_day(_context: click.Context, _option: click.Parameter, value: datetime | None) -> date | None:
    return None if value is None else value.date()


def _day(name: str, *names: str, required: bool = False, help: str) -> Callable[[Any], Any]:
    return click.option(name, *names, type=_DAY, callback=_as_day, metavar="DATE", required=required, help=help)


def _price(command: Any) -> Any:
    """The ways to price a period."""
    for option in (
        click.option("--of", "investment", metavar="AMOUNT", help="The investment that a percentage is of."),
        click.option("--per-mille", help="Per thousand of an investment, a year."),
        click.option("--percentage", help="Per cent of an investment, a year."),
        click.option("--price", "amount", metavar="AMOUNT", help="Of one period, without VAT."),
    ):
        command = option(command)
    return command


def _command(name: str) -> Callable[[Any], Any]:
    """A command about one subscription: ``NAME`` and ``--administration``, after the program."""

    def decorate(function: Any) -> Any:
        return subscription.command(name)(click.argument("name")(administration_option(pass_program(function))))

    return decorate


@subscription.command("add")
@click.argument("contract")
@click.option("--title-nl", required=True, help="What Dutch invoices say.")
@click.option("--title-en", required=True, help="What English invoices say.")
@_day("--from", "starts_on", required=True, help="The first day.")
@_day("--until", "ends_on", help="The last day; without: it goes on.")
@_price
@click.option("--once", "once_amount", metavar="AMOUNT", help="Charged once, on the first day.")
@click.option("--quantity", help="How many pieces; without: 1.")
@click.option("--period", type=click.Choice(PERIODS), default="month", show_default=True)
@click.option("--anchor", type=click.Choice(ANCHORS), default="calendar", show_default=True, help="When periods begin.")
@click.option("--timing", type=click.Choice(TIMINGS), default="in_advance", show_default=True)
@click.option("--first-policy", type=click.Choice(POLICIES), default="days", show_default=True)
@click.option("--last-policy", type=click.Choice(POLICIES), default="days", show_default=True)
@click.option("--vat-class", type=click.Choice(VAT_CLASSES), default="standard", show_default=True)
@click.option("--revenue-group")
@click.option("--label", help="What several can be found and indexed together by.")
@administration_option
@pass_program
def add(program: Program, /, contract: str, administration: str | None, **given: Any) -> None:
    """Agree on a subscription under CONTRACT (its reference)."""
    wish = {name: value for name, value in given.items() if value is not None}
    wish["title"] = {"nl": wish.pop("title_nl"), "en": wish.pop("title_en")}
    wish["price"] = _priced(wish)
    _numbers(wish)
    with program.scope(program.administration(administration)) as scope:
        row = subscriptions.create(scope, wish | {"contract_id": _contract(scope, contract)})
        telling.whole(scope, row, "en")


@subscription.command("list")
@click.option("--contract", help="Only those of the contract with this reference.")
@administration_option
@pass_program
def list_(program: Program, contract: str | None, administration: str | None) -> None:
    """Every subscription, with its price now and its next charge."""
    with program.reading(program.administration(administration)) as scope:
        query = _mine(scope)
        if contract is not None:
            query = query.where(Subscription.contract_id == _contract(scope, contract))
        telling.listed(scope, [(row, reference) for row, reference in scope.session.execute(query)])


@_command("show")
@_day("--until", "until", help="Show everything that will be charged up to this day; without: the next twelve.")
@click.option("--language", type=click.Choice(["nl", "en"]), default="en", show_default=True, help="Of the sentences.")
def show(program: Program, name: str, administration: str | None, until: date | None, language: str) -> None:
    """What was agreed, what was billed, and what will be charged, with the reasons."""
    with program.reading(program.administration(administration)) as scope:
        telling.whole(scope, _named(scope, name), language, until)


@_command("agree")
@_day("--from", "valid_from", required=True, help="It holds from the first period that begins then.")
@_price
@click.option("--index", help="Per cent that the price, or the investment, rises.")
@click.option("--quantity", help="How many pieces.")
def agree(program: Program, name: str, administration: str | None, valid_from: date, **given: Any) -> None:
    """Another price, an indexation or another quantity from a day on."""
    wish = {key: value for key, value in given.items() if value is not None}
    _numbers(wish)
    with _changing(program, administration, name) as (scope, row):
        telling.whole(scope, subscriptions.agree(scope, row, {**wish, **_priced(wish), "valid_from": valid_from}), "en")


@_command("end")
@_day("--on", "ends_on", help="The last day.")
@click.option("--goes-on", is_flag=True, help="It has no last day any more.")
def end(program: Program, name: str, administration: str | None, ends_on: date | None, goes_on: bool) -> None:
    """Give it another last day, earlier or later, or none; what was billed beyond it is set right."""
    if (ends_on is None) != goes_on:
        raise click.UsageError("give --on with a day, or --goes-on")
    with _changing(program, administration, name) as (scope, row):
        telling.whole(scope, subscriptions.end(scope, row, ends_on), "en")


@_command("cancel")
@click.option("--reason", required=True)
def cancel(program: Program, name: str, administration: str | None, reason: str) -> None:
    """Cancel a subscription that has not begun."""
    with _changing(program, administration, name) as (scope, row):
        telling.whole(scope, subscriptions.cancel(scope, row, reason), "en")


@subscription.command("index")
@_day("--from", "valid_from", required=True, help="Those that began before this day and run on it.")
@click.option("--percentage", required=True, help="How many per cent prices rise.")
@click.option("--label", help="Only those with this label.")
@click.option("--title", help="Only those with this title, Dutch or English.")
@click.option("--contract", "contracts", multiple=True, help="Only those of this contract; repeat for more.")
@click.option("--yes", is_flag=True, help="Do it. Without: only show what would change.")
@administration_option
@pass_program
def index(
    program: Program,
    administration: str | None,
    valid_from: date,
    percentage: str,
    label: str | None,
    title: str | None,
    contracts: tuple[str, ...],
    yes: bool,
) -> None:
    """Index many subscriptions at once; shows them first, and does it with --yes."""
    wish: dict[str, Any] = {"valid_from": valid_from, "percentage": _number(percentage, "--percentage")}
    wish |= {"label": label, "title": title}
    open_scope = program.scope if yes else program.reading
    with open_scope(program.administration(administration)) as scope:
        if contracts:
            wish["contract_ids"] = [_contract(scope, reference) for reference in contracts]
        found = subscriptions.index_all(scope, wish) if yes else subscriptions.index_preview(scope, wish)
        telling.indexed(found, done=yes)


def _priced(wish: dict[str, Any]) -> dict[str, Any]:
    """Takes the price out of ``wish``, as the use case wants it."""
    names = {"amount": "--price", "percentage": "--percentage", "per_mille": "--per-mille"}
    found = {name: _number(wish.pop(name), option) for name, option in names.items() if name in wish}
    if "investment" in wish:
        found["investment"] = money.amount(wish.pop("investment"), "--of")
    return found


def _numbers(wish: dict[str, Any]) -> None:
    for name in ("quantity", "index"):
        if name in wish:
            wish[name] = _number(wish[name], f"--{name}")
    if "once_amount" in wish:
        wish["once_amount"] = money.amount(wish["once_amount"], "--once")


def _number(text: str, option: str) -> Decimal:
    """A number with at most four decimals. Raises ``InvalidAmount`` naming the option."""
    found = money.unit_price(text, option)
    if found < 0 and option not in ("--index", "--percentage"):
        raise InvalidInput(f"{option} is less than 0.")
    return found


@contextmanager
def _changing(program: Program, administration: str | None, name: str) -> Iterator[tuple[Scope, Subscription]]:
    """One transaction about a subscription that no run bills meanwhile, committed at its end."""
    with program.scope(program.administration(administration)) as scope:
        yield scope, subscriptions.get(scope, _named(scope, name).id, lock=True)


def _mine(scope: Scope) -> Any:
    return (
        select(Subscription, Contract.reference)
        .join(
            Contract,
            (Contract.administration_id == Subscription.administration_id) & (Contract.id == Subscription.contract_id),
        )
        .where(Subscription.administration_id == scope.administration_id)
        .order_by(Contract.reference, Subscription.id)
    )


def _named(scope: Scope, name: str) -> Subscription:
    """Raises NotFound, and InvalidInput where several could be meant."""
    try:
        return subscriptions.get(scope, UUID(name))
    except ValueError:
        pass
    reference, _, label = name.partition("/")
    found: list[Subscription] = [
        row
        for row, _ in scope.session.execute(_mine(scope).where(Contract.reference == reference))
        if label in ("", row.label)
    ]
    if not found:
        raise NotFound(f"There is no subscription {name}: billing subscription list shows them.")
    if len(found) > 1:
        listed = "".join(f"\n  {row.id}  {row.title['en']}" for row in found)
        raise InvalidInput(f"Which subscription? Give an id:{listed}")
    return found[0]


def _contract(scope: Scope, reference: str) -> UUID:
    query = select(Contract.id).where(
        Contract.administration_id == scope.administration_id, Contract.reference == reference
    )
    found = scope.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no contract {reference}.")
    return found


COMMANDS = (subscription,)
