"""Records of a model: looking them up, reading, making and changing them (accounting-apis 11.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from connectors.odoo.calls import Calls
from connectors.odoo.forms import Row

T = TypeVar("T")
PAGE: Final = 200
"""How many records are asked for at once where there may be many; Odoo itself sets no limit (11.8)."""


class Records:
    """The records that the user of the key may see. ``take`` makes something of each, and may stumble over its form."""

    def __init__(self, calls: Calls) -> None:
        self.call = calls.call

    def search(self, model: str, domain: list[Any], fields: Iterable[str], take: Callable[[Row], T]) -> list[T]:
        """All records of a domain, by id."""
        asked = {"domain": domain, "fields": list(fields), "order": "id"}
        return self.call(model, "search_read", asked).read(lambda rows: [take(row) for row in rows])

    def page(
        self, model: str, domain: list[Any], fields: Iterable[str], take: Callable[[Row], T], after: int
    ) -> tuple[list[T], int | None]:
        """Records after this id, and the id to go on from, ``None`` at the end: ids never move, whatever changes."""
        asked = {"domain": [*domain, ["id", ">", after]], "fields": list(fields), "order": "id", "limit": PAGE}

        def taken(rows: list[Row]) -> tuple[list[T], int | None]:
            return [take(row) for row in rows], int(rows[-1]["id"]) if len(rows) == PAGE else None

        return self.call(model, "search_read", asked).read(taken)

    def read(self, model: str, known: int, fields: Iterable[str], take: Callable[[Row], T]) -> T | None:
        """This record; ``None`` if there is none, which Odoo answers with an empty list (11.8)."""
        answer = self.call(model, "read", {"ids": [known], "fields": list(fields)})
        return answer.read(lambda rows: take(_only(rows)) if rows else None)

    def create(self, model: str, values: Row) -> int:
        """A new record; its id."""
        return self.call(model, "create", {"vals_list": [values]}, changes=True).read(only_id)

    def write(self, model: str, known: int, values: Row) -> None:
        """Changes a record. Raises what Odoo refuses, also for a record that is gone."""
        self.call(model, "write", {"ids": [known], "vals": values}, changes=True, repeats=True).read(_is_true)

    def unlink(self, model: str, known: int) -> None:
        """Deletes a record."""
        self.call(model, "unlink", {"ids": [known]}, changes=True, repeats=True).read(_is_true)


def only_id(ids: Any) -> int:
    """The id of the one record that was made."""
    return int(_only(ids))


def _only(values: Any) -> Any:
    if not isinstance(values, list):
        raise TypeError("a list")
    (value,) = values
    return value


def _is_true(done: Any) -> None:
    if done is not True:
        raise TypeError("true")


def is_done(action: Any) -> None:
    """Posting answers ``false``, or an action for the screen."""
    if action is not False and not str(action["type"]).startswith("ir.actions"):
        raise TypeError("false or an action")
