"""Released invoices, ready to be issued: made from fresh charges by the release that the service itself uses."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select

from bench.world import Office, add_charges
from billing_service.invoicing.release import release_contract
from billing_service.parties.selling import load_issuer
from billing_service.store.invoices import Invoice
from billing_service.store.session import Database

_UNTIL = date(2026, 3, 31)


def release_invoices(database: Database, office: Office) -> list[UUID]:
    """One invoice of five lines for every contract of the office; returns their ids in order."""
    add_all_charges(database, office)
    release_all(database, office)
    with database.read() as session:
        query = select(Invoice.id).where(
            Invoice.administration_id == office.administration_id, Invoice.state == "released"
        )
        return sorted(session.scalars(query))


def add_all_charges(database: Database, office: Office) -> None:
    """Five open charges for every contract."""
    with database.write() as session:
        add_charges(session, office, range(len(office.contracts)))


def release_all(database: Database, office: Office) -> None:
    """Release what is open, in transactions of a hundred contracts."""
    for start in range(0, len(office.contracts), 100):
        with database.write() as session:
            scope = office.scope(session)
            issuer = load_issuer(scope)
            for contract_id in office.contracts[start : start + 100]:
                release_contract(scope, issuer, contract_id, _UNTIL)
