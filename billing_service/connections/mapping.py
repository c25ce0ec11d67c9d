"""What of ours is booked on what of theirs: proposed where only one choice fits, set by a person, checked whenever the
lists are read and whenever something new of ours appears."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from billing_service import findings
from billing_service.connections.needs import METHODS, Need, needed
from billing_service.errors import Conflict, FieldError, InvalidInput
from billing_service.store import audit
from billing_service.store.connections import Connection, ConnectionChoice, ConnectionMapping
from billing_service.store.scope import Scope

LIST_OF: Final = {
    "vat": "vat_code",
    "revenue": "ledger_account",
    "journal": "journal",
    "credit_journal": "journal",
    "cost_centre": "cost_centre",
    "payment_method": "payment_method",
    "rounding_account": "ledger_account",
    "rounding_vat": "vat_code",
}
"""Kind of mapping → the list that it points into."""

KINDS: Final = tuple(LIST_OF)
COVERED_BY_OTHERS: Final = frozenset({"revenue", "payment_method"})
"""Kinds in which the empty entry stands for all others."""
WITHOUT_VAT: Final = frozenset({"Z", "E", "O"})
"""A package may have one code for several of these; none of them has VAT to pay."""
MISSING: Final = "connection_mapping_missing"
INVALID: Final = "connection_mapping_invalid"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the mapping. ``remote_id`` is what is mapped, ``proposal`` what would fit where nothing is."""

    kind: str
    ours: str
    needed: bool
    remote_id: str | None
    problem: str | None
    proposal: str | None


def entries(scope: Scope, connection: Connection) -> list[Entry]:
    """The whole mapping: what is needed and what is mapped beyond that."""
    wanted, mapped, choices = needed(scope, connection), _mapped(scope, connection), _choices(scope, connection)
    ids = {key: row.remote_id for key, row in mapped.items()}
    lines = [*wanted, *sorted(mapped.keys() - set(wanted))]
    return [
        Entry(
            kind,
            ours,
            needed=(kind, ours) in wanted and not _by_others(kind, ours, ids),
            remote_id=ids.get((kind, ours)),
            problem=mapped[kind, ours].problem if (kind, ours) in mapped else None,
            proposal=None if covered(kind, ours, ids) else proposal(kind, ours, choices),
        )
        for kind, ours in lines
    ]


def replace(scope: Scope, connection: Connection, wanted: Sequence[Mapping[str, str]]) -> None:
    """Makes this the whole mapping. Raises ``InvalidInput`` naming every line that cannot be right.

    Each has ``kind``, ``ours`` and ``remote_id``.
    """
    choices = _choices(scope, connection)
    errors, ids = [], {}
    for place, line in enumerate(wanted):
        key = (line["kind"], line["ours"])
        wrong = _wrong(key, line["remote_id"], choices)
        if wrong or key in ids:
            field = "remote_id" if wrong and wrong[0] == "remote_id" else "ours"
            errors.append(FieldError(f"/mappings/{place}/{field}", wrong[1] if wrong else "is mapped twice"))
        ids[key] = line["remote_id"]
    if errors:
        raise InvalidInput("This mapping cannot be right.", errors=errors)
    _store(scope, connection, ids)


def accept_proposals(scope: Scope, connection: Connection) -> int:
    """Maps everything for which exactly one choice fits and nothing is mapped yet; how many that were."""
    fitting = {(one.kind, one.ours): one.proposal for one in entries(scope, connection) if one.proposal}
    if fitting:
        ids = {key: row.remote_id for key, row in _mapped(scope, connection).items()}
        _store(scope, connection, ids | fitting)
    return len(fitting)


def check(scope: Scope, connection: Connection) -> list[Need]:
    """Looks at every mapping again; problems become findings and go with them. Returns what is missing or invalid."""
    choices, mapped = _choices(scope, connection), _mapped(scope, connection)
    invalid = []
    for (kind, ours), row in mapped.items():
        found = problem(kind, ours, choices.get((LIST_OF[kind], row.remote_id)))
        if row.problem != found:
            row.problem = found
        if found:
            invalid.append((kind, ours, found))
    ids = {key: row.remote_id for key, row in mapped.items()}
    missing = [(kind, ours) for kind, ours in needed(scope, connection) if not covered(kind, ours, ids)]
    _tell(scope, connection, MISSING, missing)
    _tell(scope, connection, INVALID, invalid)
    scope.session.flush()
    return [*missing, *((kind, ours) for kind, ours, _ in invalid)]


def refuse_incomplete(scope: Scope, connection: Connection) -> None:
    """Raises ``Conflict`` (``mapping_incomplete``) naming everything that is missing or invalid."""
    if open_ends := check(scope, connection):
        errors = [FieldError(f"{kind} {ours}".strip(), "is not mapped, or no longer holds") for kind, ours in open_ends]
        raise Conflict("The mapping of this connection is not complete.", code="mapping_incomplete", errors=errors)


# --- what fits what -------------------------------------------------------------------------------------------------


def covered(kind: str, ours: str, ids: Mapping[Need, str]) -> bool:
    """Whether this is mapped, by itself or by what stands for all others."""
    return (kind, ours) in ids or _by_others(kind, ours, ids)


def _by_others(kind: str, ours: str, ids: Mapping[Need, str]) -> bool:
    return kind in COVERED_BY_OTHERS and (kind, ours) not in ids and (kind, "") in ids


def problem(kind: str, ours: str, choice: ConnectionChoice | None) -> str | None:
    """Why this choice cannot stand for ours: ``gone``, ``inactive``, ``other_rate``, ``other_category``; else None.

    Categories without VAT may share a code; what a package does not tell is not compared.
    """
    if choice is None:
        return "gone"
    if not choice.active:
        return "inactive"
    if LIST_OF[kind] != "vat_code":
        return None
    category, _, rate = ("O" if kind == "rounding_vat" else ours).partition(":")
    if choice.rate is not None and choice.rate != Decimal(rate or 0):
        return "other_rate"
    same = {category} | (WITHOUT_VAT if category in WITHOUT_VAT else frozenset())
    return "other_category" if choice.category is not None and choice.category not in same else None


def proposal(kind: str, ours: str, choices: Mapping[Need, ConnectionChoice]) -> str | None:
    """The only choice that fits: for VAT one of the same category and rate, else the only active one there is."""
    if kind in {"cost_centre", "credit_journal"}:
        return None
    fitting = [one for one in choices.values() if one.kind == LIST_OF[kind] and problem(kind, ours, one) is None]
    if LIST_OF[kind] == "vat_code":
        category = "O" if kind == "rounding_vat" else ours.partition(":")[0]
        known = [one for one in fitting if one.category == category]
        if not known and category == "S":  # a package that tells rates only; no rate but that of S is above nothing
            known = [one for one in fitting if one.category is None and one.rate is not None]
        fitting = known
    return fitting[0].remote_id if len(fitting) == 1 else None


def _wrong(key: Need, remote_id: str, choices: Mapping[Need, ConnectionChoice]) -> tuple[str, str] | None:
    """Which field of a line cannot be right and why."""
    kind, ours = key
    if kind == "vat" and not _is_vat_key(ours):
        return "ours", "is no VAT: give S with its rate (S:21), or one of Z, E, AE, O"
    if kind == "payment_method" and ours not in {"", *METHODS}:
        return "ours", f"is no method of a receipt: one of {', '.join(METHODS)}, or empty for all others"
    if kind not in {"vat", "payment_method", "revenue", "cost_centre"} and ours:
        return "ours", "must be empty"
    found = problem(kind, ours, choices.get((LIST_OF[kind], remote_id)))
    return ("remote_id", PROBLEMS[found]) if found else None


PROBLEMS: Final = {
    "gone": "does not stand in the list of the package",
    "inactive": "is not active in the package",
    "other_rate": "has another rate in the package",
    "other_category": "is another kind of VAT in the package",
}


def _is_vat_key(ours: str) -> bool:
    category, _, rate = ours.partition(":")
    if category != "S":
        return ours in {"Z", "E", "AE", "O"}
    return rate.replace(".", "", 1).isdecimal() and rate.isascii() and f"{Decimal(rate).normalize():f}" == rate


# --- rows -----------------------------------------------------------------------------------------------------------


def _mapped(scope: Scope, connection: Connection) -> dict[Need, ConnectionMapping]:
    mine = {"administration_id": scope.administration_id, "connection_id": connection.id}
    rows = scope.session.scalars(select(ConnectionMapping).filter_by(**mine))
    return {(row.kind, row.ours): row for row in rows}


def _choices(scope: Scope, connection: Connection) -> dict[Need, ConnectionChoice]:
    """By kind of list and id there."""
    mine = {"administration_id": scope.administration_id, "connection_id": connection.id}
    rows = scope.session.scalars(select(ConnectionChoice).filter_by(**mine).order_by(ConnectionChoice.code))
    return {(row.kind, row.remote_id): row for row in rows}


def _store(scope: Scope, connection: Connection, ids: Mapping[Need, str | None]) -> None:
    for row in _mapped(scope, connection).values():
        scope.session.delete(row)
    scope.session.flush()
    mine = {"administration_id": scope.administration_id, "connection_id": connection.id}
    rows = [ConnectionMapping(**mine, kind=kind, ours=ours, remote_id=to) for (kind, ours), to in ids.items()]
    scope.session.add_all(rows)
    flag_modified(connection, "created_at")  # what hangs below it changed: its version rises
    scope.session.flush()
    told = [f"{kind} {ours} → {to}" for (kind, ours), to in sorted(ids.items())]
    audit.record(scope, "map", "connection", connection.id, {"mappings": told})
    check(scope, connection)


def _words(kind: str, ours: str, *found: str) -> list[str]:
    """One line of a finding, as words that it translates."""
    return [kind, *([ours or "others"] if ours or kind in COVERED_BY_OTHERS else []), *found]


def _tell(scope: Scope, connection: Connection, code: str, lines: Iterable[tuple[str, ...]]) -> None:
    """A finding for what stands open, of a connection that is used; it goes when nothing does any more."""
    told = [_words(*line) for line in lines]
    if not told:
        findings.settle(scope, code, connection.id, "repaired")
    elif connection.state in {"active", "stopped"}:
        findings.report(scope, code, "connection", connection.id, {"connection": connection.title, "mappings": told})
