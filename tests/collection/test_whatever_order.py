"""What stands there is what is booked here, in whatever order it is told, and however often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service import receivables
from billing_service.collection.settling import record
from billing_service.connections import connecting
from billing_service.store.findings import Finding
from billing_service.store.payments_in import PaymentIn
from billing_service.store.receivables import Allocation, Receipt, Refund
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from connectors.base import PaymentFact
from tests.collection.world import Paid

MOST = 8


class Story:
    """Three documents that stand there; what is told in one telling is forgotten before the next."""

    def __init__(self, database: Database) -> None:
        self.world = Paid.founded(database)
        first, second = self.world.delivered("C-1"), self.world.delivered("C-2", unit_price=Decimal("100.00"))
        note = self.world.credit(self.world.delivered("C-3"))
        self.world.settle()
        self.invoices = (first, second)
        self.documents = {key: self.world.delivery(key).remote_id for key in (first, second, note)}

    def after(self, pages: Sequence[Sequence[PaymentFact]]) -> Any:
        """How everything stands after these pages."""
        writing = self.world.database.engine.execution_options(begin="IMMEDIATE")
        with Session(writing, expire_on_commit=False) as session:
            scope = Scope(session, self.world.administration_id, "test", self.world.now)
            of = connecting.get(scope, self.world.connection_id)
            for page in pages:
                record(scope, of, page)
            state = _state(scope, self.invoices)
            session.rollback()
        return state


def _state(scope: Scope, invoices: Iterable[Any]) -> Any:
    session = scope.session
    payments = {
        row.id: (row.remote_id, row.state, row.doubt, row.customer_id, row.proposals)
        for row in session.scalars(select(PaymentIn))
    }
    receipts = {row.id: (row.amount, row.received_on, row.customer_id) for row in session.scalars(select(Receipt))}
    live = {key for key in receipts if session.get_one(Receipt, (scope.administration_id, key)).cancelled_at is None}
    allocated: Counter[Any] = Counter()
    for row in session.scalars(select(Allocation).where(Allocation.receipt_id.is_not(None))):
        allocated[row.invoice_id, receipts[row.receipt_id]] += int(row.amount * 100)
    findings = session.scalars(select(Finding.subject_id).where(Finding.state == "open", Finding.noun == "payment_in"))
    return {
        "invoices": receivables.standings(scope, list(invoices)),
        "payments": sorted(map(repr, payments.values())),
        "receipts": sorted(receipts[key] for key in live),
        "allocated": {key: cents for key, cents in allocated.items() if cents},
        "refunded": sum((row.amount for row in session.scalars(select(Refund))), Decimal()),
        "findings": sorted(payments[key][0] for key in findings),
    }


@pytest.fixture
def story(database: Database) -> Story:
    return Story(database)


def fact(
    key: str, about: tuple[str | None, str | None], amount: str, day: int, undone: str | None, iban: str | None
) -> PaymentFact:
    document, reference = about
    return PaymentFact(
        id=key,
        amount=Decimal(amount),
        paid_on=date(2026, 3, day),
        currency="EUR",
        document=document,
        reference=reference,
        iban=iban,
        undone=undone,
    )


def tellings(story: Story) -> st.SearchStrategy[list[PaymentFact]]:
    """Payments of our documents, of others and of none; what takes back some of them; one id may be told twice."""
    keys = st.sampled_from("abcde")
    first, second = (story.world.number(invoice) for invoice in story.invoices)
    named = [(None, text) for text in (first, f"{first} en {second}", second, "dank u")]
    payment = st.builds(
        fact,
        keys,
        st.sampled_from([*((one, None) for one in story.documents.values()), ("another", None), *named, *named]),
        st.sampled_from(["15.13", "15.13", "5.00", "121.00", "136.13", "-15.13", "-5.00", "0.00"]),
        st.integers(29, 31),
        st.none(),
        st.sampled_from([None, "NL91ABNA0417164300"]),
    )
    amounts = st.sampled_from(["-15.13", "-5.00", "0.00", "15.13"])
    reversal = st.builds(fact, keys, st.just((None, None)), amounts, st.just(31), keys, st.none())
    return st.lists(payment | payment | payment | reversal, min_size=2, max_size=MOST)


def pages(facts: Sequence[PaymentFact], cuts: Iterable[int]) -> list[Sequence[PaymentFact]]:
    at = sorted({0, len(facts), *(cut % (len(facts) + 1) for cut in cuts)})
    return [facts[first:last] for first, last in pairwise(at)]


def test_order_and_repetition_never_matter(story: Story):
    @given(tellings(story), st.randoms(use_true_random=False), st.lists(st.integers(0, MOST), max_size=4))
    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
        phases=[Phase.generate],  # one that fails would be made smaller for minutes
    )
    def told(facts: list[PaymentFact], chance: Any, cuts: list[int]) -> None:
        last = list({one.id: one for one in facts}.values())
        chance.shuffle(last)
        again = [*last, *chance.sample(last, len(last) // 2)]
        expected = story.after([last])
        assert story.after(pages(facts, cuts)) == expected
        assert story.after([[one] for one in again]) == expected

    told()
