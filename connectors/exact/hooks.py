"""Notifications and their signature (accounting-apis 1.11)."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

from connectors.base import Hint, InvalidSignature, Subject
from connectors.exact.division import moment_of
from connectors.http import Answer

SUBJECTS: Final = {"FinancialTransactions": Subject.PAYMENT, "Accounts": Subject.CUSTOMER}
"""There is no topic for matching: a booked receipt is all that a hook can hint at."""


def hints_of(body: bytes, secret: str, division: str) -> tuple[Hint, ...]:
    """What it hints at, if the signature is that of the raw text of ``Content``; of another division nothing.

    An empty body is the question whether anybody listens, asked when a subscription is made.
    """
    if not body:
        return ()
    parts = re.fullmatch(rb'\{"Content":(\{.*\}),"HashCode":"([0-9A-F]{64})"\}', body, re.DOTALL)
    if parts is None:
        raise InvalidSignature("The webhook carries no signature.")
    ours = hmac.new(secret.encode(), parts[1], hashlib.sha256).hexdigest().upper().encode()
    if not hmac.compare_digest(ours, parts[2]):
        raise InvalidSignature("The signature of the webhook is not that of its content.")
    content = Answer(200, {}, parts[1], changes=False).json()
    subject = SUBJECTS.get(content.get("Topic"))
    if subject is None or str(content.get("Division")) != division:
        return ()
    try:
        at = moment_of(content["EventCreatedOn"])
    except (KeyError, TypeError, ValueError):
        at = None
    return (Hint(subject, id=content.get("Key"), delivery=parts[2].decode(), at=at),)
