"""What was agreed, for a batch of questions: contracts, the organisations they cover, phases, contacts, tariffs.

The date on which a question was closed picks everything: the contract valid on it, its phase, its tariff version.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, and_, bindparam, select
from sqlalchemy.orm import Session

from billing_service.core.tariff import Tariff, parse_tariff
from billing_service.store.parties import Contract, ContractContact, ContractOrganisation, ContractPhase, Customer
from billing_service.store.scope import Scope
from billing_service.store.tariffs import Tariff as TariffRow
from billing_service.store.tariffs import TariffVersion

MOST_KEYS: Final = 10_000
"""How many keys one statement is asked about at most: below the parameter limits of both databases."""

_MOST_PARSED: Final = 64
_PARSED: dict[tuple[UUID, str], Tariff] = {}  # by version and label: a published version never changes


@dataclass(frozen=True, slots=True)
class Version:
    """A published tariff version: valid from a date until the next one begins."""

    id: UUID
    tariff_id: UUID
    valid_from: date
    number: int
    label: str


@dataclass(slots=True)
class ContractTerms:
    """One contract as deciding needs it; ``roles`` are the known contacts and key-users by person."""

    id: UUID
    reference: str
    customer_id: UUID
    customer_number: str
    customer_group: str | None
    tariff_id: UUID
    valid_from: date
    valid_to: date | None
    phases: list[tuple[date, str]] = field(default_factory=list)
    roles: dict[UUID, set[str]] = field(default_factory=dict)

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def phase_on(self, day: date) -> str | None:
        """The label of the newest phase that had begun."""
        begun = [phase for phase in self.phases if phase[0] <= day]
        return max(begun)[1] if begun else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The contract that holds for one question on one day, with its phase and tariff version."""

    contract: ContractTerms
    phase: str | None
    version: Version | None
    tariff: Tariff | None


@dataclass(frozen=True, slots=True)
class NoAgreement:
    """There is not exactly one valid contract: the one the question named, or the references of the candidates."""

    named: str | None
    candidates: tuple[str, ...]


class Terms:
    """The agreements that a batch of questions may fall under. Answers are kept per (contract, organisation, day)."""

    def __init__(self, session: Session, administration_id: UUID) -> None:
        self._session = session
        self._administration_id = administration_id
        self._contracts: dict[UUID, ContractTerms] = {}
        self._covering: dict[UUID, list[ContractTerms]] = {}
        self._versions: dict[UUID, list[Version]] = {}
        self._agreements: dict[tuple[UUID | None, UUID | None, date], Agreement | NoAgreement] = {}

    def load(self, organisations: Collection[UUID], contracts: Collection[UUID]) -> None:
        """Read what is needed for questions of these organisations, or naming these contracts."""
        new_organisations = [key for key in organisations if key not in self._covering]
        new_contracts = [key for key in contracts if key not in self._contracts]
        self._covering.update((key, []) for key in new_organisations)
        found: list[ContractTerms] = []
        for chunk in _chunks(new_organisations):
            found += self._load_covering(chunk)
        for chunk in _chunks(new_contracts):
            found += self._load_named(chunk)
        if found:
            self._load_phases_and_contacts([terms.id for terms in found])
            self._load_versions({terms.tariff_id for terms in found})

    def agreement(self, contract_id: UUID | None, organisation_id: UUID | None, day: date) -> Agreement | NoAgreement:
        """The contract named, else the only valid one that covers the organisation."""
        key = (contract_id, organisation_id, day)
        known = self._agreements.get(key)
        if known is None:
            known = self._agreements[key] = self._find(contract_id, organisation_id, day)
        return known

    def under(self, contract_id: UUID, day: date, version: Version, tariff: Tariff) -> Agreement:
        """The agreement as it would be with this tariff version instead; the contract is one that was loaded."""
        contract = self._contracts[contract_id]
        return Agreement(contract, contract.phase_on(day), version, tariff)

    def contract(self, contract_id: UUID) -> ContractTerms:
        return self._contracts[contract_id]

    def _find(self, contract_id: UUID | None, organisation_id: UUID | None, day: date) -> Agreement | NoAgreement:
        if contract_id is not None:
            named = self._contracts[contract_id]
            if not named.valid_on(day):
                return NoAgreement(named.reference, ())
            return self._agree(named, day)
        covering = [] if organisation_id is None else self._covering[organisation_id]
        valid = [terms for terms in covering if terms.valid_on(day)]
        if len(valid) != 1:
            return NoAgreement(None, tuple(terms.reference for terms in valid))
        return self._agree(valid[0], day)

    def _agree(self, contract: ContractTerms, day: date) -> Agreement:
        versions = [version for version in self._versions[contract.tariff_id] if version.valid_from <= day]
        phase = contract.phase_on(day)
        if not versions:
            return Agreement(contract, phase, None, None)
        version = max(versions, key=lambda version: (version.valid_from, version.number))
        return Agreement(contract, phase, version, self.tariff_of(version))

    def tariff_of(self, version: Version) -> Tariff:
        """The rules of a published version."""
        key = (version.id, version.label)
        known = _PARSED.get(key)
        if known is None:
            query = select(TariffVersion.document).where(
                TariffVersion.administration_id == self._administration_id, TariffVersion.id == version.id
            )
            if len(_PARSED) >= _MOST_PARSED:
                _PARSED.clear()
            known = _PARSED[key] = parse_tariff(self._session.scalars(query).one(), version.label)
        return known

    def _load_covering(self, organisations: Collection[UUID]) -> Iterable[ContractTerms]:
        for *values, organisation_id in self._session.execute(_COVERING, self._of(organisations)):
            terms, new = self._remember(values)
            self._covering[organisation_id].append(terms)
            if new:
                yield terms

    def _load_named(self, contracts: Collection[UUID]) -> Iterable[ContractTerms]:
        for values in self._session.execute(_NAMED, self._of(contracts)):
            yield self._remember(values)[0]

    def _remember(self, values: Iterable[Any]) -> tuple[ContractTerms, bool]:
        terms = ContractTerms(*values)
        known = self._contracts.get(terms.id)
        if known is not None:
            return known, False
        self._contracts[terms.id] = terms
        return terms, True

    def _load_phases_and_contacts(self, contracts: Collection[UUID]) -> None:
        for contract_id, valid_from, label in self._session.execute(_PHASES, self._of(contracts)):
            self._contracts[contract_id].phases.append((valid_from, label))
        for contract_id, person_id, role in self._session.execute(_CONTACTS, self._of(contracts)):
            self._contracts[contract_id].roles.setdefault(person_id, set()).add(role)

    def _load_versions(self, tariffs: Collection[UUID]) -> None:
        new = [key for key in tariffs if key not in self._versions]
        self._versions.update((key, []) for key in new)
        for key, tariff_id, valid_from, number, code in self._session.execute(_VERSIONS, self._of(new)):
            self._versions[tariff_id].append(Version(key, tariff_id, valid_from, number, f"{code} {number}"))

    def _of(self, keys: Collection[UUID]) -> dict[str, Any]:
        return {"administration_id": self._administration_id, "keys": list(keys)}


# Built once: building a statement with joins costs several times what running it does.

_MINE: BindParameter[Any] = bindparam("administration_id")
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)

_CONTRACTS = select(
    Contract.id,
    Contract.reference,
    Contract.customer_id,
    Customer.number,
    Customer.customer_group,
    Contract.tariff_id,
    Contract.valid_from,
    Contract.valid_to,
).join(Customer, and_(Customer.administration_id == Contract.administration_id, Customer.id == Contract.customer_id))

_NAMED = _CONTRACTS.where(Contract.administration_id == _MINE, Contract.id.in_(_KEYS))

_COVERING = (
    _CONTRACTS.add_columns(ContractOrganisation.organisation_id)
    .join(
        ContractOrganisation,
        and_(
            ContractOrganisation.administration_id == Contract.administration_id,
            ContractOrganisation.contract_id == Contract.id,
        ),
    )
    .where(ContractOrganisation.administration_id == _MINE, ContractOrganisation.organisation_id.in_(_KEYS))
)

_PHASES = select(ContractPhase.contract_id, ContractPhase.valid_from, ContractPhase.label).where(
    ContractPhase.administration_id == _MINE, ContractPhase.contract_id.in_(_KEYS)
)

_CONTACTS = select(ContractContact.contract_id, ContractContact.person_id, ContractContact.role).where(
    ContractContact.administration_id == _MINE, ContractContact.contract_id.in_(_KEYS)
)

_VERSIONS = (
    select(TariffVersion.id, TariffVersion.tariff_id, TariffVersion.valid_from, TariffVersion.number)
    .add_columns(TariffRow.code)
    .join(
        TariffRow,
        and_(TariffRow.administration_id == TariffVersion.administration_id, TariffRow.id == TariffVersion.tariff_id),
    )
    .where(
        TariffVersion.administration_id == _MINE,
        TariffVersion.state == "published",
        TariffVersion.tariff_id.in_(_KEYS),
    )
)


def terms_for(scope: Scope, questions: Iterable[Any]) -> Terms:
    """The terms for ``questions``: anything with ``organisation_id`` and ``contract_id``."""
    terms = Terms(scope.session, scope.administration_id)
    organisations, contracts = set(), set()
    for question in questions:
        if question.contract_id is not None:
            contracts.add(question.contract_id)
        elif question.organisation_id is not None:
            organisations.add(question.organisation_id)
    terms.load(organisations, contracts)
    return terms


def _chunks(keys: list[UUID]) -> Iterable[list[UUID]]:
    return (keys[start : start + MOST_KEYS] for start in range(0, len(keys), MOST_KEYS))
