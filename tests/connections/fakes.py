"""A connection to the fake package, ready for use: in this process, or to its server (``base_url``).

``FakeBooks`` is the package on the other side; ``active_connection`` stores a connection to it of which everything is
mapped, without going through the steps of connecting one by one (tests/connections does that).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from billing_service.context import Context
from billing_service.core.ids import new_id
from billing_service.store.connections import Connection, ConnectionChoice, ConnectionMapping
from billing_service.store.session import Database
from billing_service.vault import Vault
from connectors.fake.books import LISTS
from connectors.fake.control import control_of
from connectors.fake.server import FakePackage
from connectors.fake.wire import InMemory
from tests.builders import NOW, SECRET_KEY

CANARY: Final = "canary5d81"
"""Stands in every secret; nothing that anybody can read may show it."""
SECRETS: Final = {"api_key": f"{CANARY}-api-key", "webhook_secret": f"{CANARY}-webhook-secret"}

MAPPED: Final = {
    ("vat", "S:21"): "vat-21",
    ("vat", "S:9"): "vat-9",
    ("vat", "Z"): "vat-0",
    ("vat", "E"): "vat-e",
    ("vat", "AE"): "vat-ae",
    ("vat", "O"): "vat-o",
    ("revenue", ""): "gl-8000",
    ("journal", ""): "jr-70",
    ("payment_method", ""): "pm-bank",
    ("rounding_account", ""): "gl-4990",
    ("rounding_vat", ""): "vat-o",
}
"""Everything of ours on what stands in the lists of the fake."""


class FakeBooks:
    """The fake of this kind (``connectors.fake.profiles``) in this process; ``control`` is what is done over there.

    ``clock`` gives the moment; ``control.advance`` moves only the package's own.
    """

    def __init__(self, profile: str = "searchable", clock: Callable[[], datetime] = lambda: NOW) -> None:
        self.profile, self.clock = profile, clock
        self.package = FakePackage(profile, dict(SECRETS), clock=lambda: self.clock().timestamp())
        self.control = control_of(self.package)

    def context(self, database: Database) -> Context:
        """A context whose packages are all this one."""
        return Context(
            database,
            self.clock,
            secret_keys=(SECRET_KEY,),
            transport=lambda name: InMemory(self.package.handle),
        )


def active_connection(
    session: Session,
    administration_id: UUID,
    *,
    base_url: str = "http://fake.invalid",
    profile: str = "searchable",
    secret_key: str = SECRET_KEY,
    start_date: date = date(2026, 1, 1),
    pushes_receipts: bool = False,
    client_id: str | None = None,
) -> UUID:
    """A connection to the fake that was checked, read, mapped and activated; with ``client_id`` it uses OAuth."""
    made = new_id()
    settings = {"base_url": base_url, "profile": profile} | ({"client_id": client_id} if client_id else {})
    secrets = SECRETS | ({"client_secret": f"{CANARY}-client-secret"} if client_id else {})
    session.add(
        Connection(
            administration_id=administration_id,
            id=made,
            package="fake",
            title="Boekhouding",
            state="active",
            settings=settings,
            secrets=Vault((secret_key,)).encrypt(made, secrets),
            secret_names=sorted(secrets),
            company_id="1",
            company_name="Voorbeeld Helpdesk B.V.",
            checked_at=NOW,
            lists_read_at=NOW,
            matched_at=NOW,
            start_date=start_date,
            pushes_receipts=pushes_receipts,
            webhook_key=uuid4().hex,
            activated_at=datetime(2026, 1, 1, tzinfo=UTC),
            created_at=NOW,
        )
    )
    session.flush()
    key = {"administration_id": administration_id, "connection_id": made}
    for name, entries in LISTS.items():
        for entry in entries:
            values = {column: entry.get(column) for column in ("code", "name", "active", "category")}
            rate = Decimal(entry["rate"]) if "rate" in entry else None
            kind = name.removesuffix("s")
            row = ConnectionChoice(**key, kind=kind, remote_id=entry["id"], rate=rate, read_at=NOW, **values)
            session.add(row)
    session.add_all(
        ConnectionMapping(**key, kind=kind, ours=ours, remote_id=remote_id)
        for (kind, ours), remote_id in MAPPED.items()
    )
    session.flush()
    return made
