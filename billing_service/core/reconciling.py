"""Comparing our documents with those in an accounting package: every difference with its class and proposed repair.

Amounts of credit notes are positive in both lists, and count as less. ``unexplained`` is what is left of the difference
between both totals after every difference that was found is taken off; it is computed from the totals, not from the
pairs, so that a document that fell between the two lists shows as money.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from billing_service.core.money import ZERO

_CREDIT: Final = "credit_note"


class Delivered(StrEnum):
    """How far a document of ours is on its way."""

    YES = "delivered"
    UNDER_WAY = "under_way"
    NEEDS_ATTENTION = "needs_attention"


class There(StrEnum):
    """Where a document stands in the package."""

    DRAFT = "draft"
    BOOKED = "booked"
    CANCELLED = "cancelled"


class Class(StrEnum):
    """What kind of difference it is."""

    UNDER_WAY = "under_way"
    """Not there yet: its delivery goes on, or waits for a person."""
    MISSING = "missing"
    """It was delivered, and is not there any more."""
    NOT_BOOKED = "not_booked"
    """It is there as a draft, so it does not count in their books."""
    VOIDED = "voided"
    """It was cancelled there."""
    EXTRA = "extra"
    """It stands there within our journal or number pattern, and is not ours."""
    DUPLICATE = "duplicate"
    """It stands there once more."""
    CHANGED = "changed"
    """It says something else there."""
    DIFFERENTLY_PAID = "differently_paid"
    """Another amount is open there."""


class Repair(StrEnum):
    """What we propose; a person decides where anything in the package would change."""

    WAIT = "wait"
    RETRY = "retry"
    DELIVER_AGAIN = "deliver_again"
    BOOK = "book"
    CREDIT_HERE_OR_RESTORE = "credit_here_or_restore"
    REMOVE_THERE = "remove_there"
    CORRECT_THERE = "correct_there"
    PULL_PAYMENTS = "pull_payments"


REPAIRS: Final = {
    Class.MISSING: Repair.DELIVER_AGAIN,
    Class.NOT_BOOKED: Repair.BOOK,
    Class.VOIDED: Repair.CREDIT_HERE_OR_RESTORE,
    Class.EXTRA: Repair.REMOVE_THERE,
    Class.DUPLICATE: Repair.REMOVE_THERE,
    Class.CHANGED: Repair.CORRECT_THERE,
    Class.DIFFERENTLY_PAID: Repair.PULL_PAYMENTS,
}


@dataclass(frozen=True, slots=True)
class VatAmount:
    """The VAT of one code of the package: ``tax`` on ``taxable``."""

    code: str
    taxable: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Facts:
    """What is compared of a document. ``None`` is what the package does not tell; it is then not compared."""

    kind: str
    number: str | None
    issue_date: date
    due_date: date | None
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    open: Decimal | None = None
    customer: str | None = None
    vat: tuple[VatAmount, ...] | None = None

    @property
    def sign(self) -> int:
        """-1 for a credit note."""
        return -1 if self.kind == _CREDIT else 1


@dataclass(frozen=True, slots=True)
class Ours:
    """An issued document as it should stand there; ``remote_id`` is where it was delivered."""

    id: UUID
    facts: Facts
    delivered: Delivered = Delivered.YES
    remote_id: str | None = None


@dataclass(frozen=True, slots=True)
class Theirs:
    """A document as it stands there."""

    id: str
    facts: Facts
    state: There = There.BOOKED


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that differs, both as text."""

    name: str
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. ``amount`` and ``open``: by how much it makes their total and their open amounts larger."""

    kind: Class
    repair: Repair
    number: str | None
    document_id: UUID | None
    remote_id: str | None
    amount: Decimal = ZERO
    open: Decimal = ZERO
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over one side; credit notes count as less. ``vat``: by code, where every document tells it."""

    documents: int
    total: Decimal
    open: Decimal
    vat: tuple[VatAmount, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a reconciliation came to. ``digest`` names exactly what was compared, in whatever order it was read."""

    ours: Totals
    theirs: Totals
    differences: tuple[Difference, ...]
    unexplained: Decimal
    unexplained_open: Decimal
    digest: str


def reconcile(ours: Iterable[Ours], theirs: Iterable[Theirs], currency: str = "EUR") -> Comparison:
    """Compare all documents of both sides.

    ``ours`` are those issued since the connection's start; ``theirs`` everything within our journal or number
    pattern since that day, read to the end: an incomplete list would make documents missing that are not. What stands
    there in another currency than ``currency`` is a difference whose amount counts nowhere: it cannot be added up.
    """
    mine, there = list(ours), list(theirs)
    pairs, extra = _paired(mine, there)
    found = [one for pair in pairs for one in _of_pair(pair, currency)]
    found += [_there_only(Class.EXTRA, one, None, currency) for one in extra]
    differences = tuple(sorted(found, key=_order))
    total_ours = _totals([one.facts for one in mine])
    total_theirs = _totals([one.facts for one in there if _counts(one, currency)])
    untold = sum((_open(pair.ours.facts) for pair in pairs if not pair.tells_open(currency)), ZERO)
    return Comparison(
        total_ours,
        total_theirs,
        differences,
        unexplained=total_theirs.total - total_ours.total - sum((one.amount for one in differences), ZERO),
        unexplained_open=total_theirs.open - total_ours.open + untold - sum((one.open for one in differences), ZERO),
        digest=_digest(mine, there),
    )


def joined(parts: Iterable[Comparison]) -> Comparison:
    """Comparisons of parts of the same books as one; in the same order they give the same digest."""
    found = list(parts)
    return Comparison(
        _added([part.ours for part in found]),
        _added([part.theirs for part in found]),
        tuple(sorted((one for part in found for one in part.differences), key=_order)),
        unexplained=sum((part.unexplained for part in found), ZERO),
        unexplained_open=sum((part.unexplained_open for part in found), ZERO),
        digest=hashlib.sha256("\n".join(part.digest for part in found).encode()).hexdigest(),
    )


def _order(one: Difference) -> tuple[str, str, str]:
    return one.number or "", one.kind, one.remote_id or ""


# --- pairing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pair:
    """A document of ours, what it is there, and what stands there once more."""

    ours: Ours
    theirs: Theirs | None
    copies: tuple[Theirs, ...]

    def tells_open(self, currency: str) -> bool:
        """Whether what is open is part of what is compared."""
        it = self.theirs
        return it is None or not _counts(it, currency) or it.facts.open is not None


def _paired(ours: list[Ours], theirs: list[Theirs]) -> tuple[list[_Pair], list[Theirs]]:
    """Each of ours with what it is there (by its id there, else by number), and what is left of theirs.

    One that was cancelled there gives way to another with its number. Of what is left, what was cancelled is no matter.
    """
    by_id = {one.id: one for one in theirs}
    linked = {one.remote_id for one in ours}
    free: dict[tuple[str, str | None], list[Theirs]] = defaultdict(list)
    for one in sorted(theirs, key=lambda one: (one.state is There.DRAFT, one.id)):
        if one.state is not There.CANCELLED and one.id not in linked:
            free[one.facts.kind, one.facts.number].append(one)
    pairs = []
    for mine in ours:
        it = by_id.get(mine.remote_id) if mine.remote_id is not None else None
        copies = free.pop((mine.facts.kind, mine.facts.number), [])
        if copies and (it is None or it.state is There.CANCELLED):
            it, copies = copies[0], copies[1:]
        pairs.append(_Pair(mine, it, tuple(copies)))
    return pairs, [one for left in free.values() for one in left]


def _there_only(kind: Class, one: Theirs, document_id: UUID | None, currency: str) -> Difference:
    amount, open_ = (_amount(one.facts), _open(one.facts)) if _counts(one, currency) else (ZERO, ZERO)
    return Difference(kind, REPAIRS[kind], one.facts.number, document_id, one.id, amount, open_)


def _of_pair(pair: _Pair, currency: str) -> Iterator[Difference]:
    mine, it = pair.ours, pair.theirs
    for copy in pair.copies:
        yield _there_only(Class.DUPLICATE, copy, mine.id, currency)
    if it is None and mine.delivered is not Delivered.YES:
        repair = Repair.WAIT if mine.delivered is Delivered.UNDER_WAY else Repair.RETRY
        yield _absent(mine, None, Class.UNDER_WAY, repair)
    elif it is None:
        yield _absent(mine, mine.remote_id, Class.MISSING, REPAIRS[Class.MISSING])
    elif it.state is There.CANCELLED:
        yield _absent(mine, it.id, Class.VOIDED, REPAIRS[Class.VOIDED])
    elif it.state is There.DRAFT:
        under_way = mine.delivered is Delivered.UNDER_WAY
        kind = Class.UNDER_WAY if under_way else Class.NOT_BOOKED
        yield _absent(mine, it.id, kind, Repair.WAIT if under_way else REPAIRS[Class.NOT_BOOKED])
    elif it.facts.currency != currency:
        lost = _absent(mine, it.id, Class.CHANGED, REPAIRS[Class.CHANGED])
        yield replace(lost, fields=_changed_fields(mine.facts, it.facts))
    else:
        yield from _of_booked(mine, it)


def _counts(one: Theirs, currency: str) -> bool:
    """Whether its amounts stand in their books, and can be added to others."""
    return one.state is There.BOOKED and one.facts.currency == currency


def _absent(mine: Ours, remote_id: str | None, kind: Class, repair: Repair) -> Difference:
    amount, open_ = -_amount(mine.facts), -_open(mine.facts)
    return Difference(kind, repair, mine.facts.number, mine.id, remote_id, amount, open_)


def _of_booked(mine: Ours, it: Theirs) -> Iterator[Difference]:
    fields = _changed_fields(mine.facts, it.facts)
    if mine.remote_id is not None and mine.remote_id != it.id:
        fields = (Field("id", mine.remote_id, it.id), *fields)
    amount = _amount(it.facts) - _amount(mine.facts)
    open_ = ZERO if it.facts.open is None else _open(it.facts) - _open(mine.facts)
    changed = open_ if open_ == amount else ZERO
    if fields:
        kind = Class.CHANGED
        yield Difference(kind, REPAIRS[kind], mine.facts.number, mine.id, it.id, amount, changed, fields)
    if open_ != (changed if fields else ZERO):
        kind = Class.DIFFERENTLY_PAID
        field = Field("open", str(mine.facts.open), str(it.facts.open))
        yield Difference(kind, REPAIRS[kind], mine.facts.number, mine.id, it.id, ZERO, open_, (field,))


def _changed_fields(ours: Facts, theirs: Facts) -> tuple[Field, ...]:
    pairs = [
        (name, getattr(ours, name), getattr(theirs, name))
        for name in ("kind", "number", "issue_date", "due_date", "currency", "net", "tax", "total", "customer")
    ]
    if ours.vat is not None and theirs.vat is not None:
        here, there = ({one.code: one for one in side.vat or ()} for side in (ours, theirs))
        pairs += [(f"vat.{code}", _vat(here.get(code)), _vat(there.get(code))) for code in sorted(here | there)]
    tells = ("due_date", "customer")
    return tuple(
        Field(name, str(mine), str(it))
        for name, mine, it in pairs
        if mine != it and not (name in tells and (mine is None or it is None))
    )


def _vat(amount: VatAmount | None) -> str:
    return "–" if amount is None else f"{amount.tax} / {amount.taxable}"


# --- sums -----------------------------------------------------------------------------------------------------------


def _amount(facts: Facts) -> Decimal:
    return facts.sign * facts.total


def _open(facts: Facts) -> Decimal:
    return facts.sign * (facts.open or ZERO)


def _totals(documents: list[Facts]) -> Totals:
    taxable: dict[str, Decimal] = defaultdict(lambda: ZERO)
    tax: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for facts in documents:
        for group in facts.vat or ():
            taxable[group.code] += facts.sign * group.taxable
            tax[group.code] += facts.sign * group.tax
    return Totals(
        len(documents),
        sum((_amount(facts) for facts in documents), ZERO),
        sum((_open(facts) for facts in documents), ZERO),
        tuple(VatAmount(code, taxable[code], tax[code]) for code in sorted(taxable)),
    )


def _added(parts: list[Totals]) -> Totals:
    vat: dict[str, VatAmount] = {}
    for group in (group for part in parts for group in part.vat):
        known = vat.get(group.code, VatAmount(group.code, ZERO, ZERO))
        vat[group.code] = VatAmount(group.code, known.taxable + group.taxable, known.tax + group.tax)
    return Totals(
        sum(part.documents for part in parts),
        sum((part.total for part in parts), ZERO),
        sum((part.open for part in parts), ZERO),
        tuple(vat[code] for code in sorted(vat)),
    )


def _digest(ours: list[Ours], theirs: list[Theirs]) -> str:
    """SHA-256 over one line for each document of both sides, sorted."""
    lines = [f"o|{one.id}|{one.remote_id}|{one.delivered}|{_line(one.facts)}" for one in ours]
    lines += [f"t|{one.id}|{one.state}|{_line(one.facts)}" for one in theirs]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _line(facts: Facts) -> str:
    vat = ",".join(f"{one.code}={_vat(one)}" for one in facts.vat or ())
    told = (facts.kind, facts.number, facts.issue_date, facts.due_date, facts.currency, facts.customer)
    amounts = (facts.net, facts.tax, facts.total, facts.open)
    return "|".join(map(str, (*told, *amounts, vat)))
