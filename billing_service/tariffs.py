"""Tariffs and their dated versions: drafts change freely, a published version never."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from billing_service import rating
from billing_service.core.ids import new_id
from billing_service.core.tariff import parse_tariff
from billing_service.errors import AlreadyExists, BillingError, Conflict, FieldError, NotFound
from billing_service.store import audit
from billing_service.store.scope import Scope
from billing_service.store.tariffs import Tariff, TariffVersion


def create(scope: Scope, values: Mapping[str, Any]) -> Tariff:
    """A new tariff, without any version yet. Raises ``AlreadyExists`` when its code is taken."""
    _refuse_taken(scope, values["code"], None)
    tariff = Tariff(administration_id=scope.administration_id, id=new_id(), created_at=scope.now, **values)
    scope.session.add(tariff)
    scope.session.flush()
    audit.record(scope, "create", "tariff", tariff.id, {"code": tariff.code, "tariff_name": tariff.name})
    return tariff


def get(scope: Scope, tariff_id: UUID) -> Tariff:
    """Raises ``NotFound``."""
    tariff = scope.session.get(Tariff, (scope.administration_id, tariff_id))
    if tariff is None:
        raise NotFound("There is no such tariff.")
    return tariff


def change(scope: Scope, tariff: Tariff, values: Mapping[str, Any]) -> Tariff:
    """Change its code or name. Raises ``AlreadyExists`` when the code is taken."""
    if "code" in values:
        _refuse_taken(scope, values["code"], tariff.id)
    for name, value in values.items():
        setattr(tariff, name, value)
    scope.session.flush()
    audit.record(scope, "change", "tariff", tariff.id, {"code": tariff.code, "tariff_name": tariff.name})
    return tariff


def add_version(scope: Scope, tariff: Tariff, values: Mapping[str, Any]) -> TariffVersion:
    """A draft of the next version: ``valid_from`` and the ``document`` with its rules."""
    # The tariff's row is the lock under which its versions are numbered.
    scope.session.refresh(tariff, with_for_update=True)
    last = scope.session.scalar(select(func.max(TariffVersion.number)).where(*_of(scope, tariff.id)))
    version = TariffVersion(
        administration_id=scope.administration_id,
        id=new_id(),
        tariff_id=tariff.id,
        number=(last or 0) + 1,
        state="draft",
        created_at=scope.now,
        **values,
    )
    scope.session.add(version)
    scope.session.flush()
    audit.record(scope, "create", "tariff_version", version.id, {"tariff_id": tariff.id, "number": version.number})
    return version


def get_version(scope: Scope, tariff_id: UUID, version_id: UUID) -> TariffVersion:
    """Raises ``NotFound``."""
    version = scope.session.get(TariffVersion, (scope.administration_id, version_id))
    if version is None or version.tariff_id != tariff_id:
        raise NotFound("There is no such tariff version.")
    return version


def change_version(scope: Scope, version: TariffVersion, values: Mapping[str, Any]) -> TariffVersion:
    """Change a draft. Raises ``Conflict`` for a published version."""
    _refuse_published(version)
    for name, value in values.items():
        setattr(version, name, value)
    scope.session.flush()
    audit.record(scope, "change", "tariff_version", version.id, {"fields": sorted(values)})
    return version


def problems(version: TariffVersion) -> list[FieldError]:
    """Why this draft could not be published as it is; a published version has none."""
    if version.state == "published":
        return []
    try:
        parse_tariff(version.document)
    except BillingError as error:
        return list(error.errors) or [FieldError("", error.detail)]
    return []


def publish(scope: Scope, version: TariffVersion) -> TariffVersion:
    """Publish a draft; from its date on questions are decided by it, also those decided before and not yet released.

    Where questions of its days were released before, a finding per contract says so.

    Raises:
        Conflict: it is published, or another published version of the tariff begins on the same day.
        InvalidTariff: its document cannot be used; every reason with its pointer.
    """
    _refuse_published(version)
    parse_tariff(version.document)
    get(scope, version.tariff_id)
    scope.session.execute(
        select(Tariff.id)
        .where(Tariff.administration_id == scope.administration_id, Tariff.id == version.tariff_id)
        .with_for_update()
    )
    same_day = select(TariffVersion.number).where(
        *_of(scope, version.tariff_id),
        TariffVersion.state == "published",
        TariffVersion.valid_from == version.valid_from,
    )
    taken = scope.session.scalar(same_day)
    if taken is not None:
        raise Conflict(
            f"Version {taken} of this tariff begins on {version.valid_from} too.",
            code="tariff_date_taken",
            errors=[FieldError("/valid_from", f"is that of version {taken}")],
        )
    version.state = "published"
    version.published_at = scope.now
    scope.session.flush()
    audit.record(scope, "publish", "tariff_version", version.id, {"valid_from": version.valid_from})
    rating.redecide(scope, cause="tariff_published", tariffs=[version.tariff_id])
    rating.report_published(scope, version.id, version.tariff_id, version.valid_from)
    return version


def _refuse_published(version: TariffVersion) -> None:
    if version.state == "published":
        raise Conflict("A published tariff version never changes; make a new one.", code="already_published")


def _refuse_taken(scope: Scope, code: str, besides: UUID | None) -> None:
    same = select(Tariff.id).where(Tariff.administration_id == scope.administration_id, Tariff.code == code)
    found = scope.session.scalar(same)
    if found is not None and found != besides:
        raise AlreadyExists(f"There is already a tariff {code}.", errors=[FieldError("/code", "is taken")])


def _of(scope: Scope, tariff_id: UUID) -> tuple[Any, ...]:
    return TariffVersion.administration_id == scope.administration_id, TariffVersion.tariff_id == tariff_id
