"""Prices that depend on how many questions came before: provisional until release, then for ever."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service.core.ids import new_id
from billing_service.intake import withdraw_question
from billing_service.rating import assign_ordinals, mark_released, open_charges, undo_release
from billing_service.store.charges import Charge, Decision
from billing_service.store.invoices import Invoice, InvoiceLine
from billing_service.store.questions import Question
from billing_service.store.session import Database
from tests import builders
from tests.helpdesk import MARCH, TARIFF, Helpdesk, open_helpdesk

TWENTY, TEN = Decimal("20.00"), Decimal("10.00")


def call(desk: Helpdesk, key: str, closed: str = "2026-03-02T10:00:00Z", **fields: object) -> None:
    desk.receive(external_id=key, category="call", opened_at="2026-02-01T09:00:00Z", closed_at=closed, **fields)


def release(desk: Helpdesk, until: date = MARCH, contract_id: UUID | None = None) -> UUID:
    """Release everything open on one contract, the way invoicing does, and return the document's id."""
    contract_id = contract_id or desk.contract_id
    with desk.scope() as scope:
        charges = open_charges(scope, [contract_id], until, commit=True)
        invoice = _document(scope.session, desk, contract_id)
        mark_released(scope, invoice, contract_id, until)
        _put_on_lines(scope.session, desk, invoice, [charge.id for charge in charges])
    return invoice


def withdraw(desk: Helpdesk, invoice: UUID) -> None:
    with desk.scope() as scope:
        for charge in scope.session.scalars(select(Charge).where(Charge.invoice_id == invoice)):
            charge.state, charge.invoice_id, charge.line = "open", None, None
        scope.session.flush()
        undo_release(scope, [invoice])


def ordinals(desk: Helpdesk) -> dict[str, int | None]:
    with desk.database.read() as session:
        query = select(Question.external_id, Decision.ordinal).join(Decision, Decision.question_id == Question.id)
        return {key: ordinal for key, ordinal in session.execute(query)}  # noqa: C416 rows are no pairs to dict


def test_a_price_by_ordinal_is_provisional_until_release(database: Database) -> None:
    desk = open_helpdesk(database)
    for key in ("a", "b", "c"):
        call(desk, key)
    assert desk.amounts() == [TWENTY] * 3
    decision = desk.decision("c")
    assert decision is not None
    assert decision.provisional
    assert decision.ordinal is None
    release(desk)
    assert sorted(desk.amounts()) == [TEN, TWENTY, TWENTY]
    assert ordinals(desk) == {"a": 1, "b": 2, "c": 3}
    decision = desk.decision("c")
    assert decision is not None
    assert (decision.provisional, decision.ordinal, decision.amount) == (False, 3, TEN)


def test_a_preview_shows_the_prices_of_a_release_and_writes_nothing(database: Database) -> None:
    desk = open_helpdesk(database)
    for key in ("a", "b", "c"):
        call(desk, key)
    with desk.database.read() as session:
        scope = builders.scope(session, desk.administration_id)
        shown = open_charges(scope, [desk.contract_id], MARCH, commit=False)
    assert [charge.amount for charge in shown] == [TWENTY, TWENTY, TEN]
    assert all(charge.provisional for charge in shown)
    assert desk.amounts() == [TWENTY] * 3
    assert set(ordinals(desk).values()) == {None}


def test_ordinals_follow_closing_then_source_then_external_id(database: Database) -> None:
    desk = open_helpdesk(database)
    call(desk, "9", closed="2026-03-03T10:00:00Z")
    call(desk, "10")
    call(desk, "B")
    call(desk, "a")
    call(desk, "5", source="aaa")
    release(desk)
    assert ordinals(desk) == {"5": 1, "10": 2, "B": 3, "a": 4, "9": 5}


def test_a_late_question_takes_the_next_free_ordinal_and_changes_no_other(database: Database) -> None:
    desk = open_helpdesk(database)
    call(desk, "b")
    call(desk, "c")
    release(desk)
    call(desk, "a", closed="2026-03-01T10:00:00Z")
    release(desk)
    assert ordinals(desk) == {"b": 1, "c": 2, "a": 3}
    assert sorted(desk.amounts()) == [TEN, TWENTY, TWENTY]


def test_waived_questions_count_and_withdrawn_ones_do_not(database: Database) -> None:
    rows = [dict(row) for row in TARIFF["rules"]]
    price = {"basis": "tiered", "table": "volume"}
    rows[1] = rows[1] | {"price": price}
    desk = open_helpdesk(database, TARIFF | {"rules": rows})
    call(desk, "a", tags=["late"])
    call(desk, "b")
    call(desk, "c")
    call(desk, "d")
    with desk.scope() as scope:
        gone = scope.session.scalars(select(Question).where(Question.external_id == "b")).one()
        withdraw_question(scope, gone, "not ours")
    release(desk)
    assert ordinals(desk) == {"a": 1, "c": 2, "d": 3}
    assert desk.decided("a") == ("decided", "waived", Decimal("0.00"))
    assert desk.decided("d")[2] == TEN


def test_a_month_counts_for_itself_in_amsterdam(database: Database) -> None:
    desk = open_helpdesk(database)
    call(desk, "feb", closed="2026-02-28T22:59:59Z")
    call(desk, "mar", closed="2026-02-28T23:00:00Z")
    release(desk)
    assert ordinals(desk) == {"feb": 1, "mar": 1}


def test_questions_after_the_run_keep_waiting(database: Database) -> None:
    desk = open_helpdesk(database)
    call(desk, "a", closed="2026-03-01T10:00:00Z")
    call(desk, "b", closed="2026-03-20T10:00:00Z")
    release(desk, until=date(2026, 3, 10))
    assert ordinals(desk) == {"a": 1, "b": None}
    release(desk)
    assert ordinals(desk) == {"a": 1, "b": 2}


def test_a_withdrawn_release_frees_its_ordinals(database: Database) -> None:
    desk = open_helpdesk(database)
    call(desk, "b")
    first = release(desk)
    call(desk, "c", closed="2026-03-05T10:00:00Z")
    release(desk)
    withdraw(desk, first)
    assert ordinals(desk) == {"b": None, "c": 2}
    call(desk, "a", closed="2026-03-01T10:00:00Z")
    release(desk)
    assert ordinals(desk) == {"a": 1, "b": 3, "c": 2}


def test_a_table_per_customer_counts_over_contracts_whichever_is_released_first(database: Database) -> None:
    tables = {"volume": TARIFF["tables"]["volume"] | {"per": "customer"}}
    found = []
    for first_contract in (0, 1):
        desk = open_helpdesk(database, TARIFF | {"tables": tables})
        with desk.scope() as scope:
            second = builders.contract(
                scope.session, desk.administration_id, desk.customer_id, desk.tariff_id, reference="C-2"
            )
        call(desk, "a")
        call(desk, "b", closed="2026-03-03T10:00:00Z", contract="C-2")
        call(desk, "c", closed="2026-03-04T10:00:00Z")
        contracts = [desk.contract_id, second]
        release(desk, contract_id=contracts[first_contract])
        waiting = [("a", "c"), ("b",)][1 - first_contract]
        assert all(decision.provisional for key in waiting if (decision := desk.decision(key)))
        release(desk, contract_id=contracts[1 - first_contract])
        with desk.database.read() as session:
            query = select(Question.external_id, Decision.ordinal).join(Decision, Decision.question_id == Question.id)
            rows = session.execute(query.where(Decision.administration_id == desk.administration_id))
            found.append({key: ordinal for key, ordinal in rows})  # noqa: C416
    assert found == [{"a": 1, "b": 2, "c": 3}] * 2


def test_assigning_without_commit_gives_what_commit_would_store(database: Database) -> None:
    desk = open_helpdesk(database)
    for key in ("a", "b", "c"):
        call(desk, key)
    with desk.database.read() as session:
        preview = assign_ordinals(
            builders.scope(session, desk.administration_id), [desk.contract_id], MARCH, commit=False
        )
    with desk.scope() as scope:
        stored = assign_ordinals(scope, [desk.contract_id], MARCH, commit=True)
    assert [one.decision["ordinal"] for one in preview] == [1, 2, 3]
    assert [one.decision["amount"] for one in preview] == [one.decision["amount"] for one in stored]
    assert {one.decision["provisional"] for one in preview} == {True}
    assert {one.decision["provisional"] for one in stored} == {False}


def _document(session: Session, desk: Helpdesk, contract_id: UUID) -> UUID:
    identity, zero = new_id(), Decimal("0.00")
    session.add(
        Invoice(
            administration_id=desk.administration_id,
            id=identity,
            contract_id=contract_id,
            customer_id=desk.customer_id,
            kind="invoice",
            state="released",
            supply_from=MARCH,
            supply_to=MARCH,
            currency="EUR",
            net=zero,
            vat=zero,
            gross=zero,
            document="",
            created_at=desk.now,
        )
    )
    session.flush()
    return identity


def _put_on_lines(session: Session, desk: Helpdesk, invoice: UUID, charges: list[UUID]) -> None:
    for line, key in enumerate(charges, start=1):
        charge = session.get_one(Charge, (desk.administration_id, key))
        session.add(
            InvoiceLine(
                administration_id=desk.administration_id,
                invoice_id=invoice,
                line=line,
                description="x",
                pricing="amount",
                amount=charge.amount,
                vat_category="S",
            )
        )
        session.flush()
        charge.state, charge.invoice_id, charge.line = "released", invoice, line
    session.flush()
