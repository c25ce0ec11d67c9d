"""Findings, jobs and the audit trail over HTTP."""

from __future__ import annotations

from uuid import UUID

from billing_service import findings
from billing_service.core.ids import new_id
from tests import builders
from tests.api.client import World, problem
from tests.api.seeds import seed


def report(world: World, code: str, **facts: object) -> UUID:
    with world.database.write() as session:
        return findings.report(builders.scope(session, world.ours_id), code, "contract", new_id(), facts)


def test_a_finding_says_its_cause_and_the_next_action_in_both_languages(world: World) -> None:
    found = report(world, "negative_draft", until="2026-03-31", amount="-5.00")
    body = world.ours.get(f"/v1/findings/{found}").get_json()
    dutch = body["cause"]["nl"].replace("\N{NO-BREAK SPACE}", " ")
    assert dutch.startswith("De factuur van dit contract tot en met 31 maart 2026 zou negatief zijn")
    assert dutch.endswith("€ -5,00.")
    assert body["cause"]["en"].endswith("up to 31 March 2026 would be negative: it comes to -€5.00.")
    assert "creditnota" in body["next_action"]["nl"]
    assert "credit note" in body["next_action"]["en"]


def test_a_person_resolves_a_finding_once(world: World) -> None:
    first, second = report(world, "negative_draft"), report(world, "draft_refused")
    answer = world.ours.post(f"/v1/findings/{first}/resolve", {"resolution": "Besproken.\nWacht op mei."})
    assert answer.get_json()["resolution"] == "Besproken.\nWacht op mei."
    problem(world.ours.post(f"/v1/findings/{first}/resolve", {"resolution": "x"}), 409, "already_resolved")
    open_ones = world.ours.get("/v1/findings?state=open").get_json()["items"]
    assert [one["id"] for one in open_ones] == [str(second)]
    assert len(world.ours.get("/v1/findings?code=negative_draft").get_json()["items"]) == 1


def test_a_job_shows_how_far_it_is(world: World) -> None:
    with world.database.write() as session:
        job = seed(session, world.ours_id)["job_id"]
    body = world.ours.get(f"/v1/jobs/{job}").get_json()
    assert (body["state"], body["done"], body["result"]) == ("queued", 0, None)
    assert str(job) in [one["id"] for one in world.ours.get("/v1/jobs?state=queued").get_json()["items"]]
    assert str(job) not in [one["id"] for one in world.ours.get("/v1/jobs?state=done").get_json()["items"]]
    assert "payload" not in body


def test_the_audit_trail_tells_who_did_what(world: World) -> None:
    made = world.ours.post("/v1/organisations", {"code": "zwolle", "name": "Zwolle"}).get_json()
    world.ours.patch(f"/v1/organisations/{made['id']}", {"code": "zwolle-2"})
    rows = world.ours.get(f"/v1/audit-trail?object_id={made['id']}").get_json()["items"]
    assert [(row["action"], row["noun"]) for row in rows] == [("create", "organisation"), ("change", "organisation")]
    assert rows[1]["changes"] == {"code": "zwolle-2"}
    assert rows[0]["changes"]["name"].startswith("digest:")
    assert {row["actor"] for row in rows} == {f"key:{world.ours.key.split('_')[1]}"}
    assert world.theirs.get(f"/v1/audit-trail?object_id={made['id']}").get_json()["items"] == []
    assert world.operator.get(f"/v1/audit-trail?object_id={made['id']}").get_json()["items"] == []
