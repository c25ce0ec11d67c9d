"""Replay of time that is rounded per day or per invoice: what the differences were, and what they would have been."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from billing_service import invoicing
from billing_service.core.money import ZERO, time_amount
from billing_service.intake import receive_question, withdraw_question
from billing_service.invoicing.release import release_contract
from billing_service.parties.selling import load_issuer
from billing_service.replay import deciding
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Contract
from billing_service.store.questions import Question
from billing_service.store.replays import ReplayRow
from billing_service.store.session import Database
from tests import builders
from tests.helpdesk import MARCH, QUESTION, fixed, open_helpdesk, rule
from tests.invoicing.test_rounding import (
    HOURLY,
    invoice,
    open_desk,
    preview,
    question,
    tariff,
    worked,
)
from tests.replay.test_replay import assert_no_difference, everything, replayed

JANUARY = date(2026, 1, 1)


def differences(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows that are no questions: day, rules, amounts and kind of each."""
    return [
        (row["decided_on"], row["old_rule"], row["new_rule"], row["old_amount"], row["new_amount"], row["replay_kind"])
        for row in found["questions"]
        if row["source"] == "rounding"
    ]


def test_what_was_charged_for_rounding_counts_as_billed_and_what_a_release_would_charge_too(database: Database) -> None:
    desk = open_desk(database, "day")
    worked(desk, "1", 20, day=2)
    worked(desk, "2", 31, day=2)
    first = invoice(desk)
    worked(desk, "3", 8, day=3)
    worked(desk, "late", 10, day=2)
    before = everything(desk)
    found = replayed(desk)
    assert_no_difference(found)
    on_the_2nd = str(time_amount(75, HOURLY) - sum((time_amount(one, HOURLY) for one in (20, 31, 10)), ZERO))
    assert differences(found) == [
        ("2026-03-02", "work", "work", on_the_2nd, on_the_2nd, "compared"),
        ("2026-03-03", "work", "work", "11.08", "11.08", "compared"),
    ]
    billed = first.net + preview(desk).totals.net
    assert found["compared"] == {
        "questions": 4,
        "old_amount": str(billed),
        "new_amount": str(billed),
        "difference": "0.00",
    }
    assert found["changed_after_release"]["old_amount"] == "0.00"
    assert [(row["customer_number"], row["questions"], row["old_amount"]) for row in found["customers"]] == [
        ("10001", 4, str(billed))
    ]
    assert found["rounding"]["old_amount"] == str(Decimal(on_the_2nd) + Decimal("11.08"))
    assert {row["subject"] for row in found["subjects"]} == {"Leden importeren", "Afronding van de tijd: Regel work"}
    assert everything(desk) == before


def test_a_draft_that_rounds_each_question_has_no_differences_beside_them(database: Database) -> None:
    desk = open_desk(database, "day")
    worked(desk, "1", 20)
    worked(desk, "2", 31)
    invoice(desk)
    found = replayed(desk, tariff("question"))
    assert differences(found) == [("2026-03-02", "work", None, "14.25", "0.00", "compared")]
    assert found["rounding"] == {"old_amount": "14.25", "new_amount": "0.00", "difference": "-14.25"}
    assert found["compared"]["old_amount"] == str(time_amount(60, HOURLY))
    assert found["compared"]["new_amount"] == str(time_amount(30, HOURLY) + time_amount(45, HOURLY))
    assert {(row["old_rule"], row["new_rule"]): row["difference"] for row in found["rules"]} == {
        ("work", "work"): "38.00",
        ("work", None): "-14.25",
    }


def test_a_draft_that_rounds_otherwise_is_set_beside_what_the_same_rule_was_charged(database: Database) -> None:
    """Per day before, per invoice now: one rule, one difference."""
    desk = open_desk(database, "day")
    worked(desk, "1", 20, day=2)
    worked(desk, "2", 20, day=3)
    invoice(desk)
    found = replayed(desk, tariff("invoice"))
    assert {(row[1], row[2]) for row in differences(found)} == {("work", "work")}
    [by_rule] = found["rules"]
    assert by_rule["old_amount"] == str(2 * time_amount(30, HOURLY))
    assert by_rule["new_amount"] == str(time_amount(45, HOURLY))


def test_an_invoice_counts_whole_with_the_period_that_holds_its_last_day(database: Database) -> None:
    desk = open_desk(database, "invoice", step=60)
    worked(desk, "1", 50, day=2)
    worked(desk, "2", 25, day=9)
    invoice(desk)
    worked(desk, "3", 10, day=4)
    worked(desk, "4", 30, day=20)
    early, late = replayed(desk, last=date(2026, 3, 5)), replayed(desk, first=date(2026, 3, 6))
    for found in (early, late):
        assert_no_difference(found)
        assert found["changed_after_release"]["old_amount"] == "0.00"
    # up to 5 March a release would put question 3 on an invoice by itself
    assert differences(early) == [("2026-03-04", "work", "work", "79.17", "79.17", "compared")]
    assert early["compared"]["questions"] == 2
    # the first invoice ends on the 9th; the next takes questions 3 and 4 along
    assert [(row[0], row[3]) for row in differences(late)] == [("2026-03-09", "71.25"), ("2026-03-20", "31.67")]
    assert late["compared"]["questions"] == 2
    assert late["compared"]["old_amount"] == str(
        time_amount(25, HOURLY) + Decimal("71.25") + time_amount(30, HOURLY) + Decimal("31.67")
    )


def test_the_next_invoice_counts_when_it_takes_questions_of_the_period_along(database: Database) -> None:
    desk = open_desk(database, "invoice")
    worked(desk, "1", 50, day=2)
    assert differences(replayed(desk, first=date(2026, 3, 5))) == []
    worked(desk, "2", 5, day=20)
    found = replayed(desk, first=date(2026, 3, 5))
    assert_no_difference(found)
    assert [(row[0], row[3]) for row in differences(found)] == [("2026-03-20", "7.91")]


def test_a_day_that_lost_a_question_after_its_release_is_no_difference_of_the_tariff(database: Database) -> None:
    desk = open_desk(database, "day")
    worked(desk, "1", 20)
    worked(desk, "2", 5)
    worked(desk, "3", 20, day=3)
    invoice(desk)
    with desk.scope() as scope:
        withdraw_question(scope, scope.session.get_one(Question, (desk.administration_id, question(desk, "2"))), "spam")
    found = replayed(desk)
    assert found["left_out"]["withdrawn"] == 1
    assert differences(found) == [
        ("2026-03-02", "work", "work", "7.91", "15.83", "changed"),
        ("2026-03-03", "work", "work", "15.83", "15.83", "compared"),
    ]
    assert found["changed_after_release"] == {
        "questions": 0,
        "old_amount": "7.91",
        "new_amount": "15.83",
        "difference": "7.92",
    }
    assert found["compared"]["difference"] == "0.00"


def test_what_was_corrected_stays_on_the_day_of_what_it_replaces(database: Database) -> None:
    """It is closed on another day now; its charge keeps the old one, and so does its rounding."""
    desk = open_desk(database, "day")
    worked(desk, "1", 50)
    worked(desk, "2", 10)
    invoice(desk)
    worked(desk, "2", 12, day=5)
    with desk.scope() as scope:
        invoicing.correct(scope, question(desk, "2"))
    waiting = replayed(desk)
    invoice(desk)
    for found in (waiting, replayed(desk)):
        assert_no_difference(found)
        assert differences(found) == [("2026-03-02", "work", "work", "20.58", "20.58", "compared")]
        assert found["changed_after_release"]["questions"] == 0


def test_a_contract_that_has_another_tariff_by_now_is_rounded_apart(database: Database) -> None:
    """What the other tariff rounded is none of this one's."""
    desk = open_desk(database, "day")
    worked(desk, "1", 50, day=2)
    invoice(desk)
    with database.write() as session:
        other = builders.tariff(session, desk.administration_id, tariff("day", step=60))
        session.execute(update(Contract).where(Contract.id == desk.contract_id).values(tariff_id=other))
    worked(desk, "2", 50, day=3)
    invoice(desk)
    found = replayed(desk)
    assert_no_difference(found)
    assert differences(found) == [("2026-03-02", "work", "work", "15.83", "15.83", "compared")]
    assert found["changed_after_release"]["old_amount"] == "0.00"
    draft = tariff("day")
    draft["rules"][1]["code"] = "hours"
    assert differences(replayed(desk, draft)) == [
        ("2026-03-02", "work", None, "15.83", "0.00", "compared"),
        ("2026-03-02", None, "hours", "0.00", "15.83", "compared"),
    ]


# --- properties ---


TIMES = st.integers(1, 60).flatmap(
    lambda step: st.fixed_dictionaries(
        {
            "step": st.just(step),
            "direction": st.sampled_from(["up", "nearest", "down"]),
            "minimum": st.sampled_from([0, 10, 45]),
            "grace": st.integers(0, step - 1),
            "scope": st.sampled_from(["question", "day", "invoice"]),
        }
    )
)


@st.composite
def tariffs(draw: st.DrawFn) -> dict[str, Any]:
    """Work rounded somehow, for two prices; calls by their ordinal; an import, which keeps every invoice above zero."""
    price = st.sampled_from(["20.00", "7.50", "0.00"])
    table = {
        "measure": "ordinal",
        "kind": "class",
        "per": draw(st.sampled_from(["contract", "customer"])),
        "period": "calendar_month",
        "rows": [{"up_to": "2", "amount": draw(price)}, {"up_to": None, "amount": draw(price)}],
    }
    return {
        "name": "Tarief",
        "rates": {"default": "95.00", "roles": {"junior": draw(st.sampled_from(["60.00", "33.3333"]))}},
        "tables": {"volume": table},
        "rules": [
            rule("import", when={"category": ["import"]}, price=fixed("900.00")),
            rule("call", when={"category": ["call"]}, price={"basis": "tiered", "table": "volume"}),
            rule("site", when={"tags": ["site"]}, price={"basis": "actual_time", "rate": "120.00"}, time=draw(TIMES)),
            rule("work", price={"basis": "actual_time"}, time=draw(TIMES)),
        ],
    }


_QUESTIONS = st.tuples(
    st.integers(0, 1),  # which contract
    st.integers(2, 4),  # day
    st.sampled_from(["call", "work", "work", "site"]),
    st.integers(0, 70),  # minutes
    st.sampled_from([None, "junior"]),
)
HISTORY = st.lists(
    st.tuples(
        st.lists(_QUESTIONS, min_size=1, max_size=5), st.sampled_from([(), (0,), (1,), (0, 1)]), st.integers(2, 4)
    ),
    min_size=1,
    max_size=3,
)
"""What came in, then which contracts were released, and up to which day."""


def asked(key: str, values: tuple[int, int, str, int, str | None]) -> dict[str, Any]:
    """The fields of a question."""
    contract, day, category, minutes, role = values
    closed = f"2026-03-{day:02d}T10:00:00+01:00"
    entry = {"external_id": key, "worked_on": f"2026-03-{day:02d}", "minutes": minutes}
    return {
        "external_id": key,
        "category": category,
        "tags": ["site"] if category == "site" else [],
        "contract": ("C-1", "C-2")[contract],
        "time_entries": [entry | ({"role": role} if role else {})],
        "opened_at": closed,
        "closed_at": closed,
    }


class Office:
    """A helpdesk with two customers that lives through a history."""

    def __init__(self, database: Database, document: dict[str, Any], history: list[Any]) -> None:
        self.desk = open_helpdesk(database, document)
        with database.write() as session:
            key = self.desk.administration_id
            customer = builders.customer(session, key, "10002")
            other = builders.contract(session, key, customer, self.desk.tariff_id, reference="C-2")
        self.contracts = (self.desk.contract_id, other)
        for at, (received, released, day) in enumerate(history):
            always = [(contract, 2, "import", 5, None) for contract in (0, 1)]
            with self.desk.scope() as scope:
                for number, one in enumerate([*always, *received]):
                    receive_question(scope, QUESTION | asked(f"{at}.{number}", one))
            for contract in released:
                self.release(self.contracts[contract], date(2026, 3, day))

    def release(self, contract_id: UUID, until: date) -> None:
        with self.desk.scope() as scope:
            assert release_contract(scope, load_issuer(scope), contract_id, until) in ("invoice", "nothing")

    def billed(self) -> dict[str, str]:
        """Without VAT per customer: what its invoices come to, and what it would be billed now."""
        with self.desk.database.read() as session:
            scope = builders.scope(session, self.desk.administration_id)
            mine = Invoice.administration_id == scope.administration_id
            found = [tuple(row) for row in session.execute(select(Invoice.contract_id, Invoice.net).where(mine))]
            for draft in invoicing.preview(scope, MARCH, list(self.contracts)):
                assert isinstance(draft, invoicing.Draft)
                found.append((draft.contract_id, draft.document.totals.net))
        return {
            number: str(sum((net for contract_id, net in found if contract_id == key), ZERO))
            for number, key in zip(("10001", "10002"), self.contracts, strict=True)
        }


@given(document=tariffs(), history=HISTORY)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_tariff_makes_no_difference_and_was_billed_what_the_invoices_say(
    database: Database, document: dict[str, Any], history: list[Any]
) -> None:
    office = Office(database, document, history)
    found = replayed(office.desk)
    assert_no_difference(found)
    assert found["changed_after_release"]["old_amount"] == found["changed_after_release"]["new_amount"] == "0.00"
    assert not any(row["replay_kind"] != "compared" for row in found["questions"])
    assert {row["customer_number"]: row["old_amount"] for row in found["customers"]} == office.billed()


@given(document=tariffs(), draft=tariffs(), history=HISTORY)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_draft_tells_what_would_have_been_billed_had_it_been_the_tariff(
    database: Database, document: dict[str, Any], draft: dict[str, Any], history: list[Any]
) -> None:
    """A twin lives through the same with the draft as its tariff."""
    office, twin = Office(database, document, history), Office(database, draft, history)
    found = replayed(office.desk, draft)
    assert {row["customer_number"]: row["new_amount"] for row in found["customers"]} == twin.billed()
    assert {row["customer_number"]: row["old_amount"] for row in found["customers"]} == office.billed()


def test_rows_of_a_contract_are_added_up_however_the_batches_fall(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = [([(0, 2, "work", 20, None), (1, 3, "work", 31, None), (0, 3, "site", 8, None)] * 2, (0,), 3)] * 2
    scopes = iter(("day", "invoice"))
    document = {
        "name": "T",
        "rates": {"default": "95.00"},
        "rules": [
            rule("import", when={"category": ["import"]}, price=fixed("900.00")),
            *(
                rule(code, when=when, price={"basis": "actual_time"}, time={"step": 15, "scope": next(scopes)})
                for code, when in (("site", {"tags": ["site"]}), ("work", {}))
            ),
        ],
    }
    office = Office(database, document, history)
    whole = replayed(office.desk)
    monkeypatch.setattr(deciding, "BATCH", 3)
    again = replayed(office.desk)
    assert differences(again) == differences(whole)
    assert again["compared"] == whole["compared"]
    with database.read() as session:
        assert session.scalars(select(ReplayRow.question_id)).all() == []
