"""Every package's stage behind the whole service: a connection of which everything is mapped, and a bookkeeper who
spoils what was delivered, straight in the books of the stage."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from billing_service.connections.opening import tokens_of
from billing_service.context import Context
from billing_service.core.ids import new_id
from billing_service.store.connections import Connection, ConnectionMapping
from billing_service.store.session import Database
from billing_service.vault import Vault
from connectors.base import Lists
from tests.builders import SECRET_KEY
from tests.connections.fakes import FakeBooks
from tests.connectors.papers import vat_code
from tests.connectors.stages import stage_of
from tests.connectors.stages.stage import Stage
from tests.delivery.world import digits_only
from tests.invoicing.world import World
from tests.reconciliation.world import Reconciling

Row = dict[str, Any]


@dataclass
class OnStage(Reconciling):
    """The same with a package of its own: its server, over sockets, and its clock."""

    stage: Stage = field(kw_only=True)

    @classmethod
    @contextmanager
    def connected(cls, database: Database, package: str) -> Iterator[OnStage]:
        kind, stage_type = stage_of(package).kinds[0], stage_of(package)
        with stage_type(kind, unlimited=True) as stage:
            desk = cls(database, FakeBooks(), stage=stage)
            desk.now = stage.now()
            desk.join(World.founded(database))
            with database.write() as session:
                digits_only(session, desk.administration_id)
                desk.connection_id = _connection(session, desk.administration_id, stage)
            if (store := stage.tokens()) is not None:
                with database.write() as session:
                    tokens_of(desk.context, desk.administration_id, desk.connection_id).put(session, store.read())
            yield desk

    @property
    def context(self) -> Context:
        return Context(self.database, clock=lambda: self.now, secret_keys=(SECRET_KEY,))

    def advance(self, by: timedelta) -> None:
        super().advance(by)
        self.stage.advance(by)


def _connection(session: Session, administration_id: UUID, stage: Stage) -> UUID:
    connector = stage.connector()
    secrets = {name: str(secret) for name, secret in stage.secrets().items()}
    made, now = new_id(), stage.now()
    company = connector.check()
    session.add(
        Connection(
            administration_id=administration_id,
            id=made,
            package=stage.package,
            title="Boekhouding",
            state="active",
            settings={name: text for name, text in stage.settings().items() if name != "client_id" or stage.tokens()},
            secrets=Vault((SECRET_KEY,)).encrypt(made, secrets),
            secret_names=sorted(secrets),
            company_id=company.id,
            company_name=company.name,
            checked_at=now,
            lists_read_at=now,
            matched_at=now,
            start_date=date(2026, 1, 1),
            webhook_key=uuid4().hex,
            activated_at=now,
            created_at=now,
        )
    )
    session.flush()
    key = {"administration_id": administration_id, "connection_id": made}
    mapped = _mapped(connector.lists(), vat_code(connector, "standard").id, vat_code(connector, "outside").id)
    session.add_all(ConnectionMapping(**key, kind=kind, ours=ours, remote_id=there) for kind, ours, there in mapped)
    session.flush()
    return made


def _mapped(lists: Lists, standard: str, outside: str) -> Iterator[tuple[str, str, str]]:
    accounts = [one.id for one in lists.ledger_accounts if one.active]
    yield from (("vat", "S:21", standard), ("rounding_vat", "", outside))
    yield from (("revenue", "", accounts[0]), ("rounding_account", "", accounts[-1]))
    if lists.journals:
        yield "journal", "", lists.journals[0].id


# --- the books of each stage ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ledger:
    """Where documents stand: the rows, where each has its id and our number, and what spoils one.

    ``draft`` and ``voided`` are what a row says then; ``None``: the package knows no such thing. ``redate`` gives it
    another date.
    """

    rows: dict[Any, Row] | list[Row]
    id_name: str
    number: str
    redate: Callable[[Row], None]
    draft: Row | None = None
    voided: Row | None = None
    new_id: Callable[[], Any] = lambda: str(uuid4())

    def row(self, number: str) -> Row:
        rows = self.rows.values() if isinstance(self.rows, dict) else self.rows
        return next(row for row in rows if row.get(self.number) == number)

    def remove(self, number: str) -> None:
        if isinstance(self.rows, dict):
            del self.rows[self.row(number)[self.id_name]]
        else:
            self.rows.remove(self.row(number))

    def copy(self, number: str, to: str) -> None:
        again = copy.deepcopy(self.row(number)) | {self.id_name: (made := self.new_id()), self.number: to}
        if isinstance(self.rows, dict):
            self.rows[made] = again
        else:
            self.rows.append(again)


def ledger_of(stage: Any) -> Ledger:
    if stage.package == "fake":
        books = stage.fake.books
        return Ledger(
            books.documents,
            "id",
            "number",
            _text("issue_date"),
            {"state": "draft"},
            {"state": "cancelled"},
            books.new_id,
        )
    if stage.package == "exact":
        return Ledger(stage.books.table("salesentry/SalesEntries"), "EntryID", "YourRef", _day("EntryDate"))
    if stage.package == "moneybird":
        return Ledger(stage.books.invoices, "id", "reference", _text("date"), new_id=stage.books.new_id)
    if stage.package == "odoo":
        moves = stage.books.rows["account.move"]
        redate = _text("invoice_date", "date")
        return Ledger(moves, "id", "name", redate, {"state": "draft"}, {"state": "cancel"}, lambda: max(moves) + 1)
    invoices = stage.books.all["account.invoice"]
    redate = _day("invoice_date", "accounting_date")
    return Ledger(
        invoices, "id", "reference", redate, {"state": "validated"}, {"state": "cancelled"}, lambda: max(invoices) + 1
    )


def _day(*names: str) -> Callable[[Row], None]:
    def redate(row: Row) -> None:
        for name in names:
            if row.get(name) is not None:
                row[name] += timedelta(days=1)

    return redate


def _text(*names: str) -> Callable[[Row], None]:
    def redate(row: Row) -> None:
        for name in names:
            row[name] = str(date.fromisoformat(str(row[name])) + timedelta(days=1))

    return redate
