"""What a quote says, put together from the project, its policy and what was delivered."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing_service.core.imports import (
    ImportFacts,
    ImportPolicy,
    Project,
    assess,
    describe_reasons,
    further_moment_price,
    moments_included,
    new_structure_basis,
    new_structure_price,
    policy_sentences,
)
from billing_service.core.imports.fees import columns_counted
from billing_service.core.imports.quote import QuotedFile, QuoteDocument, make_quote
from billing_service.imports.deliveries import files_of, get_delivery, latest_delivery, titled
from billing_service.imports.history import History
from billing_service.imports.policies import pinned_policy
from billing_service.imports.wording import describe_column
from billing_service.parties.selling import LineVat, buyer, load_issuer
from billing_service.store.imports import ImportFile
from billing_service.store.parties import Contract, Customer
from billing_service.store.scope import Scope


def quote_document(
    scope: Scope, history: History, reference: str, note: str | None, delivery_id: UUID | None
) -> QuoteDocument:
    """The document of the quote that was just sent (the last of the history). It is for the delivery named, else for
    the latest one, else for the facts that a person stated.

    Raises:
        NotFound: no such delivery in this project.
        InvalidInput: the administration cannot sell yet (no series, no VAT status), or a field cannot be.
    """
    row, quote = history.row, history.project.quotes[-1]
    issuer = load_issuer(scope)
    contract, customer = _agreement(scope, history)
    language = customer.language or issuer.language
    policy = pinned_policy(row, language)
    facts = history.project.next_facts if quote.purpose == "new_structure" else history.project.facts
    assert facts is not None  # noqa: S101 - no quote is sent before the facts were confirmed
    later = replace(history.project, price=quote.price) if quote.purpose == "import" else history.project
    return make_quote(
        number=reference,
        purpose=quote.purpose,
        project=row.reference,
        project_name=row.name,
        language=language,
        currency=issuer.currency,
        seller=issuer.seller,
        buyer=buyer(customer, contract),
        quoted_on=quote.sent_on,
        valid_until=quote.valid_until,
        files=_files(scope, history, facts, delivery_id, language),
        one_dimensional=facts.one_dimensional,
        website=later.website,
        reasons=describe_reasons(assess(policy, facts).reasons, language, issuer.currency),
        price=quote.price,
        vat=LineVat(issuer, customer).decide(quote.sent_on, policy.vat_class),
        further_moment=further_moment_price(policy, later),
        new_structure=_new_structure(policy, later),
        policy=policy.label,
        policy_sentences=policy_sentences(policy, language, issuer.currency),
        note=note,
        **_included(policy, history.project, quote.purpose),
    )


def _included(policy: ImportPolicy, project: Project, purpose: str) -> dict[str, int]:
    if purpose == "import":
        return {"moments": moments_included(policy, project), "feedback_rounds": 1}
    return {"moments": 1, "feedback_rounds": int(policy.feedback_after_new_structure)}


def _new_structure(policy: ImportPolicy, project: Project) -> Decimal | None:
    """What a new structure costs later on, where that is known before anybody saw it."""
    basis = new_structure_basis(policy, project, None)
    price: Any = new_structure_price(policy, project, basis)
    return price if isinstance(price, Decimal) else None


def _agreement(scope: Scope, history: History) -> tuple[Contract, Customer]:
    contract = scope.session.get(Contract, (scope.administration_id, history.row.contract_id))
    customer = scope.session.get(Customer, (scope.administration_id, history.row.customer_id))
    assert contract is not None  # noqa: S101 - foreign keys
    assert customer is not None  # noqa: S101
    return contract, customer


def _files(
    scope: Scope, history: History, facts: ImportFacts, delivery_id: UUID | None, language: str
) -> list[QuotedFile]:
    row, policy = history.row, history.policy
    delivery = get_delivery(scope, row.id, delivery_id) if delivery_id else latest_delivery(scope, row.id)
    files = files_of(scope, delivery) if delivery else []
    if files:
        return [_file(file, policy, language) for file in files]
    return [QuotedFile(row.name, columns_counted(policy, facts))]


def _file(file: ImportFile, policy: ImportPolicy, language: str) -> QuotedFile:
    columns = titled(file)
    skipped = tuple(text for column in columns if (text := describe_column(column, language)))
    counted = len(columns) - len(skipped) if policy.columns_counted == "imported" else len(columns)
    return QuotedFile(file.name, counted, tuple(column["title"] for column in columns), skipped)
