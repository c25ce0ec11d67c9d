"""What a replay is asked to do: which rules, over which days, told how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import select

from billing_service import jobs
from billing_service.core.tariff import Tariff, parse_tariff
from billing_service.errors import FieldError, InvalidInput
from billing_service.exports import Form
from billing_service.jobs import RunningJob
from billing_service.rating.terms import Version
from billing_service.replay.counting import counting_from
from billing_service.store.scope import Scope
from billing_service.store.tariffs import Tariff as TariffRow
from billing_service.store.tariffs import TariffVersion
from billing_service.store.work import Job

REPLAY: Final = "replay"
SCOPE: Final = "tariffs:replay"
"""What a key needs to start a replay and to read its files."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One replay. Questions closed from ``counted_from`` on hold ordinals, those of ``first`` to ``last`` are told.

    ``whole_invoices``: time is rounded per invoice, so all questions on one are looked at.
    """

    version: Version
    tariff: Tariff
    first: date
    last: date
    counted_from: date
    form: Form
    whole_invoices: bool = False


def start(
    scope: Scope,
    version: TariffVersion,
    first: date,
    last: date,
    form: Form,
    document: Mapping[str, Any] | None = None,
) -> Job:
    """Ask for a replay of this version, or of ``document`` in its place, over the questions closed on these days.

    The rules are kept with the job: what happens to a draft afterwards does not change the replay.

    Raises:
        InvalidInput: the period ends before it begins, or in the future.
        InvalidTariff: the rules cannot be used; every reason with its pointer.
    """
    if last < first:
        raise _refused("/decided_until", f"lies before {first}")
    if last > scope.today:
        raise _refused("/decided_until", f"lies in the future; today is {scope.today}")
    rules = version.document if document is None else document
    parse_tariff(rules, pointer="" if document is None else "/document")
    code = scope.session.scalars(
        select(TariffRow.code).where(
            TariffRow.administration_id == scope.administration_id, TariffRow.id == version.tariff_id
        )
    ).one()
    options = {
        "tariff_id": version.tariff_id,
        "tariff_version_id": version.id,
        "number": version.number,
        "label": f"{code} {version.number}",
        "first": first,
        "last": last,
        "language": form.language,
        "decimal": form.decimal,
    }
    payload = orjson.dumps(rules)
    return jobs.start(
        scope, REPLAY, subject_id=version.id, payload=payload, media_type="application/json", options=options
    )


def read_plan(job: RunningJob) -> Plan:
    """What ``start`` asked for."""
    asked = job.options
    first, label = date.fromisoformat(asked["first"]), asked["label"]
    tariff = parse_tariff(orjson.loads(job.payload), label)
    return Plan(
        Version(UUID(asked["tariff_version_id"]), UUID(asked["tariff_id"]), first, asked["number"], label),
        tariff,
        first,
        date.fromisoformat(asked["last"]),
        counting_from(tariff, first),
        Form(asked["language"], asked["decimal"]),
    )


def _refused(pointer: str, problem: str) -> InvalidInput:
    return InvalidInput(f"The last day {problem}.", errors=[FieldError(pointer, problem)])
