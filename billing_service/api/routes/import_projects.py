"""Import projects: opened, assessed, agreed, closed; status, fees and history explained."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service import imports
from billing_service.api.glue import Answer, Routes, chosen_language, created, current_currency, page
from billing_service.api.schemas.decisions import LanguageQuery
from billing_service.api.schemas.imports import (
    AgreementIn,
    AssessIn,
    CheckOut,
    CloseProjectIn,
    FeedbackIn,
    ImportProjectIn,
    ImportProjectItemOut,
    ImportProjectOut,
    ImportProjectQuery,
    WebsiteIn,
)
from billing_service.imports import History
from billing_service.store.imports import ImportProject
from billing_service.store.scope import Scope

routes = Routes(
    "import-projects",
    "Imports of member files: what was delivered when, what is included, what costs something and why.",
)

READ: Final = "import_projects:read"
WRITE: Final = "import_projects:write"
ONE: Final = "/import-projects/<uuid:import_project_id>"


@routes.operation("POST", "/import-projects", scope=WRITE, body=ImportProjectIn, out=ImportProjectOut, status=201)
def open_import_project(scope: Scope, body: dict[str, Any]) -> Answer:
    """Open an import project under a contract.

    The import policy in force on the opening day holds for the whole project.
    """
    history = imports.open_project(scope, body)
    return created(shown(scope, history), f"/v1/import-projects/{history.row.id}")


@routes.operation("GET", "/import-projects", scope=READ, query=ImportProjectQuery, page_of=ImportProjectItemOut)
def list_import_projects(scope: Scope, query: dict[str, Any]) -> Any:
    """List import projects, oldest first."""
    statement = select(ImportProject).where(ImportProject.administration_id == scope.administration_id)
    for name in ("reference", "state", "contract_id", "customer_id"):
        if name in query:
            statement = statement.where(getattr(ImportProject, name) == query[name])
    language = chosen_language()
    return page(
        scope,
        statement,
        ImportProject.id,
        query,
        lambda rows: [imports.describe_project_item(row, language) for row in rows],
    )


@routes.operation("GET", ONE, scope=READ, query=LanguageQuery, out=ImportProjectOut)
def get_import_project(scope: Scope, import_project_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """Read an import project: where it stands, what can be done now, its fees with why, its history in words."""
    return shown(scope, imports.load(scope, import_project_id), query)


@routes.operation("POST", f"{ONE}/assess", scope=WRITE, body=AssessIn, out=ImportProjectOut)
def assess_import(scope: Scope, import_project_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Confirm what was delivered, as a person who has seen it: the import is free or needs a quote.

    After the first import this is done for a delivery with a new structure, where the policy asks for it.
    """
    return shown(scope, imports.confirm_facts(scope, import_project_id, body))


@routes.operation("POST", f"{ONE}/website", scope=WRITE, body=WebsiteIn, out=ImportProjectOut)
def add_import_website(scope: Scope, import_project_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Record that a website was added to the project."""
    return shown(scope, imports.add_website(scope, import_project_id, body.get("on")))


@routes.operation("POST", f"{ONE}/agreements", scope=WRITE, body=AgreementIn, out=ImportProjectOut)
def record_import_agreement(scope: Scope, import_project_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Record that the customer agreed to pay for a further moment, a new structure or another check.

    Nothing of the kind is charged without.
    """
    history = imports.record_agreement(scope, import_project_id, body["to"], body["by"], body.get("on"))
    return shown(scope, history)


@routes.operation("POST", f"{ONE}/feedback", scope=WRITE, body=FeedbackIn, out=ImportProjectOut)
def give_import_feedback(scope: Scope, import_project_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Record the customer's feedback on what was imported wrongly; it is followed in a re-import."""
    return shown(scope, imports.give_feedback(scope, import_project_id, body["text"], body.get("on")))


@routes.operation("POST", f"{ONE}/close", scope=WRITE, body=CloseProjectIn, out=ImportProjectOut)
def close_import_project(scope: Scope, import_project_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Close the project: nothing happens in it any more, its charges stay."""
    return shown(scope, imports.close_project(scope, import_project_id, body["reason"], body.get("on")))


@routes.operation("POST", f"{ONE}/check", scope=WRITE, out=CheckOut)
def check_import_project(scope: Scope, import_project_id: UUID) -> dict[str, Any]:
    """Compute the project's charges again from its history and compare them with what is stored.

    A difference is reported as a finding too; there should never be one.
    """
    return imports.check_project(scope, import_project_id)


def shown(scope: Scope, history: History, query: dict[str, Any] | None = None) -> dict[str, Any]:
    """A project as it is answered."""
    return imports.describe_project(scope, history, chosen_language(query), current_currency())
