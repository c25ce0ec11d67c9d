"""A file of customers, one per line with its contract: how a new user gets from a spreadsheet to a first invoice.

Columns are called as the fields; ``contract`` (its reference), ``tariff`` (a code), ``valid_from`` and
``organisations`` (codes divided by ``|``, a name after ``=``) describe the contract. A line that is known already, by
customer number and contract reference, is passed over: nothing that people changed since is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from billing_service.documents import tables
from billing_service.errors import BillingError, FieldError, InvalidInput
from billing_service.parties import contracts, customers, people
from billing_service.store.parties import Contract, Customer
from billing_service.store.scope import Scope
from billing_service.store.tariffs import Tariff

REQUIRED: Final = ("number", "name", "street", "postal_code", "city", "contract", "tariff", "valid_from")
OPTIONAL: Final = (
    "country",
    "email",
    "language",
    "kvk",
    "vat_number",
    "customer_group",
    "title",
    "rhythm",
    "invoice_reference",
    "annex",
    "group_equal_lines",
    "organisations",
)
_CUSTOMER: Final[tuple[str, ...]] = tuple(name for name in (*REQUIRED, *OPTIONAL) if name in customers.FIELDS)
_CONTRACT: Final = ("title", "rhythm", "invoice_reference")
_SWITCHES: Final = {"annex", "group_equal_lines"}
_CHOICES: Final = {"language": ("nl", "en"), "rhythm": ("month", "quarter", "year", "on_demand")}


@dataclass(slots=True)
class Loaded:
    """What became of the lines. ``refused`` holds (line, field, reason)."""

    new: int = 0
    known: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)


def import_customers(scope: Scope, content: bytes, encoding: str | None = None) -> Loaded:
    """Take the good lines of a CSV; each in a savepoint of its own, so that a bad one leaves nothing behind.

    Raises:
        UnreadableFile: an encoding or a layout that cannot be read.
        InvalidInput: columns that are unknown or missing.
    """
    text = tables.decode(content, encoding)
    _check_titles(tables.titles(text))
    loaded = Loaded()
    for row in tables.rows(text):
        if row.problem is not None:
            loaded.refused.append((row.line, "", row.problem))
            continue
        try:
            with scope.session.begin_nested():
                taken = _take(scope, {name: cell.strip() for name, cell in row.cells.items()})
        except BillingError as error:
            loaded.refused += [(row.line, *reason) for reason in _reasons(error)]
        else:
            loaded.new += taken
            loaded.known += not taken
    return loaded


def _check_titles(titles: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in titles]
    unknown = [name for name in titles if name not in (*REQUIRED, *OPTIONAL)]
    problems = [FieldError(name, "is a column that is missing") for name in missing]
    problems += [FieldError(name[:80], "is no known column") for name in unknown]
    if problems:
        raise InvalidInput("These columns do not make customers.", errors=problems)


def _reasons(error: BillingError) -> Iterator[tuple[str, str]]:
    if not error.errors:
        yield "", error.detail
    for one in error.errors:
        yield one.pointer.strip("/"), one.detail


def _take(scope: Scope, cells: Mapping[str, str]) -> bool:
    """Store one line; whether it told anything new."""
    _check_cells(cells)
    number, reference = cells["number"], cells["contract"]
    customer_id = scope.session.scalar(_of(scope, Customer, Customer.number == number))
    owner = scope.session.scalar(_of(scope, Contract, Contract.reference == reference, Contract.customer_id))
    if owner is not None:
        if owner != customer_id:
            raise InvalidInput("", errors=[FieldError("contract", "belongs to another customer")])
        return False
    if customer_id is None:
        values: dict[str, Any] = {name: cells[name] for name in _CUSTOMER if cells.get(name)}
        customer_id = customers.create(scope, values).id
    contracts.create(scope, _contract(scope, cells) | {"customer_id": customer_id})
    return True


def _check_cells(cells: Mapping[str, str]) -> None:
    problems = [FieldError(name, "is empty") for name in REQUIRED if not cells[name]]
    for name, choices in _CHOICES.items():
        if cells.get(name) and cells[name] not in choices:
            problems.append(FieldError(name, f"is not one of {', '.join(choices)}"))
    problems += [
        FieldError(name, "is not yes or no") for name in _SWITCHES if cells.get(name, "") not in ("", "yes", "no")
    ]
    if problems:
        raise InvalidInput("This line does not make a customer.", errors=problems)


def _contract(scope: Scope, cells: Mapping[str, str]) -> dict[str, Any]:
    tariff_id = scope.session.scalar(_of(scope, Tariff, Tariff.code == cells["tariff"]))
    if tariff_id is None:
        raise InvalidInput("", errors=[FieldError("tariff", f"{cells['tariff'][:80]!r} is no tariff")])
    try:
        valid_from = date.fromisoformat(cells["valid_from"])
    except ValueError as error:
        raise InvalidInput("", errors=[FieldError("valid_from", "is no date such as 2026-01-01")]) from error
    codes = [code.partition("=") for code in cells.get("organisations", "").split("|") if code.strip()]
    covered = [
        people.put_organisation(scope, code.strip(), name.strip() or code.strip())[0].id for code, _, name in codes
    ]
    return {
        "title": cells["name"],
        **{name: cells[name] for name in _CONTRACT if cells.get(name)},
        **{name: cells.get(name) == "yes" for name in _SWITCHES},
        "reference": cells["contract"],
        "tariff_id": tariff_id,
        "valid_from": valid_from,
        "organisations": covered,
    }


def _of(scope: Scope, kind: Any, condition: Any, column: Any = None) -> Any:
    """The id (or another column) of our row that meets the condition."""
    return select(kind.id if column is None else column).where(
        kind.administration_id == scope.administration_id, condition
    )
