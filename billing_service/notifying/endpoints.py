"""Where other services want to hear of events: registered, changed, tested, given a new secret."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select

from billing_service import findings
from billing_service.core.ids import new_id
from billing_service.errors import Conflict, NotFound
from billing_service.notifying.addresses import check_url, networks_of
from billing_service.store import audit
from billing_service.store.scope import Scope
from billing_service.store.telling import News, tell_one
from billing_service.store.webhooks import WebhookDelivery, WebhookEndpoint
from billing_service.vault import Vault

MOST: Final = 20
"""Endpoints of one administration: every event is sent to each."""
OVERLAP: Final = timedelta(hours=24)
"""How long after a rotation messages carry a signature by the previous secret too."""
RESTORED: Final = "webhooks_restored"
"""The finding about an endpoint to which a restored copy sends nothing."""
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator set: how secrets are encrypted, and the networks webhooks may go to besides the internet."""

    vault: Vault
    networks: Sequence[str] = ()


def create(scope: Scope, values: Mapping[str, Any], rules: Rules) -> tuple[WebhookEndpoint, str]:
    """A new endpoint, and its signing secret, which is shown this once.

    Raises InvalidInput for an address that webhooks do not go to, Conflict (``too_many_endpoints``), and NoSecretKey.
    """
    check_url(values["url"], networks_of(rules.networks))
    if len(list(scope.session.scalars(_of(scope).limit(MOST)))) >= MOST:
        raise Conflict(f"An administration has at most {MOST} endpoints.", code="too_many_endpoints")
    made, secret = new_id(), _new_secret()
    row = WebhookEndpoint(
        administration_id=scope.administration_id,
        id=made,
        url=values["url"],
        description=values.get("description"),
        kinds=sorted(set(values.get("kinds", ()))),
        secrets=rules.vault.encrypt(made, {"current": secret}),
        created_at=scope.now,
    )
    scope.session.add(row)
    scope.session.flush()
    audit.record(scope, "webhook_endpoint.created", "webhook_endpoint", made, {"url": row.url, "kinds": row.kinds})
    return row, secret


def get(scope: Scope, endpoint_id: UUID) -> WebhookEndpoint:
    """Raises ``NotFound``."""
    row = scope.session.get(WebhookEndpoint, (scope.administration_id, endpoint_id))
    if row is None:
        raise NotFound("There is no such endpoint.")
    return row


def change(scope: Scope, row: WebhookEndpoint, values: Mapping[str, Any], rules: Rules) -> WebhookEndpoint:
    """Changes what is given. One that was disabled hears again when it is made active; what it missed can be replayed.

    Raises InvalidInput for an address that webhooks do not go to.
    """
    if "url" in values:
        check_url(values["url"], networks_of(rules.networks))
    for name in ("url", "description"):
        if name in values:
            setattr(row, name, values[name])
    if "kinds" in values:
        row.kinds = sorted(set(values["kinds"]))
    if "state" in values and values["state"] != row.state:
        row.state = values["state"]
        row.disabled_reason = None if row.state == "active" else "disabled by a person"
        findings.settle(scope, RESTORED, row.id, "active again")
    scope.session.flush()
    audit.record(scope, "webhook_endpoint.changed", "webhook_endpoint", row.id, dict(values))
    return row


def hold(scope: Scope) -> int:
    """This is a restored copy: nothing is sent until a person makes each endpoint active again; how many that are.

    The database that the backup was made of may still be in use.
    """
    rows = list(scope.session.scalars(_of(scope).where(WebhookEndpoint.state == "active")))
    for row in rows:
        row.state, row.disabled_reason = "disabled", "restored from a backup"
    scope.session.flush()
    for row in rows:
        audit.record(scope, "webhook_endpoint.disabled", "webhook_endpoint", row.id, {"reason": row.disabled_reason})
        findings.report(scope, RESTORED, "webhook_endpoint", row.id, {"url": row.url})
    return len(rows)


def remove(scope: Scope, row: WebhookEndpoint) -> None:
    """Takes the endpoint away, with what waited for it and the history of what it was sent."""
    mine = WebhookDelivery.administration_id == scope.administration_id
    scope.session.execute(delete(WebhookDelivery).where(mine, WebhookDelivery.endpoint_id == row.id))
    scope.session.delete(row)
    scope.session.flush()
    findings.settle(scope, RESTORED, row.id, "removed")
    audit.record(scope, "webhook_endpoint.removed", "webhook_endpoint", row.id, {})


def rotate(scope: Scope, row: WebhookEndpoint, rules: Rules) -> str:
    """A new signing secret, shown this once; for a day messages carry a signature by the previous one too."""
    secret = _new_secret()
    previous = rules.vault.decrypt(row.id, row.secrets)["current"]
    row.secrets = rules.vault.encrypt(row.id, {"current": secret, "previous": previous})
    row.previous_until = scope.now + OVERLAP
    scope.session.flush()
    audit.record(scope, "webhook_endpoint.rotated", "webhook_endpoint", row.id, {})
    return secret


def test(scope: Scope, row: WebhookEndpoint) -> UUID:
    """Sends it an event of kind ``endpoint.test``, whatever it subscribed to. Returns the id of the event.

    Raises Conflict (``endpoint_disabled``).
    """
    if row.state != "active":
        raise Conflict("This endpoint is disabled.", code="endpoint_disabled")
    news = News("endpoint.test", "webhook_endpoint", row.id, {"message": "It works."})
    return tell_one(scope, row.id, news)


def encrypt_again(scope: Scope, vault: Vault) -> int:
    """Encrypts every secret with the newest key; how many there were."""
    rows = list(scope.session.scalars(_of(scope)))
    for row in rows:
        row.secrets = vault.again(row.id, row.secrets)
    scope.session.flush()
    return len(rows)


def _of(scope: Scope) -> Any:
    return select(WebhookEndpoint).where(WebhookEndpoint.administration_id == scope.administration_id)


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
