"""What ``billing consult`` prints: the same sentences as over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import click

from billing_service import consults
from billing_service.cli.telling import Teller
from billing_service.core import formats
from billing_service.core.minutes import hours_and_minutes
from billing_service.imports.charging import currency_of
from billing_service.store.consults import Consult
from billing_service.store.scope import Scope


def listed(scope: Scope, rows: Sequence[Consult], otherwise: str) -> None:
    """A line per consult with why it was proposed."""
    if not rows:
        click.echo(otherwise)
        return
    told = consults.describe_items(scope, rows)
    Teller().table(
        ["Consult", "Contract", "State", "Title", "Why"],
        [(row["reference"], row["contract"], row["state"], row["title"], row["proposal"]["en"]) for row in told],
    )


def shown(scope: Scope, row: Consult, language: str = "en") -> None:
    """One consult: where it stands, its indicators, its sessions and questions by id, what it costs and why."""
    currency, teller = currency_of(scope), Teller()
    told = consults.describe(scope, row, language, currency)
    because = f" ({told['reason']})" if told["reason"] else ""
    teller.say(f"Consult {told['reference']} under contract {told['contract']}: {told['title']}", "bold")
    teller.say(f"Now: {told['state']}{because}. {told['proposal'][language]}")
    for indicator in told["indicators"]:
        teller.say(f"- {indicator[language]}")
    for session in told["sessions"]:
        teller.say(f"Session {session['id']}: {session['held_on']}, {hours_and_minutes(session['minutes'])}")
    for sentence in told["sentences"]:
        teller.say(sentence)
    if told["price"] is None:
        teller.say("It has no price yet.")
    else:
        amount = formats.money(Decimal(told["price"]["amount"]), currency, language)
        when = f"charged on {told['completed_on']}" if told["completed_on"] else "when completed as it is now"
        teller.say(f"{amount} excluding VAT, {when}.")
