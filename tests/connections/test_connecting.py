"""From nothing to an active connection, and what stops, resumes and ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from billing_service.connections import connecting, current, reading
from billing_service.core.finding_texts import wording
from billing_service.errors import AlreadyExists, Conflict, InvalidInput
from billing_service.store.audit import AuditRow
from billing_service.store.connections import ConnectionChoice, ConnectionTokens
from billing_service.store.work import Job, OutboxRow
from billing_service.vault import NoSecretKey, Vault
from connectors.fake.server import COMPANY
from tests.connections.fakes import CANARY
from tests.connections.link import FILLED_IN, START, Link


def test_a_connection_is_filled_in_read_mapped_matched_and_activated(link: Link) -> None:
    link.make()
    to_map = [["vat", "S:21"], ["revenue", ""], ["journal", ""]]
    assert link.read() == {"read": True, "company": "Voorbeeld Helpdesk B.V.", "to_map": to_map}
    with pytest.raises(Conflict, match="customers there") as refused:
        link.activate()
    assert refused.value.code == "not_matched"
    link.match()
    with pytest.raises(Conflict) as refused:
        link.activate()
    assert refused.value.code == "mapping_incomplete"
    assert [one.pointer for one in refused.value.errors] == ["vat S:21", "revenue", "journal"]
    link.map()
    link.activate()
    row = link.row()
    assert (row.state, row.start_date, row.company_name) == ("active", START, "Voorbeeld Helpdesk B.V.")
    with link.scope() as scope:
        found = current(scope)
        assert found is not None
        assert found.id == link.id
        asked = scope.session.scalars(select(OutboxRow.kind).where(OutboxRow.subject_id == link.id)).all()
    assert "dispatch" in asked, "what was issued since the start date goes out by itself"


@pytest.mark.parametrize(
    ("values", "pointers"),
    [
        ({"package": "quickbooks"}, ["/package"]),
        ({"settings": {}}, ["/settings/base_url"]),
        ({"settings": {"base_url": "http://x", "division": "1"}}, ["/settings/division"]),
        ({"secrets": {"api_key": "k"}}, ["/secrets/webhook_secret"]),
        ({"secrets": FILLED_IN["secrets"] | {"password": "p"}}, ["/secrets/password"]),
        ({"enabled": ["search"]}, ["/enabled/0"]),
        ({"enabled": ["telepathy"]}, ["/enabled/0"]),
    ],
)
def test_what_cannot_be_right_is_named(link: Link, values: dict[str, Any], pointers: list[str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        link.make(**values)
    assert [one.pointer for one in refused.value.errors] == pointers
    assert CANARY not in str(refused.value.errors)


def test_a_package_that_takes_no_payments_is_pushed_none(link: Link) -> None:
    with pytest.raises(InvalidInput) as refused:
        link.make(settings={"base_url": "http://x", "profile": "unsearchable"}, pushes_receipts=True)
    assert [one.pointer for one in refused.value.errors] == ["/pushes_receipts"]


def test_without_a_key_nothing_is_connected(link: Link) -> None:
    with link.scope() as scope, pytest.raises(NoSecretKey, match="BILLING_SECRET_KEYS"):
        connecting.create(scope, Vault(()), FILLED_IN)


def test_one_connection_at_a_time(link: Link) -> None:
    link.make()
    with pytest.raises(AlreadyExists):
        link.make()
    with link.connection() as (scope, row):
        connecting.close(scope, row, "Verkeerd pakket")
    link.make()


def test_secrets_are_changed_by_name_and_shown_to_nobody(link: Link) -> None:
    link.make()
    with link.connection() as (scope, row):
        connecting.change(scope, link.vault, row, {"secrets": {"api_key": f"{CANARY}-new"}})
    secrets = link.vault.decrypt(link.id, link.row().secrets)
    assert secrets == {"api_key": f"{CANARY}-new", "webhook_secret": f"{CANARY}-webhook-secret"}
    with link.scope() as scope:
        trail = [str(row.changes) for row in scope.session.scalars(select(AuditRow))]
    assert any("api_key" in changes for changes in trail)
    assert not any(CANARY in changes for changes in trail)


def test_a_wrong_key_is_a_finding_until_a_reading_succeeds(link: Link) -> None:
    link.make(secrets=FILLED_IN["secrets"] | {"api_key": "wrong-key"})
    told = link.read()
    assert told["read"] is False
    assert set(link.findings()) == {"connection_sign_in"}
    cause, action = wording("connection_sign_in", link.findings()["connection_sign_in"], "nl", "EUR")
    assert "Fake package" in cause
    assert "Meld opnieuw aan" in action
    with link.connection() as (scope, row):
        connecting.change(scope, link.vault, row, {"secrets": FILLED_IN["secrets"]})
    assert link.read()["read"] is True
    assert link.findings() == {}


def test_a_package_that_is_out_of_order_is_a_finding_and_nothing_stops(link: Link) -> None:
    link.complete()
    link.books.control.trouble(trouble("GET /v1/lists", status=503, times=9))
    assert link.read()["read"] is False
    assert (link.row().state, set(link.findings())) == ("active", {"connection_not_read"})
    link.books.control.calm()
    with link.database.write() as session:
        reading.read_again(session, link.now())
    link.work()
    assert link.findings() == {}


def test_a_lost_sign_in_stops_it_and_a_new_key_resumes_it(link: Link) -> None:
    link.complete()
    link.books.package.secrets["api_key"] = "another"
    link.read()
    row = link.row()
    assert (row.state, row.stop_cause) == ("stopped", "sign_in")
    assert "connection_sign_in" in link.findings()
    with link.connection() as (scope, row), pytest.raises(Conflict) as refused:
        connecting.resume(scope, row)
    assert refused.value.code == "connection_not_read"
    with link.connection() as (scope, row):
        connecting.change(scope, link.vault, row, {"secrets": {"api_key": "another"}})
    link.later(timedelta(minutes=1))
    link.read()
    row = link.row()
    assert (row.state, row.stop_cause, link.findings()) == ("active", None, {})


def test_another_company_that_answers_stops_it(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    link.complete()
    monkeypatch.setitem(COMPANY, "id", "2")
    monkeypatch.setitem(COMPANY, "name", "Iemand Anders B.V.")
    assert link.read()["read"] is False
    row = link.row()
    assert (row.state, row.stop_cause, row.company_name) == ("stopped", "other_company", "Voorbeeld Helpdesk B.V.")
    cause, _ = wording("connection_other_company", link.findings()["connection_other_company"], "en", "EUR")
    assert "Voorbeeld Helpdesk B.V. was expected, Iemand Anders B.V. was found" in cause


def test_before_the_first_activation_other_settings_may_lead_to_another_company(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    link.make()
    link.read()
    monkeypatch.setitem(COMPANY, "id", "2")
    assert link.read()["read"] is False
    with link.connection() as (scope, row):
        connecting.change(scope, link.vault, row, {"settings": {"base_url": "http://other.invalid"}})
    assert link.read()["read"] is True
    assert link.row().company_id == "2"


def test_books_in_another_currency_are_not_connected(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMPANY, "currency", "USD")
    link.make()
    link.read()
    with pytest.raises(Conflict) as refused:
        link.activate()
    assert refused.value.code == "other_currency"


def test_a_person_stops_resumes_and_closes(link: Link) -> None:
    link.complete()
    with link.connection() as (scope, row):
        connecting.stop(scope, row, "person", "Jaarafsluiting")
        with pytest.raises(Conflict):
            connecting.stop(scope, row, "person", "Nog eens")
    with link.scope() as scope:
        assert current(scope) is None
    link.read()
    assert link.row().state == "stopped", "a person stopped it, so a person resumes it"
    with link.connection() as (scope, row):
        connecting.resume(scope, row)
    assert link.row().state == "active"
    with link.connection() as (scope, row):
        connecting.close(scope, row, "Ander pakket")
        with pytest.raises(Conflict):
            connecting.close(scope, row, "Nog eens")
    row = link.row()
    assert (row.state, row.secrets, row.stop_reason) == ("closed", None, "Ander pakket")
    with link.scope() as scope:
        assert scope.session.scalars(select(ConnectionTokens)).all() == []
        assert scope.session.scalars(select(ConnectionChoice)).first() is not None, "what was known stays on record"


def test_lists_are_read_again_once_a_day(link: Link) -> None:
    link.complete()
    for wait, expected in ((timedelta(hours=1), 1), (timedelta(hours=23), 2), (timedelta(hours=1), 2)):
        link.later(wait)
        with link.database.write() as session:
            reading.read_again(session, link.now())
            reading.read_again(session, link.now())
        link.work()
        with link.scope() as scope:
            jobs = scope.session.scalars(select(Job.id).where(Job.kind == reading.READ)).all()
            assert len(jobs) == expected


def trouble(when: str, **what: Any) -> Any:
    from connectors.fake.wire import Trouble

    return Trouble(when=when, **what)
