"""Import policies: what member-file imports cost, in dated sets that never change once stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service.core.ids import new_id
from billing_service.core.imports import ImportPolicy, parse_policy
from billing_service.errors import AlreadyExists, FieldError, InvalidInput, NotFound
from billing_service.store import audit
from billing_service.store.imports import ImportPolicyRow, ImportProject
from billing_service.store.scope import Scope

DEFAULT_LABELS: Final = {"nl": "standaard importbeleid", "en": "default import policy"}
"""How the rules are called where an administration stored none: those of docs/import-fees.md."""


def create_policy(scope: Scope, values: Mapping[str, Any]) -> ImportPolicyRow:
    """Store what imports opened from ``valid_from`` on will cost: a ``label`` and a ``document`` with the settings
    that differ from the defaults.

    Raises:
        InvalidInput: naming every setting that is unknown or cannot be.
        AlreadyExists: another policy has this label or begins that day.
    """
    policy = _parsed(values["document"], values["label"])
    _refuse_taken(scope, values["label"], values["valid_from"])
    row = ImportPolicyRow(
        administration_id=scope.administration_id,
        id=new_id(),
        label=values["label"],
        valid_from=values["valid_from"],
        document=values["document"],
        settings=settings_of(policy),
        created_at=scope.now,
    )
    scope.session.add(row)
    scope.session.flush()
    told = {"label": row.label, "valid_from": row.valid_from, "document": row.document}
    audit.record(scope, "create", "import_policy", row.id, told)
    return row


def get_policy(scope: Scope, policy_id: UUID) -> ImportPolicyRow:
    """Raises ``NotFound``."""
    row = scope.session.get(ImportPolicyRow, (scope.administration_id, policy_id))
    if row is None:
        raise NotFound("There is no such import policy.")
    return row


def policy_on(scope: Scope, day: date) -> tuple[ImportPolicyRow | None, ImportPolicy]:
    """The policy in force on ``day``; before the first, and where none is stored, the defaults (without a row)."""
    row = scope.session.scalars(
        select(ImportPolicyRow)
        .where(ImportPolicyRow.administration_id == scope.administration_id, ImportPolicyRow.valid_from <= day)
        .order_by(ImportPolicyRow.valid_from.desc())
        .limit(1)
    ).first()
    return row, parse_policy(row.settings, row.label) if row else parse_policy({}, DEFAULT_LABELS["nl"])


def pinned_policy(project: ImportProject, language: str = "nl") -> ImportPolicy:
    """The policy that was in force when the project was opened, whatever was stored since. The defaults are called in
    ``language``, a stored policy as it was labelled."""
    label = project.policy_label if project.policy_id else DEFAULT_LABELS[language]
    return parse_policy(project.policy_settings, label)


def settings_of(policy: ImportPolicy) -> dict[str, Any]:
    """Every setting of a policy as JSON values, so that nothing depends on the defaults of a later release."""
    named = (field.name for field in fields(policy) if field.name != "label")
    plain: dict[str, Any] = audit.plain({name: getattr(policy, name) for name in named})
    return plain


def _parsed(document: Mapping[str, Any], label: str) -> ImportPolicy:
    """The policy; what is wrong with it is pointed at in the wish, where the settings stand under ``document``."""
    try:
        return parse_policy(document, label)
    except InvalidInput as error:
        errors = [FieldError(f"/document{field.pointer}", field.detail) for field in error.errors]
        raise InvalidInput(error.detail, errors=errors) from error


def _refuse_taken(scope: Scope, label: str, valid_from: date) -> None:
    taken = scope.session.scalars(
        select(ImportPolicyRow).where(
            ImportPolicyRow.administration_id == scope.administration_id,
            (ImportPolicyRow.label == label) | (ImportPolicyRow.valid_from == valid_from),
        )
    ).first()
    if taken is not None:
        what = f"is called {label}" if taken.label == label else f"begins on {valid_from}"
        raise AlreadyExists(f"Another import policy {what}; a stored one never changes.")
