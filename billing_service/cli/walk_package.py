"""The second half of the example: into an accounting package, paid there, settled here, and both sides compared.

The package is the fake, a process that lives as long as the example; the connection to it is closed at the end, so that
nothing calls what is gone.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import select

from billing_service import reconciliation, vault
from billing_service.cli.bill import follow
from billing_service.cli.processes import END_WITH_PARENT
from billing_service.cli.program import Program
from billing_service.cli.telling import Teller
from billing_service.connections import connecting, mapping, matching, reading
from billing_service.core.money import line_amount
from billing_service.demo import package
from billing_service.demo.package import Package
from billing_service.documents.pdf import render_reconciliation
from billing_service.receivables import standings
from billing_service.reconciliation import reading as reports
from billing_service.store import collecting
from billing_service.store.connections import ConnectionMatch
from billing_service.store.deliveries import Delivery
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope
from billing_service.store.work import Job
from billing_service.vault import Vault

TITLE: Final = "Boekhouding (voorbeeld)"
PART: Final = Decimal("0.25")
"""Of the second invoice a quarter is paid."""


def walk_package(program: Program, teller: Teller, administration_id: UUID, run_id: UUID, folder: Path) -> None:
    """Everything with the invoices of this run; the page of the reconciliation goes into ``folder``."""
    context = program.context
    keyed = replace(context, secret_keys=context.secret_keys or (vault.make_key(),))  # of no use once it is closed
    with package.running(END_WITH_PARENT) as there:
        ours = Program(lambda _: keyed, program.web_app, program.make_worker)
        walked = _Walk(ours, teller, administration_id, there)
        walked.connect()
        walked.deliver()
        walked.settle(run_id)
        walked.compare(folder)
        walked.close()


class _Walk:
    """One connection from its first day to its last, in transactions of their own."""

    def __init__(self, program: Program, teller: Teller, administration_id: UUID, there: Package) -> None:
        self._program, self._tell, self._there = program, teller, there
        self._administration = administration_id
        self._connection: UUID

    def connect(self) -> None:
        """Fill in, read, map, match, activate: what an administrator and a bookkeeper do once."""
        self._tell.step(f"An accounting package is connected: a fake one, a process of its own at {self._there.url}")
        self._there.put_customer()
        settings = {"package": "fake", "title": TITLE, "settings": {"base_url": self._there.url}}
        with self._scope() as scope:
            keys = Vault(self._program.context.secret_keys)
            row = connecting.create(scope, keys, settings | {"secrets": self._there.secrets})
            self._connection, job = row.id, reading.start(scope, row)
        self._follow(job.id)
        with self._scope() as scope:
            row = connecting.get(scope, self._connection)
            mapping.accept_proposals(scope, row)
            mapped = {(one.kind, one.ours): one.remote_id for one in mapping.entries(scope, row) if one.remote_id}
            lines = mapped | package.MAPPED
            mapping.replace(
                scope, row, [{"kind": kind, "ours": ours, "remote_id": to} for (kind, ours), to in lines.items()]
            )
            job = matching.start(scope, row)
        self._follow(job.id)
        with self._scope() as scope:
            row = connecting.get(scope, self._connection)
            proposed = select(ConnectionMatch).filter_by(administration_id=row.administration_id, connection_id=row.id)
            for one in scope.session.scalars(proposed).all():
                self._tell.say(
                    f"{one.remote_name} stands there already as {one.remote_code}; a person says: it is ours."
                )
                matching.accept(scope, one)
            connecting.activate(scope, row, scope.today)
        told = ", ".join(f"{kind} {ours}".strip() + f" → {to}" for (kind, ours), to in lines.items())
        self._tell.say(f"Mapped: {told}.")

    def deliver(self) -> None:
        """A worker takes out what was issued, with nobody doing anything."""
        self._tell.step("The worker delivers: customer, document, PDF, posting; then it reads back and compares")
        self._drain()
        with self._reading() as scope:
            sent = select(Delivery).filter_by(administration_id=self._administration, connection_id=self._connection)
            rows = scope.session.scalars(sent.order_by(Delivery.noun, Delivery.number)).all()
        self._tell.table(["", "Number", "State", "Id there"], [(r.noun, r.number, r.state, r.remote_id) for r in rows])

    def settle(self, run_id: UUID) -> None:
        """Two customers pay; the bookkeeper books that there, and the next pull settles it here."""
        self._tell.step("A bookkeeper books two payments there; the next pull settles the invoices here")
        whole, part = self._invoices(run_id)[:2]
        with self._reading() as scope:
            today = scope.today
        for invoice, amount in ((whole, whole.gross), (part, line_amount(part.gross, PART))):
            self._there.pay(str(invoice.number), amount, today)
            self._tell.say(f"{amount} is paid there for {invoice.number}.")
        with self._scope() as scope:
            collecting.ask(scope, self._connection)  # the schedule does so every five minutes
        self._drain()
        invoices = self._invoices(run_id)
        with self._reading() as scope:
            stands = standings(scope, [one.id for one in invoices])
        rows = [(one.number, one.gross, stands[one.id].open, stands[one.id].state) for one in invoices]
        self._tell.table(["Number", ">Gross", ">Open", "State"], rows)

    def compare(self, folder: Path) -> None:
        """What the schedule does every night."""
        self._tell.step("Every night both sides are compared, document by document")
        with self._scope() as scope:
            job = reconciliation.start(scope, connecting.get(scope, self._connection))
        result = self._follow(job.id).result or {}
        with self._reading() as scope:
            made = reports.get(scope, UUID(result["reconciliation_id"]))
            content = render_reconciliation(reports.report_of(scope, made), "nl")
        sides = [
            ("Documents", made.documents_ours, made.documents_theirs),
            ("Total", made.total_ours, made.total_theirs),
            ("Open", made.open_ours, made.open_theirs),
        ]
        self._tell.table(["", ">Here", ">There"], sides)
        self._tell.say(f"Differences: {made.differences}. Unexplained: {made.unexplained}.")
        path = folder / f"Aansluiting {made.created_at:%Y-%m-%d}.pdf"
        path.write_bytes(content)
        self._tell.say(str(path))

    def close(self) -> None:
        """The package ends with the example, so nothing must call it any more."""
        with self._scope() as scope:
            connecting.close(scope, connecting.get(scope, self._connection), "The example is over")
        self._tell.say("The connection is closed again; docs/connections.md connects a package to stay.", "dim")

    def _invoices(self, run_id: UUID) -> list[Invoice]:
        issued = select(Invoice).filter_by(
            administration_id=self._administration, billing_run_id=run_id, kind="invoice"
        )
        with self._reading() as scope:
            return list(scope.session.scalars(issued.where(Invoice.number.is_not(None)).order_by(Invoice.number)))

    def _follow(self, job_id: UUID) -> Job:
        return follow(self._program, self._administration, job_id)

    def _drain(self) -> None:
        self._program.make_worker(self._program.context, self._program.settings).drain()

    def _scope(self) -> AbstractContextManager[Scope]:
        return self._program.scope(self._administration)

    def _reading(self) -> AbstractContextManager[Scope]:
        return self._program.reading(self._administration)
