"""An answer, and what it means when it is no success: once, for all packages.

| Answer | Question changes nothing | Question changes something |
|---|---|---|
| 429, 425 | try again later | try again later |
| 408, 5xx, unreadable, too large, cut off | try again later | outcome unknown |
| 3xx | refused | refused |
| 401 | sign in again | sign in again |
| 402, 403 | refused: rights | refused: rights |
| any other 4xx | refused: data | refused: data |

A package whose answers mean something else (Odoo's 500 for a wrong field, Tryton's 200 with an error) says so in the
``reads_error`` that it gives to :class:`connectors.http.Http`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from connectors.base import Cause, ConnectorError, Fix, OutcomeUnknown, Refused, SignInAgain, TryAgainLater, Wait
from connectors.limits import Clock, wait_asked

T = TypeVar("T")
LONGEST_TEXT = 100_000
_NOT_UNDERSTOOD = (KeyError, TypeError, ValueError, ArithmeticError, IndexError, AttributeError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a package answered. ``changes`` says whether the question may have changed something."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    changes: bool

    def json(self) -> Any:
        """The body as JSON, numbers with a point as ``Decimal``; raises as :meth:`read` where it is none."""
        return self.read(lambda value: value)

    def read(self, take: Callable[[Any], T]) -> T:
        """What ``take`` makes of the JSON body; an answer that it stumbles over is one that we do not understand.

        Then it raises ``OutcomeUnknown`` if something may have changed, else ``TryAgainLater``.
        """
        try:
            return take(json.loads(self.body, parse_float=Decimal, parse_constant=_no_number))
        except _NOT_UNDERSTOOD as error:
            wrong = type(error).__name__  # its text may quote the answer
        said = f"The package gave an answer that cannot be read ({wrong})."
        raise OutcomeUnknown(said) if self.changes else TryAgainLater(said, wait=Wait.UNAVAILABLE)

    def text(self) -> str:
        """The body as text for people, for errors only, without markup; cut only after its secrets are out."""
        text = self.body[:LONGEST_TEXT].decode("utf-8", errors="replace")
        return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text)).strip()


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def error_of(answer: Answer, detail: str, clock: Clock) -> ConnectorError:
    """The error of an answer that is no success, by its status."""
    status = answer.status
    after = wait_asked(answer.headers, detail, clock())
    said = f"The package answered {status}."
    if status in {425, 429}:
        return TryAgainLater(said, wait=Wait.LIMIT, after=after, detail=detail)
    if status == 408 or status >= 500:
        if answer.changes:
            return OutcomeUnknown(said, after=after, detail=detail)
        return TryAgainLater(said, wait=Wait.UNAVAILABLE, after=after, detail=detail)
    if status == 401:
        return SignInAgain(said, detail=detail)
    fix, cause = _REFUSALS.get(status, (Fix.DATA, Cause.REQUEST_REFUSED))
    if status < 400:
        fix, cause = Fix.SUPPORT, Cause.ANSWER_NOT_UNDERSTOOD
    return Refused(said, fix=fix, cause=cause, detail=detail)


_REFUSALS = {
    402: (Fix.RIGHTS, Cause.SUBSCRIPTION),
    403: (Fix.RIGHTS, Cause.NO_PERMISSION),
    405: (Fix.SUPPORT, Cause.REQUEST_REFUSED),
    406: (Fix.SUPPORT, Cause.REQUEST_REFUSED),
    415: (Fix.SUPPORT, Cause.REQUEST_REFUSED),
}
