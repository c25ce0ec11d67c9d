"""Deliveries of an import: files read or titles stated, compared, imported or sent back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service import imports
from billing_service.api.glue import Answer, PageQuery, Routes, Upload, chosen_language, created, current_currency, page
from billing_service.api.routes.import_projects import ONE, READ, WRITE, shown
from billing_service.api.schemas.decisions import LanguageQuery
from billing_service.api.schemas.imports import (
    DiscardIn,
    ImportAsIn,
    ImportDeliveryIn,
    ImportDeliveryItemOut,
    ImportDeliveryOut,
    ImportFileQuery,
    ImportProjectOut,
    SendBackIn,
)
from billing_service.imports import ReadFile
from billing_service.store.imports import ImportDelivery
from billing_service.store.scope import Scope

routes = Routes("import-deliveries", "What a customer delivered: read for its titles, compared, imported or sent back.")

_ALL: Final = f"{ONE}/deliveries"
_DELIVERY: Final = f"{_ALL}/<uuid:import_delivery_id>"

_TYPES: Final = {
    "text/csv": "CSV in UTF-8, UTF-16, Windows-1252 or ISO 8859-1, with any usual separator.",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX; the first sheet is read.",
    "application/vnd.ms-excel": "XLS; the first sheet is read.",
    "application/vnd.oasis.opendocument.spreadsheet": "ODS; the first sheet is read.",
    "application/octet-stream": "Any of these; `name` tells which.",
}
_NAMES: Final = dict(zip(_TYPES, ("file.csv", "file.xlsx", "file.xls", "file.ods", "file.csv"), strict=True))
"""What a file is called whose name was not given."""

Reading = Callable[[], AbstractContextManager[Scope]]


@routes.operation("POST", _ALL, scope=WRITE, body=ImportDeliveryIn, out=ImportDeliveryOut, status=201)
def receive_import_delivery(scope: Scope, import_project_id: UUID, body: dict[str, Any]) -> Answer:
    """Record a delivery.

    Then add its files, each in a request of its own; or state here what their titles are.
    """
    row = imports.receive(scope, import_project_id, body)
    return created(_shown(scope, row), f"/v1/import-projects/{import_project_id}/deliveries/{row.id}")


@routes.operation("GET", _ALL, scope=READ, query=PageQuery, page_of=ImportDeliveryItemOut)
def list_import_deliveries(scope: Scope, import_project_id: UUID, query: dict[str, Any]) -> Any:
    """List the deliveries of a project, oldest first."""
    project = imports.get_project(scope, import_project_id)
    statement = select(ImportDelivery).where(
        ImportDelivery.administration_id == scope.administration_id, ImportDelivery.project_id == project.id
    )
    return page(scope, statement, ImportDelivery.id, query)


@routes.operation("GET", _DELIVERY, scope=READ, query=LanguageQuery, out=ImportDeliveryOut)
def get_import_delivery(
    scope: Scope, import_project_id: UUID, import_delivery_id: UUID, query: dict[str, Any]
) -> dict[str, Any]:
    """Read a delivery: its columns and their problems, free or quote, how it differs, what importing it would cost."""
    return _shown(scope, imports.get_delivery(scope, import_project_id, import_delivery_id), query)


def _read_before(
    reading: Reading,
    import_project_id: UUID,
    import_delivery_id: UUID,
    upload: Upload,
    query: dict[str, Any],
) -> ReadFile:
    """Read the file before the transaction: it takes up to seconds, and its contents go nowhere."""
    with reading() as scope:
        imports.refuse_used(imports.get_delivery(scope, import_project_id, import_delivery_id))
    return imports.read_file(upload.content, query.get("name") or _NAMES[upload.media_type])


@routes.operation(
    "POST",
    f"{_DELIVERY}/files",
    scope=WRITE,
    upload=_TYPES,
    query=ImportFileQuery,
    before=_read_before,
    out=ImportDeliveryOut,
    status=201,
)
def add_import_file(
    scope: Scope,
    import_project_id: UUID,
    import_delivery_id: UUID,
    upload: Upload,
    query: dict[str, Any],
    prepared: ReadFile,
) -> Answer:
    """Add a file to a delivery: the body is the file.

    It is read at once, within half a minute, and not kept: a delivery holds titles, counts and notations of dates,
    never a member's data. A file that cannot be used is refused with the reason.
    """
    row = imports.get_delivery(scope, import_project_id, import_delivery_id)
    return Answer(_shown(scope, imports.add_file(scope, row, prepared), query), 201)


@routes.operation("POST", f"{_DELIVERY}/import", scope=WRITE, body=ImportAsIn, out=ImportProjectOut)
def import_delivery(
    scope: Scope, import_project_id: UUID, import_delivery_id: UUID, body: dict[str, Any]
) -> dict[str, Any]:
    """Record that the delivery was imported. What it costs is charged now, if it was agreed before."""
    row = imports.get_delivery(scope, import_project_id, import_delivery_id)
    return shown(scope, imports.import_delivery(scope, row, body["use"], body.get("on"), body.get("reason")))


@routes.operation("POST", f"{_DELIVERY}/send-back", scope=WRITE, body=SendBackIn, out=ImportProjectOut)
def send_back_import_delivery(
    scope: Scope, import_project_id: UUID, import_delivery_id: UUID, body: dict[str, Any]
) -> dict[str, Any]:
    """Send a delivery back that is too poor to import; the reason is kept."""
    row = imports.get_delivery(scope, import_project_id, import_delivery_id)
    return shown(scope, imports.send_back(scope, row, body["reason"], body.get("on")))


@routes.operation("POST", f"{_DELIVERY}/discard", scope=WRITE, body=DiscardIn, out=ImportDeliveryOut)
def discard_import_delivery(
    scope: Scope, import_project_id: UUID, import_delivery_id: UUID, body: dict[str, Any]
) -> dict[str, Any]:
    """Discard a delivery that was recorded by mistake; it counts nowhere."""
    row = imports.get_delivery(scope, import_project_id, import_delivery_id)
    return _shown(scope, imports.discard(scope, row, body["reason"]))


def _shown(scope: Scope, row: ImportDelivery, query: dict[str, Any] | None = None) -> dict[str, Any]:
    return imports.describe_delivery(scope, row, chosen_language(query), current_currency())
