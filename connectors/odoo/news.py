"""How far the news was read: the cursor of payments and open amounts (accounting-apis 11.6).

``write_date`` moves on every change, but it shows whole seconds, and a change that took long appears with the moment at
which it began. So a round of reading goes by id, over everything written since a moment, and the next round
begins some minutes before the newest moment that stood there when this one began: nothing that moves during a round is
passed over, and what comes again has the same id.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

OVERLAP: Final = timedelta(minutes=5)
_FORM: Final = "%Y-%m-%d %H:%M:%S"
DOCUMENTS: Final = "account.move"
PAYMENTS: Final = "account.payment"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the news. ``since`` is where this round began to read, ``then`` where the next one will.

    Within a round first documents are read, then payments; ``after`` is the last id that was.
    """

    since: str | None = None
    then: str | None = None
    model: str = DOCUMENTS
    after: int = 0

    @classmethod
    def of(cls, cursor: str | None) -> Place:
        """The place that a cursor means."""
        return cls() if cursor is None else cls(**json.loads(cursor))

    @property
    def cursor(self) -> str:
        """The place as text."""
        return json.dumps({"since": self.since, "then": self.then, "model": self.model, "after": self.after})

    @property
    def begins(self) -> bool:
        """Whether a new round begins here."""
        return self.model == DOCUMENTS and self.after == 0

    def beginning(self, newest: list[str]) -> Place:
        """The same, knowing the newest moments that stand there."""
        if not newest:
            return replace(self, then=self.since)
        overlapping = (datetime.strptime(max(newest), _FORM) - OVERLAP).strftime(_FORM)  # noqa: DTZ007  (UTC, as text)
        return replace(self, then=max(overlapping, self.since or ""))

    def past(self, after: int | None) -> Place:
        """The place after a page that ended with this id; ``None`` if it was the last of its kind."""
        if after is not None:
            return replace(self, after=after)
        return replace(self, model=PAYMENTS, after=0) if self.model == DOCUMENTS else Place(since=self.then)

    def domain(self) -> list[Any]:
        """What is still to read of this kind."""
        newer = [["write_date", ">=", self.since]] if self.since else []
        return [*newer, ["id", ">", self.after]]
