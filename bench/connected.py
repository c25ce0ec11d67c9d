"""The fake package as a process of its own, and an office that is connected to it step by step, as a person would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from uuid import UUID

from cryptography.fernet import Fernet
from sqlalchemy import text

from bench.world import Office
from billing_service.connections import connecting, mapping, matching, reading
from billing_service.context import Context
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from billing_service.vault import Vault
from billing_service.worker.process import Worker

START = date(2026, 1, 1)
_SECRETS = {"api_key": "bench-api-key", "webhook_secret": "bench-webhook-secret"}
_BY_HAND = {"revenue": "gl-8000", "journal": "jr-70", "rounding_account": "gl-4990", "rounding_vat": "vat-o"}

_DELIVERED = """
INSERT INTO deliveries (administration_id, id, connection_id, noun, subject_id, number, state, key, remote_id, attached,
  without_file, unclear, attempts, asked_at, delivered_at, created_at, version)
SELECT i.administration_id, i.id, c.id, 'document', i.id, i.number, 'delivered', i.number, i.number, true, false, false,
  0, i.created_at, i.created_at, i.created_at, 1
FROM invoices i CROSS JOIN connections c WHERE i.state = 'issued' AND i.number IS NOT NULL
"""


@contextmanager
def fake_package(profile: str = "searchable") -> Iterator[str]:
    """Its address, until the end."""
    secrets = {f"FAKE_{name.upper()}": value for name, value in _SECRETS.items()}
    command = [sys.executable, "-m", "connectors.fake", "--profile", profile]
    process = subprocess.Popen(command, env=os.environ | secrets, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def context_of(database: Database) -> Context:
    """A context that can encrypt secrets; its clock is the real one."""
    return Context(database, secret_keys=(Fernet.generate_key().decode(),))


def connect(context: Context, office: Office, base_url: str) -> None:
    """Fill in, read, map, match and activate. Raises ``Conflict`` where a step did not come through."""
    vault = Vault(context.secret_keys)
    values = {"package": "fake", "title": "Boekhouding", "settings": {"base_url": base_url}, "secrets": _SECRETS}
    worker = Worker(context, tasks={})
    with context.database.write() as session:
        scope = office.scope(session, context.clock())
        made = connecting.create(scope, vault, values).id
        reading.start(scope, connecting.get(scope, made))
    worker.drain()
    with context.database.write() as session:
        scope = office.scope(session, context.clock())
        _map(scope, made)
        matching.start(scope, connecting.get(scope, made))
    worker.drain()
    with context.database.write() as session:
        scope = office.scope(session, context.clock())
        connecting.activate(scope, connecting.get(scope, made), START)
    worker.drain()


def _map(scope: Scope, connection_id: UUID) -> None:
    """What fits by itself, and the few for which more than one choice would do."""
    row = connecting.get(scope, connection_id)
    mapping.accept_proposals(scope, row)
    lines = mapping.entries(scope, row)
    mapped = [(one.kind, one.ours, one.remote_id or _BY_HAND.get(one.kind)) for one in lines]
    wanted = [{"kind": kind, "ours": ours, "remote_id": there} for kind, ours, there in mapped if there]
    mapping.replace(scope, row, wanted)


def mark_delivered(database: Database) -> None:
    """As if every issued document stood in the package, by its own number."""
    with database.write() as session:
        session.execute(text("DELETE FROM deliveries"))
        session.execute(text(_DELIVERED))
