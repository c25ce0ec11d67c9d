"""The one HTTP layer under every package: deadlines, size caps, limits, repeats where harmless, answers as errors.

A package says what it asks (:meth:`Http.request`) and how it signs in (:class:`SignIn`); everything that can go wrong
on the way is turned into the errors of ``connectors.base`` here. No redirect is followed, no secret may stand in
an address.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import requests
import tenacity
import urllib3
from requests.adapters import BaseAdapter

from connectors.base import (
    AlreadyThere,
    Capabilities,
    ConnectorError,
    OutcomeUnknown,
    Refused,
    SignInAgain,
    TryAgainLater,
    Wait,
)
from connectors.http.answers import Answer, error_of
from connectors.http.redact import Secret, redacted
from connectors.http.transport import CHUNK, Deadline, Deadlines, TimedAdapter, mark_sent, under
from connectors.limits import Clock, Limiter, wait_asked

__all__ = [
    "Answer",
    "Bearer",
    "Call",
    "Deadlines",
    "Http",
    "Secret",
    "SignIn",
    "mark_sent",
    "read_back",
    "redacted",
    "wait_asked",
]

T = TypeVar("T")
LARGEST_ANSWER: Final = 20 * 1024 * 1024
ATTEMPTS: Final = 3
SHORT_WAIT: Final = timedelta(seconds=1)


class SignIn(Protocol):
    """How a connection shows who it is."""

    def headers(self) -> Mapping[str, str]:
        """The headers to send now. May renew a token that is running out, and raise ``SignInAgain``."""

    def renew(self, used: Mapping[str, str]) -> bool:
        """After a 401 on these headers: whether there are better ones now. ``False``: a person has to sign in again."""

    def secrets(self) -> Sequence[str]:
        """Everything that no error and no log may show."""


@dataclass(frozen=True, slots=True, repr=False)
class Bearer:
    """A fixed API key or token."""

    token: str
    scheme: str = "Bearer"

    def headers(self) -> Mapping[str, str]:
        """See :class:`SignIn`."""
        return {"Authorization": Secret(f"{self.scheme} {self.token}")}

    def renew(self, used: Mapping[str, str]) -> bool:
        """A fixed key has no successor."""
        return False

    def secrets(self) -> Sequence[str]:
        """See :class:`SignIn`."""
        return (self.token,)


@dataclass(frozen=True, slots=True)
class Call:
    """The trace of one request: which route, not what about. ``status`` is ``None`` without an answer."""

    connection: str
    method: str
    route: str
    status: int | None
    milliseconds: int
    bytes: int


def read_back(read: Callable[[], T]) -> T:
    """What stands there after a change that came through; whatever keeps us from seeing it is ``OutcomeUnknown``.

    For a package that answers a change with an id only: the question after it would else say that nothing happened.
    """
    try:
        return read()
    except (TryAgainLater, SignInAgain, Refused) as error:
        after = error.after if isinstance(error, TryAgainLater) else None
        unseen = OutcomeUnknown(f"It was done, but could not be read back. {error}", after=after, detail=error.detail)
    raise unseen


class Unclear(ConnectorError):
    """Inside this module only: the call broke off, or got an answer that says nothing; ``sent`` is whether it left."""

    def __init__(self, message: str, *, sent: bool, error: TryAgainLater | OutcomeUnknown | None = None) -> None:
        super().__init__(message)
        self.sent = sent
        self.error = error

    @property
    def soon(self) -> bool:
        """Whether the package did not ask to be left alone for longer than a repetition at once would wait."""
        return self.error is None or self.error.after is None or self.error.after <= SHORT_WAIT


class Http:
    """Calls to one package for one connection.

    ``reads_error`` gets an answer and its redacted text and gives the error that the package means by it, or ``None``
    for what its status says; it is asked about every answer, also a 200. ``secrets`` are shown as little as those of
    the sign-in. ``transport`` replaces the sockets (the fake
    in memory, tests). Not shared by threads: one for each worker.
    """

    def __init__(
        self,
        base_url: str,
        sign_in: SignIn | None,
        *,
        connection: str,
        capabilities: Capabilities,
        limiter: Limiter,
        clock: Clock,
        on_call: Callable[[Call], None] = lambda call: None,
        reads_error: Callable[[Answer, str], ConnectorError | None] = lambda answer, text: None,
        secrets: Sequence[str] = (),
        deadlines: Deadlines | None = None,
        largest_answer: int = LARGEST_ANSWER,
        transport: BaseAdapter | None = None,
        proxies: Mapping[str, str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._secrets = tuple(secrets)
        self._sign_in, self._connection, self._limiter, self._clock = sign_in, connection, limiter, clock
        self._limits, self._budget = capabilities.limits.value, capabilities.error_budget.value
        self._on_call, self._reads_error = on_call, reads_error
        self._deadlines, self._largest, self._sleep = deadlines or Deadlines(), largest_answer, sleep
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc would replace our Authorization header
        self._session.proxies.update(proxies or {})
        self._session.headers.update({"User-Agent": "billing-connectors", "Accept-Encoding": "identity"})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, transport or TimedAdapter(max_retries=0))

    def redact(self, text: str) -> str:
        """The text without anything secret of this connection."""
        return redacted(text, (*self._secrets, *(self._sign_in.secrets() if self._sign_in else ())))

    def request(
        self,
        method: str,
        route: str,
        *,
        path: Mapping[str, str] | None = None,
        url: str | None = None,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        files: Any = None,
        content: Secret | None = None,
        headers: Mapping[str, str] | None = None,
        changes: bool | None = None,
        repeats: bool | None = None,
        expects: frozenset[int] = frozenset(),
    ) -> Answer:
        """One call; its answer if that is a success or its status is expected, else an error of ``connectors.base``.

        ``route`` is the address below the base with its variables in braces, filled from ``path``; traces and the error
        budget know only the route. ``url`` is a whole address that the package gave (its next page), at the same host.
        ``content`` is a whole body as text, in ASCII, for what is neither JSON nor a form; its headers say what it is.
        ``changes`` says that it may change something (everything but GET, unless told otherwise), ``repeats`` that a
        repetition does no harm (whatever changes nothing, unless told otherwise; else a call with a key that the
        package honours). What changes something and broke off is ``OutcomeUnknown``; a later attempt that was cleanly
        refused does not make the first one undone.
        """
        changes = method not in {"GET", "HEAD"} if changes is None else changes
        repeats = not changes if repeats is None else repeats
        address = self._address(route, path or {}, url)
        deadline = Deadline(self._deadlines.whole, self._deadlines.wait)
        body = {"params": query, "json": json, "data": form or content, "files": files}
        unclear = False

        def attempt() -> Answer:
            nonlocal unclear
            deadline.sent = False
            try:
                return self._signed(method, route, address, body, dict(headers or {}), changes, deadline, expects)
            except Unclear as error:
                unclear = unclear or error.sent
                raise

        failed: ConnectorError
        try:
            return self._repeatedly(attempt, ATTEMPTS if repeats else 1, deadline)
        except Unclear as error:
            failed = self._verdict(error, changes and unclear)
        except (TryAgainLater, SignInAgain, Refused) as error:
            after = error.after if isinstance(error, TryAgainLater) else None
            failed = OutcomeUnknown(str(error), after=after, detail=error.detail) if changes and unclear else error
        except (OutcomeUnknown, AlreadyThere) as error:
            failed = error
        failed.__cause__ = failed.__context__ = None  # those keep requests and answers, and with them secrets
        raise failed.with_traceback(None)

    def _address(self, route: str, path: Mapping[str, str], url: str | None) -> str:
        if url is None:
            return self.base_url + route.format_map({name: quote(value, safe="") for name, value in path.items()})
        if urlsplit(url)[:2] != urlsplit(self.base_url)[:2]:
            raise TryAgainLater("The package sent us on to another host; that is not followed.", wait=Wait.UNAVAILABLE)
        return url

    def _repeatedly(self, attempt: Callable[[], Answer], attempts: int, deadline: Deadline) -> Answer:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, Unclear) and error.soon and not deadline.is_over()
            ),
            stop=tenacity.stop_after_attempt(attempts),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=2),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(attempt)

    def _verdict(self, error: Unclear, may_have_happened: bool) -> ConnectorError:
        if may_have_happened:
            cause = error.error
            return OutcomeUnknown(
                str(error), after=cause.after if cause else None, detail=cause.detail if cause else ""
            )
        return error.error or TryAgainLater(str(error), wait=Wait.UNREACHABLE)

    def _signed(
        self,
        method: str,
        route: str,
        address: str,
        body: Mapping[str, Any],
        headers: dict[str, str],
        changes: bool,
        deadline: Deadline,
        expects: frozenset[int],
    ) -> Answer:
        """One attempt, and one more with a renewed sign-in after a 401, which did nothing."""
        used = self._sign_in.headers() if self._sign_in else {}
        answer = self._send(method, route, address, body, {**headers, **used}, changes, deadline)
        if answer.status == 401 and self._sign_in is not None and self._sign_in.renew(used):
            used = self._sign_in.headers()
            answer = self._send(method, route, address, body, {**headers, **used}, changes, deadline)
        return self._judged(answer, route, expects)

    def _judged(self, answer: Answer, route: str, expects: frozenset[int]) -> Answer:
        """The answer if it is a success; raises what it means otherwise, and counts it."""
        if answer.status in expects:
            return answer
        text = self.redact(answer.text())
        error = self._reads_error(answer, text)
        if error is None and 200 <= answer.status < 300:
            return answer
        if error is None:
            error = error_of(answer, text, self._clock)
        if isinstance(error, TryAgainLater) and error.wait is Wait.LIMIT and error.after is not None:
            self._limiter.pause(self._connection, error.after)
        if isinstance(error, OutcomeUnknown) or (isinstance(error, TryAgainLater) and error.wait is Wait.UNAVAILABLE):
            raise Unclear(str(error), sent=True, error=error)
        raise error

    def _send(
        self,
        method: str,
        route: str,
        address: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str],
        changes: bool,
        deadline: Deadline,
    ) -> Answer:
        wait = self._limiter.take(self._connection, route, self._limits, self._budget)
        if wait is not None:
            raise TryAgainLater("Our share of the package's limits is used up.", wait=Wait.LIMIT, after=wait)
        began, status, content = time.monotonic(), None, b""
        broke = ""
        try:
            with under(deadline):
                response = self._session.request(
                    method,
                    address,
                    headers=headers,
                    timeout=(min(self._deadlines.connect, deadline.left()), self._deadlines.wait),
                    allow_redirects=False,
                    stream=True,
                    **body,
                )
                with response:
                    status = response.status_code
                    content = self._content(response, headers.get("Accept-Encoding", "identity"))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            broke = type(error).__name__  # its text may quote addresses and headers
        finally:
            took = round((time.monotonic() - began) * 1000)
            self._on_call(Call(self._connection, method, route, status, took, len(content)))
        if broke:
            raise Unclear(f"The call broke off ({broke}).", sent=deadline.sent)
        answer = Answer(response.status_code, response.headers, content, changes)
        if self._budget is not None and 400 <= answer.status < 500 and answer.status not in {408, 425, 429}:
            self._limiter.refused(self._connection, route, self._budget)
        return answer

    def _content(self, response: requests.Response, asked: str) -> bytes:
        """The body, unpacked where the call asked for it to be packed; the cap is on what comes out."""
        if response.headers.get("Content-Encoding", "identity") not in {"identity", asked}:
            raise requests.exceptions.ContentDecodingError("compressed without being asked")
        parts, size = [], 0
        for part in response.iter_content(CHUNK):
            size += len(part)
            if size > self._largest:
                raise requests.exceptions.ContentDecodingError("too large")
            parts.append(part)
        return b"".join(parts)
