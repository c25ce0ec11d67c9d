"""Connections to accounting packages: filled in, read, mapped, matched, activated. Only workers call the package."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.api.glue import Answer, PageQuery, Routes, accepted, check_version, created, page
from billing_service.api.glue.identity import current_context
from billing_service.api.schemas.connections import (
    AcceptedMatchesOut,
    ChoiceQuery,
    ChoicesOut,
    ConnectionActivateIn,
    ConnectionCustomerOut,
    ConnectionIn,
    ConnectionOut,
    ConnectionPatch,
    ConnectionQuery,
    ConnectionReasonIn,
    MappingIn,
    MappingOut,
    MatchOut,
    MatchQuery,
    OpeningItemOut,
    OpeningItemQuery,
    PackagesOut,
    SignInOut,
    WebhookAddressOut,
)
from billing_service.api.schemas.watching import JobOut
from billing_service.connections import (
    connecting,
    hooks,
    mapping,
    matching,
    opening_balance,
    packages,
    reading,
    signing_in,
)
from billing_service.store.connections import (
    Connection,
    ConnectionChoice,
    ConnectionCustomer,
    ConnectionMatch,
    OpeningItem,
)
from billing_service.store.scope import Scope
from billing_service.vault import Vault

routes = Routes("connections", "Links to accounting packages.")

READ, WRITE = "connections:read", "connections:write"
ONE = "/connections/<uuid:connection_id>"


@routes.operation("GET", "/packages", scope=READ, out=PackagesOut)
def list_packages(scope: Scope) -> dict[str, Any]:
    """List the packages that can be connected: what to fill in, and what each can."""
    return {"items": packages.described()}


@routes.operation("POST", "/connections", scope=WRITE, body=ConnectionIn, out=ConnectionOut, status=201)
def create_connection(scope: Scope, body: dict[str, Any]) -> Answer:
    """Fill in a connection. Then read it, map, match the customers, and activate it.

    An administration has one connection that is not closed. Secrets are stored encrypted and never shown again.
    """
    row = connecting.create(scope, _vault(), body)
    return created(row, f"/v1/connections/{row.id}")


@routes.operation("GET", "/connections", scope=READ, query=ConnectionQuery, page_of=ConnectionOut)
def list_connections(scope: Scope, query: dict[str, Any]) -> Any:
    """List connections, oldest first; closed ones too."""
    statement = select(Connection).where(Connection.administration_id == scope.administration_id)
    if "state" in query:
        statement = statement.where(Connection.state == query["state"])
    return page(scope, statement, Connection.id, query)


@routes.operation("GET", ONE, scope=READ, out=ConnectionOut)
def get_connection(scope: Scope, connection_id: UUID) -> Connection:
    """Read a connection."""
    return connecting.get(scope, connection_id)


@routes.operation("PATCH", ONE, scope=WRITE, body=ConnectionPatch, out=ConnectionOut)
def change_connection(scope: Scope, connection_id: UUID, body: dict[str, Any]) -> Connection:
    """Change a connection; only the fields given, of settings and secrets only the names given."""
    row = connecting.get(scope, connection_id)
    check_version(row)
    return connecting.change(scope, _vault(), row, body)


@routes.operation("GET", f"{ONE}/webhook", scope=READ, out=WebhookAddressOut)
def get_webhook_address(scope: Scope, connection_id: UUID) -> hooks.Called:
    """Read where the package can call us when something changes there, instead of being asked every five minutes."""
    return hooks.called(connecting.get(scope, connection_id), current_context().public_url)


@routes.operation("POST", f"{ONE}/sign-in", scope=WRITE, out=SignInOut, secret=True)
def begin_sign_in(scope: Scope, connection_id: UUID) -> Answer:
    """Begin signing in over OAuth: send the person who connects to the address, within a quarter of an hour.

    The package sends them back to this service, which takes the tokens and reads the connection.
    """
    row = connecting.get(scope, connection_id)
    context = current_context()
    return Answer(signing_in.begin(scope, context, row, context.public_url), secret_id=row.id)


@routes.operation("POST", f"{ONE}/read", scope=WRITE, out=JobOut, status=202)
def read_connection(scope: Scope, connection_id: UUID) -> Answer:
    """Ask the package whose books these are and what can be mapped to.

    A connection that the package stopped goes on when this succeeds. It happens once a day by itself.
    """
    return accepted(reading.start(scope, connecting.get(scope, connection_id)))


@routes.operation("GET", f"{ONE}/choices", scope=READ, query=ChoiceQuery, out=ChoicesOut)
def list_choices(scope: Scope, connection_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """List what can be mapped to, as last read from the package, in the order of the codes there."""
    connecting.get(scope, connection_id)
    mine = {"administration_id": scope.administration_id, "connection_id": connection_id}
    statement = select(ConnectionChoice).filter_by(**mine, **query)
    return {"items": scope.session.scalars(statement.order_by(ConnectionChoice.kind, ConnectionChoice.code)).all()}


@routes.operation("GET", f"{ONE}/mappings", scope=READ, out=MappingOut)
def get_mappings(scope: Scope, connection_id: UUID) -> dict[str, Any]:
    """Read what of ours is booked on what of theirs: what is needed, what is mapped, what would fit."""
    return _mappings(scope, connecting.get(scope, connection_id))


@routes.operation("PUT", f"{ONE}/mappings", scope=WRITE, body=MappingIn, out=MappingOut, conditional=True)
def put_mappings(scope: Scope, connection_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Make this the whole mapping."""
    row = connecting.get(scope, connection_id)
    check_version(row)
    connecting.refuse_closed(row)
    mapping.replace(scope, row, body["mappings"])
    return _mappings(scope, row)


@routes.operation("POST", f"{ONE}/accept-proposals", scope=WRITE, out=MappingOut)
def accept_mapping_proposals(scope: Scope, connection_id: UUID) -> dict[str, Any]:
    """Map everything for which exactly one choice fits and nothing is mapped yet."""
    row = connecting.get(scope, connection_id)
    connecting.refuse_closed(row)
    mapping.accept_proposals(scope, row)
    return _mappings(scope, row)


@routes.operation("POST", f"{ONE}/compare-customers", scope=WRITE, out=JobOut, status=202)
def compare_customers(scope: Scope, connection_id: UUID) -> Answer:
    """Compare the customers in the package with ours, so that none is made twice. Decisions made before stay."""
    return accepted(matching.start(scope, connecting.get(scope, connection_id)))


@routes.operation("GET", f"{ONE}/matches", scope=READ, query=MatchQuery, page_of=MatchOut)
def list_matches(scope: Scope, connection_id: UUID, query: dict[str, Any]) -> Any:
    """List customers there that may be ours, oldest first."""
    connecting.get(scope, connection_id)
    mine = {"administration_id": scope.administration_id, "connection_id": connection_id}
    asked = {name: query[name] for name in ("state", "customer_id") if name in query}
    return page(scope, select(ConnectionMatch).filter_by(**mine, **asked), ConnectionMatch.id, query)


@routes.operation("POST", f"{ONE}/matches/<uuid:match_id>/accept", scope=WRITE, out=MatchOut)
def accept_match(scope: Scope, connection_id: UUID, match_id: UUID) -> ConnectionMatch:
    """They are the same. Other proposals for either of them are rejected."""
    return matching.accept(scope, matching.get(scope, connecting.get(scope, connection_id), match_id))


@routes.operation("POST", f"{ONE}/matches/<uuid:match_id>/reject", scope=WRITE, out=MatchOut)
def reject_match(scope: Scope, connection_id: UUID, match_id: UUID) -> ConnectionMatch:
    """They are not the same."""
    return matching.reject(scope, matching.get(scope, connecting.get(scope, connection_id), match_id))


@routes.operation("POST", f"{ONE}/accept-certain-matches", scope=WRITE, out=AcceptedMatchesOut)
def accept_certain_matches(scope: Scope, connection_id: UUID) -> dict[str, Any]:
    """Accept every open match against which nothing speaks."""
    return {"count": matching.accept_certain(scope, connecting.get(scope, connection_id))}


@routes.operation("GET", f"{ONE}/customers", scope=READ, query=PageQuery, page_of=ConnectionCustomerOut)
def list_connection_customers(scope: Scope, connection_id: UUID, query: dict[str, Any]) -> Any:
    """List which customer there is which of ours."""
    connecting.get(scope, connection_id)
    mine = {"administration_id": scope.administration_id, "connection_id": connection_id}
    return page(scope, select(ConnectionCustomer).filter_by(**mine), ConnectionCustomer.customer_id, query)


@routes.operation("POST", f"{ONE}/activate", scope=WRITE, body=ConnectionActivateIn, out=ConnectionOut)
def activate_connection(scope: Scope, connection_id: UUID, body: dict[str, Any]) -> Connection:
    """Deliver documents dated from the start date on, from now on. Refused while a needed mapping lacks."""
    return connecting.activate(scope, connecting.get(scope, connection_id), body["start_date"])


@routes.operation("POST", f"{ONE}/take-opening-balance", scope=WRITE, out=JobOut, status=202)
def take_opening_balance(scope: Scope, connection_id: UUID) -> Answer:
    """Keep, once, what is open in the package of documents from before the start date."""
    return accepted(opening_balance.start(scope, connecting.get(scope, connection_id)))


@routes.operation("GET", f"{ONE}/opening-items", scope=READ, query=OpeningItemQuery, page_of=OpeningItemOut)
def list_opening_items(scope: Scope, connection_id: UUID, query: dict[str, Any]) -> Any:
    """List the opening balance, item by item."""
    connecting.get(scope, connection_id)
    mine = {"administration_id": scope.administration_id, "connection_id": connection_id}
    asked = {name: query[name] for name in ("customer_id",) if name in query}
    return page(scope, select(OpeningItem).filter_by(**mine, **asked), OpeningItem.id, query)


@routes.operation("POST", f"{ONE}/stop", scope=WRITE, body=ConnectionReasonIn, out=ConnectionOut)
def stop_connection(scope: Scope, connection_id: UUID, body: dict[str, Any]) -> Connection:
    """Stop: nothing goes either way until it is resumed. What waits is kept."""
    return connecting.stop(scope, connecting.get(scope, connection_id), "person", body["reason"])


@routes.operation("POST", f"{ONE}/resume", scope=WRITE, out=ConnectionOut)
def resume_connection(scope: Scope, connection_id: UUID) -> Connection:
    """Go on after a stop; in a copy that was restored from a backup: say that this copy may call the package."""
    return connecting.resume(scope, connecting.get(scope, connection_id))


@routes.operation("POST", f"{ONE}/close", scope=WRITE, body=ConnectionReasonIn, out=ConnectionOut)
def close_connection(scope: Scope, connection_id: UUID, body: dict[str, Any]) -> Connection:
    """End a connection for good: its secrets are forgotten, what was delivered stays on record."""
    return connecting.close(scope, connecting.get(scope, connection_id), body["reason"])


def _vault() -> Vault:
    return Vault(current_context().secret_keys)


def _mappings(scope: Scope, row: Connection) -> dict[str, Any]:
    entries = mapping.entries(scope, row)
    return {"version": row.version, "mappings": entries}
