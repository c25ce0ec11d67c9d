"""Their side: everything within our journal or number pattern, read to its end, and what is open of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, TypeVar

from billing_service.core.reconciling import Facts, Theirs, There
from billing_service.reconciliation.groups import Groups
from connectors.base import Cause, Connector, Page, Refused, RemoteDocument, TryAgainLater, Wait, everything

T = TypeVar("T")

LONGEST_WAIT: Final = timedelta(minutes=2)
"""A limit of so many calls a minute is waited for; one of so many a day is not."""
_LOOK_UP_EVERY: Final = 1.0


@dataclass(slots=True)
class Reader:
    """Asks one package. ``breathe`` is called while a limit is waited for: it raises when the worker is to stop."""

    connector: Connector
    groups: Groups
    breathe: Callable[[], None]

    def documents(self, since: date) -> Iterator[Theirs]:
        """All since that day, cancelled ones and drafts too. Complete only when the iterator has come to its end."""
        yield from (self.told(one) for one in self._all(lambda at: self.connector.documents(since, at)))

    def open_items(self) -> dict[str, Decimal]:
        """What is open by id there; what is absent is settled."""
        return {one.document: one.open for one in self._all(self.connector.open_items)}

    def read_back(self, remote_id: str) -> RemoteDocument | None:
        """The document as it stands there now; ``None`` if it is gone."""
        try:
            return self._patiently(lambda: self.connector.read_document(remote_id))
        except Refused as error:
            if error.cause is not Cause.DOCUMENT_UNKNOWN:
                raise
            return None

    def told(self, it: RemoteDocument) -> Theirs:
        """As it is compared."""
        facts = Facts(
            kind=it.kind,
            number=it.number,
            issue_date=it.issue_date,
            due_date=it.due_date,
            currency=it.currency,
            net=it.net,
            tax=it.tax,
            total=it.total,
            open=it.open,
            customer=it.customer,
            vat=self.groups.of(it.vat),
        )
        return Theirs(it.id, facts, There(it.state))

    def _all(self, fetch: Callable[[str | None], Page[T]]) -> Iterator[T]:
        return everything(lambda at: self._patiently(lambda: fetch(at)))

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Its answer; a limit of calls is waited for, so that a long list need not be begun anew."""
        while True:
            self.breathe()
            try:
                return ask()
            except TryAgainLater as error:
                if error.wait is not Wait.LIMIT or error.after is None or error.after > LONGEST_WAIT:
                    raise
                self._wait(error.after)

    def _wait(self, how_long: timedelta) -> None:
        until = time.monotonic() + how_long.total_seconds()
        while (left := until - time.monotonic()) > 0:
            self.breathe()
            time.sleep(min(left, _LOOK_UP_EVERY))
