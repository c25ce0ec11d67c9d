"""What Odoo means by a refusal (accounting-apis 11.8).

A wrong field or argument comes as a 500 (JSON-2) or as a fault with a traceback (XML-RPC): it was not done, and never
will be. Any other 500 says nothing. Of a traceback at most the last line is kept.
"""

from __future__ import annotations

import json
import re
import xmlrpc.client
from collections.abc import Callable
from typing import Final

from connectors.base import Cause, ConnectorError, Fix, OutcomeUnknown, Refused, SignInAgain, TryAgainLater, Wait
from connectors.http import Answer

Redact = Callable[[str], str]
_MISUNDERSTOOD: Final = frozenset({"ValueError", "TypeError", "KeyError", "AttributeError"})
_WARNING, _ACCESS_DENIED, _ACCESS_ERROR = 2, 3, 4


def of_status(answer: Answer, redact: Redact) -> ConnectorError | None:
    """The error of a JSON-2 answer: ``{name, message, …}`` with a status of its own; ``None`` for any other body."""
    if answer.status < 400 or answer.status in {408, 425, 429}:
        return None
    name, said = _told(answer.body)
    if answer.status == 404:
        return _absent(redact(said)) if name.endswith("MissingError") else _no_such_call(redact(said))
    if not said:
        return None
    said = redact(said)
    if answer.status == 401:
        return SignInAgain("Odoo does not accept the key.", detail=said)
    if answer.status == 403:
        return _not_allowed(said)
    if answer.status >= 500:
        return _failed(name.removeprefix("builtins."), said, answer)
    return _refused(said)


def of_fault(answer: Answer, redact: Redact) -> ConnectorError | None:
    """The error of an XML-RPC answer: a fault with a number, and a status of 200."""
    if answer.status == 404:
        return _no_such_call("")
    fault = _fault(answer.body) if answer.status == 200 else None
    if fault is None:
        return None
    said = redact(fault.faultString.strip())
    if fault.faultCode == _ACCESS_DENIED:
        return SignInAgain("Odoo does not accept this login and key.", detail=said)
    if fault.faultCode == _ACCESS_ERROR:
        return _not_allowed(said)
    if fault.faultCode == _WARNING:
        return _refused(said)
    last = said.rpartition("\n")[2]
    return _failed(last.partition(":")[0], last, answer)


def locked() -> Refused:
    """What is posted or cancelled is neither changed nor deleted."""
    return Refused("It is no draft in Odoo any more.", fix=Fix.DATA, cause=Cause.DOCUMENT_LOCKED)


def told_as(refused: Refused, cause: Cause) -> Refused:
    """The same refusal with the cause that it has at this call, where Odoo named none."""
    if refused.cause is not Cause.REQUEST_REFUSED or refused.fix is not Fix.DATA:
        return refused
    return Refused(str(refused), fix=refused.fix, cause=cause, field=refused.field, detail=refused.detail)


def _told(body: bytes) -> tuple[str, str]:
    """Name and message of an error; empty where the body is of another form."""
    try:
        value = json.loads(body)
        return str(value["name"]), str(value["message"])
    except (ValueError, TypeError, KeyError):
        return "", ""


def _fault(body: bytes) -> xmlrpc.client.Fault | None:
    if b"<!" in body or b"<fault>" not in body:
        return None
    try:
        xmlrpc.client.loads(body)
    except xmlrpc.client.Fault as fault:
        return fault if isinstance(fault.faultCode, int) and isinstance(fault.faultString, str) else None
    except Exception:  # noqa: BLE001  (no fault that can be read: the answer will be found unreadable)
        return None
    return None


def _failed(name: str, said: str, answer: Answer) -> ConnectorError:
    if name in _MISUNDERSTOOD:
        wrong = "Odoo does not know something that we asked for."
        return Refused(wrong, fix=Fix.SUPPORT, cause=Cause.REQUEST_REFUSED, detail=said)
    if answer.changes:
        return OutcomeUnknown("Odoo failed.", detail=said)
    return TryAgainLater("Odoo failed.", wait=Wait.UNAVAILABLE, detail=said)


def _refused(said: str) -> Refused:
    return Refused("Odoo refused it.", fix=Fix.DATA, cause=Cause.REQUEST_REFUSED, detail=said)


def _not_allowed(said: str) -> Refused:
    wrong = "The user of the key may not do this in Odoo."
    return Refused(wrong, fix=Fix.RIGHTS, cause=Cause.NO_PERMISSION, detail=said)


def _absent(said: str) -> Refused:
    return Refused("It does not exist in Odoo.", fix=Fix.DATA, cause=Cause.DOCUMENT_UNKNOWN, detail=said)


def _no_such_call(said: str) -> Refused:
    """Accounting is not installed, or this version has no such API."""
    wrong = "This Odoo does not have what we asked for: is the accounting app installed, and the right api set?"
    return Refused(wrong, fix=Fix.SUPPORT, cause=Cause.REQUEST_REFUSED, detail=re.sub(r"<[^>]*>", " ", said).strip())
