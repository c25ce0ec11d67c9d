"""API keys: made, listed, revoked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import access
from billing_service.access import OPERATOR
from billing_service.api.glue import Answer, Routes, current_identity, page
from billing_service.api.schemas.api_keys import ApiKeyCreatedOut, ApiKeyIn, ApiKeyOut, ApiKeyQuery
from billing_service.errors import FieldError, InvalidInput, NotAllowed, NotFound
from billing_service.store.access import ApiKey
from billing_service.store.scope import OperatorScope, Scope

routes = Routes("api-keys", "Keys of other services, with scopes. Only a digest of a key is stored.")

READ = ("api_keys:read", OPERATOR)
WRITE = ("api_keys:write", OPERATOR)


@routes.operation("POST", "/api-keys", scope=WRITE, body=ApiKeyIn, out=ApiKeyCreatedOut, status=201, secret=True)
def create_api_key(scope: Scope | OperatorScope, body: dict[str, Any]) -> Answer:
    """Create an API key and show it, once.

    A key of an administration can grant the scopes it has itself. An operator names the administration, or makes
    another operator key with the one scope `operator`. The answer is not stored: a replay of the Idempotency-Key gives
    409 with the id of the key that was made.
    """
    key, text = _make(scope, body)
    shown = {name: getattr(key, name) for name in ApiKeyOut._declared_fields}
    return Answer(shown | {"key": text}, 201, {"Location": f"/v1/api-keys/{key.id}"}, secret_id=key.id)


@routes.operation("GET", "/api-keys", scope=READ, query=ApiKeyQuery, page_of=ApiKeyOut)
def list_api_keys(scope: Scope | OperatorScope, query: dict[str, Any]) -> Any:
    """List API keys, oldest first, without their secrets; an operator sees all."""
    statement = select(ApiKey)
    if isinstance(scope, Scope):
        statement = statement.where(ApiKey.administration_id == scope.administration_id)
    return page(scope, statement, ApiKey.id, query)


@routes.operation("GET", "/api-keys/<uuid:api_key_id>", scope=READ, out=ApiKeyOut)
def get_api_key(scope: Scope | OperatorScope, api_key_id: UUID) -> ApiKey:
    """Read an API key, without its secret."""
    return access.get_key(scope, api_key_id)


@routes.operation("POST", "/api-keys/<uuid:api_key_id>/revoke", scope=WRITE, out=ApiKeyOut)
def revoke_api_key(scope: Scope | OperatorScope, api_key_id: UUID) -> ApiKey:
    """Make an API key invalid from now on."""
    return access.revoke_key(scope, api_key_id)


def _make(scope: Scope | OperatorScope, body: dict[str, Any]) -> tuple[ApiKey, str]:
    label, scopes, expires_at = body["label"], body["scopes"], body.get("expires_at")
    if isinstance(scope, Scope):
        if body.get("administration_id", scope.administration_id) != scope.administration_id:
            raise NotFound("There is no such administration.")
        if OPERATOR in scopes:
            raise NotAllowed("Only an operator can make an operator key.")
        return access.create_key(scope, label, scopes, expires_at, granted_by=current_identity().scopes)
    if scopes == [OPERATOR] and "administration_id" not in body:
        return access.create_operator_key(scope, label, expires_at)
    if "administration_id" not in body:
        raise InvalidInput(
            "Name the administration of the key.", errors=[FieldError("/administration_id", "is required")]
        )
    return access.create_key(scope.within(body["administration_id"]), label, scopes, expires_at)
