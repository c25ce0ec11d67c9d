"""Webhooks: signed with HMAC-SHA256 over the moment and the raw body (accounting-apis 2.11)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from connectors.base import Hint, InvalidSignature, Subject
from connectors.http import Answer

OLDEST: Final = timedelta(minutes=5)
SUBJECTS: Final = {
    "ExternalSalesInvoice": Subject.DOCUMENT,
    "Payment": Subject.PAYMENT,
    "Contact": Subject.CUSTOMER,
}


def hints(secret: str, body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Hint, ...]:
    """What a signed webhook says has changed. Raises ``InvalidSignature``.

    While the secret is being replaced there is a signature by each; one of them is enough. Kinds of signature other
    than ``v1`` are not looked at.
    """
    named = {name.lower(): value for name, value in headers.items()}
    at = _verified(secret, body, named.get("moneybird-signature", ""))
    if abs(now - at) > OLDEST:
        raise InvalidSignature("The webhook is too old.")
    value = Answer(200, {}, body, changes=False).json()
    subject = SUBJECTS.get(str(value.get("entity_type"))) if isinstance(value, dict) else None
    if subject is None:
        return ()
    about = value.get("entity_id")
    return (Hint(subject, id=about and str(about), delivery=named.get("idempotency-key"), at=at),)


def _verified(secret: str, body: bytes, signature: str) -> datetime:
    """When it was signed."""
    if not secret:
        raise InvalidSignature("No secret of the webhook is filled in.")
    parts = [part.strip().partition("=") for part in signature.split(",")]
    moments = [value for name, _, value in parts if name == "t" and re.fullmatch(r"[0-9]{1,10}", value)]
    digests = [value for name, _, value in parts if name == "v1"]
    if len(moments) != 1 or not digests:
        raise InvalidSignature("The webhook carries no signature.")
    ours = hmac.new(secret.encode(), f"{moments[0]}.".encode() + body, hashlib.sha256).hexdigest()
    if not any(hmac.compare_digest(ours.encode(), theirs.encode()) for theirs in digests):
        raise InvalidSignature("The signature of the webhook is not that of its body.")
    return datetime.fromtimestamp(int(moments[0]), UTC)
