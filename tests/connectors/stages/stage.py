"""What the suite asks of a stage, whatever the package."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Self

from requests.adapters import BaseAdapter

import connectors
from connectors.base import Connector, ErrorBudget, Limit
from connectors.fake.wire import Manner, Trouble
from connectors.http import Call, Deadlines, Secret
from connectors.limits import MemoryLimiter
from connectors.oauth import TokenStore
from connectors.package import Connection

CANARY = "canary7f3a9c"  # stands in every secret of a stage; nothing that anybody can read may show it
Hook = tuple[bytes, Mapping[str, str], timedelta]


class Patient(MemoryLimiter):
    """Knows no limits and no error budget; a pause that the package asks for is kept."""

    def take(
        self, connection: str, endpoint: str, limits: Sequence[Limit], budget: ErrorBudget | None
    ) -> timedelta | None:
        return super().take(connection, endpoint, (), None)


@dataclass
class Stage(ABC):
    """A running server of one kind of one package; used with ``with``.

    ``unlimited`` switches off limits and error budgets, on our side too, for tests that ask more than a real client.
    """

    package: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    routes: ClassVar[Mapping[str, str]]
    """Step (create, customer, attach, post, payment, find, read, payments, token) → the requests that carry it out."""
    cites: ClassVar[Mapping[str, str]]
    """``METHOD path status`` (a pattern; the first that fits counts, ``#`` before what of one address is called) → the
    sections of accounting-apis.md that such an answer rests on."""
    optional: ClassVar[frozenset[str]] = frozenset()
    """Fields of a body that may be left out, by name, per the package's documentation."""
    optional_parameters: ClassVar[frozenset[str]] = frozenset()
    """The same of an address: ``/v1/customers?cursor``."""
    youngest_token: ClassVar[timedelta] = timedelta()
    """How old a token must be before the package gives a new one."""
    tells_unmatched: ClassVar[bool] = True
    """Whether a payment that is matched to no document is told among the payments at all."""

    def may_leave_out(self, path: str, field: str) -> bool:
        """Whether a body to this address may lack this field, wherever in it."""
        return field in self.optional

    def sections(self, line: str) -> tuple[str, ...]:
        """What an answer rests on, by ``METHOD path status``; nothing for one that nobody documents."""
        found = (cited for pattern, cited in self.cites.items() if re.fullmatch(pattern, line))
        return tuple(next(found, "").split())

    def refuses(self, path: str, status: int, body: bytes) -> bool:
        """Whether this answer to a request at this address is a refusal of the package's own, as it documents them."""
        return 400 <= status < 500 and status != 429 and self.is_error(body)

    def is_error(self, body: bytes) -> bool:
        """Whether this body of a refusal has the form that the package documents."""
        return bool(body)

    kind: str
    unlimited: bool = False
    calls: list[Call] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.start()
        self.limiter = Patient(self.now) if self.unlimited else MemoryLimiter(self.now)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self) -> None: ...

    # --- our side ---------------------------------------------------------------------------------------------------

    @abstractmethod
    def now(self) -> datetime:
        """The moment that server and connector agree on; only :meth:`advance` moves it."""

    @abstractmethod
    def settings(self) -> dict[str, str]: ...

    @abstractmethod
    def secrets(self) -> dict[str, Secret]:
        """Every one holds the canary."""

    def tokens(self) -> TokenStore | None:
        """The token store of this connection, where the package uses OAuth."""
        return None

    def connection(self, *, deadlines: Deadlines | None = None, transport: BaseAdapter | None = None) -> Connection:
        return Connection(
            id="stage",
            settings=self.settings(),
            secrets=self.secrets(),
            limiter=self.limiter,
            clock=self.now,
            tokens=self.tokens(),
            on_call=self.calls.append,
            deadlines=deadlines or Deadlines(),
            transport=transport,
        )

    def connector(self, *, deadlines: Deadlines | None = None, transport: BaseAdapter | None = None) -> Connector:
        return connectors.connect(self.package, self.connection(deadlines=deadlines, transport=transport))

    def sent(self, step: str) -> int:
        """How often we asked for this step; what was looked up before it does not count."""
        return sum(re.fullmatch(self.routes[step], f"{call.method} {call.route}") is not None for call in self.calls)

    # --- their side -------------------------------------------------------------------------------------------------

    @abstractmethod
    def vanish(self) -> None:
        """Nobody listens at its address any more."""

    @abstractmethod
    def trouble(self, step: str, **what: Any) -> None:
        """The next request of this step meets this :class:`Trouble`."""

    @abstractmethod
    def calm(self) -> None: ...

    @abstractmethod
    def advance(self, wait: timedelta) -> None:
        """Time passes, for the server as for us."""

    @abstractmethod
    def documents(self) -> list[tuple[str, str]]:
        """Kind and number of every document that stands there, drafts too, straight from the books."""

    @abstractmethod
    def files(self, number: str) -> list[tuple[str, bytes]]:
        """Name and content of every file of the document with this number."""

    @abstractmethod
    def customers(self) -> list[str]:
        """The code of every customer there."""

    @abstractmethod
    def picture(self) -> str:
        """Everything that stands there, as text to compare."""

    @abstractmethod
    def pay(self, number: str | None, amount: Decimal, on: date, reference: str = "") -> str:
        """A payment booked there by hand; its id."""

    @abstractmethod
    def undo(self, payment: str, on: date) -> None:
        """That payment reversed there."""

    def hook(self, subject: str, remote_id: str) -> tuple[bytes, dict[str, str]]:
        """A webhook as the package sends it, about this record; only where webhooks are declared."""
        raise AssertionError("this package declares no webhooks")

    def forgeries(self, body: bytes, headers: Mapping[str, str], remote_id: str) -> dict[str, Hook]:
        """That webhook as somebody else would send it: body, headers, and how much later. None may be believed."""
        return {
            "about another record": (body.replace(remote_id.encode(), remote_id[::-1].encode()), headers, timedelta()),
            "the same, written otherwise": (body + b" ", headers, timedelta()),
            "no signature": (body, {}, timedelta()),
            "a mangled signature": (body, {name: value[:-2] + "00" for name, value in headers.items()}, timedelta()),
            "an old one": (body, headers, timedelta(minutes=6)),
        }

    def use_up_limit(self) -> timedelta | None:
        """The next call is answered with the package's own refusal for too many; ``None`` where it has no limit."""
        return None

    def token_calls(self) -> int:
        """How often tokens were asked for."""
        return 0

    def lose_sign_in(self) -> None:
        """The key or refresh token is no longer accepted."""
        raise AssertionError("say how this package withdraws a sign-in")


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def trouble_of(routes: Mapping[str, str], step: str, what: Mapping[str, Any]) -> Trouble:
    return Trouble(when=routes[step], **{**what, "manner": Manner(what.get("manner", Manner.WHOLE))})
