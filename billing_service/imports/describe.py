"""Policies, projects, deliveries and quotes as plain values for whoever shows them, with their sentences in words."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any, Final

import orjson

from billing_service.core.imports import (
    Assessment,
    ImportPolicy,
    Project,
    Reason,
    Structure,
    assess,
    describe_cost,
    describe_differences,
    describe_reason,
    differences,
    explain_fee,
    is_new,
    moments_included,
    next_fee,
    parse_policy,
    permissions,
    policy_sentences,
    propose,
    status,
    tell,
)
from billing_service.errors import InvalidInput
from billing_service.imports.charging import charges_of
from billing_service.imports.deliveries import facts_in, files_of, structure_in, titled
from billing_service.imports.history import History, as_event, load
from billing_service.imports.policies import DEFAULT_LABELS, pinned_policy, policy_on, settings_of
from billing_service.imports.quotes import state_on
from billing_service.imports.wording import describe_column
from billing_service.store.imports import ImportDelivery, ImportFile, ImportPolicyRow, ImportProject, ImportQuote
from billing_service.store.scope import Scope

_PROJECT: Final = (
    "id",
    "reference",
    "name",
    "contract_id",
    "customer_id",
    "opened_on",
    "policy_id",
    "state",
    "created_at",
)
_DELIVERY: Final = ("id", "project_id", "number", "received_on", "state", "used_as", "reason", "created_at")
_QUOTE: Final = ("id", "project_id", "purpose", "price", "note", "sent_on", "valid_until", "decided_on", "decided_at",
                 "decided_by", "decided_how", "reason", "sha256", "created_at")  # fmt: skip
_FILE_NAMES: Final = {"nl": "Offerte {number}.pdf", "en": "Quote {number}.pdf"}
_NOT_IN_A_NAME: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')


def describe_policy(row: ImportPolicyRow, language: str, currency: str) -> dict[str, Any]:
    """A stored policy, complete and in words."""
    policy = parse_policy(row.settings, row.label)
    shown = {name: getattr(row, name) for name in ("id", "label", "valid_from", "document", "settings", "created_at")}
    return shown | {"sentences": policy_sentences(policy, language, currency)}


def describe_policy_on(scope: Scope, day: date, language: str, currency: str) -> dict[str, Any]:
    """The policy in force on ``day``; the defaults have no id and no date."""
    row, policy = policy_on(scope, day)
    if row is not None:
        return describe_policy(row, language, currency)
    return {
        "id": None,
        "label": DEFAULT_LABELS[language],
        "valid_from": None,
        "document": {},
        "settings": settings_of(policy),
        "sentences": policy_sentences(policy, language, currency),
        "created_at": None,
    }


def describe_project(scope: Scope, history: History, language: str, currency: str) -> dict[str, Any]:
    """A project: where it stands today, what can happen next, what it costs and why, and how it went."""
    row, project = history.row, history.project
    policy = pinned_policy(row, language)
    standing = status(policy, project, scope.today)
    return describe_project_item(row, language) | {
        "website": project.website,
        "status": {"code": standing.code, "sentence": standing.describe(language)},
        "permissions": [
            {
                "kind": one.kind,
                "allowed": one.allowed,
                "reason": one.reason.describe(language) if one.reason else None,
            }
            for one in permissions(policy, project, scope.today)
            if one.kind != "opened"
        ],
        "facts": project.facts,
        "assessment": _assessment(project.assessment, language, currency),
        "price": project.price,
        "moments_included": moments_included(policy, project),
        "moments_delivered": len(project.moments),
        "fees": _fees(scope, history, policy, language, currency),
        "total": project.total,
        "history": _events(history, language, currency),
    }


def describe_project_item(row: ImportProject, language: str) -> dict[str, Any]:
    """A project as a list shows it."""
    return {name: getattr(row, name) for name in _PROJECT} | {"policy_label": pinned_policy(row, language).label}


def describe_delivery(scope: Scope, row: ImportDelivery, language: str, currency: str) -> dict[str, Any]:
    """A delivery: its columns and their problems, what its titles propose and what that would make of it, how it
    differs from what was delivered before, and what importing it as the next moment would cost and need."""
    history = load(scope, row.project_id)
    policy, project = pinned_policy(history.row, language), history.project
    files = files_of(scope, row)
    shown: dict[str, Any] = {name: getattr(row, name) for name in _DELIVERY}
    shown |= {"files": [_file(file, language) for file in files]}
    if not files:
        empty = dict.fromkeys(("fingerprint", "proposal", "assessment", "next_fee", "new_structure"))
        return shown | empty | {"comparisons": []}
    structure = structure_in(files)
    proposal = propose([column["title"] for column in titled(file)] for file in files)
    others = [moment for moment in project.moments if moment.delivery_id != str(row.id)]
    return shown | {
        "fingerprint": structure.fingerprint,
        "proposal": {
            "one_dimensional": proposal.one_dimensional,
            "reasons": [_reason(reason, language, currency) for reason in proposal.reasons],
        },
        "assessment": _proposed(policy, files, proposal.one_dimensional, language, currency),
        "comparisons": [
            {
                "moment": moment.number,
                "on": moment.on,
                "same": not (found := differences(moment.structure, structure)),
                "differences": describe_differences(found, language),
            }
            for moment in others
        ],
        "new_structure": bool(others) and is_new(policy, project, structure),
        "next_fee": _next_fee(policy, project, structure, language, currency) if row.state == "open" else None,
    }


def describe_quote(row: ImportQuote, today: date) -> dict[str, Any]:
    """A quote with its document."""
    return {name: getattr(row, name) for name in _QUOTE} | {
        "number": row.reference,
        "state": state_on(row, today),
        "document": orjson.loads(row.document),
    }


def quote_file_name(row: ImportQuote) -> str:
    """``Offerte IMP-2026-12-1.pdf``, in the language of the quote."""
    language = orjson.loads(row.document)["language"]
    name = _FILE_NAMES[language].format(number=unicodedata.normalize("NFC", row.reference))
    return _NOT_IN_A_NAME.sub("-", name)


def _fees(scope: Scope, history: History, policy: ImportPolicy, language: str, currency: str) -> list[dict[str, Any]]:
    charges = charges_of(scope, history.row.id)
    shown = []
    for fee in history.project.fees:
        charge = charges.get((fee.event + 1, fee.code))
        shown.append(
            {
                "code": fee.code,
                "moment": fee.moment,
                "on": fee.on,
                "amount": fee.amount,
                "description": charge.description[language] if charge else "",
                "explanation": explain_fee(fee, policy, language, currency),
                "charge_id": charge.id if charge else None,
                "charge_state": charge.state if charge else None,
                "invoice_id": charge.invoice_id if charge else None,
            }
        )
    return shown


def _events(history: History, language: str, currency: str) -> list[dict[str, Any]]:
    events = [as_event(row) for row in history.events]
    told = tell(events, history.project.fees, language, currency)
    return [
        {
            "seq": row.seq,
            "kind": row.kind,
            "on": on,
            "sentence": sentence,
            "data": row.data,
            "actor": row.actor,
            "at": row.at,
        }
        for row, (on, sentence) in zip(history.events, told, strict=True)
    ]


def _file(file: ImportFile, language: str) -> dict[str, Any]:
    reading = file.reading
    read = {name: reading.get(name) for name in ("format", "encoding", "separator", "sheet", "rows")}
    return read | {
        "id": file.id,
        "name": file.name,
        "stated": file.stated,
        "size": file.size,
        "sha256": file.sha256,
        "other_sheets": reading.get("other_sheets", []),
        "columns": [
            {
                "position": column["position"],
                "title": column["title"],
                "filled": column["filled"],
                "problem": column["problem"],
                "sentence": describe_column(column, language),
            }
            for column in reading["columns"]
        ],
    }


def _proposed(
    policy: ImportPolicy, files: list[ImportFile], one_dimensional: bool, language: str, currency: str
) -> dict[str, Any] | None:
    """Free or quote, if a person confirms what the titles propose; None where that takes more than titles tell."""
    try:
        found = assess(policy, facts_in(files, one_dimensional=one_dimensional))
    except InvalidInput:  # the policy limits extra fields, which a person counts
        return None
    return _assessment(found, language, currency)


def _assessment(found: Assessment | None, language: str, currency: str) -> dict[str, Any] | None:
    if found is None:
        return None
    reasons = [_reason(reason, language, currency) for reason in found.reasons]
    return {"outcome": found.outcome, "reasons": reasons}


def _reason(reason: Reason, language: str, currency: str) -> dict[str, Any]:
    return {**reason.to_plain(), "sentence": " ".join(describe_reason(reason, language, currency))}


def _next_fee(
    policy: ImportPolicy, project: Project, structure: Structure, language: str, currency: str
) -> dict[str, Any]:
    cost = next_fee(policy, project, structure)
    return {
        "moment": cost.moment,
        "kind": cost.kind,
        "amount": cost.amount,
        "needs": list(cost.needs),
        "sentences": describe_cost(cost, language, currency),
    }
