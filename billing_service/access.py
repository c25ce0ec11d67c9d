"""Who may do what: API keys with scopes, made, verified and revoked.

A key reads ``bk_<public id>_<secret>``. The secret has 32 random bytes, is shown once and stored as SHA-256: a slow
hash protects weak secrets, and this one is not weak. A key belongs to one administration, or is an operator key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from billing_service.core.ids import new_id
from billing_service.errors import Conflict, FieldError, InvalidInput, NotAllowed, NotFound, NotSignedIn
from billing_service.store import audit
from billing_service.store.access import ApiKey
from billing_service.store.administrations import Administration
from billing_service.store.audit import OperatorAuditRow
from billing_service.store.scope import OperatorScope, Scope

OPERATOR: Final = "operator"
"""The scope of operator keys; no key of an administration can have it."""

SCOPES: Final[tuple[str, ...]] = (
    "administrations:read",
    "administrations:write",
    "api_keys:read",
    "api_keys:write",
    "audit_trail:read",
    "billing_runs:read",
    "billing_runs:write",
    "charges:read",
    "charges:write",
    "conflicts:read",
    "conflicts:write",
    "connections:read",
    "connections:write",
    "consults:read",
    "consults:write",
    "contact_moments:read",
    "contact_moments:write",
    "contracts:read",
    "contracts:write",
    "credit_notes:write",
    "customers:read",
    "customers:write",
    "decisions:read",
    "decisions:write",
    "deliveries:read",
    "deliveries:write",
    "findings:read",
    "findings:write",
    "hour_cards:read",
    "hour_cards:write",
    "import_policies:read",
    "import_policies:write",
    "import_projects:read",
    "import_projects:write",
    "invoices:issue",
    "invoices:read",
    "jobs:read",
    "organisations:read",
    "organisations:write",
    "persons:read",
    "persons:write",
    "questions:read",
    "questions:write",
    "receivables:read",
    "receivables:write",
    "reconciliations:read",
    "reconciliations:write",
    "series_reports:read",
    "service_reports:read",
    "subscriptions:read",
    "subscriptions:write",
    "tariffs:publish",
    "tariffs:read",
    "tariffs:replay",
    "tariffs:write",
    "time_entries:read",
    "time_entries:write",
    "webhooks:read",
    "webhooks:write",
)
"""Every scope a key of an administration may have."""

SECRET_BYTES: Final = 32
USE_NOTED_EVERY: Final = timedelta(minutes=15)
"""``last_used_at`` is at most this much behind: writing it on every request would make reading a write."""

_NO_SECRET: Final = "0" * 64
_SHAPE: Final = re.compile(r"bk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified key. ``administration_id`` and ``currency`` are absent on an operator key."""

    key_id: UUID
    public_id: str
    administration_id: UUID | None
    currency: str | None
    scopes: frozenset[str]
    last_used_at: datetime | None

    @property
    def actor(self) -> str:
        """What the audit trail shows."""
        return f"key:{self.public_id}"

    def scope(self, session: Session, clock: Callable[[], datetime]) -> Scope | OperatorScope:
        """What this key's holder works in: its administration, or none in particular for an operator."""
        if self.administration_id is None:
            return OperatorScope(session, self.actor, clock())
        return Scope(session, self.administration_id, self.actor, clock(), clock)


def verify(session: Session, presented: str, now: datetime) -> Identity:
    """The identity behind a key as presented.

    Raises:
        NotSignedIn: unknown, expired or revoked; the answer does not say which.
    """
    public_id, secret = _parts(presented)
    found = session.execute(_BY_PUBLIC_ID, {"of_key": public_id}).one_or_none()
    stored = found.ApiKey.secret_sha256 if found else _NO_SECRET
    if not hmac.compare_digest(_sha256(secret), stored) or found is None or not _is_valid(found.ApiKey, now):
        raise NotSignedIn("This API key is unknown, expired or revoked.")
    key: ApiKey = found.ApiKey
    return Identity(
        key.id, key.public_id, key.administration_id, found.currency, frozenset(key.scopes), key.last_used_at
    )


# Built once: every request runs it.
_BY_PUBLIC_ID = (
    select(ApiKey, Administration.currency)
    .outerjoin(Administration, Administration.id == ApiKey.administration_id)
    .where(ApiKey.public_id == bindparam("of_key"))
)


def note_use(session: Session, identity: Identity, now: datetime) -> None:
    """Remember that the key was used; call it when ``use_is_unnoted`` says so."""
    session.execute(update(ApiKey).where(ApiKey.id == identity.key_id).values(last_used_at=now))


def use_is_unnoted(identity: Identity, now: datetime) -> bool:
    return identity.last_used_at is None or now - identity.last_used_at >= USE_NOTED_EVERY


def create_operator_key(operator: OperatorScope, label: str, expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """A new operator key and its text, which is shown once."""
    key, text = _make(operator.session, None, label, [OPERATOR], operator.now, expires_at)
    _record(operator, "create", key)
    return key, text


def create_key(
    scope: Scope,
    label: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    *,
    granted_by: frozenset[str] | None = None,
) -> tuple[ApiKey, str]:
    """A new key of the scope's administration and its text, which is shown once.

    ``granted_by`` are the scopes of the key that asks: it cannot hand out more than it has.

    Raises:
        InvalidInput: an unknown scope, no scope, or an expiry that has passed.
        NotAllowed: a scope that the asking key does not have.
    """
    wanted = sorted(set(scopes))
    _check_scopes(wanted, granted_by)
    if scope.session.get(Administration, scope.administration_id) is None:
        raise InvalidInput(
            "There is no such administration.", errors=[FieldError("/administration_id", "is no administration")]
        )
    key, text = _make(scope.session, scope.administration_id, label, wanted, scope.now, expires_at)
    audit.record(scope, "create", "api_key", key.id, {"label": label, "scopes": wanted, "expires_at": expires_at})
    return key, text


def get_key(scope: Scope | OperatorScope, key_id: UUID) -> ApiKey:
    """A key of this administration; an operator sees every key. Raises ``NotFound``."""
    key = scope.session.get(ApiKey, key_id)
    if key is None or (isinstance(scope, Scope) and key.administration_id != scope.administration_id):
        raise NotFound("There is no such API key.")
    return key


def revoke_key(scope: Scope | OperatorScope, key_id: UUID) -> ApiKey:
    """Make a key invalid from now on. Raises ``NotFound``, and ``Conflict`` when it was revoked before."""
    key = get_key(scope, key_id)
    if key.revoked_at is not None:
        raise Conflict("This API key was revoked before.", code="already_revoked")
    key.revoked_at = scope.now
    if isinstance(scope, Scope):
        audit.record(scope, "revoke", "api_key", key.id)
    else:
        _record(scope, "revoke", key)
    return key


def _check_scopes(wanted: list[str], granted_by: frozenset[str] | None) -> None:
    if not wanted:
        raise InvalidInput("A key needs at least one scope.", errors=[FieldError("/scopes", "is empty")])
    unknown = [name for name in wanted if name not in SCOPES]
    if unknown:
        raise InvalidInput(
            f"Unknown scope: {unknown[0]}.", errors=[FieldError("/scopes", f"{name} is no scope") for name in unknown]
        )
    missing = [name for name in wanted if granted_by is not None and name not in granted_by]
    if missing:
        raise NotAllowed(f"A key cannot grant a scope that it does not have: {', '.join(missing)}.")


def _make(
    session: Session,
    administration_id: UUID | None,
    label: str,
    scopes: list[str],
    now: datetime,
    expires_at: datetime | None,
) -> tuple[ApiKey, str]:
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(
            "The key would have expired already.", errors=[FieldError("/expires_at", "lies in the past")]
        )
    public_id, secret = secrets.token_hex(8), secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey(
        id=new_id(),
        administration_id=administration_id,
        public_id=public_id,
        secret_sha256=_sha256(secret),
        label=label,
        scopes=scopes,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    return key, f"bk_{public_id}_{secret}"


def _record(operator: OperatorScope, action: str, key: ApiKey) -> None:
    changes = {"label": key.label, "administration_id": key.administration_id, "scopes": key.scopes}
    row = {"at": operator.now, "actor": operator.actor, "action": action, "noun": "api_key", "object_id": key.id}
    operator.session.execute(insert(OperatorAuditRow), [row | {"id": new_id(), "changes": audit.plain(changes)}])


def _parts(presented: str) -> tuple[str, str]:
    shape = _SHAPE.fullmatch(presented)
    return (shape[1], shape[2]) if shape else ("", "")


def _is_valid(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
