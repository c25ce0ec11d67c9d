"""Terms that changed back into days that were invoiced: one finding per contract, which names each tariff version.

A tariff version published with a date in the past, or a contract whose tariff, phases or validity changed, decides
questions again until their release. What was released stays as it is. The finding says for how many questions, of
which days, something else is agreed now than they were invoiced by; a person holds a replay against it and corrects.
It follows the facts: what was corrected or agreed back again leaves it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from billing_service import findings
from billing_service.core.money import ZERO
from billing_service.rating.terms import Agreement, NoAgreement, Terms
from billing_service.store.charges import Decision
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope

TERMS_CHANGED: Final = "terms_changed_after_release"
_CONTRACTS: Final = 500
_FETCHED: Final = 5_000
"""How many contracts are looked at together, and rows fetched: memory does not grow with what was ever invoiced."""

Agreed = tuple[UUID | None, str | None]
"""The tariff version and the phase that hold for a contract on a day."""


@dataclass(slots=True)
class _Differing:
    """Released questions of one contract that would now be decided under the same other version and phase."""

    agreement: Agreement | None
    first: date
    last: date
    questions: int = 0
    amount: Decimal = ZERO
    touched: bool = False

    def told(self) -> dict[str, Any]:
        version = self.agreement.version if self.agreement else None
        return {
            "tariff_version_id": version.id if version else None,
            "tariff": version.label if version else None,
            "phase": self.agreement.phase if self.agreement else None,
            "from": self.first,
            "until": self.last,
            "questions": self.questions,
            "amount": self.amount,
        }


def agreed_before(scope: Scope, contract_id: UUID) -> Callable[[date], Agreed]:
    """What is agreed with a contract on a day, kept as it stands at this moment; see ``report_contract_changed``."""
    terms = _terms(scope, [contract_id])
    return lambda day: _agreed(_agreement(terms, contract_id, day))


def report_contract_changed(scope: Scope, contract_id: UUID, before: Callable[[date], Agreed]) -> None:
    """The tariff, phases or validity of a contract changed: report the released questions whose terms that changed.

    ``before`` is ``agreed_before`` of the moment before the change.
    """
    _report(scope, [contract_id], "contract_changed", lambda now, day: _agreed(now) != before(day))


def report_published(scope: Scope, version_id: UUID, tariff_id: UUID, valid_from: date) -> None:
    """A tariff version was published: report, per contract, the released questions of its days."""
    query = (
        select(Contract.id)
        .where(Contract.administration_id == scope.administration_id, Contract.tariff_id == tariff_id)
        .where(
            select(Decision.question_id)
            .where(
                Decision.administration_id == Contract.administration_id,
                Decision.contract_id == Contract.id,
                Decision.released,
                Decision.decided_on >= valid_from,
            )
            .exists()
        )
        .order_by(Contract.id)
    )
    contracts = scope.session.scalars(query).all()
    _report(scope, contracts, "tariff_published", lambda now, _: _agreed(now)[0] == version_id)


def refresh(scope: Scope, contract_ids: Collection[UUID]) -> None:
    """Questions of these contracts were corrected or withdrawn: the open findings about them follow."""
    _report(scope, contract_ids, None, lambda *_: False)


def _report(
    scope: Scope, contracts: Collection[UUID], cause: str | None, touched: Callable[[Agreement | None, date], bool]
) -> None:
    """Report what differs where the change ``touched`` it, or where an open finding told of it already.

    Without a ``cause`` only open findings are brought up to date.
    """
    for some in _chunks(list(contracts)):
        known = findings.open_facts(scope, TERMS_CHANGED, some)
        looked_at = list(known) if cause is None else some
        if not looked_at:
            continue
        terms = _terms(scope, looked_at)
        differing = _differing(scope, terms, looked_at, touched)
        for contract_id in looked_at:
            facts = known.get(contract_id, {})
            told_before = {_told_key(entry) for entry in facts.get("changes", ())}
            entries = differing.get(contract_id, {}).items()
            found = [entry for key, entry in entries if entry.touched or key in told_before]
            if found:
                told: dict[str, Any] = {"contract": terms.contract(contract_id).reference}
                told["cause"] = cause or facts["cause"]
                told["changes"] = [entry.told() for entry in sorted(found, key=lambda one: (one.first, one.last))]
                findings.report(scope, TERMS_CHANGED, "contract", contract_id, told)
            elif facts:
                findings.settle(scope, TERMS_CHANGED, contract_id, "what is agreed is what was invoiced")


def _differing(
    scope: Scope, terms: Terms, contracts: Collection[UUID], touched: Callable[[Agreement | None, date], bool]
) -> Mapping[UUID, Mapping[Agreed, _Differing]]:
    """By contract and by what is agreed now: the released questions, decided by a rule, that had other terms."""
    found: dict[UUID, dict[Agreed, _Differing]] = {}
    rows = scope.session.execute(_released(scope, contracts), execution_options={"yield_per": _FETCHED})
    for contract_id, day, version_id, phase, many, amount in rows:
        now = _agreement(terms, contract_id, day)
        key = _agreed(now)
        if key == (version_id, phase):
            continue
        entry = found.setdefault(contract_id, {}).setdefault(key, _Differing(now, day, day))
        entry.first, entry.last = min(entry.first, day), max(entry.last, day)
        entry.questions += many
        entry.amount += amount or ZERO
        entry.touched = entry.touched or touched(now, day)
    return found


def _released(scope: Scope, contracts: Collection[UUID]) -> Any:
    terms = (Decision.contract_id, Decision.decided_on, Decision.tariff_version_id, Decision.phase)
    return (
        select(*terms, func.count(), func.sum(Decision.amount))
        .where(
            Decision.administration_id == scope.administration_id,
            Decision.contract_id.in_(contracts),
            Decision.released,
            Decision.by_person.is_(None),
        )
        .group_by(*terms)
    )


def _terms(scope: Scope, contracts: Collection[UUID]) -> Terms:
    terms = Terms(scope.session, scope.administration_id)
    terms.load([], contracts)
    return terms


def _agreement(terms: Terms, contract_id: UUID, day: date) -> Agreement | None:
    found = terms.agreement(contract_id, None, day)
    return None if isinstance(found, NoAgreement) else found


def _agreed(agreement: Agreement | None) -> Agreed:
    if agreement is None:
        return None, None
    return agreement.version.id if agreement.version else None, agreement.phase


def _told_key(entry: Mapping[str, Any]) -> Agreed:
    version = entry["tariff_version_id"]
    return UUID(version) if version else None, entry["phase"]


def _chunks(keys: list[UUID]) -> Iterable[list[UUID]]:
    return (keys[start : start + _CONTRACTS] for start in range(0, len(keys), _CONTRACTS))
