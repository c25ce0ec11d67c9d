"""``billing connection …``: the administration's link to its accounting package, step by step; and the secret keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select

from billing_service import vault
from billing_service.cli.bill import follow
from billing_service.cli.import_project import InOrder
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.connections import (
    connecting,
    hooks,
    mapping,
    matching,
    opening_balance,
    packages,
    reading,
    signing_in,
)
from billing_service.errors import Conflict, InvalidInput
from billing_service.notifying import endpoints
from billing_service.store.administrations import Administration
from billing_service.store.connections import Connection, ConnectionChoice, ConnectionMatch, OpeningItem
from billing_service.store.parties import Customer
from billing_service.store.scope import Scope
from billing_service.store.work import Job
from billing_service.vault import Vault

_SURE = {True: "certain", False: ""}


@click.group("connection", cls=InOrder)
def connection() -> None:
    """The link to an accounting package.

    The usual order: create, (sign-in,) read, map, match, activate, opening-balance. "show" says at any time how it
    stands. docs/connections.md has an example.
    """


def _command(name: str) -> Callable[[Any], Any]:
    """A command about the connection of one administration: ``--administration``, after the program."""

    def decorate(function: Any) -> Any:
        return connection.command(name)(administration_option(pass_program(function)))

    return decorate


@contextmanager
def _current(program: Program, administration: str | None) -> Iterator[tuple[Scope, Connection]]:
    """A transaction with the one connection that is not closed. Raises ``NotFound``."""
    with program.scope(program.administration(administration)) as scope:
        yield scope, connecting.not_closed(scope)


# --- making one -----------------------------------------------------------------------------------------------------


@connection.command("packages")
@click.argument("name", required=False)
def list_packages(name: str | None) -> None:
    """The packages that can be connected; with NAME what it asks for and what it can."""
    teller = Teller()
    for package in packages.described():
        if name is None:
            teller.say(f"{package['name']:<12} {package['title']}")
        elif name == package["name"]:
            asked = [
                (one["name"], "secret" if one["secret"] else "setting", "needed" if one["required"] else "may be empty")
                for one in package["settings"]
            ]
            teller.table(("asks for", "as", ""), asked)
            known = [(one["title"], one["name"], one["value"], one["verified"]) for one in package["capabilities"]]
            teller.table(("can", "name", "value", "verified against"), known)


@_command("create")
@click.option("--package", required=True, help="Its name: billing connection packages.")
@click.option("--title", required=True, help="What to call it here.")
@click.option("--setting", "settings", multiple=True, metavar="NAME=VALUE", help="What it asks for; repeat.")
@click.option("--secret", "asked", multiple=True, metavar="NAME", help="A secret to be asked for; repeat.")
@click.option(
    "--secret-file", "files", multiple=True, metavar="NAME=FILE", help="A secret that stands in a file; repeat."
)
@click.option("--push-receipts", is_flag=True, help="Book receipts recorded here in the package.")
def create(
    program: Program,
    administration: str | None,
    package: str,
    title: str,
    settings: tuple[str, ...],
    asked: tuple[str, ...],
    files: tuple[str, ...],
    push_receipts: bool,
) -> None:
    """Fill in a connection. Secrets are asked for or read from files: on the command line others would see them."""
    values = {
        "package": package,
        "title": title,
        "settings": dict(_pair(text, "--setting") for text in settings),
        "secrets": _secrets(asked, files),
        "pushes_receipts": push_receipts,
    }
    with program.scope(program.administration(administration)) as scope:
        row = connecting.create(scope, Vault(program.context.secret_keys), values)
    click.echo(f"The connection {row.title} is filled in. Next: billing connection read (or sign-in).")


@_command("change")
@click.option("--title")
@click.option("--setting", "settings", multiple=True, metavar="NAME=VALUE", help="An empty value takes it away.")
@click.option("--secret", "asked", multiple=True, metavar="NAME", help="A secret to be asked for; repeat.")
@click.option(
    "--secret-file", "files", multiple=True, metavar="NAME=FILE", help="A secret that stands in a file; repeat."
)
@click.option("--enable", multiple=True, metavar="NAME", help="Switch on an unverified capability; all that stay on.")
def change(
    program: Program,
    administration: str | None,
    title: str | None,
    settings: tuple[str, ...],
    asked: tuple[str, ...],
    files: tuple[str, ...],
    enable: tuple[str, ...],
) -> None:
    """Change what was filled in; only what is given."""
    given = {name: value or None for name, value in (_pair(text, "--setting") for text in settings)}
    values: dict[str, Any] = {"settings": given} if given else {}
    values |= {"secrets": found} if (found := _secrets(asked, files)) else {}
    values |= {"title": title} if title else {}
    values |= {"enabled": list(enable)} if enable else {}
    with _current(program, administration) as (scope, row):
        connecting.change(scope, Vault(program.context.secret_keys), row, values)
    click.echo("Changed. Next: billing connection read.")


@_command("sign-in")
def sign_in(program: Program, administration: str | None) -> None:
    """Print the address at which to give access (OAuth); the package then sends the browser back to this service."""
    context = program.context
    with _current(program, administration) as (scope, row):
        begun = signing_in.begin(scope, context, row, context.public_url)
    click.echo(f"Open this within a quarter of an hour; it comes back to {context.public_url}.", err=True)
    click.echo(begun.address)


# --- what the package knows -----------------------------------------------------------------------------------------


@_command("read")
def read(program: Program, administration: str | None) -> None:
    """Ask the package whose books these are and what can be mapped to."""
    result = _done(program, administration, reading.start)
    click.echo(f"These are the books of {result['company']}.")
    for kind, ours in result["to_map"]:
        click.echo(f"  not mapped: {kind} {ours}".rstrip())


@_command("choices")
@click.option("--kind", type=click.Choice(sorted(set(mapping.LIST_OF.values()))), help="Only this list.")
def choices(program: Program, administration: str | None, kind: str | None) -> None:
    """What can be mapped to, as last read."""
    with _current(program, administration) as (scope, row):
        mine = {"administration_id": row.administration_id, "connection_id": row.id} | ({"kind": kind} if kind else {})
        query = select(ConnectionChoice).filter_by(**mine).order_by(ConnectionChoice.kind, ConnectionChoice.code)
        found = [
            (one.kind, one.remote_id, one.code, one.name, "" if one.active else "not active")
            for one in scope.session.scalars(query)
        ]
    Teller().table(("list", "id", "code", "name", ""), found)


@_command("map")
@click.option("--proposals", is_flag=True, help="First map everything for which exactly one choice fits.")
@click.option(
    "--to", "lines", multiple=True, metavar="KIND:OURS=ID", help="Such as vat:S:21=4 or revenue:=8000; repeat."
)
def map_(program: Program, administration: str | None, proposals: bool, lines: tuple[str, ...]) -> None:
    """Show what of ours is booked on what of theirs; with options change it first."""
    with _current(program, administration) as (scope, row):
        if proposals:
            mapping.accept_proposals(scope, row)
        if lines:
            _map(scope, row, lines)
        entries = mapping.entries(scope, row)
    rows = [
        (
            one.kind,
            one.ours,
            one.remote_id or ("as all others" if one.kind in mapping.COVERED_BY_OTHERS and not one.needed else "–"),
            one.problem or ("needed" if one.needed and not one.remote_id else ""),
        )
        for one in entries
    ]
    Teller().table(("kind", "ours", "theirs", ""), rows)


@_command("match")
@click.option("--accept-certain", is_flag=True, help="Accept every match against which nothing speaks.")
@click.option("--accept", "accepted", type=click.UUID, multiple=True, metavar="ID", help="They are the same; repeat.")
@click.option("--reject", "rejected", type=click.UUID, multiple=True, metavar="ID", help="They are not; repeat.")
def match(
    program: Program,
    administration: str | None,
    accept_certain: bool,
    accepted: tuple[UUID, ...],
    rejected: tuple[UUID, ...],
) -> None:
    """Compare the customers in the package with ours and show what is to be decided; with options decide."""
    if not (accept_certain or accepted or rejected):
        result = _done(program, administration, matching.start)
        click.echo(f"{result['customers_there']} customers there; {result['proposed']} may be ours.")
    with _current(program, administration) as (scope, row):
        for one in accepted:
            matching.accept(scope, matching.get(scope, row, one))
        for one in rejected:
            matching.reject(scope, matching.get(scope, row, one))
        if accept_certain:
            click.echo(f"{matching.accept_certain(scope, row)} accepted.")
        proposed = select(ConnectionMatch).filter_by(administration_id=row.administration_id, connection_id=row.id)
        asked = proposed.filter_by(state="proposed").join(Customer, Customer.id == ConnectionMatch.customer_id)
        rows = scope.session.execute(asked.add_columns(Customer.number, Customer.name).order_by(ConnectionMatch.id))
        found = [
            (str(one.id), f"{number} {name}", one.remote_name, one.remote_code or "–", one.found_by, _SURE[one.certain])
            for one, number, name in rows
        ]
    if found:
        Teller().table(("match", "ours", "there", "code", "found by", ""), found)


# --- using it -------------------------------------------------------------------------------------------------------


@_command("activate")
@click.option("--start-date", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Documents from this day on.")
def activate(program: Program, administration: str | None, start_date: datetime) -> None:
    """Deliver documents dated from the start date on, from now on."""
    with _current(program, administration) as (scope, row):
        connecting.activate(scope, row, start_date.date())
        click.echo(f"{row.title} is active: documents from {row.start_date} on go to {row.company_name}.")


@_command("opening-balance")
def opening(program: Program, administration: str | None) -> None:
    """Keep, once, what is open there of documents from before the start date; then show it."""
    with _current(program, administration) as (_, row):
        taken = row.opening_taken_at
    if taken is None:
        _done(program, administration, opening_balance.start)
    with _current(program, administration) as (scope, row):
        mine = {"administration_id": row.administration_id, "connection_id": row.id}
        items = scope.session.scalars(select(OpeningItem).filter_by(**mine).order_by(OpeningItem.issue_date)).all()
    rows = [(one.number or "–", one.issue_date, one.total, one.open) for one in items]
    Teller().table(("number", "date", ">total", ">open"), rows)


@_command("show")
def show(program: Program, administration: str | None) -> None:
    """How the connection stands."""
    with _current(program, administration) as (_, row):
        for name, value in _told(row):
            click.echo(f"{name:<16} {value}")


@_command("webhook")
def webhook(program: Program, administration: str | None) -> None:
    """Where the package can call us when something changes there, and what is left to fill in for that."""
    with _current(program, administration) as (_, row):
        called = hooks.called(row, program.context.public_url)
    if called.address is None:
        click.echo("This package sends no webhooks: it is asked instead.")
        return
    click.echo(called.address)
    left = "is filled in" if called.secret_given else "is not filled in yet: nothing that comes is believed"
    click.echo(f"Signed: {called.signature}. The secret {hooks.SECRET} {left}.", err=True)
    click.echo(f"How to register it: docs/connectors/{row.package}.md.", err=True)


@_command("stop")
@click.option("--reason", required=True, help="Why; it is kept.")
def stop(program: Program, administration: str | None, reason: str) -> None:
    """Nothing goes either way until it is resumed; what waits is kept."""
    with _current(program, administration) as (scope, row):
        connecting.stop(scope, row, "person", reason)
    click.echo("Stopped.")


@_command("resume")
def resume(program: Program, administration: str | None) -> None:
    """Go on after a stop; in a copy restored from a backup: say that this copy may call the package."""
    with _current(program, administration) as (scope, row):
        connecting.resume(scope, row)
    click.echo("It goes on.")


@_command("close")
@click.option("--reason", required=True, help="Why; it is kept.")
def close(program: Program, administration: str | None, reason: str) -> None:
    """End it for good: its secrets are forgotten."""
    with _current(program, administration) as (scope, row):
        connecting.close(scope, row, reason)
    click.echo("Closed.")


# --- keys -----------------------------------------------------------------------------------------------------------


@connection.command("new-key")
def new_key() -> None:
    """Make a key for BILLING_SECRET_KEYS and print it."""
    click.echo(vault.make_key())


@connection.command("rotate-secrets")
@pass_program
def rotate_secrets(program: Program) -> None:
    """Encrypt everything secret again with the first key of BILLING_SECRET_KEYS, in all administrations.

    Put the new key in front and restart web and workers first; take the old one away afterwards.
    """
    context = program.context
    keys = Vault(context.secret_keys)
    with program.operator_scope() as outside:
        connected = connecting.encrypt_again(outside.session, keys)
        ids = outside.session.scalars(select(Administration.id)).all()
        told = sum(endpoints.encrypt_again(outside.within(one), keys) for one in ids)
    click.echo(f"Encrypted again: {connected} connections, {told} webhook endpoints.")


# --- reading what was given -----------------------------------------------------------------------------------------


def _pair(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise InvalidInput(f"{option} wants NAME=VALUE, not {name!r}.")
    return name, value


def _secrets(asked: Iterable[str], files: Iterable[str]) -> dict[str, str]:
    found = {}
    for name, path in (_pair(text, "--secret-file") for text in files):
        try:
            found[name] = Path(path).read_text("utf-8").strip()
        except OSError as error:
            raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None
    return found | {name: click.prompt(name, hide_input=True) for name in asked}


def _map(scope: Scope, row: Connection, lines: Iterable[str]) -> None:
    """These lines besides what is mapped already; an empty id takes one away."""
    ids = {(one.kind, one.ours): one.remote_id for one in mapping.entries(scope, row) if one.remote_id}
    for line in lines:
        what, remote_id = _pair(line, "--to")
        kind, _, ours = what.partition(":")
        if kind not in mapping.KINDS:
            raise InvalidInput(f"--to {line}: {kind!r} is none of {', '.join(mapping.KINDS)}.")
        ids[kind, ours] = remote_id
    wanted = [{"kind": kind, "ours": ours, "remote_id": to} for (kind, ours), to in ids.items() if to]
    mapping.replace(scope, row, wanted)


def _done(program: Program, administration: str | None, start: Callable[[Scope, Connection], Job]) -> dict[str, Any]:
    """Has a worker do it, here or elsewhere. Raises ``Conflict`` with what the package said."""
    administration_id = program.administration(administration)
    with program.scope(administration_id) as scope:
        job = start(scope, connecting.not_closed(scope))
    result = dict(follow(program, administration_id, job.id).result or {})
    if not result.get("read"):
        raise Conflict(str(result.get("reason")), code="connection_not_read")
    return result


def _told(row: Connection) -> Iterator[tuple[str, str | date | datetime]]:
    yield "title", f"{row.title} ({row.package})"
    yield "state", row.state if row.state != "stopped" else f"stopped ({row.stop_cause}): {row.stop_reason}"
    if row.restored_at is not None:
        yield "restored", f"{row.restored_at}: nothing is called until it is resumed"
    yield "company", row.company_name or "not read yet"
    yield "lists read", row.lists_read_at or "never"
    yield "customers", f"compared {row.matched_at}" if row.matched_at else "not compared yet"
    yield "from", row.start_date or "not activated yet"
    yield "opening balance", row.opening_taken_at or "not taken"


COMMANDS = (connection,)
