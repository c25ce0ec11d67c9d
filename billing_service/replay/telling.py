"""What a replay tells: every question, and the differences per customer, subject and rule; JSON, CSV and XLSX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Select, and_, case, func, select

from billing_service import job_files
from billing_service.core.money import ZERO
from billing_service.documents.spreadsheets import CSV, XLSX, Column, Kind, Workbook, write_csv
from billing_service.exports.wording import CODES, TITLES
from billing_service.jobs import RunningJob
from billing_service.replay.asking import SCOPE, Plan
from billing_service.replay.deciding import BATCH
from billing_service.replay.rounding import NO_QUESTION
from billing_service.store.parties import Contract, Customer
from billing_service.store.replays import ReplayRow
from billing_service.store.scope import Scope

_R: Final = ReplayRow
_IS_QUESTION: Final = _R.external_id != NO_QUESTION


@dataclass(frozen=True, slots=True)
class Told:
    """One column: the key of its title, its kind, and whether its values are codes with words."""

    title: str
    kind: Kind = "text"
    coded: bool = False


_CUSTOMER: Final = (Told("customer_number"), Told("customer_name"))
_AMOUNTS: Final = (Told("old_amount", "amount"), Told("new_amount", "amount"), Told("difference", "amount"))
_SUMS: Final = (Told("questions", "whole"), *_AMOUNTS)


def _outcome(of: str) -> tuple[Told, ...]:
    return (
        Told(f"{of}_state", coded=True),
        Told(f"{of}_reason", coded=True),
        Told(f"{of}_disposition", coded=True),
        Told(f"{of}_rule"),
        Told(f"{of}_ordinal", "whole"),
        Told(f"{of}_minutes", "whole"),
    )


TABLES: Final[Mapping[str, tuple[Told, ...]]] = {
    "questions": (
        Told("decided_on", "date"),
        Told("source"),
        Told("external_id"),
        Told("subject"),
        *_CUSTOMER,
        Told("contract"),
        Told("replay_kind", coded=True),
        *_outcome("old"),
        *_outcome("new"),
        *_AMOUNTS,
    ),
    "customers": (*_CUSTOMER, *_SUMS),
    "subjects": (Told("subject"), *_SUMS),
    "rules": (Told("old_rule"), Told("new_rule"), *_SUMS),
    "totals": (
        Told("replay_kind", coded=True),
        Told("old_state", coded=True),
        Told("old_disposition", coded=True),
        Told("new_state", coded=True),
        Told("new_disposition", coded=True),
        *_SUMS,
    ),
}
"""The tables by name, which is the key of their title too. Amounts are in the currency of the administration."""


def tell(job: RunningJob, plan: Plan, left_out: Mapping[str, int]) -> dict[str, Any]:
    """Write and keep the files; returns the job's result: totals and the names of the files."""
    with job_files.drafting() as folder:
        with job.reading() as scope:
            result = _totals(scope, job, plan, left_out)
            paths = [
                (_json(scope, job, folder / "replay.json", result), "application/json"),
                *((_csv(scope, job, plan, folder, name), CSV) for name in TABLES),
                (_xlsx(scope, job, plan, folder / "replay.xlsx"), XLSX),
            ]
        files = [job_files.keep(job, path, media_type, SCOPE) for path, media_type in paths]
    return {**result, "files": files}


def _totals(scope: Scope, job: RunningJob, plan: Plan, left_out: Mapping[str, int]) -> dict[str, Any]:
    query = select(_R.kind, *_summed()).where(*_mine(scope, job), _R.kind != "counted").group_by(_R.kind)
    found = {row[0]: _sums(row[1:]) for row in scope.session.execute(query)}
    alone = select(*_summed()).where(*_mine(scope, job), _R.kind == "compared", ~_IS_QUESTION)
    rounding = _sums(scope.session.execute(alone).one())
    nothing = {"questions": 0, "old_amount": ZERO, "new_amount": ZERO, "difference": ZERO}
    kinds = {"compared": "compared", "by_person": "by_person", "changed": "changed_after_release"}
    return {
        "tariff": plan.version.label,
        "decided_from": plan.first,
        "decided_until": plan.last,
        "counting_from": plan.counted_from,
        **{name: found.get(kind, nothing) for kind, name in kinds.items()},
        "rounding": {name: amount for name, amount in rounding.items() if name != "questions"},
        "left_out": dict(left_out),
    }


def _statement(scope: Scope, job: RunningJob, name: str) -> Select[Any]:
    """The rows of one table, in the order of its columns."""
    if name == "questions":
        return _questions(scope, job)
    by: tuple[Any, ...] = {
        "customers": (Customer.number, Customer.name),
        "subjects": (_R.subject,),
        "rules": (_R.old_rule, _R.new_rule),
        "totals": (_R.kind, _R.old_state, _R.old_disposition, _R.new_state, _R.new_disposition),
    }[name]
    query = select(*by, *_summed()).select_from(_R).where(*_mine(scope, job))
    if name == "customers":
        query = query.join(
            Customer, and_(Customer.administration_id == _R.administration_id, Customer.id == _R.customer_id)
        )
    limit = _R.kind != "counted" if name == "totals" else _R.kind == "compared"
    return query.where(limit).group_by(*by).order_by(*by)


def _questions(scope: Scope, job: RunningJob) -> Select[Any]:
    def outcome(of: str) -> list[Any]:
        return [
            getattr(_R, f"{of}_{name}") for name in ("state", "reason", "disposition", "rule", "ordinal", "minutes")
        ]

    return (
        select(_R.decided_on, _R.source, _R.external_id, _R.subject, Customer.number, Customer.name, Contract.reference)
        .add_columns(_R.kind, *outcome("old"), *outcome("new"), _R.old_amount, _R.new_amount, _R.difference)
        .join(Customer, and_(Customer.administration_id == _R.administration_id, Customer.id == _R.customer_id))
        .join(Contract, and_(Contract.administration_id == _R.administration_id, Contract.id == _R.contract_id))
        .where(*_mine(scope, job), _R.kind != "counted")
        .order_by(Customer.number, _R.closed_at, _R.source, _R.external_id)
    )


def _rows(scope: Scope, job: RunningJob, name: str) -> Iterator[list[Any]]:
    options = {"yield_per": BATCH, "stream_results": True}
    for row in scope.session.execute(_statement(scope, job, name), execution_options=options):
        yield list(row)


def _worded(scope: Scope, job: RunningJob, plan: Plan, name: str) -> Iterator[list[Any]]:
    words = CODES[plan.form.language]
    coded = [at for at, column in enumerate(TABLES[name]) if column.coded]
    for row in _rows(scope, job, name):
        for at in coded:
            row[at] = words.get(row[at], row[at])
        yield row


def _columns(plan: Plan, name: str) -> list[Column]:
    titles = TITLES[plan.form.language]
    return [Column(titles[column.title], column.kind, 32 if "name" in column.title else 16) for column in TABLES[name]]


def _json(scope: Scope, job: RunningJob, path: Path, result: Mapping[str, Any]) -> Path:
    """One object; a row of a table is written when it is read."""
    with path.open("wb") as file:
        file.write(_dumped(result)[:-1])
        for name in TABLES:
            names = [column.title for column in TABLES[name]]
            separator = f',"{"outcomes" if name == "totals" else name}":['.encode()
            empty = True
            for row in _rows(scope, job, name):
                file.write(separator if empty else b",\n")
                file.write(_dumped(dict(zip(names, row, strict=True))))
                empty = False
            file.write(separator + b"]" if empty else b"]")
        file.write(b"}\n")
    return path


def _csv(scope: Scope, job: RunningJob, plan: Plan, folder: Path, name: str) -> Path:
    path = folder / f"replay-{name}.csv"
    with path.open("wb") as file:
        file.writelines(write_csv(_columns(plan, name), _worded(scope, job, plan, name), plan.form.decimal))
    return path


def _xlsx(scope: Scope, job: RunningJob, plan: Plan, path: Path) -> Path:
    with Workbook(path) as book:
        for name in TABLES:
            book.add_sheet(TITLES[plan.form.language][name], _columns(plan, name), _worded(scope, job, plan, name))
    return path


def _summed() -> tuple[Any, ...]:
    amounts = (_R.old_amount, _R.new_amount, _R.difference)
    return func.count(case((_IS_QUESTION, 1))), *(
        func.coalesce(func.sum(amount), 0, type_=_R.difference.type) for amount in amounts
    )


def _sums(values: Any) -> dict[str, Any]:
    return dict(zip(("questions", "old_amount", "new_amount", "difference"), values, strict=True))


def _mine(scope: Scope, job: RunningJob) -> tuple[Any, ...]:
    return _R.administration_id == scope.administration_id, _R.job_id == job.id


def _dumped(value: Any) -> bytes:
    return orjson.dumps(value, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{value!r} cannot be told")
