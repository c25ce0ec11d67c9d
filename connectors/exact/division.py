"""The calls to one division, in OData as Exact speaks it (accounting-apis 1.2, 1.9, 1.10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

from connectors.base import Page, cents, everything
from connectors.http import Answer, Http

T = TypeVar("T")
Row = Mapping[str, Any]

REPRESENTATION: Final = {"Accept": "application/json", "Prefer": "return=representation"}


class Division:
    """Asks one division, never the one that the user happens to have open on screen (1.2).

    ``resource`` is an address below the division, such as ``salesentry/SalesEntries``. The error budget counts for the
    resource, whatever record of it a call is about (1.8).
    """

    def __init__(self, http: Http, division: str) -> None:
        self._http, self.number = http, division

    def page(
        self,
        resource: str,
        take: Callable[[Row], T],
        *,
        select: str,
        where: str = "",
        top: int | None = None,
        cursor: str | None = None,
    ) -> Page[T]:
        """One page, of which ``take`` makes what is wanted; a cursor is the address that the page before gave."""
        query = {"$select": select, **({"$filter": where} if where else {}), **({"$top": str(top)} if top else {})}
        answer = self._ask("GET", resource, url=cursor, query=None if cursor else query)
        return answer.read(lambda value: Page(tuple(take(row) for row in _results(value)), _next(value)))

    def rows(self, resource: str, take: Callable[[Row], T], *, select: str, where: str = "") -> list[T]:
        """All of them."""
        return list(everything(lambda cursor: self.page(resource, take, select=select, where=where, cursor=cursor)))

    def create(self, resource: str, body: Row, take: Callable[[Row], T]) -> T:
        """Makes a record and gives it back as it stands there."""
        return self._ask("POST", resource, json=body).read(lambda value: take(value["d"]))

    def update(self, resource: str, key: str, body: Row) -> None:
        """Changes these fields of a record; may be repeated."""
        self._ask("PUT", resource, url=self._record(resource, key), json=body, repeats=True)

    def delete(self, resource: str, key: str) -> None:
        """Deletes a record; one that is gone already is no error."""
        url, gone = self._record(resource, key), frozenset({404})
        self._ask("DELETE", resource, url=url, repeats=True, expects=gone)

    def _ask(self, method: str, resource: str, **more: Any) -> Answer:
        route, path = f"/api/v1/{{division}}/{resource}", {"division": self.number}
        return self._http.request(method, route, path=path, headers=REPRESENTATION, **more)

    def _record(self, resource: str, key: str) -> str:
        return f"{self._http.base_url}/api/v1/{self.number}/{resource}({guid(key)})"


def _results(value: Any) -> Iterable[Row]:
    inside = value["d"]
    rows: Iterable[Row] = inside if isinstance(inside, list) else inside["results"]
    return rows


def _next(value: Any) -> str | None:
    address = None if isinstance(value["d"], list) else value["d"].get("__next")
    if address is not None and not isinstance(address, str):
        raise TypeError("the next page is an address")
    return address


# --- literals of filters --------------------------------------------------------------------------------------------


def text(value: str) -> str:
    """A text in a filter; quotes are doubled (1.7 [E3])."""
    return "'" + value.replace("'", "''") + "'"


def guid(value: str) -> str:
    """An id in a filter or an address."""
    return f"guid'{value}'"


def day(value: date) -> str:
    """A date in a filter."""
    return f"datetime'{value.isoformat()}'"


def either(field: str, literals: Iterable[str]) -> str:
    """That the field is one of these."""
    return "(" + " or ".join(f"{field} eq {literal}" for literal in literals) + ")"


def is_guid(value: str) -> bool:
    """Whether this can be an id there. What cannot is not asked for: a refused question spends error budget (1.8)."""
    return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value) is not None


# --- values ---------------------------------------------------------------------------------------------------------


def day_of(value: str) -> date:
    """The date in ``/Date(ms)/`` (1.10). Midnight in UTC as in Amsterdam gives the same day: the nearest one."""
    nearest = _moment(value) + timedelta(hours=12)
    return nearest.date()


def moment_of(value: str) -> datetime:
    """The instant in ``/Date(ms)/``."""
    return _moment(value)


def _moment(value: str) -> datetime:
    found = re.fullmatch(r"/Date\((-?\d{1,15})\)/", value)
    if found is None:
        raise ValueError("a date is written in milliseconds")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))


def money_of(value: Any) -> Decimal:
    """An amount: a double there, which may carry the noise of its sum."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise TypeError("an amount is a number")
    return cents(Decimal(value))


def number(value: Decimal) -> float:
    """An amount or quantity as JSON writes it: a double holds more digits than any amount here; zero has no sign."""
    return float(value + 0)
