"""Tryton's JSON-RPC: how values are written, how a session is opened, and what its errors mean (accounting-apis 12).

Every call is a POST to one address, so the trace and the error budget know a call by its method, which stands behind a
``#`` in the route and is not sent. Every call ends with the context. Its language is English: errors are told apart by
their sentence, which Tryton would otherwise write in the user's language.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from connectors.base import (
    AlreadyThere,
    Capabilities,
    Cause,
    ConnectorError,
    Fix,
    OutcomeUnknown,
    Refused,
    SignInAgain,
    TryAgainLater,
    Wait,
)
from connectors.http import Answer, Http, Secret
from connectors.package import Connection, http_of

T = TypeVar("T")
ROUTE: Final = "/{database}/rpc/#"
COMPRESSED: Final = {"Accept-Encoding": "gzip"}
"""trytond 8.2.1 says of every longer answer that it is compressed, even where it is not because nobody asked."""


class Warned(Refused):
    """A warning that a person would be asked to confirm. ``name`` is what confirms it (``res.user.warning``)."""

    def __init__(self, message: str, name: str) -> None:
        super().__init__("Tryton asks for a confirmation.", fix=Fix.DATA, cause=Cause.REQUEST_REFUSED, detail=message)
        self.name = name


class Rpc:
    """Calls by one user to one company of one database."""

    def __init__(self, connection: Connection, capabilities: Capabilities) -> None:
        settings = connection.settings
        self._path = {"database": settings["database"]}
        self._company = int(settings["company"]) if settings.get("company") else None
        unsigned = http_of(connection, settings["base_url"], None, capabilities, reads_error)
        session = Session(unsigned, self._path, settings["user"], connection.secrets["password"])
        self._http = http_of(connection, settings["base_url"], session, capabilities, reads_error)

    @property
    def company(self) -> int:
        """The company that is asked about: the one set, else the user's own. Raises ``Refused`` if there is none."""
        if self._company is None:
            found = self._call("model.res.user.get_preferences", (True, {}), _preferred, changes=False)
            if found is None:
                raise Refused("The user belongs to no company in Tryton.", fix=Fix.RIGHTS, cause=Cause.NO_PERMISSION)
            self._company = found
        return self._company

    def ask(self, method: str, *params: Any, read: Callable[[Any], T], **context: Any) -> T:
        """What ``read`` makes of the result of a method that changes nothing which matters."""
        return self._call(method, (*params, self._context(context)), read, changes=False)

    def change(self, method: str, *params: Any, read: Callable[[Any], T], repeats: bool = False, **context: Any) -> T:
        """The same of a method that changes something; ``repeats`` says that it may simply be sent again."""
        return self._call(method, (*params, self._context(context)), read, changes=True, repeats=repeats)

    def search(
        self,
        model: str,
        domain: Sequence[Any],
        fields: Sequence[str],
        *,
        limit: int | None = None,
        order: Sequence[Sequence[str]] | None = None,
    ) -> list[dict[str, Any]]:
        """The records that match, each with these fields; a dotted field stands in a record of its own (``party.``)."""
        return self.ask(f"model.{model}.search_read", domain, 0, limit, order, fields, read=rows)

    def _context(self, more: Mapping[str, Any]) -> dict[str, Any]:
        return {"company": self.company, "companies": [self.company], "language": "en", **more}

    def _call(
        self,
        method: str,
        params: Sequence[Any],
        read: Callable[[Any], T],
        *,
        changes: bool,
        repeats: bool | None = None,
    ) -> T:
        body = {"id": 1, "method": method, "params": encoded(params)}
        answer = self._http.request(
            "POST", ROUTE + method, path=self._path, json=body, headers=COMPRESSED, changes=changes, repeats=repeats
        )
        return answer.read(lambda value: read(decoded(value["result"])))


class Session:
    """Signs calls with a session of one user, opened at the first call and whenever the server has forgotten it.

    A session idles out, and posting and paying demand a recent one: the server answers 401 and has done nothing
    (accounting-apis 12.2). Only a password that is refused too needs a person.
    """

    def __init__(self, http: Http, path: Mapping[str, str], user: str, password: Secret) -> None:
        self._http, self._path, self._user, self._password = http, path, user, password
        self._seen: list[str] = [password]
        self._authorization: Secret | None = None

    def headers(self) -> Mapping[str, str]:
        """See :class:`connectors.http.SignIn`."""
        return {"Authorization": self._authorization or self._open()}

    def renew(self, used: Mapping[str, str]) -> bool:
        """Opens another session; raises ``SignInAgain`` if the password is refused."""
        self._open()
        return True

    def secrets(self) -> Sequence[str]:
        """The password, and every session so far."""
        return self._seen

    def _open(self) -> Secret:
        body = {"id": 1, "method": "common.db.login", "params": [self._user, {"password": self._password}]}
        answer = self._http.request("POST", ROUTE + "common.db.login", path=self._path, json=body, changes=False)
        user, key = answer.read(lambda value: (int(value["result"][0]), _text(value["result"][1])))
        signed = base64.b64encode(f"{self._user}:{user}:{key}".encode()).decode()
        self._seen += [key, signed]
        self._authorization = Secret(f"Session {signed}")
        return self._authorization


# --- values ---------------------------------------------------------------------------------------------------------


def encoded(value: Any) -> Any:
    """The value as Tryton writes it in JSON: money is exact, instants are UTC without saying so."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, datetime):
        return {"__class__": "datetime", **{part: getattr(value, part) for part in (*_DAY, *_TIME)}}
    if isinstance(value, date):
        return {"__class__": "date", **{part: getattr(value, part) for part in _DAY}}
    if isinstance(value, bytes):
        return {"__class__": "bytes", "base64": base64.b64encode(value).decode()}
    if isinstance(value, Mapping):
        return {name: encoded(inside) for name, inside in value.items()}
    return [encoded(inside) for inside in value] if isinstance(value, list | tuple) else value


def decoded(value: Any) -> Any:
    """What Tryton wrote."""
    if isinstance(value, list):
        return [decoded(inside) for inside in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__class__")
    if kind == "Decimal":
        return Decimal(value["decimal"])
    if kind == "datetime":
        return datetime(**{part: value[part] for part in (*_DAY, *_TIME)}, tzinfo=UTC)
    if kind == "date":
        return date(*(value[part] for part in _DAY))
    return {name: decoded(inside) for name, inside in value.items()}


_DAY: Final = ("year", "month", "day")
_TIME: Final = ("hour", "minute", "second", "microsecond")


def rows(value: Any) -> list[dict[str, Any]]:
    """A list of records."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise TypeError("a list of records")
    return value


def ids(value: Any) -> list[int]:
    """The ids of what was created."""
    return [int(one) for one in value]


def nothing(value: Any) -> None:
    """A method whose result says nothing."""


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a text")
    return value


def _preferred(value: Mapping[str, Any]) -> int | None:
    company = value.get("company")
    return None if company is None else int(company)


# --- errors ---------------------------------------------------------------------------------------------------------

_REFUSALS: Final = (
    (r"The code on party must be unique", Fix.DATA, Cause.CUSTOMER_REFUSED),
    (r'read records .* of "Account Invoice" that don', Fix.DATA, Cause.DOCUMENT_UNKNOWN),
    (r'read records .* of "Party" that don', Fix.DATA, Cause.CUSTOMER_UNKNOWN),
    (r'for field "Taxes" .*"Account Invoice Line"', Fix.MAPPING, Cause.VAT_CODE_UNKNOWN),
    (r'for field "Account" .*"Account Invoice Line"', Fix.MAPPING, Cause.LEDGER_ACCOUNT_UNKNOWN),
    (r'for field "Journal" .*"Account Invoice"', Fix.MAPPING, Cause.JOURNAL_UNKNOWN),
    (r'for field "Payment Method" ', Fix.MAPPING, Cause.PAYMENT_METHOD_UNKNOWN),
    (r'of "Party', Fix.DATA, Cause.CUSTOMER_REFUSED),
    (r"for party .* is not valid", Fix.DATA, Cause.CUSTOMER_REFUSED),
    (r"must set an invoice date after", Fix.DATA, Cause.DATE_REFUSED),
    (r"invoice date in the future", Fix.DATA, Cause.DATE_REFUSED),
    (r"(create|reopen) a (period|fiscal year)|is closed", Fix.RIGHTS, Cause.PERIOD_CLOSED),
    (r"amount to pay|overpay", Fix.DATA, Cause.NOTHING_OPEN),
    (r"modify the field|cannot modify|You can not call", Fix.DATA, Cause.DOCUMENT_LOCKED),
    (r"not allowed to|access rule", Fix.RIGHTS, Cause.NO_PERMISSION),
)
"""What Tryton's sentences mean, the first that fits; they ran on 8.2 (accounting-apis 12)."""


def reads_error(answer: Answer, text: str) -> ConnectorError | None:
    """What Tryton means by an answer: its errors come as HTTP 200 (accounting-apis 12.7)."""
    if answer.status == 404:
        detail = "The server knows no such database."
        return Refused("Tryton was not found there.", fix=Fix.SUPPORT, cause=Cause.REQUEST_REFUSED, detail=detail)
    found = _ERROR.match(text) if answer.status == 200 else None
    if found is None:
        return None
    kind, *said = [str(json.loads(part)) for part in found.groups() if part is not None]
    if kind == "UserWarning" and len(said) > 1:
        return Warned(said[1], said[0])
    if kind == "UserError" and said:
        return _refusal(said[0])
    if kind == "LoginException":
        return SignInAgain("Tryton asks to sign in.", detail=text)
    message = "Tryton broke off with an error of its own."
    if answer.changes:
        return OutcomeUnknown(message, detail=text)
    return TryAgainLater(message, wait=Wait.UNAVAILABLE, detail=text)


_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_ERROR: Final = re.compile(rf'\{{"id": ?\d+, ?"error": ?\[({_STRING})(?:, ?\[({_STRING})(?:, ?({_STRING}))?)?')
"""The kind of error and its first words; what follows may be long, and cut off."""


def _refusal(said: str) -> ConnectorError:
    fitting = ((fix, cause) for pattern, fix, cause in _REFUSALS if re.search(pattern, said, re.DOTALL))
    fix, cause = next(fitting, (Fix.DATA, Cause.REQUEST_REFUSED))
    if "code on party must be unique" in said:
        return AlreadyThere("A party has this code already.", detail=said)
    return Refused("Tryton refused it.", fix=fix, cause=cause, detail=said)
