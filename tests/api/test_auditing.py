"""Proofs over HTTP: the seals of the audit trail, its verification, and the report on number series."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from billing_service.auditing import sealing
from billing_service.worker.process import Worker
from tests import builders
from tests.api.client import World, problem
from tests.api.seeds import seed
from tests.documents.reading import read


def work(world: World) -> None:
    """What a worker does with the jobs that wait."""
    Worker(world.app.extensions["billing"], tasks={}).drain()


def seal(world: World) -> None:
    with world.database.write() as session:
        sealing.seal_some(session, builders.NOW)


def result(world: World, started: Any) -> dict[str, Any]:
    assert started.status_code == 202, started.get_data(as_text=True)
    work(world)
    job = world.ours.get(started.headers["Location"]).get_json()
    assert job["state"] == "done", job
    return dict(job["result"])


def test_the_trail_shows_its_seals_and_how_much_waits_for_one(world: World) -> None:
    seal(world)
    before = world.ours.get("/v1/audit-trail/seal").get_json()
    world.ours.post("/v1/organisations", {"code": "zwolle", "name": "Zwolle"})
    waiting = world.ours.get("/v1/audit-trail/seal").get_json()
    assert (waiting["seal_number"], waiting["unsealed"]) == (before["seal_number"], 1)
    (row,) = world.ours.get("/v1/audit-trail?noun=organisation").get_json()["items"]
    assert (row["seal"], row["id"]) == (None, waiting["oldest_unsealed_id"])
    seal(world)
    after = world.ours.get("/v1/audit-trail/seal").get_json()
    assert (after["seal_number"], after["unsealed"]) == (before["seal_number"] + 1, 0)
    (row,) = world.ours.get("/v1/audit-trail?noun=organisation").get_json()["items"]
    assert (row["seal"], row["seal_number"]) == (after["seal"], after["seal_number"])
    assert world.operator.get("/v1/audit-trail/seal").get_json()["seal_number"] == 1


def test_a_verification_is_a_job_and_can_hold_a_noted_seal(world: World) -> None:
    seal(world)
    noted = world.ours.get("/v1/audit-trail/seal").get_json()
    sound = result(world, world.ours.post("/v1/audit-trail/verifications", {}))
    assert (sound["sound"], sound["rows"], sound["broken_links"]) == (True, noted["seal_number"], 0)
    body = {"noted": {"seal_number": noted["seal_number"], "seal": noted["seal"]}}
    assert result(world, world.ours.post("/v1/audit-trail/verifications", body))["sound"]
    body["noted"]["seal"] = "ab" * 32
    broken = result(world, world.ours.post("/v1/audit-trail/verifications", body))
    assert (broken["sound"], broken["first_broken_link"]["code"]) == (False, "noted_seal_differs")


def test_a_series_report_is_read_and_downloaded_when_its_job_is_done(world: World) -> None:
    with world.database.write() as session:
        rows = seed(session, world.ours_id)
    world.ours.post(f"/v1/invoices/{rows['invoice_id']}/issue", {})
    started = world.ours.post("/v1/series-reports", {})
    path = f"/v1/series-reports/{started.get_json()['id']}"
    problem(world.ours.get(path), 409, "report_not_ready")
    work(world)
    report = world.ours.get(path).get_json()
    assert (report["complete"], report["made_on"], report["book_year"]) == (True, "2026-03-31", None)
    (invoices,) = [one for one in report["series"] if one["code"] == "invoices"]
    issued = world.ours.get("/v1/invoices?kind=invoice&state=issued").get_json()["items"]
    assert (invoices["documents"], invoices["last_number"]) == (len(issued), f"2026-{len(issued):05d}")
    (total,) = invoices["years"][0]["totals"]
    assert (total["category"], total["rate"]) == ("S", "21.00")
    for name, amount in (("net", total["taxable"]), ("vat", total["tax"])):
        assert sum(Decimal(one[name]["amount"]) for one in issued) == Decimal(amount["amount"])
    pdf = world.ours.get(f"{path}/pdf?language=en")
    assert pdf.content_type == "application/pdf"
    assert "COMPLETENESS OF NUMBERING" in read(pdf.data)[0].text
    assert "VOLLEDIGHEID VAN DE NUMMERING" in read(world.ours.get(f"{path}/pdf").data)[0].text
    problem(world.theirs.get(path), 404, "not_found")
    problem(world.ours.post("/v1/series-reports", {"book_year": "1999"}), 422, "invalid_input")
    problem(world.ours.get(f"/v1/series-reports/{rows['job_id']}"), 404, "not_found")


def test_a_restored_series_is_confirmed_over_http(world: World) -> None:
    with world.database.write() as session:
        rows = seed(session, world.ours_id)
    path = f"/v1/administrations/{world.ours_id}/series/{rows['series_id']}"
    assert world.ours.get(path).get_json()["blocked_at"] is not None
    wrong = world.ours.post(f"{path}/confirm-last-number", {"last_numbers": ["2026-00001"]})
    assert problem(wrong, 422, "invalid_input")["errors"][0]["pointer"] == "/last_numbers/0"
    confirmed = world.ours.post(f"{path}/confirm-last-number", {"last_numbers": ["Z20260007"]}).get_json()
    assert (confirmed["blocked_at"], confirmed["next_number"], confirmed["last_number"]) == (None, 8, "Z20260007")
    assert [(jump["first"], jump["last"]) for jump in confirmed["jumps"]] == [("Z20260001", "Z20260007")]
    again = world.ours.post(f"{path}/confirm-last-number", {"last_numbers": ["Z20260007"]})
    problem(again, 409, "series_not_blocked")
