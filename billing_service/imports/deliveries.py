"""What a customer delivers for an import: files read for their titles, or titles as stated; and what becomes of it.

Files are read before any transaction is open, in a process of their own (``documents.delivered``). Their contents are
not kept: a delivery holds titles, counts and notations (docs/decisions/0008).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import func, select

from billing_service.core.ids import new_id
from billing_service.core.imports import (
    FeedbackImported,
    ImportFacts,
    MomentDelivered,
    Redone,
    SentBack,
    Structure,
    structure_of,
)
from billing_service.documents.delivered import DeliveredFile, read_delivered
from billing_service.errors import AlreadyExists, Conflict, FieldError, InvalidInput, NotFound
from billing_service.imports.history import History, append, business_day, get_project, load
from billing_service.imports.wording import STATED
from billing_service.store import audit
from billing_service.store.imports import ImportDelivery, ImportFile
from billing_service.store.scope import Scope

Use = Literal["moment", "feedback", "redo"]
MOST_FILES: Final = 20


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as read: its name and digest with what stands in it, without its contents."""

    name: str
    size: int
    sha256: str
    delivered: DeliveredFile


def read_file(content: bytes, name: str) -> ReadFile:
    """Read a member file for its titles; takes up to seconds, so no transaction may be open.

    Raises:
        UnreadableFile: the file cannot be used; the code and the detail say why.
        Busy: too many files are being read at this moment.
    """
    return ReadFile(name, len(content), hashlib.sha256(content).hexdigest(), read_delivered(content, name))


def receive(scope: Scope, project_id: UUID, values: Mapping[str, Any]) -> ImportDelivery:
    """A new delivery: files are added to it, or ``files`` states their titles.

    Raises:
        Conflict: the project is closed.
        InvalidInput: received on a day to come, or two stated files of one name.
    """
    if get_project(scope, project_id, lock=True).state == "closed":
        raise Conflict("The import project is closed.", code="import_not_open")
    received_on = business_day(scope, values.get("received_on"), "/received_on")
    delivery = ImportDelivery(
        administration_id=scope.administration_id,
        id=new_id(),
        project_id=project_id,
        number=_next_number(scope, project_id),
        received_on=received_on,
        state="open",
        created_at=scope.now,
    )
    scope.session.add(delivery)
    scope.session.flush()
    audit.record(scope, "create", "import_delivery", delivery.id, {"project_id": project_id, "on": received_on})
    for at, stated in enumerate(values.get("files", ())):
        _state_file(scope, delivery, stated, at)
    return delivery


def add_file(scope: Scope, delivery: ImportDelivery, file: ReadFile) -> ImportDelivery:
    """Add a file, read before, to a delivery that nothing was done with yet.

    Raises:
        Conflict: the delivery was used, sent back or discarded.
        AlreadyExists: it has a file of this name.
        InvalidInput: it has as many files as a delivery can have.
    """
    delivery = get_delivery(scope, delivery.project_id, delivery.id, lock=True)
    refuse_used(delivery)
    _add(scope, delivery, file.name, file.size, file.sha256, file.delivered.to_plain())
    return delivery


def discard(scope: Scope, delivery: ImportDelivery, reason: str) -> ImportDelivery:
    """A delivery recorded by mistake: it counts nowhere. Raises ``Conflict`` once something was done with it."""
    delivery = get_delivery(scope, delivery.project_id, delivery.id, lock=True)
    refuse_used(delivery)
    delivery.state, delivery.reason = "discarded", reason
    scope.session.flush()
    audit.record(scope, "discard", "import_delivery", delivery.id, {"reason": reason})
    return delivery


def import_delivery(
    scope: Scope, delivery: ImportDelivery, use: Use, on: date | None = None, reason: str | None = None
) -> History:
    """The delivery was imported: as a moment, as the re-import of feedback, or again because of our own mistake.

    Raises:
        Conflict: the project is not where this can happen, or the delivery was used before.
        InvalidInput: no titles, a redo without its reason, a day to come or outside the contract.
    """
    history, delivery = _locked(scope, delivery)
    if use == "redo" and not reason:
        raise InvalidInput("A redo needs its reason.", errors=[FieldError("/reason", "is required for a redo")])
    files = files_of(scope, delivery)
    structure, identity, day = structure_in(files), str(delivery.id), business_day(scope, on)
    event: MomentDelivered | FeedbackImported | Redone
    if use == "moment":
        event = MomentDelivered(day, identity, structure, skipped_titles(files))
    elif use == "feedback":
        event = FeedbackImported(day, identity, structure)
    else:
        event = Redone(day, identity, reason or "", structure)
    history = append(scope, history, event)
    delivery.state, delivery.used_as, delivery.reason = "imported", use, reason
    scope.session.flush()
    return history


def send_back(scope: Scope, delivery: ImportDelivery, reason: str, on: date | None = None) -> History:
    """The delivery is too poor to import and goes back to the customer.

    Raises:
        Conflict: the project is not where this can happen, or the delivery was used before.
    """
    history, delivery = _locked(scope, delivery)
    history = append(scope, history, SentBack(business_day(scope, on), str(delivery.id), reason))
    delivery.state, delivery.reason = "sent_back", reason
    scope.session.flush()
    return history


def get_delivery(scope: Scope, project_id: UUID, delivery_id: UUID, *, lock: bool = False) -> ImportDelivery:
    """Raises ``NotFound``, also for a delivery of another project."""
    get_project(scope, project_id, lock=lock)
    query = select(ImportDelivery).where(
        ImportDelivery.administration_id == scope.administration_id,
        ImportDelivery.project_id == project_id,
        ImportDelivery.id == delivery_id,
    )
    row = scope.session.scalars(query.execution_options(populate_existing=lock)).one_or_none()
    if row is None:
        raise NotFound("There is no such delivery.")
    return row


def latest_delivery(scope: Scope, project_id: UUID) -> ImportDelivery | None:
    """The last delivery of a project that was not sent back or discarded."""
    return scope.session.scalars(
        select(ImportDelivery)
        .where(
            ImportDelivery.administration_id == scope.administration_id,
            ImportDelivery.project_id == project_id,
            ImportDelivery.state.in_(("open", "imported")),
        )
        .order_by(ImportDelivery.number.desc())
        .limit(1)
    ).first()


def files_of(scope: Scope, delivery: ImportDelivery) -> list[ImportFile]:
    """The files of a delivery in order of their names: in which order they came does not matter."""
    query = select(ImportFile).where(
        ImportFile.administration_id == scope.administration_id, ImportFile.delivery_id == delivery.id
    )
    return sorted(scope.session.scalars(query), key=lambda file: file.name)


def structure_in(files: list[ImportFile]) -> Structure:
    """The structure of a delivery. Raises ``InvalidInput`` (``nothing_delivered``) while it has no file."""
    if not files:
        raise InvalidInput("Nothing was delivered yet: add the files first.", code="import_nothing_delivered")
    return structure_of([column["title"] for column in titled(file)] for file in files)


def facts_in(files: list[ImportFile], *, one_dimensional: bool, extra_fields: int | None = None) -> ImportFacts:
    """The countable facts of a delivery, with what a person says of it."""
    return ImportFacts(
        files=len(files),
        columns=structure_in(files).columns,
        one_dimensional=one_dimensional,
        extra_fields=extra_fields,
        skipped=len(skipped_titles(files)),
    )


def skipped_titles(files: list[ImportFile]) -> tuple[str, ...]:
    """The titles of the columns that cannot be imported."""
    return tuple(column["title"] for file in files for column in titled(file) if column["problem"])


def titled(file: ImportFile) -> list[dict[str, Any]]:
    """The columns of a file that have a title: those that count."""
    return [column for column in file.reading["columns"] if column["title"]]


def refuse_used(delivery: ImportDelivery) -> None:
    """Raises ``Conflict`` for a delivery that was imported, sent back or discarded."""
    if delivery.state != "open":
        said = {"imported": "imported", "sent_back": "sent back", "discarded": "discarded"}[delivery.state]
        raise Conflict(f"This delivery was {said} before; receive a new one.", code="import_delivery_handled")


def _locked(scope: Scope, delivery: ImportDelivery) -> tuple[History, ImportDelivery]:
    history = load(scope, delivery.project_id, lock=True)
    delivery = get_delivery(scope, delivery.project_id, delivery.id, lock=True)
    refuse_used(delivery)
    return history, delivery


def _state_file(scope: Scope, delivery: ImportDelivery, stated: Mapping[str, Any], at: int) -> None:
    skipped = set(stated.get("skipped", ()))
    if beyond := [place for place in skipped if place > len(stated["titles"])]:
        detail = f"{beyond[0]} is no column: there are {len(stated['titles'])}"
        raise InvalidInput("A skipped column does not exist.", errors=[FieldError(f"/files/{at}/skipped", detail)])
    columns = [
        {
            "position": place,
            "title": title,
            "filled": None,
            "problem": STATED if place in skipped else None,
        }
        for place, title in enumerate(stated["titles"], start=1)
    ]
    _add(scope, delivery, stated["name"], None, None, {"columns": columns})


def _add(
    scope: Scope, delivery: ImportDelivery, name: str, size: int | None, sha256: str | None, reading: dict[str, Any]
) -> None:
    names = {file.name for file in files_of(scope, delivery)}
    if name in names:
        raise AlreadyExists(f"This delivery has a file {name} already; give it another name, or make a new delivery.")
    if len(names) >= MOST_FILES:
        raise InvalidInput(f"A delivery has at most {MOST_FILES} files.")
    row = ImportFile(
        administration_id=scope.administration_id,
        id=new_id(),
        delivery_id=delivery.id,
        name=name,
        stated=sha256 is None,
        size=size,
        sha256=sha256,
        reading=audit.plain(reading),
        created_at=scope.now,
    )
    scope.session.add(row)
    scope.session.flush()
    told = {"file": name, "sha256": sha256, "columns": len(reading["columns"])}
    audit.record(scope, "add_file", "import_delivery", delivery.id, told)


def _next_number(scope: Scope, project_id: UUID) -> int:
    query = select(func.max(ImportDelivery.number)).where(
        ImportDelivery.administration_id == scope.administration_id, ImportDelivery.project_id == project_id
    )
    return (scope.session.scalar(query) or 0) + 1
