"""From fees to charges: one charge per fee, in the transaction of the event that made it.

The database refuses a second charge for the same event and fee, and for the same delivered moment and fee.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select

from billing_service.core.formats import LANGUAGES
from billing_service.core.ids import new_id
from billing_service.core.imports import Fee, describe_fee, fee_detail
from billing_service.errors import FieldError, InvalidInput
from billing_service.imports.policies import pinned_policy
from billing_service.store import audit
from billing_service.store.administrations import Administration
from billing_service.store.charges import Charge
from billing_service.store.imports import ImportFee, ImportProject
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope


def charge_fees(scope: Scope, row: ImportProject, fees: Sequence[Fee], seq: int) -> None:
    """Charge the fees that event ``seq`` made, to the project's contract, on the day of the event.

    Raises:
        InvalidInput: the contract was not valid on that day.
    """
    if not fees:
        return
    currency = currency_of(scope)
    for fee in fees:
        _refuse_outside_contract(scope, row, fee)
        charge = Charge(
            administration_id=scope.administration_id,
            id=new_id(),
            contract_id=row.contract_id,
            customer_id=row.customer_id,
            source="import",
            created_at=scope.now,
            **charge_values(row, fee, currency),
        )
        scope.session.add(charge)
        scope.session.flush()
        scope.session.add(
            ImportFee(
                administration_id=scope.administration_id,
                project_id=row.id,
                event=seq,
                code=fee.code,
                moment=fee.moment,
                charge_id=charge.id,
            )
        )
        scope.session.flush()
        told = {"contract_id": row.contract_id, "date": fee.on, "amount": fee.amount, "vat_class": charge.vat_class}
        audit.record(scope, "create", "charge", charge.id, told)


def charge_values(row: ImportProject, fee: Fee, currency: str) -> dict[str, Any]:
    """What the charge of a fee says; its texts in every language, with the project's name, as a contract may have
    several imports."""
    policies = {language: pinned_policy(row, language) for language in LANGUAGES}
    project = f"{row.name} ({row.reference})."
    policy = policies["nl"]
    return {
        "date": fee.on,
        "description": {language: describe_fee(fee, language) for language in LANGUAGES},
        "detail": {
            language: f"{project} {fee_detail(fee, named, language, currency)}" for language, named in policies.items()
        },
        "disposition": "charge" if fee.amount else "included",
        "pricing": "amount",
        "amount": fee.amount,
        "vat_class": policy.vat_class,
        "revenue_group": policy.revenue_group,
        "rule": fee.code,
    }


def charges_of(scope: Scope, project_id: UUID) -> dict[tuple[int, str], Charge]:
    """The charges of a project's fees, by event and code."""
    rows = scope.session.execute(
        select(ImportFee, Charge)
        .join(Charge, and_(Charge.administration_id == ImportFee.administration_id, Charge.id == ImportFee.charge_id))
        .where(ImportFee.administration_id == scope.administration_id, ImportFee.project_id == project_id)
        .order_by(ImportFee.event, ImportFee.code)
    )
    return {(fee.event, fee.code): charge for fee, charge in rows}


def currency_of(scope: Scope) -> str:
    """The currency of the administration."""
    query = select(Administration.currency).where(Administration.id == scope.administration_id)
    return scope.session.scalars(query).one()


def _refuse_outside_contract(scope: Scope, row: ImportProject, fee: Fee) -> None:
    contract = scope.session.get(Contract, (scope.administration_id, row.contract_id))
    assert contract is not None  # noqa: S101 - a foreign key
    if fee.on < contract.valid_from or (contract.valid_to is not None and fee.on > contract.valid_to):
        problem = f"lies outside the contract {contract.reference}"
        raise InvalidInput(f"The date {fee.on} {problem}.", errors=[FieldError("/on", problem)])
