"""Secrets kept out of whatever a person or a log may see."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "[secret]"
_SHORTEST: Final = 4  # a shorter "secret" would black out ordinary words


class Secret(str):
    """A text that does not show itself in a ``repr``, and so neither in a traceback with values nor in a dump."""

    __slots__ = ()

    def __repr__(self) -> str:
        return HIDDEN


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets, plain or as an address, JSON or Basic authorisation would carry them."""
    forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return re.sub(r"(?i)\b(bearer|basic|session)\s+[\w+/=.~-]{8,}", rf"\1 {HIDDEN}", text)


def _forms(secret: str) -> set[str]:
    encoded = base64.b64encode(secret.encode()).decode()
    return {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], encoded, encoded.rstrip("=")}
