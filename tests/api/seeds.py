"""A row for every path parameter of the API, in any administration: what the tests that walk all operations need.

A new noun adds one line to ``ROWS``; until then those tests fail and name the parameter.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service import access, consults, findings, imports, invoicing, jobs, prepaid, receivables, subscriptions
from billing_service.auditing.completeness import start_report
from billing_service.collection.settling import record
from billing_service.connections import connecting
from billing_service.connections.documents import Mapped
from billing_service.core.crediting import Part
from billing_service.core.ids import new_id
from billing_service.core.reconciling import Class, Comparison, Difference, Repair, Totals, VatAmount
from billing_service.intake.single import receive_moment, receive_question, withdraw_question
from billing_service.notifying import endpoints
from billing_service.rating import manual
from billing_service.reconciliation import recording
from billing_service.reconciliation.comparing import Compared
from billing_service.reconciliation.groups import Groups
from billing_service.reconciliation.ours import Side
from billing_service.store.administrations import BookYear, Series
from billing_service.store.agreements import SyncConflict
from billing_service.store.connections import ConnectionMatch
from billing_service.store.deliveries import Delivery
from billing_service.store.invoices import BillingRun
from billing_service.store.job_files import JobFile, JobFilePart
from billing_service.store.payments_in import PaymentIn
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.reconciliations import ReconciliationDifference
from billing_service.store.tariffs import TariffVersion
from billing_service.store.webhooks import WebhookDelivery
from billing_service.store.work import Job
from billing_service.vault import Vault
from connectors.base import PaymentFact
from connectors.fake.profiles import capabilities
from tests import builders, helpdesk
from tests.connections.fakes import active_connection
from tests.invoicing.world import released_invoice

Seeded = dict[str, Any]


def seed(session: Session, administration_id: UUID) -> Seeded:
    """One row per path parameter, by the parameter's name."""
    found: Seeded = {"administration_id": administration_id}
    for name, make in ROWS.items():
        found[name] = make(session, administration_id, found)
    return found


def new_administration(session: Session) -> UUID:
    return builders.administration(session, legal_name="Stichting Elk Verzoek")


def _draft(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    row = TariffVersion(
        administration_id=administration_id,
        id=new_id(),
        tariff_id=found["tariff_id"],
        number=2,
        valid_from=date(2040, 1, 1),
        state="draft",
        document=helpdesk.TARIFF,
        created_at=builders.NOW,
    )
    session.add(row)
    session.flush()
    return row.id


def _unused_series(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """A second series for invoices, blocked since a restore: nobody can issue in it, and its last number (none) can be
    confirmed."""
    row = Series(
        administration_id=administration_id,
        id=new_id(),
        code="seeded",
        document_type="invoice",
        pattern="Z{year}{number:4}",
        per_book_year=True,
        blocked_at=builders.NOW,
    )
    session.add(row)
    session.flush()
    return row.id


def _last_book_year(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    years = select(BookYear.id).where(BookYear.administration_id == administration_id)
    return session.scalars(years.order_by(BookYear.starts_on.desc())).first() or new_id()


def _question(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """Closed under the seeded contract, with half an hour of work; its tariff makes a charge of it."""
    worked = {"external_id": "t", "worked_on": "2026-03-02", "minutes": 30}
    row = helpdesk.QUESTION | {
        "organisation": "seeded",
        "asker": "seeded",
        "contract": "seeded",
        "time_entries": [worked],
    }
    taken = receive_question(builders.scope(session, administration_id), row, "EUR")
    session.flush()
    assert taken.question_id is not None
    return taken.question_id


def _time_entry(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    return session.scalars(select(TimeEntry.id).where(TimeEntry.question_id == found["question_id"])).one()


def _moment(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    values = {"source": "desk", "external_id": "m", "channel": "phone", "occurred_at": builders.NOW}
    row, _ = receive_moment(builders.scope(session, administration_id), values)
    session.flush()
    return row.id


def _charge(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    wish = {
        "contract_id": found["contract_id"],
        "date": date(2026, 3, 1),
        "description": {"nl": "Werk", "en": "Work"},
        "vat_class": "standard",
        "amount": Decimal("12.50"),
    }
    return manual.add_charge(builders.scope(session, administration_id), wish).id


def _subscription(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """30.00 a month, of a contract of its own; to begin in April."""
    customer_id, tariff_id = found["customer_id"], found["tariff_id"]
    contract_id = builders.contract(session, administration_id, customer_id, tariff_id, reference="subscribed")
    wish = {
        "contract_id": contract_id,
        "title": {"nl": "Financiële app", "en": "Financial app"},
        "starts_on": date(2026, 4, 1),
        "price": {"amount": Decimal("30.00")},
    }
    return subscriptions.create(builders.scope(session, administration_id), wish).id


def _hour_card(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """A block of 4 hours, of a contract of its own, of which nothing is used."""
    customer_id, tariff_id = found["customer_id"], found["tariff_id"]
    contract_id = builders.contract(session, administration_id, customer_id, tariff_id, reference="prepaid")
    wish = {
        "contract_id": contract_id,
        "kind": "block",
        "code": "design",
        "title": {"nl": "Ontwerp", "en": "Design"},
        "price": Decimal("280.00"),
        "vat_class": "standard",
    }
    return prepaid.sell(builders.scope(session, administration_id), wish).id


def _allowance(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    wish = {
        "contract_id": found["contract_id"],
        "code": "questions",
        "title": {"nl": "Vrije vragen", "en": "Free questions"},
        "unit": "questions",
        "quantity": 5,
        "period": "calendar_month",
    }
    return prepaid.add_allowance(builders.scope(session, administration_id), wish).id


def _job(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    row = Job(
        administration_id=administration_id,
        id=new_id(),
        kind="intake",
        state="queued",
        done=0,
        options={},
        created_at=builders.NOW,
    )
    session.add(row)
    session.flush()
    return row.id


def _job_file(session: Session, administration_id: UUID, found: Seeded) -> str:
    key = {"administration_id": administration_id, "job_id": found["job_id"], "name": "seeded.csv"}
    session.add(JobFilePart(**key, part=0, content=b"a;b\r\n"))
    told = {"media_type": "text/csv; charset=utf-8", "size": 5, "sha256": "0" * 64, "created_at": builders.NOW}
    session.add(JobFile(**key, **told, needs_scope="invoices:read"))
    session.flush()
    return "seeded.csv"


def _series_report(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """A report that is ready."""
    scope = builders.scope(session, administration_id)
    job_id = start_report(scope).id
    jobs.run(lambda: nullcontext(scope), job_id)
    return job_id


def _invoice(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """Released, of a contract of its own, so that the seeded charge stays open."""
    customer_id, tariff_id = found["customer_id"], found["tariff_id"]
    contract_id = builders.contract(session, administration_id, customer_id, tariff_id, reference="invoiced")
    return released_invoice(session, administration_id, contract_id, customer_id)


def _billing_run(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    query = select(BillingRun.id).where(BillingRun.administration_id == administration_id)
    return session.scalars(query.order_by(BillingRun.id)).first() or new_id()


def _import_policy(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    values = {"label": "seeded", "valid_from": date(2040, 1, 1), "document": {}}
    return imports.create_policy(builders.scope(session, administration_id), values).id


def _import_project(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """Without website, assessed as not free."""
    scope = builders.scope(session, administration_id)
    wish = {"reference": "SEEDED", "name": "Leden", "contract_id": found["contract_id"], "website": False}
    project = imports.open_project(scope, wish | {"on": date(2026, 3, 2)}).row
    facts = {"files": 1, "columns": 2, "one_dimensional": False, "on": date(2026, 3, 3)}
    imports.confirm_facts(scope, project.id, facts)
    return project.id


def _import_delivery(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    stated = {"files": [{"name": "leden.csv", "titles": ["Naam", "Commissie"]}], "received_on": date(2026, 3, 3)}
    return imports.receive(builders.scope(session, administration_id), found["import_project_id"], stated).id


def _import_quote(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """Open."""
    wish = {"price": Decimal("500.00"), "on": date(2026, 3, 4)}
    return imports.send_quote(builders.scope(session, administration_id), found["import_project_id"], wish)[0].id


def _issued_invoice(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """A question of 25.00, withdrawn afterwards, and 12.50, of another contract."""
    customer_id, tariff_id = found["customer_id"], found["tariff_id"]
    contract_id = builders.contract(session, administration_id, customer_id, tariff_id, reference="issued")
    scope = builders.scope(session, administration_id)
    row = helpdesk.QUESTION | {"external_id": "changed", "asker": "seeded", "organisation": "seeded"}
    taken = receive_question(scope, row | {"contract": "issued"}, "EUR")
    invoice_id = released_invoice(session, administration_id, contract_id, customer_id)
    invoicing.issue_invoice(scope, invoice_id)
    found["changed_question_id"] = taken.question_id
    withdraw_question(scope, session.get_one(Question, (administration_id, taken.question_id)), "Dubbel")
    return invoice_id


def _credit_note(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """1.00 without VAT, of an issued invoice."""
    builders.credit_series(session, administration_id)
    found["issued_invoice_id"] = _issued_invoice(session, administration_id, found)
    scope = builders.scope(session, administration_id)
    parts = [Part(1, amount=Decimal("1.00"))]
    made = invoicing.credit(scope, found["issued_invoice_id"], "Te veel", parts)
    invoicing.issue_invoice(scope, made)
    return made


def _receipt(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    wish = {"customer_id": found["customer_id"], "amount": Decimal("10.00")}
    return receivables.record_receipt(builders.scope(session, administration_id), wish).id


def _allocation(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """5.00 of the receipt."""
    wish = {"receipt_id": found["receipt_id"], "invoice_id": found["issued_invoice_id"], "amount": Decimal("5.00")}
    return receivables.allocate(builders.scope(session, administration_id), wish).id


def _refund(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    wish = {"receipt_id": found["receipt_id"], "amount": Decimal("1.00")}
    return receivables.record_refund(builders.scope(session, administration_id), wish).id


def _write_off(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    scope = builders.scope(session, administration_id)
    return receivables.write_off(scope, found["issued_invoice_id"], "Klein", Decimal("0.13")).id


def _webhook_endpoint(session: Session, administration_id: UUID) -> UUID:
    rules = endpoints.Rules(Vault((builders.SECRET_KEY,)))
    row, _ = endpoints.create(builders.scope(session, administration_id), {"url": "https://crm.example/hook"}, rules)
    return row.id


def _webhook_delivery(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    scope = builders.scope(session, administration_id)
    event = endpoints.test(scope, endpoints.get(scope, found["webhook_endpoint_id"]))
    row = session.scalars(select(WebhookDelivery).where(WebhookDelivery.event_id == event)).one()
    row.state, row.attempts = "failed", 10
    session.flush()
    return row.id


def _connection(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """Active, of which everything is mapped; its registration for signing in is filled in too."""
    return active_connection(session, administration_id, client_id="client-1")


def _match(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    row = ConnectionMatch(
        administration_id=administration_id,
        id=new_id(),
        connection_id=found["connection_id"],
        customer_id=found["customer_id"],
        remote_id="7",
        remote_name="Vereniging seeded",
        found_by="name_and_postcode",
        certain=False,
        created_at=builders.NOW,
    )
    session.add(row)
    session.flush()
    return row.id


def _delivery(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """One that a person must look at."""
    row = Delivery(
        administration_id=administration_id,
        id=(made := new_id()),
        connection_id=found["connection_id"],
        noun="customer",
        subject_id=found["customer_id"],
        number="seeded",
        state="needs_attention",
        key=made.hex,
        cause="no_permission",
        fix="fix_rights",
        asked_at=builders.NOW,
        created_at=builders.NOW,
    )
    session.add(row)
    session.flush()
    return row.id


def _payment_in(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """One that nobody knows the meaning of."""
    scope = builders.scope(session, administration_id)
    connection = connecting.get(scope, found["connection_id"])
    fact = PaymentFact("seeded", Decimal("15.13"), date(2026, 3, 31), "EUR", reference="dank u")
    record(scope, connection, [fact])
    return session.scalars(select(PaymentIn.id).where(PaymentIn.administration_id == administration_id)).one()


def _conflict(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """The customer has another name there than was agreed on."""
    names = {"name": "name", "ours": "seeded", "theirs": "Vereniging Elders", "agreed": "seeded"}
    row = SyncConflict(
        administration_id=administration_id,
        id=new_id(),
        connection_id=found["connection_id"],
        noun="customer",
        subject_id=found["customer_id"],
        kind="changed",
        number="seeded",
        compared=[names],
        found_by="hook",
        created_at=builders.NOW,
    )
    session.add(row)
    session.flush()
    return row.id


def _reconciliation(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """One that found the issued invoice gone after it was delivered."""
    subject = {"noun": "document", "subject_id": found["issued_invoice_id"], "number": "seeded-document"}
    delivered = {"state": "delivered", "remote_id": "7", "delivered_at": builders.NOW, "key": new_id().hex}
    key = {"administration_id": administration_id, "connection_id": found["connection_id"]}
    asked = {"asked_at": builders.NOW, "created_at": builders.NOW}
    session.add(Delivery(id=new_id(), **key, **subject, **delivered, **asked))
    gone = Difference(
        Class.MISSING, Repair.DELIVER_AGAIN, "seeded", found["issued_invoice_id"], "7", Decimal("-15.13"), Decimal()
    )
    nothing = Totals(0, Decimal(), Decimal(), ())
    ours = Totals(1, Decimal("15.13"), Decimal(), (VatAmount("S:21", Decimal("12.50"), Decimal("2.63")),))
    result = Comparison(ours, nothing, (gone,), Decimal(), Decimal(), "0" * 64)
    side = Side(found["connection_id"], date(2026, 1, 1), "EUR", Mapped(), Groups(), capabilities("searchable"))
    scope = builders.scope(session, administration_id)
    return recording.record(scope, found["job_id"], side, Compared(result, {}), builders.NOW).id


def _difference(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    mine = ReconciliationDifference.reconciliation_id == found["reconciliation_id"]
    return session.scalars(select(ReconciliationDifference.id).where(mine)).one()


def _consult(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """Proposed by a person, at a fixed price."""
    wish = {"contract_id": found["contract_id"], "title": "Inrichting", "pricing": {"kind": "fixed", "amount": "90.00"}}
    return consults.create(builders.scope(session, administration_id), wish).id


def _consult_session(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    wish = {"held_on": date(2026, 3, 3), "minutes": 60, "kind": "webinar"}
    return consults.add_session(builders.scope(session, administration_id), found["consult_id"], wish).id


def _consulted_question(session: Session, administration_id: UUID, found: Seeded) -> UUID:
    """Open, and in the seeded consult."""
    scope = builders.scope(session, administration_id)
    row = helpdesk.QUESTION | {"external_id": "consulted", "organisation": "seeded", "asker": "seeded"}
    taken = receive_question(scope, row | {"contract": "seeded", "closed_at": None}, "EUR")
    assert taken.question_id is not None
    consults.add_question(scope, found["consult_id"], taken.question_id)
    return taken.question_id


ROWS: Final[dict[str, Callable[[Session, UUID, Seeded], Any]]] = {
    "api_key_id": lambda s, a, _: access.create_key(builders.scope(s, a), "seeded", ["jobs:read"])[0].id,
    "series_id": _unused_series,
    "book_year_id": _last_book_year,
    "customer_id": lambda s, a, _: builders.customer(s, a, "seeded", vat_number="NL004495445B01"),
    "organisation_id": lambda s, a, _: builders.organisation(s, a, "seeded"),
    "person_id": lambda s, a, _: builders.person(s, a, "seeded"),
    "tariff_id": lambda s, a, _: builders.tariff(s, a, helpdesk.TARIFF),
    "tariff_version_id": _draft,
    "contract_id": lambda s, a, f: builders.contract(s, a, f["customer_id"], f["tariff_id"], reference="seeded"),
    "contact_moment_id": _moment,
    "question_id": _question,
    "time_entry_id": _time_entry,
    "charge_id": _charge,
    "consult_id": _consult,
    "consult_session_id": _consult_session,
    "consulted_question_id": _consulted_question,
    "invoice_id": _invoice,
    "billing_run_id": _billing_run,
    "import_policy_id": _import_policy,
    "import_project_id": _import_project,
    "import_delivery_id": _import_delivery,
    "import_quote_id": _import_quote,
    "finding_id": lambda s, a, f: findings.report(
        builders.scope(s, a), "negative_draft", "contract", f["contract_id"], {"until": "2026-03-31", "reason": "-5.00"}
    ),
    "credit_note_id": _credit_note,
    "receipt_id": _receipt,
    "allocation_id": _allocation,
    "refund_id": _refund,
    "write_off_id": _write_off,
    "dispute_id": lambda s, a, f: receivables.open_dispute(builders.scope(s, a), f["issued_invoice_id"], "Uren").id,
    "hour_card_id": _hour_card,
    "subscription_id": _subscription,
    "allowance_id": _allowance,
    "job_id": _job,
    "series_report_id": _series_report,
    "file_name": _job_file,
    "webhook_endpoint_id": lambda s, a, _: _webhook_endpoint(s, a),
    "webhook_delivery_id": _webhook_delivery,
    "connection_id": _connection,
    "match_id": _match,
    "delivery_id": _delivery,
    "payment_in_id": _payment_in,
    "conflict_id": _conflict,
    "reconciliation_id": _reconciliation,
    "difference_id": _difference,
}
