"""Terms that change back into days that were invoiced: a finding per contract, and it follows what becomes of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import findings, invoicing, tariffs
from billing_service.core.finding_texts import wording
from billing_service.parties import contracts
from billing_service.store.findings import Finding
from billing_service.store.session import Database
from tests import builders
from tests.helpdesk import TARIFF, Helpdesk, fixed, rule
from tests.invoicing.test_correct import correct, invoice, nets, open_desk, release

DEARER = TARIFF | {"rules": [rule("import", when={"category": ["import"]}, price=fixed("30.00"))]}
MARCH_1 = date(2026, 3, 1)


def ask(desk: Helpdesk, key: str, day: int, **fields: Any) -> None:
    moments = {name: f"2026-03-{day:02d}T{at}:00:00+01:00" for name, at in (("opened_at", "09"), ("closed_at", "10"))}
    desk.receive(external_id=key, **moments, **fields)


def publish(desk: Helpdesk, valid_from: date, document: dict[str, Any] = DEARER) -> UUID:
    with desk.scope() as scope:
        tariff = tariffs.get(scope, desk.tariff_id)
        version = tariffs.add_version(scope, tariff, {"valid_from": valid_from, "document": document})
        return tariffs.publish(scope, version).id


def change(desk: Helpdesk, **values: Any) -> None:
    with desk.scope() as scope:
        contracts.change(scope, contracts.get(scope, desk.contract_id), values)


def told(desk: Helpdesk, state: str = "open") -> list[Finding]:
    with desk.database.read() as session:
        query = select(Finding).where(Finding.code == "terms_changed_after_release", Finding.state == state)
        return list(session.scalars(query.order_by(Finding.id)))


def changes(desk: Helpdesk) -> list[tuple[str | None, str | None, str, str, int, str]]:
    """Of the one open finding: version number, phase, first and last day, questions, amount."""
    (found,) = told(desk)
    assert (found.noun, found.subject_id) == ("contract", desk.contract_id)
    return [
        (
            entry["tariff"] and entry["tariff"].rpartition(" ")[2],
            *(entry[name] for name in ("phase", "from", "until", "questions", "amount")),
        )
        for entry in found.facts["changes"]
    ]


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_version_published_back_into_an_invoiced_month_is_one_finding_about_the_contract(database: Database) -> None:
    desk = open_desk(database)
    for key in range(1, 31):
        ask(desk, str(key), key)
    invoice(desk)
    ask(desk, "late", 20)
    publish(desk, date(2026, 3, 11))
    assert changes(desk) == [("2", None, "2026-03-11", "2026-03-30", 20, "500.00")]
    assert desk.decided("late")[2] == Decimal("30.00")  # not released: decided again, as before
    (found,) = told(desk)
    assert found.facts["contract"] == "C-1"
    with desk.database.read() as session:
        assert len(session.scalars(select(Finding)).all()) == 1
    label = found.facts["changes"][0]["tariff"]
    dutch, action = (plain(text) for text in wording(found.code, found.facts, "nl", "EUR"))
    assert dutch == (
        "Voor contract C-1 geldt met terugwerkende kracht iets anders dan waarnaar is gefactureerd (er is een "
        "tariefversie gepubliceerd): 20 vragen van 11 maart 2026 tot en met 30 maart 2026 (gefactureerd € 500,00) "
        f"vallen nu onder tariefversie {label}."
    )
    assert "replay" in action
    assert "corrigeer met de hand" in action
    english = plain(wording(found.code, found.facts, "en", "EUR")[0])
    assert "20 questions of 11 March 2026 up to 30 March 2026 (invoiced €500.00) now fall under" in english


def test_a_version_for_days_to_come_or_of_another_tariff_is_none(database: Database) -> None:
    desk = open_desk(database)
    ask(desk, "1", 2)
    invoice(desk)
    publish(desk, date(2026, 3, 3))
    with desk.scope() as scope:
        other = tariffs.create(scope, {"code": "other", "name": "Ander"})
        version = tariffs.add_version(scope, other, {"valid_from": MARCH_1, "document": DEARER})
        tariffs.publish(scope, version)
    assert told(desk) == []


def test_only_contracts_that_were_invoiced_are_named_and_every_version_by_itself(database: Database) -> None:
    desk = open_desk(database)
    with desk.scope() as scope:
        two = builders.customer(scope.session, desk.administration_id, "10002")
        builders.contract(scope.session, desk.administration_id, two, desk.tariff_id, reference="C-2")
    ask(desk, "1", 2)
    ask(desk, "2", 12)
    invoice(desk)
    publish(desk, date(2026, 3, 11))
    publish(desk, MARCH_1)
    assert changes(desk) == [
        ("3", None, "2026-03-02", "2026-03-02", 1, "25.00"),
        ("2", None, "2026-03-12", "2026-03-12", 1, "25.00"),
    ]
    (found,) = told(desk)
    with desk.scope() as scope:
        findings.resolve(scope, findings.get(scope, found.id), "zo laten")
    publish(desk, date(2026, 3, 10))  # what was dealt with is not told again
    assert changes_of_newest(desk) == []
    publish(desk, date(2026, 3, 12))
    assert changes(desk) == [("5", None, "2026-03-12", "2026-03-12", 1, "25.00")]


def changes_of_newest(desk: Helpdesk) -> list[Any]:
    return changes(desk) if told(desk) else []


def test_another_tariff_for_a_contract_is_told_and_agreed_back_it_is_over(database: Database) -> None:
    desk = open_desk(database)
    ask(desk, "1", 2)
    ask(desk, "2", 3)
    invoice(desk)
    with desk.scope() as scope:
        other = builders.tariff(scope.session, desk.administration_id, DEARER)
    change(desk, tariff_id=other)
    assert changes(desk) == [("1", None, "2026-03-02", "2026-03-03", 2, "50.00")]
    (found,) = told(desk)
    assert "het contract is gewijzigd" in wording(found.code, found.facts, "nl", "EUR")[0]
    change(desk, tariff_id=desk.tariff_id)
    assert told(desk) == []
    assert len(told(desk, "resolved")) == 1


def test_a_phase_that_begins_in_the_past_is_told_for_its_days(database: Database) -> None:
    desk = open_desk(database, phases={date(2026, 1, 1): "implementatie"})
    ask(desk, "1", 2)
    ask(desk, "2", 12)
    invoice(desk)
    phases = [(date(2026, 1, 1), "implementatie"), (date(2026, 3, 10), "live")]
    change(desk, title="Anders", phases=[{"valid_from": day, "label": label} for day, label in phases])
    assert changes(desk) == [("1", "live", "2026-03-12", "2026-03-12", 1, "25.00")]
    (found,) = told(desk)
    dutch = plain(wording(found.code, found.facts, "nl", "EUR")[0])
    assert "1 vraag van 12 maart 2026 (gefactureerd € 25,00) valt nu onder tariefversie" in dutch
    assert dutch.endswith(", fase live.")


def test_a_contract_that_ends_in_the_past_is_told_and_a_new_title_is_not(database: Database) -> None:
    desk = open_desk(database)
    ask(desk, "1", 2)
    ask(desk, "2", 12)
    invoice(desk)
    change(desk, title="Anders")
    assert told(desk) == []
    change(desk, valid_to=date(2026, 3, 5))
    assert changes(desk) == [(None, None, "2026-03-12", "2026-03-12", 1, "25.00")]
    (found,) = told(desk)
    assert "er geldt nu geen contract of tarief" in wording(found.code, found.facts, "nl", "EUR")[0]


def test_the_finding_follows_corrections_until_nothing_is_left(database: Database) -> None:
    desk = open_desk(database)
    ask(desk, "1", 2)
    ask(desk, "2", 3)
    invoice(desk)
    publish(desk, MARCH_1)
    assert changes(desk) == [("2", None, "2026-03-02", "2026-03-03", 2, "50.00")]
    correct(desk, "1")
    assert changes(desk) == [("2", None, "2026-03-03", "2026-03-03", 1, "25.00")]
    correct(desk, "2")
    assert told(desk) == []
    invoice(desk)
    assert [net for _, net in nets(desk)] == [Decimal(x) for x in ("50.00", "25.00", "25.00", "60.00")]


def test_what_is_only_released_is_told_until_it_is_withdrawn(database: Database) -> None:
    desk = open_desk(database)
    ask(desk, "1", 2)
    released = release(desk)
    publish(desk, MARCH_1)
    assert changes(desk) == [("2", None, "2026-03-02", "2026-03-02", 1, "25.00")]
    with desk.scope() as scope:
        invoicing.withdraw(scope, [released])
    assert told(desk) == []
    assert desk.amounts() == [Decimal("30.00")]


def test_what_a_person_decided_is_under_no_version(database: Database) -> None:
    desk = open_desk(database)
    ask(desk, "1", 2)
    invoice(desk)
    correct(desk, "1", wish={"disposition": "charge", "amount": Decimal("10.00"), "reason": "afgesproken"})
    invoice(desk)
    publish(desk, MARCH_1)
    assert told(desk) == []
