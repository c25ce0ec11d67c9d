"""Documents of both sides laid aside on disk, in parts that can be compared one after another in little memory.

A document lies in the part of its number; one there that is linked to one of ours lies in the part of ours, whatever
number it has got. So no pair is ever torn apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

import orjson

from billing_service.core.reconciling import Delivered, Facts, Ours, Theirs, There, VatAmount

PARTS: Final = 64
"""Always as many: the digest of a comparison is that of its parts in their order."""


def part_of(number: str | None) -> int:
    """The part in which documents with this number lie."""
    return hashlib.sha256((number or "").encode()).digest()[0] % PARTS


class Shelf:
    """Files of lines: one for each part, or one alone. Written once, then read as often as needed."""

    def __init__(self, folder: Path, name: str, parts: int = PARTS) -> None:
        self._paths = [folder / f"{name}-{at}" for at in range(parts)]
        for path in self._paths:
            path.touch()

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        with ExitStack() as stack:
            yield Writer([stack.enter_context(path.open("ab")) for path in self._paths])

    def lines(self, part: int = 0) -> Iterator[list[Any]]:
        with self._paths[part].open("rb") as file:
            for line in file:
                yield orjson.loads(line)


class Writer:
    """Adds lines to a shelf."""

    def __init__(self, files: list[Any]) -> None:
        self._files = files

    def put(self, line: list[Any], part: int = 0) -> None:
        self._files[part].write(orjson.dumps(line) + b"\n")


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for the time of one comparison."""
    with TemporaryDirectory(prefix="billing-reconciling-") as folder:
        yield Path(folder)


# --- lines ----------------------------------------------------------------------------------------------------------


def ours_line(one: Ours) -> list[Any]:
    return [str(one.id), one.delivered, one.remote_id, *_facts_line(one.facts)]


def ours_of(line: list[Any]) -> Ours:
    return Ours(UUID(line[0]), _facts_of(line[3:]), Delivered(line[1]), line[2])


def theirs_line(one: Theirs) -> list[Any]:
    return [one.id, one.state, *_facts_line(one.facts)]


def theirs_of(line: list[Any]) -> Theirs:
    return Theirs(line[0], _facts_of(line[2:]), There(line[1]))


def _facts_line(facts: Facts) -> list[Any]:
    amounts = (facts.net, facts.tax, facts.total, facts.open)
    vat = None if facts.vat is None else [[one.code, str(one.taxable), str(one.tax)] for one in facts.vat]
    dates = (facts.issue_date, facts.due_date)
    return [facts.kind, facts.number, facts.currency, facts.customer, *dates, *_texts(amounts), vat]


def _texts(amounts: Iterable[Decimal | None]) -> list[str | None]:
    return [None if amount is None else str(amount) for amount in amounts]


def _facts_of(line: list[Any]) -> Facts:
    kind, number, currency, customer, issued, due, net, tax, total, open_, vat = line
    return Facts(
        kind=kind,
        number=number,
        issue_date=date.fromisoformat(issued),
        due_date=None if due is None else date.fromisoformat(due),
        currency=currency,
        net=Decimal(net),
        tax=Decimal(tax),
        total=Decimal(total),
        open=None if open_ is None else Decimal(open_),
        customer=customer,
        vat=None if vat is None else tuple(VatAmount(code, Decimal(taxable), Decimal(t)) for code, taxable, t in vat),
    )
