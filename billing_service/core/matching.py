"""Which open invoices a receipt pays, with the evidence; only a certain match may be applied by itself (domain.md).

The keys, the first that says anything decides:

reference     an ISO 11649 reference with right check digits, as structured field or in the text
debit         the id of a direct debit of our own
number        invoice numbers as whole tokens of the text: ``12`` never stands in ``1234``. Certain where the amount is
              exactly what they leave open, or where the payer's account is known to be their customer's
amount        the payer is known, by its account or because the source says so, and exactly one open invoice of that
              customer asks this amount; one issued after the payment does not count
combination   likewise, and exactly one set of its open invoices comes to this amount

Every other receipt stays for a person, with the reason and what might be meant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from billing_service.core.money import ZERO
from billing_service.core.references import is_rf_reference, reference_body

MOST_COMBINED: Final = 14
"""Of a customer with more open invoices no combination is certain: to know that there is only one, all are tried."""
MOST_PROPOSED: Final = 5
_LONGEST_RF: Final = 25
_MOST_PIECES: Final = 4
_TOKEN: Final = re.compile(r"[^\W_]+")


class Evidence(StrEnum):
    """What a match rests on."""

    REFERENCE = "reference"
    DEBIT = "debit"
    NUMBER = "number"
    AMOUNT = "amount"
    COMBINATION = "combination"


class Doubt(StrEnum):
    """Why a person must look."""

    NOTHING_KNOWN = "nothing_known"
    """Neither the text nor the account says anything."""
    ALREADY_PAID = "already_paid"
    """It names only invoices of which nothing is open: a double payment."""
    NAMES_CONTRADICT = "names_contradict"
    """Its reference names another invoice than its text."""
    AMOUNT_DIFFERS = "amount_differs"
    """Numbers in the text are all there is, and the amount is not what they leave open."""
    SEVERAL_POSSIBLE = "several_possible"
    """More than one invoice, or set of invoices, comes to the amount."""
    NO_AMOUNT_FITS = "no_amount_fits"
    """The payer is known, but no open invoice or set of them comes to the amount."""


@dataclass(frozen=True, slots=True)
class Payable:
    """An issued invoice; ``open`` is what it still asks, 0.00 or less where it was paid. ``issued`` is its date."""

    id: UUID
    number: str
    customer_id: UUID
    open: Decimal
    issued: date | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """Money that came in. ``reference`` is the structured one, ``text`` what the payer wrote, ``debit`` the end-to-end
    id of a collection of our own; ``iban`` is the account it came from, ``payers`` are customers that the source names,
    ``paid_on`` is when it came."""

    amount: Decimal
    reference: str | None = None
    text: str = ""
    debit: str | None = None
    iban: str | None = None
    payers: frozenset[UUID] = frozenset()
    paid_on: date | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What of the receipt goes to one invoice; more than it left open where it was overpaid."""

    invoice_id: UUID
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Match:
    """Certain: ``parts`` come to exactly the receipt. Else a ``doubt``, and ``proposals``: what might be meant."""

    parts: tuple[Part, ...] = ()
    evidence: Evidence | None = None
    doubt: Doubt | None = None
    proposals: tuple[UUID, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether it may be applied without a person."""
        return self.doubt is None


def named_bodies(incoming: Incoming) -> frozenset[str]:
    """The bodies (``references.reference_body``) of every invoice number that the receipt might name.

    For the caller, who looks up which of them exist; most do not.
    """
    tokens = _tokens(incoming.text)
    names = {"".join(tokens[at : at + n]) for at in range(len(tokens)) for n in range(1, _MOST_PIECES + 1)}
    return frozenset(names | _rf_bodies(incoming, tokens))


class Book:
    """The invoices that receipts may pay, as they stand now; every match that is applied lowers them.

    ``accounts`` gives the customers known to pay from an IBAN, ``debits`` the invoice of each own direct debit.
    """

    def __init__(
        self,
        payables: Iterable[Payable],
        accounts: Mapping[str, Collection[UUID]] | None = None,
        debits: Mapping[str, UUID] | None = None,
    ) -> None:
        self._accounts = {} if accounts is None else accounts  # may grow while receipts are matched
        self._debits = debits or {}
        self._open: dict[UUID, Decimal] = {}
        self._owner: dict[UUID, UUID] = {}
        self._issued: dict[UUID, date] = {}
        self._of_customer: dict[UUID, list[UUID]] = defaultdict(list)
        self._by_body: dict[str, UUID] = {}
        self._by_pieces: dict[tuple[str, ...], UUID] = {}
        for one in payables:
            self._add(one)

    def _add(self, one: Payable) -> None:
        self._open[one.id], self._owner[one.id] = one.open, one.customer_id
        self._issued[one.id] = one.issued or date.min
        self._of_customer[one.customer_id].append(one.id)
        self._by_body[reference_body(one.number)] = one.id
        pieces = tuple(_tokens(one.number))
        self._by_pieces[pieces] = self._by_pieces[("".join(pieces),)] = one.id

    def apply(self, match: Match) -> None:
        """What a certain match pays is no longer open for the receipts after it."""
        for part in match.parts:
            self._open[part.invoice_id] -= part.amount

    def match(self, incoming: Incoming) -> Match:
        """What this receipt pays. Changes nothing; raises ``ValueError`` for an amount that is not above zero."""
        if incoming.amount <= ZERO:
            raise ValueError("only money that came in can be matched")
        tokens = _tokens(incoming.text)
        referred = self._known(_rf_bodies(incoming, tokens))
        debited = self._debits.get(incoming.debit) if incoming.debit else None
        if debited is not None and debited in self._open:
            referred = {debited}
        named = self._named(tokens)
        if referred:
            return self._by_reference(incoming, referred, named, Evidence.DEBIT if debited else Evidence.REFERENCE)
        return self._by_number(incoming, named) if named else self._by_account(incoming)

    # --- by what it names -------------------------------------------------------------------------------------------

    def _known(self, bodies: Iterable[str]) -> set[UUID]:
        return {self._by_body[body] for body in bodies if body in self._by_body}

    def _named(self, tokens: list[str]) -> set[UUID]:
        found = set()
        for at in range(len(tokens)):
            for count in range(1, _MOST_PIECES + 1):
                one = self._by_pieces.get(tuple(tokens[at : at + count]))
                if one is not None:
                    found.add(one)
        return found

    def _by_reference(self, incoming: Incoming, referred: set[UUID], named: set[UUID], evidence: Evidence) -> Match:
        if len(referred) > 1:
            return self._by_number(incoming, referred | named, evidence)
        if named - referred:
            return self._doubt(Doubt.NAMES_CONTRADICT, referred | named)
        (one,) = referred
        if self._open[one] <= ZERO:
            return self._doubt(Doubt.ALREADY_PAID, referred)
        return Match((Part(one, incoming.amount),), evidence)

    def _by_number(self, incoming: Incoming, named: set[UUID], evidence: Evidence = Evidence.NUMBER) -> Match:
        still = {one for one in named if self._open[one] > ZERO}
        if not still:
            return self._doubt(Doubt.ALREADY_PAID, named)
        if incoming.amount == sum((self._open[one] for one in still), ZERO):
            return self._exactly(still, evidence)
        if len(still) == 1 and still == named and self._owner[next(iter(still))] in self._payers(incoming):
            return Match((Part(next(iter(still)), incoming.amount),), evidence)
        return self._doubt(Doubt.AMOUNT_DIFFERS, still)

    # --- by who pays ------------------------------------------------------------------------------------------------

    def _payers(self, incoming: Incoming) -> Collection[UUID]:
        if incoming.payers:
            return incoming.payers
        return self._accounts.get(incoming.iban, ()) if incoming.iban else ()

    def _by_account(self, incoming: Incoming) -> Match:
        payers = self._payers(incoming)
        if not payers:
            return Match(doubt=Doubt.NOTHING_KNOWN)
        there = [one for payer in payers for one in self._of_customer[payer] if self._open[one] > ZERO]
        still = [one for one in there if self._issued[one] <= (incoming.paid_on or date.max)]
        exact = {one for one in still if self._open[one] == incoming.amount}
        if len(exact) == 1:
            return self._exactly(exact, Evidence.AMOUNT)
        if exact:
            return self._doubt(Doubt.SEVERAL_POSSIBLE, exact)
        if len(payers) > 1 or len(still) > MOST_COMBINED:
            return self._doubt(Doubt.NO_AMOUNT_FITS, set(still))
        sets = _sets_that_come_to(incoming.amount, [(one, self._open[one]) for one in still])
        if len(sets) == 1:
            return self._exactly(sets[0], Evidence.COMBINATION)
        return self._doubt(Doubt.SEVERAL_POSSIBLE if sets else Doubt.NO_AMOUNT_FITS, set().union(*sets) or set(still))

    def _exactly(self, ids: set[UUID], evidence: Evidence) -> Match:
        return Match(tuple(Part(one, self._open[one]) for one in sorted(ids)), evidence)

    def _doubt(self, doubt: Doubt, ids: set[UUID]) -> Match:
        return Match(doubt=doubt, proposals=tuple(sorted(ids)[:MOST_PROPOSED]))


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.upper())


def _rf_bodies(incoming: Incoming, tokens: list[str]) -> set[str]:
    """The bodies of the valid ISO 11649 references, also where the payer wrote them in groups of four."""
    structured = "".join(_tokens(incoming.reference or ""))
    written = {structured} if structured else set()
    for at, token in enumerate(tokens):
        if token.startswith("RF"):
            joined = ""
            for part in tokens[at:]:
                joined += part
                if len(joined) > _LONGEST_RF:
                    break
                written.add(joined)
    return {text[4:] for text in written if text.startswith("RF") and is_rf_reference(text)}


def _sets_that_come_to(amount: Decimal, invoices: list[tuple[UUID, Decimal]]) -> list[set[UUID]]:
    """At most two sets of two or more invoices that come to the amount: two are enough to know that none is certain."""
    found: list[set[UUID]] = []
    sums: list[tuple[Decimal, frozenset[UUID]]] = [(ZERO, frozenset())]
    for one, asked in invoices:
        for total, ids in list(sums):
            if total + asked > amount:
                continue
            grown = (total + asked, ids | {one})
            if grown[0] == amount and len(grown[1]) > 1:
                found.append(set(grown[1]))
                if len(found) == 2:
                    return found
            sums.append(grown)
    return found
