"""Two ways to call a method of a model, with the same arguments and answers (accounting-apis 11.2).

JSON-2 takes the arguments by name, with ``ids`` and ``context`` beside them. XML-RPC takes the ids (or the values to
create) by place and the rest by name; what it answers is turned into the JSON that JSON-2 would have given, so that
whatever reads an answer reads one form.
"""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from connectors.base import Capabilities, ConnectorError, SignInAgain
from connectors.http import Answer, Bearer, Http, Secret, SignIn
from connectors.odoo.errors import of_fault, of_status
from connectors.odoo.settings import chosen, needed_for_xml_rpc
from connectors.package import Connection, http_of

Arguments = Mapping[str, Any]
_BY_PLACE: Final = ("ids", "vals_list")
_CONTROL: Final = dict.fromkeys(set(range(32)) - {9, 10, 13})
_XML: Final = {"Content-Type": "text/xml"}


class Calls(Protocol):
    """Calls of one connection."""

    def call(
        self, model: str, method: str, arguments: Arguments, *, changes: bool = False, repeats: bool | None = None
    ) -> Answer:
        """One call; ``changes`` and ``repeats`` as in :meth:`connectors.http.Http.request`."""


def calls_of(connection: Connection, capabilities: Capabilities) -> Calls:
    """The calls as the connection's settings want them."""
    made = Json2 if chosen(connection.settings, "api") == "json-2" else XmlRpc
    return made(connection, capabilities)


def _http(
    connection: Connection,
    sign_in: SignIn | None,
    capabilities: Capabilities,
    reads_error: Callable[[Answer, Callable[[str], str]], ConnectorError | None],
) -> Http:
    http = http_of(
        connection,
        connection.settings["base_url"],
        sign_in,
        capabilities,
        lambda answer, text: reads_error(answer, http.redact),
    )
    return http


class Json2:
    """``POST /json/2/<model>/<method>``, Odoo 19 and later."""

    def __init__(self, connection: Connection, capabilities: Capabilities) -> None:
        key = Bearer(connection.secrets["api_key"], scheme="bearer")
        self._http = _http(connection, key, capabilities, of_status)
        database = connection.settings.get("database")
        self._headers = {"X-Odoo-Database": database} if database else {}

    def call(
        self, model: str, method: str, arguments: Arguments, *, changes: bool = False, repeats: bool | None = None
    ) -> Answer:
        """See :class:`Calls`."""
        return self._http.request(
            "POST",
            f"/json/2/{model}/{method}",
            json=arguments,
            headers=self._headers,
            changes=changes,
            repeats=repeats,
        )


class XmlRpc:
    """``POST /xmlrpc/2/object``, Odoo 18 and 19; the key takes the place of the password."""

    def __init__(self, connection: Connection, capabilities: Capabilities) -> None:
        self._http = _http(connection, None, capabilities, of_fault)
        self._settings = connection.settings
        self._key = Secret(connection.secrets["api_key"])
        self._user: int | None = None

    def call(
        self, model: str, method: str, arguments: Arguments, *, changes: bool = False, repeats: bool | None = None
    ) -> Answer:
        """See :class:`Calls`."""
        if self._user is None:
            self._user = self._signed_in()
        by_place = [arguments[name] for name in _BY_PLACE if name in arguments]
        by_name = {name: value for name, value in arguments.items() if name not in _BY_PLACE}
        of = (self._settings["database"], self._user, self._key, model, method, by_place, by_name)
        return self._ask(f"object#{model}/{method}", "execute_kw", of, changes, repeats)

    def _signed_in(self) -> int:
        """Who the key belongs to; a wrong one is answered with ``false``."""
        database, login = (needed_for_xml_rpc(self._settings, name) for name in ("database", "login"))
        who: tuple[Any, ...] = (database, login, self._key, {})
        user = self._ask("common", "authenticate", who, changes=False, repeats=None).json()
        if user is False:
            raise SignInAgain("Odoo does not accept this login and key.")
        return int(user)

    def _ask(self, place: str, name: str, of: tuple[Any, ...], changes: bool, repeats: bool | None) -> Answer:
        """What stands after a ``#`` is for traces only; it is not sent."""
        answer = self._http.request(
            "POST",
            f"/xmlrpc/2/{place}",
            content=_packed(name, of),
            headers=_XML,
            changes=changes,
            repeats=repeats,
        )
        return replace(answer, body=_unpacked(answer.body))


def _packed(name: str, of: tuple[Any, ...]) -> Secret:
    """The call as XML in ASCII, hidden from whatever shows values, because the key stands in it."""
    written = xmlrpc.client.dumps(tuple(_plain(one) for one in of), name)
    return Secret(written.encode("ascii", "xmlcharrefreplace").decode())


def _plain(value: Any) -> Any:
    """The value with plain texts only, without the control characters that XML does not allow."""
    if isinstance(value, str):
        return str(value).translate(_CONTROL)
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _unpacked(body: bytes) -> bytes:
    """The value of an answer as JSON; nothing where it is none, which is then an answer that cannot be read.

    The parser fetches nothing from outside, and what declares entities is not parsed at all.
    """
    if b"<!" in body:
        return b""
    try:
        (value,), _ = xmlrpc.client.loads(body)
        return json.dumps(value).encode()
    except Exception:  # noqa: BLE001  (it is of another form, whatever the parser stumbled over)
        return b""
