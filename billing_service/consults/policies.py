"""The consult policy of an administration: one document, replaced as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from billing_service.core.consult import ConsultPolicy, parse_policy
from billing_service.core.tariff.reading import pointer_to
from billing_service.errors import FieldError, InvalidInput
from billing_service.store import audit
from billing_service.store.consults import ConsultPolicyRow
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope


def get_policy(scope: Scope) -> tuple[ConsultPolicyRow | None, ConsultPolicy]:
    """The policy in force. Without a stored one (no row) nothing is proposed and nothing has a price."""
    row = scope.session.get(ConsultPolicyRow, scope.administration_id)
    return row, parse_policy(row.document if row else {})


def put_policy(scope: Scope, document: Mapping[str, Any], pointer: str = "") -> ConsultPolicyRow:
    """Make this the policy from now on: the defaults, but for the settings that ``document`` names.

    ``pointer`` is where the document stands in what the caller received. Raises ``InvalidInput`` naming every setting
    that is unknown or cannot be, a contract that does not exist included.
    """
    policy = parse_policy(document, pointer)
    _refuse_unknown_contracts(scope, policy, pointer)
    row = scope.session.get(ConsultPolicyRow, scope.administration_id)
    plain = policy.to_plain()
    if row is None:
        row = ConsultPolicyRow(administration_id=scope.administration_id, document=plain, changed_at=scope.now)
        scope.session.add(row)
    elif row.document == plain:
        return row
    else:
        row.document, row.changed_at = plain, scope.now
    scope.session.flush()
    audit.record(scope, "change", "consult_policy", scope.administration_id, {"document": plain})
    return row


def _refuse_unknown_contracts(scope: Scope, policy: ConsultPolicy, pointer: str) -> None:
    known = set(
        scope.session.scalars(
            select(Contract.reference).where(
                Contract.administration_id == scope.administration_id, Contract.reference.in_(list(policy.contracts))
            )
        )
    )
    errors = [
        FieldError(pointer_to(f"{pointer}/contracts", reference), "is no contract")
        for reference in policy.contracts
        if reference not in known
    ]
    if errors:
        raise InvalidInput("The consult policy names a contract that does not exist.", errors=errors)
