"""What is open and what was paid: payment terms, which Exact also calls receivables (accounting-apis 1.6).

Every sales entry has terms, and so has every line of a bank entry on a debtor. A term that is matched has status 50;
matching a part splits it. So what is open of a document is the sum of its terms that are not matched, and a payment is
a term of a bank line; the one that it was matched with stands in its ``YourRef``.

Two things no documentation says, so nothing here rests on them: which sign a term has (that of invoices is looked at
whenever payments are read; their terms and those of what pays them are opposite), and in which order changes come
(the cursor moves only when the last page was read).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from connectors.base import Cause, Fix, Kind, OpenItem, Page, PaymentFact, PaymentsPage, Refused
from connectors.exact.division import Division, Row, day_of, either, guid, money_of, text
from connectors.exact.entries import KINDS

RECEIVABLES: Final = "cashflow/Receivables"
CHANGES: Final = "sync/Cashflow/PaymentTerms"
DELETED: Final = "sync/Deleted"
SELECT: Final = (
    "ID,Account,AccountBankAccountNumber,AmountFC,Currency,Description,DueDate,GLAccount,InvoiceDate,InvoiceNumber,"
    "Journal,PaymentReference,Status,TransactionAmountFC,TransactionEntryID,TransactionType,YourRef"
)
RECEIPT: Final = 20  # LineType; 22 is a payment to a supplier
CASH_FLOW: Final = 40  # TransactionType of bank and cash entries
MATCHED: Final = 50
TERMS: Final = 10  # EntityType in sync/Deleted
AT_ONCE: Final = 20
"""How many documents are asked for in one question: an address must not become too long."""


@dataclass(frozen=True, slots=True)
class Term:
    """One payment term, with the signs that it has there. ``total`` is that of the whole entry it belongs to."""

    id: str
    entry: str | None
    type: int
    account: str | None
    amount: Decimal
    total: Decimal
    currency: str
    is_open: bool
    dated: date
    due: date | None
    journal: str | None
    number: str | None
    said: str | None
    iban: str | None
    ledger_account: str | None
    invoice_number: int | None

    @property
    def is_sale(self) -> bool:
        """Whether it belongs to an invoice or credit note."""
        return self.type in KINDS and self.entry is not None


def term_of(row: Row) -> Term:
    """A receivable as it is told."""
    total = row["TransactionAmountFC"]
    return Term(
        id=row["ID"],
        entry=row["TransactionEntryID"],
        type=row["TransactionType"],
        account=row["Account"],
        amount=money_of(row["AmountFC"]),
        total=Decimal() if total is None else money_of(total),
        currency=row["Currency"].strip(),
        is_open=row["Status"] < MATCHED,
        dated=day_of(row["InvoiceDate"]),
        due=day_of(row["DueDate"]) if row["DueDate"] else None,
        journal=row["Journal"],
        number=row["YourRef"] or None,
        said=row["Description"] or row["PaymentReference"] or None,
        iban=row["AccountBankAccountNumber"] or None,
        ledger_account=row["GLAccount"],
        invoice_number=row["InvoiceNumber"],
    )


def of_entries(division: Division, entries: Iterable[str]) -> list[Term]:
    """All terms of these entries, sales or bank."""
    return _asked(division, "TransactionEntryID", [guid(entry) for entry in entries])


def _asked(division: Division, field: str, literals: Sequence[str]) -> list[Term]:
    wheres = [either(field, literals[first : first + AT_ONCE]) for first in range(0, len(literals), AT_ONCE)]
    return [term for where in wheres for term in division.rows(RECEIVABLES, term_of, select=SELECT, where=where)]


# --- what is open ---------------------------------------------------------------------------------------------------


def open_of(terms: Iterable[Term]) -> Decimal:
    """What is open of one document, in the sign of our documents."""
    return sum((abs(term.amount) for term in terms if term.is_open), Decimal("0.00"))


def open_items(division: Division, journals: Sequence[str], cursor: str | None) -> Page[OpenItem]:
    """A page of what is open in our journals. A document with open terms on several pages is told with the first."""
    where = f"Status lt {MATCHED} and {either('Journal', map(text, journals))}"
    page = division.page(RECEIVABLES, term_of, select=SELECT, where=where, cursor=cursor)
    there = {term.id for term in page.items}
    items = []
    for terms in _whole(division, page.items).values():
        if min((term.id for term in terms if term.is_open), default=None) in there:
            items.append(_item(terms))
    return Page(tuple(items), page.next)


def _whole(division: Division, terms: Iterable[Term]) -> dict[str, list[Term]]:
    """By document all of its terms; those that are not all here, because they do not add up to it, are asked for."""
    found = _by_entry(terms)
    parts = [entry for entry, mine in found.items() if sum(abs(one.amount) for one in mine) != abs(mine[0].total)]
    return found | _by_entry(of_entries(division, parts))


def _by_entry(terms: Iterable[Term]) -> dict[str, list[Term]]:
    found: dict[str, list[Term]] = defaultdict(list)
    for term in terms:
        if term.is_sale and term.entry is not None:
            found[term.entry].append(term)
    return dict(found)


def _item(terms: Sequence[Term]) -> OpenItem:
    first = terms[0]
    return OpenItem(
        document=first.entry or "",
        kind=KINDS[first.type],
        number=first.number,
        total=abs(first.total) * (1 if (first.total >= 0) == (KINDS[first.type] is Kind.INVOICE) else -1),
        open=open_of(terms),
        currency=first.currency,
        issue_date=first.dated,
        due_date=first.due,
        customer=first.account,
    )


# --- what was paid --------------------------------------------------------------------------------------------------


def fact_of(term: Term, direction: int, document: str | None = None, number: str | None = None) -> PaymentFact:
    """A payment, from the term of its bank line."""
    return PaymentFact(
        id=term.id,
        amount=direction * term.amount,
        paid_on=term.dated,
        currency=term.currency,
        document=document,
        document_number=term.number,
        customer=term.account,
        reference=term.said,
        iban=term.iban,
        number=number,
    )


def direction_of(division: Division, sales: Iterable[Term]) -> int:
    """What turns the amount of a bank line's term into money that came in: 1, or -1 where invoices are positive.

    Where no invoice is at hand one is asked for; without any it is 1, as it was seen elsewhere (unverified).
    Raises ``Refused`` where invoices have both signs: then nothing can be said about payments.
    """
    seen = _directions(sales)
    if not seen:
        where = either("TransactionType", map(str, KINDS))
        seen = _directions(division.page(RECEIVABLES, term_of, select=SELECT, where=where, top=1).items)
    if len(seen) > 1:
        raise Refused(
            "The signs of receivables contradict each other.", fix=Fix.SUPPORT, cause=Cause.ANSWER_NOT_UNDERSTOOD
        )
    return min(seen, default=1)


def _directions(sales: Iterable[Term]) -> set[int]:
    return {-1 if term.amount * term.total > 0 else 1 for term in sales if term.is_sale and term.amount * term.total}


def payments(division: Division, journals: Sequence[str], cursor: str | None) -> PaymentsPage:
    """One page of changed terms: payments, and of every document that changed what is open now.

    Where nothing was told yet, nothing is taken back.
    """
    at = _Cursor.read(division, cursor)
    told = division.page(CHANGES, _change, select=f"Timestamp,LineType,{SELECT}", where=at.where, cursor=at.next)
    terms = [term for _, term in told.items if term is not None]
    ours = _whole(division, (term for term in terms if term.journal in journals))
    facts = _facts(division, journals, terms)
    high = max([at.high, *(stamp for stamp, _ in told.items)])
    if told.next is None:
        removed, gone = _removed(division, at.gone)
        facts = [*facts, *removed]
        onward = _Cursor(high, gone, high, None, at.moves, is_first=False)
    else:
        onward = replace(at, high=high, next=told.next)
    return PaymentsPage(
        payments=tuple(fact for fact in facts if fact.undone is None or not at.is_first),
        open_items=tuple(map(_item, ours.values())),
        cursor=onward.written(),
        more=told.next is not None,
    )


def _change(row: Row) -> tuple[int, Term | None]:
    """The timestamp always; a term only where money comes in (a sync endpoint filters by nothing but timestamp)."""
    return row["Timestamp"], term_of(row) if row["LineType"] == RECEIPT else None


def _facts(division: Division, journals: Sequence[str], terms: Sequence[Term]) -> list[PaymentFact]:
    """Bank lines of this page. One that was matched with a document that is not ours is taken back."""
    paid = [term for term in terms if term.type == CASH_FLOW]
    if not paid:
        return []
    here = {(term.number, term.account) for term in terms if term.is_sale}
    missing = {term.number for term in paid if term.number and (term.number, term.account) not in here}
    sales = [*terms, *_asked(division, "YourRef", [text(number) for number in sorted(missing)])]
    direction = direction_of(division, sales)
    facts = []
    for term in paid:
        matched = {one.entry for one in sales if one.is_sale and one.journal in journals and _pays(term, one)}
        if term.number and not matched:
            facts.append(_taken_back(term.id, term.dated, term.currency))
        else:
            facts.append(fact_of(term, direction, matched.pop() if len(matched) == 1 else None))
    return facts


def _pays(paid: Term, sale: Term) -> bool:
    return paid.number is not None and (paid.number, paid.account) == (sale.number, sale.account)


def _removed(division: Division, since: int) -> tuple[list[PaymentFact], int]:
    """Terms that were deleted, whatever they were; only their ids are told."""
    select = "Timestamp,EntityType,EntityKey,DeletedDate"
    rows = division.rows(DELETED, _deletion, select=select, where=f"Timestamp gt {since}L")
    gone = [_taken_back(key, on, "EUR") for _, type_, key, on in rows if type_ == TERMS]
    return gone, max([since, *(stamp for stamp, *_ in rows)])


def _deletion(row: Row) -> tuple[int, int, str, date]:
    return row["Timestamp"], row["EntityType"], row["EntityKey"], day_of(row["DeletedDate"])


def _taken_back(term: str, on: date, currency: str) -> PaymentFact:
    return PaymentFact(id=term, amount=Decimal("0.00"), paid_on=on, currency=currency, undone=term)


# --- the cursor -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cursor:
    """After which timestamps terms and deletions are news.

    While pages follow each other: the highest timestamp seen so far, and the address of the next page. ``moves`` are
    the dates at which the division got new timestamps: when they change, everything is news again (1.2). ``is_first``
    is so until the first pull has come to its end.
    """

    terms: int
    gone: int
    high: int
    next: str | None
    moves: tuple[str | None, ...]
    is_first: bool

    @property
    def where(self) -> str:
        """``L`` is how OData writes an Int64."""
        return f"Timestamp gt {self.terms}L"

    @classmethod
    def read(cls, division: Division, cursor: str | None) -> _Cursor:
        """Where to go on; at the beginning of a pull with a look at whether the division was moved."""
        at = None if cursor is None else cls(**{**json.loads(cursor), "moves": tuple(json.loads(cursor)["moves"])})
        if at is not None and at.next is not None:
            return at
        moves = _moves(division)
        if at is not None and at.moves == moves:
            return at
        return cls(1, 1, 1, None, moves, is_first=at is None or at.is_first)

    def written(self) -> str:
        """As text, for the next pull."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(fields)


def _moves(division: Division) -> tuple[str | None, ...]:
    names = ("DivisionMoveDate", "DivisionHRLinkUnlinkDate")
    where = f"Code eq {division.number}"
    told = division.page(
        "system/Divisions", lambda row: tuple(row[name] for name in names), select=",".join(names), where=where
    )
    return told.items[0] if told.items else ()
