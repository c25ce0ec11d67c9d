"""Somebody changes there what is ours, or records here what is theirs: a conflict that one call resolves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from billing_service import access, cli, ownership, receivables
from billing_service.api import create_app
from billing_service.app import PROGRAM
from billing_service.cli.program import Program
from billing_service.collection.settling import record
from billing_service.connections.matching import link
from billing_service.core.finding_texts import wording
from billing_service.errors import BillingError, Conflict, InvalidInput
from billing_service.ownership.looking import ask_all
from billing_service.parties import customers
from billing_service.store.agreements import BY_HAND, CHOICES, CODES, SyncConflict
from billing_service.store.connections import Connection, ConnectionCustomer
from billing_service.store.findings import Finding
from billing_service.store.receivables import Allocation, Receipt
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from connectors.base import PaymentFact, RemoteCustomer
from tests import builders
from tests.api.client import Caller, problem
from tests.delivery.world import Delivering
from tests.sessions import page
from tests.test_cli import own_folder  # noqa: F401 - a fixture for every test


class Story:
    """An invoice that was delivered, and what is done over there."""

    def __init__(self, database: Database, profile: str = "searchable", **connection: Any) -> None:
        self.delivering = Delivering.founded(database, profile, **connection)
        self.invoice = self.delivering.invoice()
        self.delivering.drain()
        self.there = self.delivering.books.package.books
        self.client = create_app(self.delivering.context).test_client()
        with self.scope() as scope:
            link = scope.session.scalars(select(ConnectionCustomer)).one()
            self.key = scope.session.scalars(select(Connection.webhook_key)).one()
        self.customer, self.customer_there = link.customer_id, self.there.customers[link.remote_id]

    @contextmanager
    def scope(self) -> Iterator[Scope]:
        with self.delivering.scope() as scope:
            yield scope

    @property
    def document_there(self) -> dict[str, Any]:
        return self.there.documents[self.delivering.delivery(self.invoice).remote_id or ""]

    def work(self) -> None:
        """A moment later everything due is done."""
        self.delivering.advance(timedelta(minutes=1))
        self.delivering.drain()

    def hooked(self, about: str, remote_id: str) -> None:
        """The package says that something happened to this, and we look."""
        body, headers = self.delivering.books.control.hook(about=about, of=remote_id)
        assert self.client.post(f"/hooks/{self.key}", data=body, headers=headers).status_code == 200
        self.work()

    def looked(self) -> None:
        """The daily look at all customers."""
        with self.scope() as scope:
            ask_all(scope.session, scope.now)
        self.work()

    def conflicts(self, state: str = "open") -> Sequence[SyncConflict]:
        with self.scope() as scope:
            rows = scope.session.scalars(select(SyncConflict).where(SyncConflict.state == state)).all()
            findings = scope.session.scalars(select(Finding).where(Finding.noun == "conflict", Finding.state == state))
            assert sorted(one.subject_id for one in findings) == sorted(row.id for row in rows)
            return rows

    def resolve(self, choice: str, reason: str | None = None) -> None:
        (row,) = self.conflicts()
        with self.scope() as scope:
            ownership.resolve(scope, row.id, choice, reason)
        assert self.conflicts() == []
        self.work()

    def refused(self, choice: str, code: str, kind: type[BillingError] = Conflict) -> None:
        """As ``resolve``, but it has no meaning here; the conflict stays."""
        with pytest.raises(kind) as caught:
            self.resolve(choice)
        assert caught.value.code == code
        assert len(self.conflicts()) == 1


def fields(row: SyncConflict) -> list[tuple[str, str | None, str | None, str | None]]:
    return [(one["name"], one["ours"], one["theirs"], one["agreed"]) for one in row.compared]


# --- customers are ours ---------------------------------------------------------------------------------------------


def test_a_customer_changed_there_is_brought_back_taken_over_or_kept(database: Database) -> None:
    story = Story(database)
    ours, there = story.customer_there["name"], story.customer_there["id"]
    story.hooked("customer", there)
    assert story.conflicts() == []

    story.customer_there["name"] = "Vereniging De Linde Noord"
    story.hooked("customer", there)
    (row,) = story.conflicts()
    assert fields(row) == [("name", ours, "Vereniging De Linde Noord", ours)]
    assert (row.kind, row.found_by) == ("changed", "hook")
    story.looked()
    assert [one.id for one in story.conflicts()] == [row.id]
    story.resolve("ours")
    assert story.there.customers[there]["name"] == ours

    story.there.customers[there]["email"] = "nieuw@linde.example"
    story.looked()
    (row,) = story.conflicts()
    assert row.found_by == "look"
    story.resolve("theirs")
    with story.scope() as scope:
        assert customers.get(scope, story.customer).email == "nieuw@linde.example"
    assert story.there.customers[there]["email"] == "nieuw@linde.example"

    story.there.customers[there]["postal_code"] = "1000 AA"
    story.looked()
    story.refused("keep", "invalid_input", InvalidInput)
    story.resolve("keep", "Zij gebruiken daar het postadres")
    story.looked()
    assert story.conflicts() == []
    story.there.customers[there]["postal_code"] = "2000 AA"
    story.looked()
    (row,) = story.conflicts()
    assert [(name, theirs, agreed) for name, _, theirs, agreed in fields(row)] == [
        ("postal_code", "2000 AA", "1000 AA")
    ]
    assert [one.choice for one in story.conflicts("resolved")] == ["ours", "theirs", "keep"]
    with story.scope() as scope:
        story.there.customers[there]["postal_code"] = customers.get(scope, story.customer).postal_code
    story.looked()
    assert [one.choice for one in story.conflicts("resolved")][-1] == "none"


def test_what_is_put_right_there_or_becomes_ours_goes_by_itself(database: Database) -> None:
    story = Story(database)
    there = story.customer_there
    ours, there["name"] = there["name"], "Iets anders"
    story.looked()
    assert len(story.conflicts()) == 1
    there["name"] = ours
    story.looked()
    assert [one.choice for one in story.conflicts("resolved")] == ["none"]
    there["email"] = "zelfde@linde.example"
    with story.scope() as scope:
        customers.change(scope, customers.get(scope, story.customer), {"email": "zelfde@linde.example"})
    story.looked()
    assert story.conflicts() == []


def test_a_customer_that_stood_there_before_us_is_agreed_on_at_the_first_look(sqlite_database: Database) -> None:
    """Matched and never sent: what stood there then is no change."""
    story = Story(sqlite_database)
    given = {name: value for name, value in story.customer_there.items() if name != "id"}
    there = story.there.put_customer(given | {"code": "77", "name": "De Es"})
    with story.scope() as scope:
        number, connection = "10077", scope.session.scalars(select(Connection)).one()
        known = builders.customer(scope.session, scope.administration_id, number, name="Vereniging De Es")
        link(scope, connection.id, known, there["id"])
    story.looked()
    assert story.conflicts() == []
    there["name"] = "De Esdoorn"
    story.looked()
    (row,) = story.conflicts()
    assert fields(row) == [("name", "Vereniging De Es", "De Esdoorn", "De Es")]


def test_a_customer_that_is_gone_there_is_made_there_again(sqlite_database: Database) -> None:
    story = Story(sqlite_database, "keys")
    gone = story.customer_there["id"]
    del story.there.customers[gone]
    story.hooked("customer", gone)
    (row,) = story.conflicts()
    assert (row.kind, fields(row)) == ("gone", [("state", "there", "gone", "there")])
    story.refused("theirs", "not_acceptable_here")
    story.resolve("ours")
    assert [one["code"] for one in story.there.customers.values()] == [story.customer_there["code"]]
    assert gone not in story.there.customers
    story.looked()
    assert story.conflicts() == []


def test_a_change_of_ours_that_is_on_its_way_is_no_change_of_theirs(sqlite_database: Database) -> None:
    """Our new name stands there before we have heard that it does; a look in between sees it."""
    story = Story(sqlite_database)
    with story.scope() as scope:
        customers.change(scope, customers.get(scope, story.customer), {"name": "Vereniging De Es"})
    story.customer_there["name"] = "Vereniging De Es"
    with story.scope() as scope:
        seen = RemoteCustomer(story.customer_there["id"], "Vereniging De Es")
        told: dict[str, Any] = {"found_by": "look", "read_at": scope.now}
        connection = scope.session.scalars(select(Connection.id)).one()
        assert ownership.customer_seen(scope, connection, story.customer, seen, **told) is None
    story.work()
    with story.scope() as scope:
        told = {"found_by": "look", "read_at": scope.now - timedelta(hours=1)}
        old = RemoteCustomer(story.customer_there["id"], "Vereniging De Linde")
        assert ownership.customer_seen(scope, connection, story.customer, old, **told) is None
    assert story.conflicts() == []


# --- documents are ours ---------------------------------------------------------------------------------------------


def test_a_document_changed_there_is_kept_or_credited_here(database: Database) -> None:
    story = Story(database)
    story.hooked("document", story.document_there["id"])
    assert story.conflicts() == []
    story.document_there["due_date"] = date(2026, 6, 30)
    story.hooked("document", story.document_there["id"])
    (row,) = story.conflicts()
    (field,) = fields(row)
    assert (field[0], field[2]) == ("due_date", "2026-06-30")
    assert field[1] == field[3]
    assert field[1] != field[2]
    story.refused("ours", "not_changeable_there")
    story.refused("theirs", "not_acceptable_here")
    story.resolve("keep", "Uitstel van betaling gegeven")
    story.hooked("document", story.document_there["id"])
    assert story.conflicts() == []


def test_a_document_put_back_to_draft_and_changed_is_made_ours_again(database: Database) -> None:
    story = Story(database)
    told, total = story.document_there["due_date"], story.document_there["total"]
    story.document_there.update(state="draft", due_date=date(2026, 6, 30), total=Decimal("1.00"))
    story.hooked("document", story.document_there["id"])
    story.resolve("ours")
    assert (story.document_there["state"], story.document_there["due_date"]) == ("booked", told)
    assert story.document_there["total"] == total
    assert len(story.there.documents) == 1


@pytest.mark.parametrize("profile", ["searchable", "keys", "pointer"])
def test_a_document_that_is_gone_there_is_delivered_once_more(database: Database, profile: str) -> None:
    story = Story(database, profile)
    gone = story.document_there["id"]
    del story.there.documents[gone]
    story.hooked("document", gone)
    (row,) = story.conflicts()
    assert row.kind == "gone"
    story.resolve("ours")
    story.delivering.settle()
    (there,) = story.delivering.there()
    assert (there["number"], there["id"] == gone) == (row.number, False)
    assert story.delivering.delivery(story.invoice).state == "delivered"


# --- payments are theirs --------------------------------------------------------------------------------------------


def paid_by_hand(story: Story) -> UUID:
    """Somebody records here that the invoice was paid; the receipt."""
    with story.scope() as scope:
        left = receivables.standing(scope, story.invoice).open
        wish = {"customer_id": story.customer, "amount": left, "reference": "per bank"}
        receipt = receivables.record_receipt(scope, wish)
        receivables.allocate(scope, {"receipt_id": receipt.id, "invoice_id": story.invoice})
    story.work()
    return receipt.id


def test_a_receipt_by_hand_is_pushed_undone_or_kept(database: Database) -> None:
    story = Story(database)
    receipt = paid_by_hand(story)
    (row,) = story.conflicts()
    assert (row.kind, row.number) == ("by_hand", "per bank")
    assert story.there.payments == []
    story.resolve("theirs")
    with story.scope() as scope:
        assert receivables.standing(scope, story.invoice).state == "open"
        assert scope.session.scalars(select(Receipt).where(Receipt.id == receipt)).one().cancelled_at is not None

    paid_by_hand(story)
    story.resolve("ours")
    (payment,) = story.there.payments
    assert payment["document"] == story.document_there["id"]
    story.work()
    with story.scope() as scope:
        standing = receivables.standing(scope, story.invoice)
        assert (standing.state, standing.open) == ("paid", Decimal("0.00"))
    assert story.conflicts() == []


def test_what_came_from_there_or_is_owned_here_is_no_conflict(sqlite_database: Database) -> None:
    story = Story(sqlite_database)
    story.delivering.books.control.pay(story.document_there["number"], Decimal("1.00"), date(2026, 3, 31))
    story.hooked("payment", "1")
    with story.scope() as scope:
        assert receivables.standing(scope, story.invoice).state == "partly_paid"
        (receipt,) = scope.session.scalars(select(Receipt))
        (allocation,) = receivables.live_allocations(scope, receipt.id)
        receivables.undo_allocation(scope, allocation, "Verkeerde factuur")
        receivables.allocate(scope, {"receipt_id": receipt.id, "invoice_id": story.invoice})
    story.work()
    assert story.conflicts() == []
    with story.scope() as scope:
        by_hand = receivables.record_receipt(scope, {"customer_id": story.customer, "amount": Decimal("1.00")})
        mistaken = receivables.allocate(scope, {"receipt_id": by_hand.id, "invoice_id": story.invoice})
        receivables.undo_allocation(scope, mistaken.id, "Vergissing")
    story.work()
    assert story.conflicts() == []
    with story.scope() as scope:
        scope.session.scalars(select(Connection)).one().payments_owner = "service"
    paid_by_hand(story)
    assert story.conflicts() == []


def test_a_package_that_takes_no_payments_cannot_be_given_one(sqlite_database: Database) -> None:
    story = Story(sqlite_database)
    paid_by_hand(story)
    with story.scope() as scope:
        row = scope.session.scalars(select(Connection)).one()
        row.settings = row.settings | {"profile": "unsearchable"}
    story.refused("ours", "not_changeable_there")
    story.resolve("keep", "Contant ontvangen")
    with story.scope() as scope:
        assert scope.session.scalars(select(Allocation)).one().reverses_id is None


def test_a_pushed_receipt_that_is_another_amount_there_is_taken_over_or_kept(database: Database) -> None:
    story = Story(database, pushes_receipts=True)
    paid_by_hand(story)
    story.work()
    (payment,) = story.there.payments
    pushed = story.delivering.deliveries(noun="receipt")[0]
    left = payment["amount"] - 1

    def told(amount: Decimal) -> None:
        """The package tells it anew, with this amount."""
        with story.scope() as scope:
            connection = scope.session.scalars(select(Connection)).one()
            fact = PaymentFact(
                payment["id"], amount, date(2026, 3, 31), "EUR", payment["document"], number=pushed.number
            )
            record(scope, connection, [fact])

    told(payment["amount"])
    assert story.conflicts() == []
    told(left)
    (row,) = story.conflicts()
    assert fields(row) == [("amount", str(payment["amount"]), str(left), str(payment["amount"]))]
    told(payment["amount"])
    assert story.conflicts() == []
    told(left)
    story.refused("ours", "not_changeable_there")
    story.resolve("theirs")
    with story.scope() as scope:
        assert receivables.standing(scope, story.invoice).paid == left
        assert [one.amount for one in scope.session.scalars(select(Receipt).where(Receipt.cancelled_at.is_(None)))] == [
            left
        ]
    assert len(story.there.payments) == 1
    told(left - 1)
    with story.scope() as scope:
        assert receivables.standing(scope, story.invoice).paid == left - 1
    assert story.conflicts() == []


# --- in words -------------------------------------------------------------------------------------------------------


def test_the_finding_says_ours_theirs_and_what_was_agreed_on(sqlite_database: Database) -> None:
    story = Story(sqlite_database)
    story.customer_there["name"] = "Ver. De Linde"
    story.looked()
    with story.scope() as scope:
        finding = scope.session.scalars(select(Finding).where(Finding.noun == "conflict")).one()
    cause, action = wording(finding.code, finding.facts, "nl", "EUR")
    name = story.conflicts()[0].compared[0]["ours"]
    assert f"naam hier {name}, daar Ver. De Linde, laatst overeengekomen {name}" in cause
    assert "(ours)" in action
    assert "here" in wording(finding.code, finding.facts, "en", "EUR")[0]


def test_every_finding_and_every_choice_is_explained() -> None:
    text = page("docs/ownership.md")
    assert [code for code in (*CODES.values(), BY_HAND, *CHOICES) if f"`{code}`" not in text] == []


# --- over HTTP and on the command line ------------------------------------------------------------------------------


def test_conflicts_are_listed_and_resolved_with_one_call(sqlite_database: Database) -> None:
    story = Story(sqlite_database)
    story.customer_there["name"] = "Ver. De Linde"
    story.looked()
    with story.scope() as scope:
        _, key = access.create_key(scope, "test", ["conflicts:read", "conflicts:write", "connections:read"])
    caller = Caller(story.client, key)
    (one,) = caller.get("/v1/conflicts?state=open&noun=customer").get_json()["items"]
    assert one["compared"][0]["theirs"] == "Ver. De Linde"
    assert caller.get("/v1/conflicts?noun=document").get_json()["items"] == []
    address = f"/v1/conflicts/{one['id']}"
    problem(caller.post(f"{address}/resolve", {"choice": "keep"}), 422, "invalid_input")
    done = caller.post(f"{address}/resolve", {"choice": "keep", "reason": "Zo heten zij daar"}).get_json()
    assert (done["state"], done["choice"], done["resolved_by"][:4]) == ("resolved", "keep", "key:")
    assert caller.get(address).get_json() == done
    problem(caller.post(f"{address}/resolve", {"choice": "ours"}), 409, "already_resolved")
    connection = done["connection_id"]
    called = caller.get(f"/v1/connections/{connection}/webhook").get_json()
    assert called == {
        "address": f"http://127.0.0.1:8000/hooks/{story.key}",
        "signature": "HMAC-SHA256 with time",
        "secret_given": True,
    }


def test_the_command_line_lists_and_resolves_conflicts_and_says_where_to_call(sqlite_database: Database) -> None:
    story = Story(sqlite_database)
    story.customer_there["name"] = "Ver. De Linde"
    story.looked()

    def said(*words: str) -> str:
        program = Program(lambda _: story.delivering.context, PROGRAM.web_app, PROGRAM.make_worker)
        return CliRunner().invoke(cli.main, list(words), obj=program).output

    listed = said("conflicts", "list")
    assert "Ver. De Linde" in listed
    assert "1 open." in listed
    (row,) = story.conflicts()
    assert "Why does it stay so?" in said("conflicts", "resolve", str(row.id), "--choice", "keep")
    assert "is resolved: ours" in said("conflicts", "resolve", str(row.id), "--choice", "ours")
    assert "0 open." in said("conflicts", "list")
    assert f"/hooks/{story.key}" in said("connection", "webhook")
    story.work()
    story.there.customers[story.customer_there["id"]]["name"] = "Weer anders"
    story.looked()
    assert len(story.conflicts()) == 1
    said("connection", "close", "--reason", "Ander pakket")
    assert story.conflicts() == []
