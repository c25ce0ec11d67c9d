"""What may come in about a question: one definition, for a single request and for a row of a file alike.

A row is a mapping as JSON gives it. ``read_question`` and ``read_time_entry`` return typed values or raise
``InvalidInput`` with every wrong field. They run once per row of a bulk file, so they are written by hand: marshmallow
alone, at 10,000-17,000 rows a second, would take all the time that a row may need.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson

from billing_service.core import money
from billing_service.core.calendar import business_date
from billing_service.core.minutes import whole_minutes
from billing_service.core.tariff.model import QUESTION_KINDS
from billing_service.errors import BillingError, FieldError, InvalidInput

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""A source's clock may be this much ahead of ours before its moments count as lying in the future."""

EARLIEST: Final = date(2001, 1, 1)
"""Before this no VAT rate is known (core.vat), so nothing can have been billable."""

MOST_TAGS: Final = 100
MOST_QUANTITIES: Final = 100
MOST_TIME_ENTRIES: Final = 1000
CODE_LENGTH: Final = 100

TEXT_LENGTHS: Final[dict[str, int]] = {
    "source": CODE_LENGTH,
    "external_id": 200,
    "subject": 500,
    "category": 200,
    "channel": 200,
    "support_line": 200,
    "urgency": 200,
    "asker": CODE_LENGTH,
    "handler": CODE_LENGTH,
    "organisation": CODE_LENGTH,
    "contract": CODE_LENGTH,
}
SUMMARY_LENGTH: Final = 20_000
INSTANTS: Final = ("opened_at", "picked_up_at", "answered_at", "closed_at")
REQUIRED: Final = ("source", "external_id", "subject", "opened_at")
QUESTION_FIELDS: Final = frozenset(
    (
        *TEXT_LENGTHS,
        *INSTANTS,
        "kind",
        "tags",
        "solution_summary",
        "quantities",
        "base_amount",
        "time_entries",
        "contact_moment",
    )
)
TIME_ENTRY_FIELDS: Final = frozenset(("external_id", "handler", "role", "worked_on", "minutes"))

_TEXTS: Final = tuple(TEXT_LENGTHS.items())
_KINDS: Final = frozenset(QUESTION_KINDS)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_CONTROL_BUT_LINES: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(slots=True)
class TimeEntryInput:
    """Who (``handler``: a person's code) spent how many whole minutes on which day.

    ``external_id`` is empty for an entry that its source gave none; within a question it then is the question's own
    with the entry's place in the list, so that a question sent again revises its entries.
    """

    external_id: str
    handler: str | None
    role: str | None
    worked_on: date
    minutes: int


@dataclass(slots=True)
class QuestionInput:
    """A question as its source tells it. ``asker``, ``handler``, ``organisation`` are codes, ``contract`` a reference.

    ``digest`` is equal exactly when everything the source says is equal.
    """

    source: str
    external_id: str
    subject: str
    category: str | None
    kind: str
    channel: str | None
    support_line: str | None
    urgency: str | None
    tags: list[str]
    asker: str | None
    handler: str | None
    organisation: str | None
    contract: str | None
    opened_at: datetime
    picked_up_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    solution_summary: str | None
    quantities: dict[str, Decimal]
    base_amount: Decimal | None
    contact_moment: UUID | None
    time_entries: list[TimeEntryInput] = field(default_factory=list)
    digest: str = ""


@dataclass(slots=True)
class Bounds:
    """What rows are held against: the moment of intake and the administration's currency."""

    now: datetime
    currency: str
    today: date = field(init=False)
    latest: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.today = business_date(self.now)
        self.latest = self.now + CLOCKS_DIFFER


def read_question(row: Any, bounds: Bounds) -> QuestionInput:
    """The question that ``row`` tells. Raises ``InvalidInput`` with a pointer for every wrong field."""
    if not isinstance(row, Mapping):
        raise InvalidInput("a question must be an object", errors=[FieldError("", "is not an object")])
    errors: list[FieldError] = []
    if not row.keys() <= QUESTION_FIELDS:
        errors += [FieldError(f"/{name}", "is not known here") for name in sorted(row.keys() - QUESTION_FIELDS)]
    texts: dict[str, str | None] = {}
    for name, length in _TEXTS:
        value = row.get(name)
        # What needs no second look is most of what comes: printable text with nothing around it to drop.
        if value is not None and not (
            type(value) is str and 0 < len(value) <= length and value.isprintable() and value[0] != " " != value[-1]
        ):
            value = _line(value, f"/{name}", length, errors)
        texts[name] = value
    instants = {name: _instant(row, name, bounds, errors) for name in INSTANTS}
    for name in REQUIRED:
        if row.get(name) is None:
            errors.append(FieldError(f"/{name}", "is required"))
    _check_order(instants, errors)
    kind = row.get("kind", "question")
    if not (isinstance(kind, str) and kind in _KINDS):
        errors.append(FieldError("/kind", f"is not one of {', '.join(QUESTION_KINDS)}"))
    question = QuestionInput(
        kind=kind,
        tags=_tags(row.get("tags"), errors),
        solution_summary=_summary(row.get("solution_summary"), errors),
        quantities=_quantities(row.get("quantities"), errors),
        base_amount=_money(row.get("base_amount"), bounds, errors),
        contact_moment=_identifier(row.get("contact_moment"), errors),
        time_entries=_time_entries(row.get("time_entries"), bounds, errors),
        **texts,  # type: ignore[arg-type] # the required ones are there, or errors says so
        **instants,  # type: ignore[arg-type]
    )
    if errors:
        raise refused("question", errors)
    for place, entry in enumerate(question.time_entries, start=1):
        entry.external_id = entry.external_id or f"{question.external_id}/{place}"
    question.digest = _digest(question)
    return question


def read_time_entry(row: Any, bounds: Bounds, pointer: str = "") -> TimeEntryInput:
    """One time entry. Raises ``InvalidInput`` with a pointer, beginning with ``pointer``, for every wrong field."""
    errors: list[FieldError] = []
    entry = _time_entry(row, bounds, pointer, errors)
    if entry is None:
        raise refused("time entry", errors)
    return entry


def read_minutes(value: Any, pointer: str = "/minutes") -> int:
    """Whole minutes of one entry, 0 to 1440. Raises ``InvalidInput``."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON knows one kind of number: 30.0 is 30
    return whole_minutes(value, pointer)


def refused(what: str, errors: list[FieldError]) -> InvalidInput:
    """All that is wrong with one row, as one error."""
    first = errors[0]
    return InvalidInput(f"This {what} cannot be right: {first.pointer or 'it'} {first.detail}.", errors=errors)


def _line(value: Any, pointer: str, length: int, errors: list[FieldError]) -> str | None:
    """One line of text; spaces around it are dropped."""
    if not isinstance(value, str):
        problem = "is not text"
    elif len(value) > length:
        problem = f"is longer than {length} characters"
    elif not value.isprintable() and _CONTROL.search(value):
        problem = "has a control character"
    elif stripped := value.strip(" "):
        return stripped
    else:
        problem = "is empty"
    errors.append(FieldError(pointer, problem))
    return None


def _summary(value: Any, errors: list[FieldError]) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and _CONTROL_BUT_LINES.search(value):
        errors.append(FieldError("/solution_summary", "has a control character"))
        return None
    if isinstance(value, str) and 0 < len(value) <= SUMMARY_LENGTH and value.strip(" "):
        return value.strip(" ")
    errors.append(FieldError("/solution_summary", f"must be text of 1 to {SUMMARY_LENGTH} characters"))
    return None


def _instant(row: Mapping[str, Any], name: str, bounds: Bounds, errors: list[FieldError]) -> datetime | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        errors.append(FieldError(f"/{name}", "is not a moment with its offset, such as 2026-03-31T12:00:00+02:00"))
        return None
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        errors.append(FieldError(f"/{name}", "is no such moment"))
        return None
    if moment > bounds.latest:
        errors.append(FieldError(f"/{name}", "lies in the future"))
    elif moment.year < EARLIEST.year:
        errors.append(FieldError(f"/{name}", f"lies before {EARLIEST.year}"))
    return moment


def _check_order(instants: Mapping[str, datetime | None], errors: list[FieldError]) -> None:
    """Opened, picked up, answered, closed: none before an earlier step."""
    before: tuple[str, datetime] | None = None
    for name in INSTANTS:
        moment = instants[name]
        if moment is None:
            continue
        if before is not None and moment < before[1]:
            errors.append(FieldError(f"/{name}", f"lies before {before[0]}"))
        else:
            before = (name, moment)


def _tags(value: Any, errors: list[FieldError]) -> list[str]:
    """Every tag once, in alphabetical order: a tag is there or it is not."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_TAGS:
        errors.append(FieldError("/tags", f"must be a list of at most {MOST_TAGS} texts"))
        return []
    found = [_line(tag, f"/tags/{index}", CODE_LENGTH, errors) for index, tag in enumerate(value)]
    return sorted({tag for tag in found if tag is not None})


def _quantities(value: Any, errors: list[FieldError]) -> dict[str, Decimal]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > MOST_QUANTITIES:
        errors.append(FieldError("/quantities", f"must be an object of at most {MOST_QUANTITIES} named numbers"))
        return {}
    found: dict[str, Decimal] = {}
    for name in sorted(value):
        pointer = f"/quantities/{name[:80].replace('~', '~0').replace('/', '~1')}"
        number = _decimal(value[name], pointer, money.unit_price, errors)
        if _line(name, pointer, CODE_LENGTH, errors) is None or number is None:
            continue
        if number < 0:
            errors.append(FieldError(pointer, "cannot be negative"))
        found[name] = number
    return found


def _money(value: Any, bounds: Bounds, errors: list[FieldError]) -> Decimal | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or value.keys() != {"amount", "currency"}:
        errors.append(FieldError("/base_amount", 'must be like {"amount": "90.00", "currency": "EUR"}'))
        return None
    if value["currency"] != bounds.currency:
        errors.append(FieldError("/base_amount/currency", f"is not the administration's currency ({bounds.currency})"))
    return _decimal(value["amount"], "/base_amount/amount", money.amount, errors)


def _decimal(value: Any, pointer: str, reader: Any, errors: list[FieldError]) -> Decimal | None:
    if not isinstance(value, str):
        errors.append(FieldError(pointer, 'is not a decimal number written as text, such as "12.50"'))
        return None
    try:
        number: Decimal = reader(value, pointer)
    except BillingError as error:
        errors.extend(error.errors)
        return None
    return number


def _identifier(value: Any, errors: list[FieldError]) -> UUID | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) == 36:
        try:
            return UUID(value)
        except ValueError:
            pass
    errors.append(FieldError("/contact_moment", "is not an id"))
    return None


def _time_entries(value: Any, bounds: Bounds, errors: list[FieldError]) -> list[TimeEntryInput]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_TIME_ENTRIES:
        errors.append(FieldError("/time_entries", f"must be a list of at most {MOST_TIME_ENTRIES} time entries"))
        return []
    found = [_time_entry(row, bounds, f"/time_entries/{index}", errors) for index, row in enumerate(value)]
    names = [entry.external_id for entry in found if entry is not None and entry.external_id]
    if len(set(names)) < len(names):
        errors.append(FieldError("/time_entries", "has two entries with the same external_id"))
    return [entry for entry in found if entry is not None]


def _time_entry(row: Any, bounds: Bounds, pointer: str, errors: list[FieldError]) -> TimeEntryInput | None:
    if not isinstance(row, Mapping):
        errors.append(FieldError(pointer, "is not an object"))
        return None
    wrong: list[FieldError] = []
    for name in sorted(row.keys() - TIME_ENTRY_FIELDS, key=str):
        wrong.append(FieldError(f"{pointer}/{name}", "is not known here"))
    external_id, handler, role = (
        None if row.get(name) is None else _line(row[name], f"{pointer}/{name}", length, wrong)
        for name, length in (("external_id", 200), ("handler", CODE_LENGTH), ("role", CODE_LENGTH))
    )
    worked_on = _worked_on(row.get("worked_on"), f"{pointer}/worked_on", bounds, wrong)
    minutes = 0
    if row.get("minutes") is None:
        wrong.append(FieldError(f"{pointer}/minutes", "is required"))
    else:
        try:
            minutes = read_minutes(row["minutes"], f"{pointer}/minutes")
        except InvalidInput as error:
            wrong += error.errors
    errors += wrong
    return None if wrong or worked_on is None else TimeEntryInput(external_id or "", handler, role, worked_on, minutes)


def _worked_on(value: Any, pointer: str, bounds: Bounds, errors: list[FieldError]) -> date | None:
    problem = ""
    if value is None:
        problem = "is required"
    elif not isinstance(value, str) or not _DATE.fullmatch(value):
        problem = "is not a date such as 2026-03-31"
    else:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            problem = "is no such day"
        else:
            if EARLIEST <= day <= bounds.today:
                return day
            problem = "lies in the future" if day > bounds.today else f"lies before {EARLIEST.year}"
    errors.append(FieldError(pointer, problem))
    return None


def _digest(question: QuestionInput) -> str:
    """Over all values in the order of their names; what means the same (an offset, 1.5 and 1.50) counts as the same."""
    values = orjson.dumps(question, default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(values).hexdigest()
