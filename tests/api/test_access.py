"""Who gets in: keys are made, used, granted no more than their maker has, expire and are revoked."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import select

from billing_service import access
from billing_service.context import Limits
from billing_service.store.access import ApiKey
from billing_service.store.session import Database
from tests.api.client import Caller, World, make_world, problem

READER = {"label": "helpdesk", "scopes": ["customers:read"]}


def test_a_new_key_opens_what_it_was_made_for(world: World) -> None:
    made = world.ours.post("/v1/api-keys", READER).get_json()
    reader = Caller(world.app.test_client(), made["key"])
    assert reader.get("/v1/customers").status_code == 200
    problem(reader.get("/v1/persons"), 403, "not_allowed")
    problem(reader.post("/v1/customers", {}), 403, "not_allowed")


def test_only_a_digest_of_the_secret_is_stored(world: World) -> None:
    made = world.ours.post("/v1/api-keys", READER).get_json()
    _, public_id, secret = made["key"].split("_", 2)
    assert len(secret) >= 43  # 32 random bytes
    with world.database.read() as session:
        row = session.scalars(select(ApiKey).where(ApiKey.public_id == public_id)).one()
    assert row.secret_sha256 == hashlib.sha256(secret.encode()).hexdigest()
    assert "key" not in world.ours.get(f"/v1/api-keys/{made['id']}").get_json()


def test_keys_that_are_almost_right_open_nothing(world: World) -> None:
    prefix, public_id, secret = world.ours.key.split("_", 2)
    other = "A" if secret[-1] != "A" else "B"
    wrong = [
        "",
        "nonsense",
        f"{prefix}_{public_id}_{secret[:-1]}{other}",
        f"{prefix}_{'0' * 16}_{secret}",
        f"sk_{public_id}_{secret}",
        "é",
    ]
    for key in wrong:
        problem(Caller(world.app.test_client(), key).get("/v1/customers"), 401, "not_signed_in")
    headers = {"Authorization": f"Basic {world.ours.key}"}
    problem(world.ours.get("/v1/customers", headers=headers), 401, "not_signed_in")


def test_a_revoked_key_stops_at_once(world: World) -> None:
    made = world.ours.post("/v1/api-keys", READER).get_json()
    reader = Caller(world.app.test_client(), made["key"])
    assert reader.get("/v1/customers").status_code == 200
    revoked = world.ours.post(f"/v1/api-keys/{made['id']}/revoke")
    assert revoked.get_json()["revoked_at"] is not None
    problem(reader.get("/v1/customers"), 401, "not_signed_in")
    problem(world.ours.post(f"/v1/api-keys/{made['id']}/revoke"), 409, "already_revoked")


def test_a_key_stops_at_the_moment_it_expires(world: World) -> None:
    ends = world.now[0] + timedelta(hours=1)
    made = world.ours.post("/v1/api-keys", READER | {"expires_at": ends.isoformat()}).get_json()
    reader = Caller(world.app.test_client(), made["key"])
    world.now[0] = ends - timedelta(seconds=1)
    assert reader.get("/v1/customers").status_code == 200
    world.now[0] = ends
    problem(reader.get("/v1/customers"), 401, "not_signed_in")
    past = problem(
        world.ours.post("/v1/api-keys", READER | {"expires_at": "2020-01-01T00:00:00Z"}), 422, "invalid_input"
    )
    assert past["errors"][0]["pointer"] == "/expires_at"


def test_a_key_cannot_grant_more_than_it_has(world: World) -> None:
    maker = world.caller("api_keys:write", "customers:read")
    assert maker.post("/v1/api-keys", READER).status_code == 201
    problem(maker.post("/v1/api-keys", READER | {"scopes": ["customers:write"]}), 403, "not_allowed")
    problem(maker.post("/v1/api-keys", READER | {"scopes": ["operator"]}), 403, "not_allowed")
    foreign = READER | {"administration_id": str(world.theirs_id)}
    problem(maker.post("/v1/api-keys", foreign), 404, "not_found")
    problem(maker.post("/v1/api-keys", READER | {"scopes": ["everything"]}), 422, "invalid_input")
    problem(maker.post("/v1/api-keys", READER | {"scopes": []}), 422, "invalid_input")


def test_an_operator_opens_an_administration_and_hands_over_its_first_key(world: World) -> None:
    wanted = {"legal_name": "Bond van Buren", "street": "Plein 1", "postal_code": "9401 AA", "city": "Assen"}
    administration = world.operator.post("/v1/administrations", wanted).get_json()
    problem(world.operator.post("/v1/api-keys", READER), 422, "invalid_input")
    first = READER | {"administration_id": administration["id"], "scopes": ["administrations:read"]}
    key = world.operator.post("/v1/api-keys", first).get_json()["key"]
    bond = Caller(world.app.test_client(), key)
    assert [one["id"] for one in bond.get("/v1/administrations").get_json()["items"]] == [administration["id"]]
    problem(bond.get(f"/v1/administrations/{world.ours_id}"), 404, "not_found")
    unknown = READER | {"administration_id": "01999999-9999-7999-8999-999999999999"}
    problem(world.operator.post("/v1/api-keys", unknown), 422, "invalid_input")


def test_an_operator_makes_another_operator_but_reads_nobodys_customers(world: World) -> None:
    made = world.operator.post("/v1/api-keys", {"label": "second", "scopes": ["operator"]}).get_json()
    second = Caller(world.app.test_client(), made["key"])
    assert len(second.get("/v1/administrations").get_json()["items"]) == 2
    problem(second.get("/v1/customers"), 403, "not_allowed")
    trail = second.get("/v1/audit-trail").get_json()["items"]
    assert [(row["action"], row["noun"]) for row in trail] == [("create", "api_key")] * 2


def test_the_use_of_a_key_is_noted_every_quarter_of_an_hour(world: World) -> None:
    def noted() -> str | None:
        with world.database.read() as session:
            moment = session.scalars(
                select(ApiKey.last_used_at).where(ApiKey.public_id == world.ours.key.split("_")[1])
            ).one()
        return moment and moment.isoformat()

    started = world.now[0]
    assert noted() is None
    world.ours.get("/v1/customers")
    assert noted() == started.isoformat()
    world.now[0] = started + access.USE_NOTED_EVERY - timedelta(seconds=1)
    world.ours.get("/v1/customers")
    assert noted() == started.isoformat()
    world.now[0] = started + access.USE_NOTED_EVERY
    world.ours.get("/v1/customers")
    assert noted() == world.now[0].isoformat()


def test_a_key_that_asks_too_often_waits(sqlite_database: Database) -> None:
    world = make_world(sqlite_database, Limits(requests_per_minute=3))
    answers = [world.ours.get("/v1/customers") for _ in range(3)]
    assert [answer.headers["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0"]
    assert answers[0].headers["RateLimit-Policy"] == '"default";q=3;w=60'
    assert "Retry-After" not in answers[0].headers
    refused = world.ours.get("/v1/customers")
    problem(refused, 429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert world.theirs.get("/v1/customers").status_code == 200


def test_an_address_that_guesses_keys_is_stopped(sqlite_database: Database) -> None:
    world = make_world(sqlite_database)
    guesser = Caller(world.app.test_client(), "bk_nonsense")
    statuses = [guesser.get("/v1/customers").status_code for _ in range(61)]
    assert statuses == [401] * 60 + [429]
    assert world.ours.get("/v1/customers").status_code == 200, "others at that address, behind one proxy, go on"
