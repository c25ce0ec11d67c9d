"""Tariffs and their dated versions."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service import replay, tariffs
from billing_service.api.glue import Answer, PageQuery, Routes, accepted, check_version, created, page
from billing_service.api.schemas.tariffs import (
    ReplayIn,
    TariffIn,
    TariffOut,
    TariffPatch,
    TariffQuery,
    TariffVersionIn,
    TariffVersionItemOut,
    TariffVersionOut,
    TariffVersionPatch,
)
from billing_service.api.schemas.watching import JobOut
from billing_service.exports import Form
from billing_service.store.scope import Scope
from billing_service.store.tariffs import Tariff, TariffVersion

routes = Routes("tariffs", "Ordered rules that price a question, in dated versions. A published version never changes.")

_VERSIONS: Final = "/tariffs/<uuid:tariff_id>/versions"
_VERSION: Final = f"{_VERSIONS}/<uuid:tariff_version_id>"


@routes.operation("POST", "/tariffs", scope="tariffs:write", body=TariffIn, out=TariffOut, status=201)
def create_tariff(scope: Scope, body: dict[str, Any]) -> Answer:
    """Create a tariff; its rules come with its first version."""
    row = tariffs.create(scope, body)
    return created(row, f"/v1/tariffs/{row.id}")


@routes.operation("GET", "/tariffs", scope="tariffs:read", query=TariffQuery, page_of=TariffOut)
def list_tariffs(scope: Scope, query: dict[str, Any]) -> Any:
    """List tariffs, oldest first."""
    statement = select(Tariff).where(Tariff.administration_id == scope.administration_id)
    if "code" in query:
        statement = statement.where(Tariff.code == query["code"])
    return page(scope, statement, Tariff.id, query)


@routes.operation("GET", "/tariffs/<uuid:tariff_id>", scope="tariffs:read", out=TariffOut)
def get_tariff(scope: Scope, tariff_id: UUID) -> Tariff:
    """Read a tariff."""
    return tariffs.get(scope, tariff_id)


@routes.operation("PATCH", "/tariffs/<uuid:tariff_id>", scope="tariffs:write", body=TariffPatch, out=TariffOut)
def change_tariff(scope: Scope, tariff_id: UUID, body: dict[str, Any]) -> Tariff:
    """Change a tariff's code or name."""
    row = tariffs.get(scope, tariff_id)
    check_version(row)
    return tariffs.change(scope, row, body)


@routes.operation("POST", _VERSIONS, scope="tariffs:write", body=TariffVersionIn, out=TariffVersionOut, status=201)
def create_tariff_version(scope: Scope, tariff_id: UUID, body: dict[str, Any]) -> Answer:
    """Add a draft version.

    A draft may be unfinished: `problems` says why it could not be published yet.
    """
    row = tariffs.add_version(scope, tariffs.get(scope, tariff_id), body)
    return created(_shown(row), f"/v1/tariffs/{tariff_id}/versions/{row.id}")


@routes.operation("GET", _VERSIONS, scope="tariffs:read", query=PageQuery, page_of=TariffVersionItemOut)
def list_tariff_versions(scope: Scope, tariff_id: UUID, query: dict[str, Any]) -> Any:
    """List the versions of a tariff, oldest first, without their documents."""
    tariff = tariffs.get(scope, tariff_id)
    statement = select(TariffVersion).where(
        TariffVersion.administration_id == scope.administration_id, TariffVersion.tariff_id == tariff.id
    )
    return page(scope, statement, TariffVersion.id, query)


@routes.operation("GET", _VERSION, scope="tariffs:read", out=TariffVersionOut)
def get_tariff_version(scope: Scope, tariff_id: UUID, tariff_version_id: UUID) -> dict[str, Any]:
    """Read a tariff version with its document."""
    return _shown(tariffs.get_version(scope, tariff_id, tariff_version_id))


@routes.operation("PATCH", _VERSION, scope="tariffs:write", body=TariffVersionPatch, out=TariffVersionOut)
def change_tariff_version(
    scope: Scope, tariff_id: UUID, tariff_version_id: UUID, body: dict[str, Any]
) -> dict[str, Any]:
    """Change a draft version."""
    row = tariffs.get_version(scope, tariff_id, tariff_version_id)
    check_version(row)
    return _shown(tariffs.change_version(scope, row, body))


@routes.operation("POST", f"{_VERSION}/publish", scope="tariffs:publish", out=TariffVersionOut)
def publish_tariff_version(scope: Scope, tariff_id: UUID, tariff_version_id: UUID) -> dict[str, Any]:
    """Publish a draft version.

    From then on it never changes. Questions of its period are decided again until their charge is released.
    """
    return _shown(tariffs.publish(scope, tariffs.get_version(scope, tariff_id, tariff_version_id)))


@routes.operation("POST", f"{_VERSION}/replay", scope=replay.SCOPE, body=ReplayIn, out=JobOut, status=202)
def replay_tariff_version(scope: Scope, tariff_id: UUID, tariff_version_id: UUID, body: dict[str, Any]) -> Answer:
    """Hold a version, draft or published, against what was really decided in a past period.

    Writes nothing to decisions and charges. The job's result has the totals and names the files (JSON, CSV, XLSX).
    """
    version = tariffs.get_version(scope, tariff_id, tariff_version_id)
    form = Form(body.get("language", "nl"), body.get("decimal", "comma"))
    job = replay.start(scope, version, body["decided_from"], body["decided_until"], form, body.get("document"))
    return accepted(job)


def _shown(row: TariffVersion) -> dict[str, Any]:
    columns = {name: getattr(row, name) for name in TariffVersionItemOut._declared_fields}
    return columns | {"document": row.document, "problems": tariffs.problems(row)}
