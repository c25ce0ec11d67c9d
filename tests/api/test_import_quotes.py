"""Quotes of imports over HTTP, and the customer's page: offered, declined, changed, accepted; charged only then."""

from __future__ import annotations

import hashlib
import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import text
from werkzeug.test import TestResponse

from billing_service.api.quote_texts import TEXTS
from billing_service.store.session import Database
from tests.api.client import Caller, World, make_world, problem
from tests.api.importing import TITLES, Import, agreed, opened

COMPANIES = ["Bedrijf", "KvK", "Contactpersoon", "Functie"]
COMMITTEES = ["Lidnummer", "Commissie"]


def quoted(world: World, **more: Any) -> tuple[Import, str]:
    """A project of three files, assessed as not free; with its delivery."""
    project = opened(world, **more)
    delivery = project.deliver(TITLES, COMPANIES, COMMITTEES)
    assert project.assess(delivery, one_dimensional=False)["assessment"]["outcome"] == "quote"
    return project, delivery


def page_of(world: World, quote: dict[str, Any]) -> tuple[FlaskClient, str]:
    """A browser without any key, and the address of the customer's page."""
    assert quote["link"].startswith("http://127.0.0.1:8000/quotes/")
    return world.app.test_client(), quote["link"].removeprefix("http://127.0.0.1:8000")


def shown(answer: TestResponse, status: int = 200) -> str:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "text/html; charset=utf-8"
    return " ".join(answer.get_data(as_text=True).replace("\xa0", " ").split())


def test_a_quote_is_declined_changed_and_accepted_and_charged_when_delivered(world: World) -> None:
    project, delivery = quoted(world)
    problem(project.post(f"{delivery}/import", {"use": "moment"}), 409, "import_quote_needed")
    first = project.quote("650.00", note="Met koppeling van commissies.")
    problem(project.post("/quotes", {"price": {"amount": "1.00", "currency": "EUR"}}), 409, "import_quote_open")
    declined = project.do(f"/quotes/{first['id']}/decline", {"by": "J. de Wit", "reason": "Zonder commissies graag."})
    assert (declined["state"], declined["decided_how"], declined["reason"]) == (
        "declined",
        "api",
        "Zonder commissies graag.",
    )
    assert project.get()["status"]["code"] == "quote_declined"

    second = project.quote("500.00")
    assert (second["number"], second["valid_until"]) == ("IMP-1-2", "2026-04-30")
    assert project.do(f"/quotes/{second['id']}/accept", {"by": "J. de Wit"})["state"] == "accepted"
    assert project.charges() == []
    done = project.do(f"{delivery}/import", {"use": "moment"})
    assert (done["price"]["amount"], done["total"]["amount"]) == ("500.00", "500.00")
    (charge,) = project.charges()
    assert charge["amount"]["amount"] == "500.00"
    assert "IMP-1-2" in charge["detail"]["nl"]
    assert project.check()["agrees"]


def test_a_new_structure_that_is_no_longer_free_gets_a_quote_of_its_own(world: World) -> None:
    project = opened(world)
    delivery = project.deliver()
    project.assess(delivery)
    project.do(f"{delivery}/import", {"use": "moment"})
    changed = project.deliver(TITLES, COMPANIES)
    project.assess(changed, one_dimensional=False)
    quote = project.quote("240.00")
    assert quote["purpose"] == "new_structure"
    document = project.get(f"/quotes/{quote['id']}")["document"]
    assert (document["purpose"], document["moments"], len(document["files"])) == ("new_structure", 1, 2)
    project.do(f"/quotes/{quote['id']}/accept", {"by": "J. de Wit"})
    project.do(f"{changed}/import", {"use": "moment"})
    assert project.fees() == [("new_structure", "240.00")]


def test_the_document_says_all_that_the_customer_accepts(world: World) -> None:
    project, _ = quoted(world)
    quote = project.quote("345.55", note="Wij koppelen de commissies.")
    document = project.get(f"/quotes/{quote['id']}")["document"]
    assert [file["columns"] for file in document["files"]] == [5, 4, 2]
    assert document["totals"] == {"net": "345.55", "vat": "72.57", "gross": "418.12", "paid": "0.00"}
    assert (document["moments"], document["feedback_rounds"]) == (2, 1)
    assert (document["further_moment"], document["new_structure"]) == ("172.78", "345.55")
    assert document["policy"] == "standaard importbeleid"
    assert len(document["policy_sentences"]) > 15
    assert any("3 bestanden" in reason for reason in document["reasons"])
    with world.database.read() as session:
        stored, sha256 = session.execute(text("SELECT document, sha256 FROM import_quotes")).one()
    assert hashlib.sha256(stored.encode()).hexdigest() == sha256 == quote["sha256"]


def test_the_pdf_is_stored_once(world: World) -> None:
    project, _ = quoted(world)
    quote = project.quote()
    path = f"{project.path}/quotes/{quote['id']}/pdf"
    first = world.ours.get(path)
    assert first.content_type == "application/pdf"
    assert 'filename="Offerte IMP-1-1.pdf"' in first.headers["Content-Disposition"]
    printed = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(first.data)).pages)
    assert "IMP-1-1" in printed
    assert world.ours.get(path).data == first.data
    assert world.ours.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    browser, address = page_of(world, quote)
    assert browser.get(f"{address}/pdf").data == first.data


def test_stated_facts_alone_are_enough_for_a_quote(world: World) -> None:
    project = opened(world)
    project.do("/assess", {"files": 2, "columns": 40, "one_dimensional": True})
    quote = project.quote()
    (file,) = project.get(f"/quotes/{quote['id']}")["document"]["files"]
    assert (file["name"], file["columns"]) == ("Ledenbestand De Linde", 40)


def test_the_link_is_shown_once_and_never_stored(world: World) -> None:
    project, _ = quoted(world)
    wish = {"price": {"amount": "500.00", "currency": "EUR"}}
    first = project.do("/quotes", wish, key="once")
    token = first["link"].rsplit("/", 1)[1]
    again = problem(project.post("/quotes", wish, key="once"), 409, "answer_not_kept")
    assert first["id"] in again["detail"]
    assert "link" not in project.get(f"/quotes/{first['id']}")
    with world.database.engine.connect() as connection:
        for table in ("import_quotes", "import_quote_pdfs", "idempotency_keys", "audit_trail", "import_events"):
            assert token not in str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())

    other = project.do(f"/quotes/{first['id']}/link")
    browser, address = page_of(world, other)
    assert browser.get(address).status_code == 200
    assert browser.get(page_of(world, first)[1]).status_code == 404


# --- the customer's page ---


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_customer_reads_and_accepts_in_their_own_language(world: World, language: str) -> None:
    project, delivery = quoted(world, contract_id=agreed(world, language=language))
    quote = project.quote("500.00", note="Tot ziens & bedankt <b>")
    browser, address = page_of(world, quote)
    texts = TEXTS[language]
    html = shown(browser.get(address))
    assert f'<html lang="{language}">' in html
    for words in (texts["accept"], texts["decline"], texts["valid_until"], "IMP-1-1", "Tot ziens &amp; bedankt"):
        assert words in html
    assert ("€ 605,00" if language == "nl" else "€605.00") in html
    assert "<script" not in html
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", html)

    answer = browser.post(f"{address}/accept", data={"name": "J. de Wit"})
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    html = shown(browser.get(address))
    assert texts["accepted"] in html
    assert "J. de Wit" in html
    assert "<form" not in html
    found = project.get(f"/quotes/{quote['id']}")
    assert (found["state"], found["decided_by"], found["decided_how"]) == ("accepted", "J. de Wit", "link")
    project.do(f"{delivery}/import", {"use": "moment"})
    assert project.fees() == [("quoted_import", "500.00")]


def test_the_customer_declines_with_a_reason(world: World) -> None:
    project, _ = quoted(world)
    quote = project.quote()
    browser, address = page_of(world, quote)
    html = shown(browser.post(f"{address}/decline", data={"name": "J. de Wit", "reason": " "}), 422)
    assert TEXTS["nl"]["reason_needed"] in html
    assert 'value="J. de Wit"' in html
    shown(browser.post(f"{address}/accept", data={}), 422)
    assert project.get(f"/quotes/{quote['id']}")["state"] == "open"
    browser.post(f"{address}/decline", data={"name": "J. de Wit", "reason": "Te duur"})
    assert "Te duur" in shown(browser.get(address))
    assert project.get(f"/quotes/{quote['id']}")["reason"] == "Te duur"


def test_a_decision_by_the_link_is_for_good(world: World) -> None:
    project, _ = quoted(world)
    quote = project.quote()
    browser, address = page_of(world, quote)
    for _ in range(2):  # the same request again shows what was decided
        assert browser.post(f"{address}/accept", data={"name": "J. de Wit"}).status_code == 303
    html = shown(browser.post(f"{address}/decline", data={"name": "J. de Wit", "reason": "Toch niet"}), 409)
    assert TEXTS["nl"]["decided_already"] in html
    problem(project.post(f"/quotes/{quote['id']}/withdraw", {"reason": "x"}), 409, "import_quote_not_open")
    assert [event["kind"] for event in project.get()["history"]].count("quote_accepted") == 1
    with (
        pytest.raises(Exception, match="a decided quote never changes"),
        world.database.write() as session,
    ):
        session.execute(text("UPDATE import_quotes SET state = 'declined'"))


def test_an_expired_quote_cannot_be_accepted_and_is_followed_by_a_new_one(world: World) -> None:
    project, _ = quoted(world)
    quote = project.quote()
    browser, address = page_of(world, quote)
    world.now[0] += timedelta(days=30)
    assert TEXTS["nl"]["accept"] in shown(browser.get(address))
    world.now[0] += timedelta(days=1)
    assert TEXTS["nl"]["expired"] in shown(browser.get(address))
    shown(browser.post(f"{address}/accept", data={"name": "J. de Wit"}), 409)
    problem(project.post(f"/quotes/{quote['id']}/accept", {"by": "J. de Wit"}), 409, "import_quote_not_open")
    problem(project.post(f"/quotes/{quote['id']}/link"), 409, "import_quote_not_open")
    assert project.get(f"/quotes/{quote['id']}")["state"] == "expired"
    second = project.quote()
    assert [one["state"] for one in project.get("/quotes")["items"]] == ["expired", "open"]
    assert TEXTS["nl"]["expired"] in shown(browser.get(address))
    assert second["number"] == "IMP-1-2"


def test_a_withdrawn_quote_says_so(world: World) -> None:
    project, _ = quoted(world)
    quote = project.quote()
    project.do(f"/quotes/{quote['id']}/withdraw", {"reason": "Verkeerde klant"})
    browser, address = page_of(world, quote)
    html = shown(browser.get(address))
    assert TEXTS["nl"]["withdrawn"] in html
    assert "Verkeerde klant" not in html
    shown(browser.post(f"{address}/accept", data={"name": "J. de Wit"}), 409)


def test_links_that_lead_nowhere_all_look_the_same(world: World) -> None:
    project, _ = quoted(world)
    quote = project.quote()
    browser, old = page_of(world, quote)
    project.do(f"/quotes/{quote['id']}/link")
    answers = [
        browser.get(old),
        browser.get("/quotes/x"),
        browser.get(f"/quotes/{'A' * 43}"),
        browser.get("/quotes/%00%27"),
        browser.post(f"/quotes/{'A' * 43}/accept", data={"name": "x"}),
        browser.post(f"{old}/decline", data={}),
        browser.get(f"{old}/pdf"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1


def test_the_page_may_not_be_kept_framed_or_lead_elsewhere(world: World) -> None:
    project, _ = quoted(world)
    browser, address = page_of(world, project.quote())
    for answer in (browser.get(address), browser.get("/quotes/x")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
        assert "frame-ancestors 'none'" in policy
    assert "no-store" in browser.get(f"{address}/pdf").headers["Cache-Control"]


def test_guessing_is_stopped_and_a_link_that_works_is_not(world: World) -> None:
    project, _ = quoted(world)
    browser, address = page_of(world, project.quote())
    answers = [browser.get(f"/quotes/{at:043d}").status_code for at in range(61)]
    assert (answers[:60], answers[60]) == ([404] * 60, 429)
    assert browser.get("/quotes/x").headers["Retry-After"] == "60"
    assert browser.get(address).status_code == 200


def test_a_form_that_is_no_form_changes_nothing(world: World) -> None:
    project, _ = quoted(world)
    quote = project.quote()
    browser, address = page_of(world, quote)
    for sent in (
        {"data": b"name=" + b"x" * 50_000, "content_type": "application/x-www-form-urlencoded"},
        {"data": b'{"name": "J. de Wit"}', "content_type": "application/json"},
        {"data": {"name": "x" * 201}},
    ):
        assert browser.post(f"{address}/accept", **sent).status_code == 422
    assert project.get(f"/quotes/{quote['id']}")["state"] == "open"


def test_accepting_and_declining_at_once_has_one_effect(database: Database) -> None:
    world = make_world(database)
    project, _ = quoted(world)
    quote = project.quote()
    _, address = page_of(world, quote)

    def decide(at: int) -> int:
        if at % 3 == 0:
            caller = Caller(world.app.test_client(), world.ours.key)
            return caller.post(f"{project.path}/quotes/{quote['id']}/accept", {"by": f"api {at}"}).status_code
        data = {"name": f"link {at}", "reason": "Nee"}
        return world.app.test_client().post(f"{address}/{'accept' if at % 2 else 'decline'}", data=data).status_code

    with ThreadPoolExecutor(12) as threads:
        statuses = list(threads.map(decide, range(12)))
    assert set(statuses) <= {200, 303, 409}
    kinds = [event["kind"] for event in project.get()["history"]]
    assert kinds.count("quote_accepted") + kinds.count("quote_declined") == 1
    state = project.get(f"/quotes/{quote['id']}")["state"]
    assert kinds[-1] == f"quote_{state}"


def test_both_languages_say_the_same() -> None:
    assert set(TEXTS["nl"]) == set(TEXTS["en"])
    for key, dutch in TEXTS["nl"].items():
        slots = re.compile(r"\{[a-z_]+\}")
        assert slots.findall(dutch) == slots.findall(TEXTS["en"][key]), key
