"""Import projects over HTTP: what is free, what is charged and why, and what may happen when."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import text, update

from billing_service.store.charges import Charge
from tests.api.client import World, problem
from tests.api.importing import SWAPPED, TITLES, Import, agreed, free, opened
from tests.api.test_invoices import work_off


def test_a_free_import_with_website_costs_nothing_until_the_third_moment(world: World) -> None:
    project = opened(world)
    assert project.get(language="en")["status"]["code"] == "needs_assessment"
    delivery = project.deliver()
    shown = project.get(delivery, language="en")
    assert shown["proposal"]["one_dimensional"] is True
    assert shown["assessment"]["outcome"] == "free"
    assert shown["next_fee"]["needs"] == ["assessed"]

    assert project.assess(delivery)["assessment"]["outcome"] == "free"
    project.do(f"{delivery}/import", {"use": "moment"})
    project.do("/feedback", {"text": "Voornaam en achternaam zijn verwisseld."})
    project.do(f"{project.deliver()}/import", {"use": "feedback"})
    project.moment()
    assert project.fees() == []

    third = project.deliver()
    refused = project.post(f"{third}/import", {"use": "moment"})
    problem(refused, 409, "import_agreement_needed")
    assert project.get(third, language="nl")["next_fee"]["amount"]["amount"] == "90.00"
    project.do("/agreements", {"to": "further_moment", "by": "J. de Wit, e-mail"})
    done = project.do(f"{third}/import", {"use": "moment"})
    assert project.fees() == [("further_moment", "90.00")]
    assert done["moments_delivered"] == 3
    assert project.check() == {"agrees": True, "differences": [], "finding_id": None}


def test_the_charge_says_what_was_delivered_when_and_why_it_costs_this(world: World) -> None:
    project = free(world, on="2026-03-01")
    project.moment()
    project.do("/agreements", {"to": "further_moment", "by": "J. de Wit"})
    project.moment()
    (charge,) = project.charges()
    assert charge["description"] == {
        "nl": "Derde importmoment van het ledenbestand (31 maart 2026)",
        "en": "Third import moment of the member file (31 March 2026)",
    }
    assert "twee momenten" in charge["detail"]["nl"]
    assert "€ 90,00" in charge["detail"]["nl"].replace("\xa0", " ")
    assert charge["detail"]["nl"].endswith("Beleid: standaard importbeleid.")
    assert charge["detail"]["en"].endswith("Policy: default import policy.")
    assert (charge["date"], charge["amount"]["amount"], charge["vat_class"]) == ("2026-03-31", "90.00", "standard")
    assert charge["contract_id"] == str(project.contract_id)
    (fee,) = project.get(language="nl")["fees"]
    assert fee["charge_id"] == charge["id"]
    assert fee["charge_state"] == "open"
    assert any("J. de Wit" in sentence for sentence in fee["explanation"])


def test_an_import_stands_on_the_invoice_as_its_charge_says(world: World) -> None:
    project = free(world)
    project.moment()
    project.do("/agreements", {"to": "further_moment", "by": "J. de Wit"})
    project.moment()
    started = world.ours.post("/v1/billing-runs", {"until": "2026-03-31"})
    run = work_off(world, started.headers["Location"])["subject_id"]
    issued = world.ours.post(f"/v1/billing-runs/{run}/issue", {})
    work_off(world, issued.headers["Location"])
    (invoice,) = world.ours.get("/v1/invoices").get_json()["items"]
    assert invoice["gross"]["amount"] == "108.90"
    (line,) = world.ours.get(f"/v1/invoices/{invoice['id']}").get_json()["document"]["lines"]
    (charge,) = project.charges()
    assert (line["description"], line["detail"]) == (charge["description"]["nl"], charge["detail"]["nl"])
    pdf = PdfReader(io.BytesIO(world.ours.get(f"/v1/invoices/{invoice['id']}/pdf").data))
    printed = " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)
    assert "Derde importmoment van het ledenbestand" in printed
    assert "standaard importbeleid" in printed
    assert project.get()["fees"][0]["charge_state"] == "invoiced"
    assert project.check()["agrees"]


def test_two_columns_swapped_are_a_new_structure_until_the_old_one_is_restored(world: World) -> None:
    project = free(world)
    swapped = project.deliver(SWAPPED)
    shown = project.get(swapped, language="en")
    (compared,) = shown["comparisons"]
    assert (compared["moment"], compared["same"], shown["new_structure"]) == (1, False, True)
    assert "Voornaam" in compared["differences"][0]
    assert "Achternaam" in compared["differences"][0]
    problem(project.post(f"{swapped}/import", {"use": "moment"}), 409, "import_not_assessed")
    project.do(f"{swapped}/send-back", {"reason": "Kolommen verwisseld; graag de oude opbouw."})
    assert project.get(swapped)["state"] == "sent_back"
    project.moment([" lidnummer ", *TITLES[1:]])  # spaces and capitals do not count
    assert project.fees() == []


def test_a_new_structure_that_cannot_be_replaced_costs_its_price_once_agreed(world: World) -> None:
    project = free(world)
    changed = project.deliver([*TITLES, "Geboortedatum"])
    project.assess(changed)
    assert project.get(changed)["next_fee"]["amount"]["amount"] == "180.00"
    problem(project.post(f"{changed}/import", {"use": "moment"}), 409, "import_agreement_needed")
    project.do("/agreements", {"to": "new_structure", "by": "J. de Wit"})
    project.do(f"{changed}/import", {"use": "moment"})
    assert project.fees() == [("new_structure", "180.00")]
    assert project.do("/feedback", {"text": "Geboortedatum ontbreekt."})["status"]["code"] == "feedback_open"


def test_the_policy_of_the_opening_day_holds_for_the_whole_project(world: World) -> None:
    contract_id = agreed(world)
    for label, day, price in (("Beleid 2025", "2025-01-01", "70.00"), ("Beleid april", "2026-04-01", "110.00")):
        document = {"free_further_moment": price, "revenue_group": "imports", "vat_class": "reduced"}
        wish = {"label": label, "valid_from": day, "document": document}
        assert world.ours.post("/v1/import-policies", wish).status_code == 201
    project = opened(world, contract_id, website=False, on="2026-03-30")
    assert project.get()["policy_label"] == "Beleid 2025"
    world.now[0] += timedelta(days=10)
    delivery = project.deliver()
    project.assess(delivery)
    project.do(f"{delivery}/import", {"use": "moment"})
    project.do("/agreements", {"to": "further_moment", "by": "J. de Wit"})
    project.moment()
    (charge,) = project.charges()
    assert (charge["amount"]["amount"], charge["vat_class"], charge["revenue_group"]) == ("70.00", "reduced", "imports")
    assert charge["date"] == "2026-04-10"
    assert "Beleid 2025" in charge["detail"]["en"]
    assert opened(world, contract_id, reference="IMP-2").get()["policy_label"] == "Beleid april"


def test_without_a_stored_policy_the_defaults_are_in_force_in_words(world: World) -> None:
    found = world.ours.get("/v1/import-policies/in-force?language=en").get_json()
    assert (found["id"], found["label"]) == (None, "default import policy")
    assert found["settings"]["most_columns_free"] == 30
    assert any("30 columns" in sentence for sentence in found["sentences"])
    stored = {"label": "Beleid 2027", "valid_from": "2027-01-01", "document": {"most_columns_free": 40}}
    world.ours.post("/v1/import-policies", stored)
    later = world.ours.get("/v1/import-policies/in-force?on=2027-01-01").get_json()
    assert later["settings"]["most_columns_free"] == 40
    assert later["document"] == {"most_columns_free": 40}


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"document": {"most_columns": 3, "own_mistake": "never"}}, ["/most_columns", "/own_mistake"]),
        ({"document": {"free_further_moment": "-1.00"}}, ["/free_further_moment"]),
    ],
)
def test_a_policy_that_cannot_be_is_refused_whole(world: World, changes: Any, pointers: list[str]) -> None:
    wish = {"label": "Beleid", "valid_from": "2027-01-01", "document": {}} | changes
    found = problem(world.ours.post("/v1/import-policies", wish), 422, "invalid_input")
    assert sorted(error["pointer"] for error in found["errors"]) == [f"/document{pointer}" for pointer in pointers]


def test_a_stored_policy_never_changes(world: World) -> None:
    wish = {"label": "Beleid", "valid_from": "2027-01-01", "document": {}}
    world.ours.post("/v1/import-policies", wish)
    problem(world.ours.post("/v1/import-policies", wish | {"valid_from": "2028-01-01"}), 409, "already_exists")
    problem(world.ours.post("/v1/import-policies", wish | {"label": "Anders"}), 409, "already_exists")
    with pytest.raises(Exception, match="a stored import policy never changes"), world.database.write() as session:
        session.execute(text("UPDATE import_policies SET label = 'x'"))


def test_history_and_status_are_told_in_both_languages(world: World) -> None:
    project = free(world)
    dutch, english = project.get(language="nl"), project.get(language="en")
    assert [event["kind"] for event in dutch["history"]] == ["opened", "assessed", "moment_delivered"]
    assert dutch["history"][0]["sentence"] == "Project geopend, met een website."
    assert english["history"][0]["sentence"] == "Project opened, with a website."
    refused = {one["kind"]: one for one in english["permissions"]}
    assert refused["moment_delivered"]["allowed"]
    assert refused["further_moment_agreed"]["reason"].startswith("The next moment is included")
    assert dutch["status"]["sentence"] != english["status"]["sentence"]


def test_a_project_in_which_nothing_happens_any_more(world: World) -> None:
    project = free(world)
    assert project.do("/close", {"reason": "Live"})["state"] == "closed"
    problem(project.post("/deliveries", {}), 409, "import_not_open")
    problem(project.post("/feedback", {"text": "Nog iets"}), 409, "import_not_open")
    assert world.ours.get("/v1/import-projects?state=closed").get_json()["items"][0]["reference"] == "IMP-1"


def test_what_happened_is_recorded_in_order_and_never_in_the_future(world: World) -> None:
    project = opened(world, on="2026-03-10")
    body = {"files": 1, "columns": 5, "one_dimensional": True}
    problem(project.post("/assess", body | {"on": "2026-03-09"}), 409, "import_dates_run_back")
    found = problem(project.post("/assess", body | {"on": "2026-04-01"}), 422, "invalid_input")
    assert found["errors"][0]["pointer"] == "/on"
    project.do("/assess", body | {"on": "2026-03-12"})
    assert [event["on"] for event in project.get()["history"]] == ["2026-03-10", "2026-03-12"]


def test_a_fee_that_falls_outside_the_contract_undoes_its_event(world: World) -> None:
    project = free(world)
    project.moment()
    project.do("/agreements", {"to": "further_moment", "by": "J. de Wit"})
    with world.database.write() as session:
        session.execute(text("UPDATE contracts SET valid_to = '2026-03-30'"))
    delivery = project.deliver()
    problem(project.post(f"{delivery}/import", {"use": "moment"}), 422, "invalid_input")
    assert project.get()["moments_delivered"] == 2
    assert project.get(delivery)["state"] == "open"
    assert project.charges() == []


def test_a_charge_of_an_import_is_not_cancelled_by_hand(world: World) -> None:
    project = _charged(world)
    (charge,) = project.charges()
    problem(world.ours.post(f"/v1/charges/{charge['id']}/cancel", {"reason": "x"}), 409, "not_a_manual_charge")


def test_a_charge_that_was_tampered_with_is_found(world: World) -> None:
    project = _charged(world)
    with world.database.write() as session:
        session.execute(update(Charge).values(amount=1))
    found = project.check()
    assert not found["agrees"]
    (difference,) = found["differences"]
    assert (difference["stored"]["amount"], difference["recomputed"]["amount"]) == ("1.00", "90.00")
    finding = world.ours.get(f"/v1/findings/{found['finding_id']}").get_json()
    assert finding["code"] == "import_charges_differ"
    assert "IMP-1" in finding["cause"]["nl"]
    with world.database.write() as session:
        session.execute(update(Charge).values(amount=90))
    assert project.check()["agrees"]
    assert world.ours.get(f"/v1/findings/{found['finding_id']}").get_json()["state"] == "resolved"


def test_history_and_fees_cannot_be_rewritten(world: World) -> None:
    _charged(world)
    for statement, sentence in (
        ("UPDATE import_events SET kind = 'closed'", "history of an import never changes"),
        ("DELETE FROM import_events", "history of an import never changes"),
        ("DELETE FROM import_fees", "a fee that was charged stays charged"),
    ):
        with pytest.raises(Exception, match=sentence), world.database.write() as session:
            session.execute(text(statement))


def _charged(world: World) -> Import:
    project = free(world)
    project.moment()
    project.do("/agreements", {"to": "further_moment", "by": "J. de Wit"})
    project.moment()
    return project
