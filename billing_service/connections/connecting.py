"""Making, changing, activating, stopping and closing a connection. Nothing here calls the package.

preparing → active ⇄ stopped → closed. One connection of an administration is not closed at any time; a closed one
keeps its history and loses its secrets.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

import connectors
from billing_service import findings
from billing_service.connections import mapping
from billing_service.connections.opening import capabilities_of, package_of
from billing_service.core.ids import new_id
from billing_service.errors import AlreadyExists, Conflict, FieldError, InvalidInput, NotFound
from billing_service.store import agreements, audit, dispatch, telling
from billing_service.store.administrations import Administration
from billing_service.store.connections import Connection, ConnectionMatch, ConnectionTokens
from billing_service.store.scope import Scope
from billing_service.vault import Vault
from connectors.base import Push, Verified
from connectors.package import Package, Setting

NOT_READ: Final = "connection_not_read"
SIGN_IN: Final = "connection_sign_in"
OTHER_COMPANY: Final = "connection_other_company"
RESTORED: Final = "connection_restored"
OF_CONNECTIONS: Final = (NOT_READ, SIGN_IN, OTHER_COMPANY, RESTORED, mapping.MISSING, mapping.INVALID)
"""Findings about a connection itself; they go when it is closed."""


def create(scope: Scope, vault: Vault, values: Mapping[str, Any]) -> Connection:
    """A connection that is being prepared. ``values``: ``package``, ``title``, ``settings``, ``secrets``, and where
    wanted ``enabled``, ``pushes_receipts`` and ``payments_owner``.

    Raises:
        InvalidInput: a package that there is not; a setting or secret that is missing or that it does not know.
        AlreadyExists: another connection is not closed yet.
        NoSecretKey: the service has no key to encrypt secrets with.
    """
    vault.check()
    if scope.session.scalars(_not_closed(scope)).first() is not None:
        detail = "This administration has a connection already: close that one first."
        raise AlreadyExists(detail, code="connection_exists")
    if values["package"] not in connectors.PACKAGES:
        known = ", ".join(sorted(connectors.PACKAGES))
        raise InvalidInput("There is no such package.", errors=[FieldError("/package", f"must be one of {known}")])
    row = Connection(
        administration_id=scope.administration_id,
        id=new_id(),
        package=values["package"],
        title=values["title"],
        webhook_key=secrets.token_urlsafe(32),
        created_at=scope.now,
    )
    _fill_in(row, vault, values)
    scope.session.add(row)
    scope.session.flush()
    audit.record(scope, "create", "connection", row.id, _told(values) | {"package": row.package})
    return row


def get(scope: Scope, connection_id: UUID) -> Connection:
    """Raises ``NotFound``."""
    row = scope.session.get(Connection, (scope.administration_id, connection_id))
    if row is None:
        raise NotFound("There is no such connection.")
    return row


def not_closed(scope: Scope) -> Connection:
    """The one connection of this administration that is not closed. Raises ``NotFound``."""
    row = scope.session.scalars(_not_closed(scope)).one_or_none()
    if row is None:
        raise NotFound("This administration has no connection to an accounting package.")
    return row


def change(scope: Scope, vault: Vault, row: Connection, values: Mapping[str, Any]) -> Connection:
    """Changes what is given; of ``settings`` and ``secrets`` only the names given, ``None`` or nothing takes one away.

    While a connection was never active, other settings or secrets may lead to another company. Raises as ``create``.
    """
    refuse_closed(row)
    _fill_in(row, vault, values)
    if row.activated_at is None and {"settings", "secrets"} & values.keys():
        row.company_id = row.company_name = row.company_currency = row.checked_at = row.lists_read_at = None
    scope.session.flush()
    audit.record(scope, "change", "connection", row.id, _told(values))
    return row


def activate(scope: Scope, row: Connection, start_date: date) -> Connection:
    """From now on documents dated from ``start_date`` on are delivered.

    Raises ``Conflict``: not read yet, books in another currency, existing customers not matched or decided upon, a
    mapping that is missing or invalid (``mapping_incomplete``, naming each).
    """
    if row.state != "preparing":
        raise Conflict("This connection was activated before.", code="already_active")
    if row.lists_read_at is None:
        raise Conflict("The lists of the package were not read yet.", code="connection_not_read")
    _refuse_other_currency(scope, row)
    _refuse_undecided(scope, row)
    row.start_date = start_date
    mapping.refuse_incomplete(scope, row)
    row.state, row.activated_at = "active", scope.now
    scope.session.flush()
    dispatch.begin(scope, row.id)
    audit.record(scope, "activate", "connection", row.id, {"start_date": start_date, "company": row.company_name})
    return row


def stop(scope: Scope, row: Connection, cause: str, reason: str) -> Connection:
    """Nothing goes out or comes in until it is resumed. ``cause``: ``person``, ``sign_in``, ``other_company`` or
    ``restored``.

    Raises ``Conflict`` for one that is not active.
    """
    if row.state != "active":
        raise Conflict("Only an active connection can be stopped.", code="not_active")
    row.state, row.stop_cause, row.stop_reason, row.stopped_at = "stopped", cause, reason, scope.now
    scope.session.flush()
    audit.record(scope, "stop", "connection", row.id, {"cause": cause, "reason": reason})
    news = {"title": row.title, "package": row.package, "cause": cause, "reason": reason}
    telling.tell(scope, "connection.stopped", "connection", row.id, news)
    return row


def sign_in_lost(scope: Scope, connection_id: UUID, detail: str) -> None:
    """The package wants a person to sign in again: an active connection stops, and a finding says so.

    For whoever catches :class:`connectors.base.SignInAgain`; ``detail`` is what the error says.
    """
    row = get(scope, connection_id)
    if row.state == "active":
        stop(scope, row, "sign_in", detail)
    if row.state != "closed":
        facts = {"connection": row.title, "package": package_of(row.package).title, "detail": detail}
        findings.report(scope, SIGN_IN, "connection", row.id, facts)


def hold(scope: Scope, row: Connection) -> None:
    """This is a restored copy: over this connection nothing is called, in whatever state it is, until a person
    resumes it. The database that the backup was made of may still be in use."""
    row.restored_at = scope.now
    if row.state == "active":
        stop(scope, row, "restored", "This copy was restored from a backup.")
    scope.session.flush()
    findings.report(scope, RESTORED, "connection", row.id, {"connection": row.title})


def resume(scope: Scope, row: Connection) -> Connection:
    """Goes on after a stop. One that the package stopped has to be read with success first: that resumes it by itself.

    In a restored copy it says that this copy may call the package; one that was not active then stays as it was.
    Raises ``Conflict`` for one that is not stopped, and for an incomplete mapping.
    """
    if row.restored_at is not None and row.stop_cause != "restored":
        return _let_go(scope, row)
    if row.state != "stopped":
        raise Conflict("This connection is not stopped.", code="not_stopped")
    if row.stop_cause not in {"person", "restored"} and not _was_read_since(row):
        raise Conflict("Repair the sign-in and read the connection first.", code="connection_not_read")
    mapping.refuse_incomplete(scope, row)
    row.state, row.stop_cause, row.stop_reason, row.stopped_at = "active", None, None, None
    dispatch.resume(scope, row.id)
    return _let_go(scope, row)


def _let_go(scope: Scope, row: Connection) -> Connection:
    row.restored_at = None
    scope.session.flush()
    findings.settle(scope, RESTORED, row.id, "resumed")
    audit.record(scope, "resume", "connection", row.id)
    return row


def close(scope: Scope, row: Connection, reason: str) -> Connection:
    """Ends it for good: its secrets and tokens are forgotten, what was delivered stays on record.

    Raises ``Conflict`` for one that is closed already.
    """
    refuse_closed(row)
    row.state, row.stop_cause, row.stop_reason, row.stopped_at = "closed", "person", reason, scope.now
    row.secrets = row.sign_in_state = row.sign_in_until = None
    row.secret_names = []
    mine = {"administration_id": scope.administration_id, "connection_id": row.id}
    scope.session.execute(delete(ConnectionTokens).filter_by(**mine))
    scope.session.flush()
    dispatch.close(scope, row.id)
    for code in OF_CONNECTIONS:
        findings.settle(scope, code, row.id, "closed")
    for conflict in agreements.open_conflicts(scope, row.id):
        conflict.state, conflict.choice = "resolved", "none"
        conflict.resolved_at, conflict.resolved_by = scope.now, scope.actor
        findings.settle(scope, agreements.code_of(conflict), conflict.id, "closed")
    audit.record(scope, "close", "connection", row.id, {"reason": reason})
    return row


def encrypt_again(session: Session, vault: Vault) -> int:
    """Encrypts the secrets and tokens of every connection with the newest key; how many connections that were.

    Raises ``NoSecretKey`` where a key is missing that something was encrypted with; nothing is changed then.
    """
    rows = session.scalars(select(Connection).where(Connection.secrets.is_not(None)).with_for_update()).all()
    for row in rows:
        row.secrets = vault.again(row.id, row.secrets or b"")
    for tokens in session.scalars(select(ConnectionTokens).with_for_update()):
        tokens.pair = vault.again(tokens.connection_id, tokens.pair)
    session.flush()
    return len(rows)


def current(scope: Scope) -> Connection | None:
    """The connection of this administration that is active, for whoever asks whether something is to be delivered."""
    mine = {"administration_id": scope.administration_id, "state": "active"}
    return scope.session.scalars(select(Connection).filter_by(**mine)).one_or_none()


def _was_read_since(row: Connection) -> bool:
    return row.checked_at is not None and row.stopped_at is not None and row.checked_at > row.stopped_at


# --- what is filled in ----------------------------------------------------------------------------------------------


def _fill_in(row: Connection, vault: Vault, values: Mapping[str, Any]) -> None:
    package = package_of(row.package)
    settings = _merged(row.settings or {}, values.get("settings", {}))
    kept = vault.decrypt(row.id, row.secrets)
    hidden = _merged(kept, values.get("secrets", {}))
    errors = [*_wrong_names(package, "settings", settings), *_wrong_names(package, "secrets", hidden)]
    row.settings = settings
    if not errors:
        errors = _wrong_enabled(row, values)
    if errors:
        raise InvalidInput("This connection cannot be right.", errors=errors)
    if hidden != kept or row.secrets is None:
        row.secrets, row.secret_names = vault.encrypt(row.id, hidden), sorted(hidden)
    for name in ("title", "payments_owner", "pushes_receipts"):
        if name in values:
            setattr(row, name, values[name])
    if row.pushes_receipts and capabilities_of(row).push_payment.value is Push.NO:
        field = FieldError("/pushes_receipts", "this package takes no payments")
        raise InvalidInput("This connection cannot be right.", errors=[field])


def _merged(before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in (dict(before) | dict(given)).items() if value}


def _wrong_names(package: Package, kind: str, given: Mapping[str, str]) -> list[FieldError]:
    known: Sequence[Setting] = [one for one in package.settings if one.secret == (kind == "secrets")]
    unknown = sorted(given.keys() - {one.name for one in known})
    errors = [FieldError(f"/{kind}/{name}", f"is nothing that {package.title} asks for") for name in unknown]
    missing = [one.name for one in known if one.required and not given.get(one.name)]
    errors += [FieldError(f"/{kind}/{name}", "is needed") for name in missing]
    other = [one for one in known if one.choices and given.get(one.name, one.choices[0]) not in one.choices]
    return errors + [FieldError(f"/{kind}/{one.name}", f"must be one of {', '.join(one.choices)}") for one in other]


def _wrong_enabled(row: Connection, values: Mapping[str, Any]) -> list[FieldError]:
    """Only capabilities that rest on an unverified fact can be switched on."""
    wanted: list[str] = values.get("enabled", row.enabled or [])
    able = package_of(row.package).capabilities(row.settings)
    wrong = [
        place
        for place, name in enumerate(wanted)
        if getattr(getattr(able, name, None), "verified", None) is not Verified.UNVERIFIED
    ]
    row.enabled = list(wanted) if not wrong else []
    return [FieldError(f"/enabled/{place}", "is no capability that can be switched on") for place in wrong]


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit trail shows: of secrets only which ones were given."""
    shown = {name: value for name, value in values.items() if name not in {"secrets", "settings"}}
    shown |= {f"settings.{name}": value for name, value in values.get("settings", {}).items()}
    if values.get("secrets"):
        shown["secrets"] = sorted(values["secrets"])
    return shown


def _not_closed(scope: Scope) -> Select[Connection]:
    mine = select(Connection).where(Connection.administration_id == scope.administration_id)
    return mine.where(Connection.state != "closed")


# --- what refuses ---------------------------------------------------------------------------------------------------


def refuse_closed(row: Connection) -> None:
    """Raises ``Conflict`` (``connection_closed``)."""
    if row.state == "closed":
        raise Conflict("This connection is closed.", code="connection_closed")


def _refuse_other_currency(scope: Scope, row: Connection) -> None:
    ours = scope.session.scalars(select(Administration.currency).where(Administration.id == scope.administration_id))
    if row.company_currency not in {None, ours.one()}:
        detail = f"The books of {row.company_name} are kept in {row.company_currency}."
        raise Conflict(detail, code="other_currency")


def _refuse_undecided(scope: Scope, row: Connection) -> None:
    if row.matched_at is None:
        raise Conflict("The customers there were not compared with ours yet.", code="not_matched")
    mine = {"administration_id": scope.administration_id, "connection_id": row.id, "state": "proposed"}
    if scope.session.scalars(select(ConnectionMatch.id).filter_by(**mine).limit(1)).first() is not None:
        raise Conflict("Some customers that may be the same were not decided upon yet.", code="matches_undecided")
