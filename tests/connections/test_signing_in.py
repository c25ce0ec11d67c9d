"""Signing in over OAuth, and tokens that survive crashes, rotation and several processes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from billing_service.connections import connecting, open_connector, signing_in
from billing_service.connections.tokens import StoredTokens
from billing_service.errors import InvalidInput, NotFound
from billing_service.store.clock import database_now
from billing_service.store.connections import ConnectionTokens
from billing_service.store.work import Job
from connectors.base import SignInAgain, TryAgainLater
from connectors.http import Secret
from connectors.oauth import Tokens
from tests.connections.fakes import CANARY, SECRETS
from tests.connections.link import Link

PUBLIC = "https://billing.example"
REGISTERED = {
    "settings": {"base_url": "http://fake.invalid", "client_id": "client-1"},
    "secrets": SECRETS | {"client_secret": f"{CANARY}-client-secret"},
}


@pytest.fixture
def oauth(link: Link) -> Link:
    link.make(**REGISTERED)
    link.books.package.secrets |= {"client_id": "client-1", "client_secret": f"{CANARY}-client-secret"}
    link.books.package.secrets["api_key"] = "nobody signs in with this"
    return link


def begin(link: Link) -> dict[str, str]:
    with link.connection() as (scope, row):
        begun = signing_in.begin(scope, link.context, row, PUBLIC)
    parts = urlsplit(begun.address)
    assert begun.address.startswith("http://fake.invalid/oauth/authorize?")
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def come_back(link: Link, state: str, code: str) -> None:
    with link.database.write() as session:
        signing_in.answered(session, link.vault, state, code, PUBLIC, link.now())


def sign_in(link: Link) -> dict[str, object]:
    asked = begin(link)
    come_back(link, asked["state"], link.books.control.agree(asked["redirect_uri"]))
    link.work()
    return link.job(signing_in.SIGN_IN).result or {}


def test_a_person_agrees_there_and_the_connection_is_read(oauth: Link) -> None:
    asked = begin(oauth)
    assert asked["redirect_uri"] == f"{PUBLIC}/connections/signed-in"
    assert (asked["client_id"], asked["response_type"], asked["scope"]) == ("client-1", "code", "books")
    assert sign_in(oauth)["read"] is True
    assert oauth.row().company_name == "Voorbeeld Helpdesk B.V."


def test_a_state_works_once_within_its_time_and_for_nobody_else(oauth: Link) -> None:
    first, second = begin(oauth), begin(oauth)
    for state in (first["state"], "made-up", ""):
        with pytest.raises(NotFound):
            come_back(oauth, state, "code")
    come_back(oauth, second["state"], "code")
    with pytest.raises(NotFound):
        come_back(oauth, second["state"], "code")
    late = begin(oauth)
    oauth.later(signing_in.ANSWER_WITHIN)
    with pytest.raises(NotFound):
        come_back(oauth, late["state"], "code")


def test_a_code_that_is_refused_is_a_finding(oauth: Link) -> None:
    come_back(oauth, begin(oauth)["state"], f"{CANARY}-made-up-code")
    oauth.work()
    assert (oauth.job(signing_in.SIGN_IN).result or {})["read"] is False
    facts = oauth.findings()["connection_sign_in"]
    assert CANARY not in str(facts)
    sign_in(oauth)
    assert oauth.findings() == {}


def test_code_state_and_tokens_are_never_stored_readable(oauth: Link) -> None:
    asked = begin(oauth)
    code = oauth.books.control.agree(asked["redirect_uri"])
    come_back(oauth, asked["state"], code)
    with oauth.database.read() as session:
        payload = session.scalars(select(Job.payload).where(Job.kind == signing_in.SIGN_IN)).one()
    assert payload is not None
    assert code.encode() not in payload
    assert oauth.row().sign_in_state is None
    oauth.work()
    with oauth.database.read() as session:
        stored = session.scalars(select(ConnectionTokens.pair)).one()
    tokens = StoredTokens(oauth.database, oauth.vault, oauth.administration, oauth.id).read()
    assert tokens.access.encode() not in stored


def test_our_registration_must_be_filled_in(link: Link) -> None:
    link.make()
    with link.connection() as (scope, row), pytest.raises(InvalidInput) as refused:
        signing_in.begin(scope, link.context, row, PUBLIC)
    assert [one.pointer for one in refused.value.errors] == ["/settings/client_id"]


def test_an_expired_token_is_renewed_and_a_refused_one_stops_the_connection(oauth: Link) -> None:
    sign_in(oauth)
    oauth.later(timedelta(hours=1))
    before = oauth.books.package.token_calls
    connector = open_connector(oauth.context, oauth.administration, oauth.id)
    assert (connector.check().id, oauth.books.package.token_calls) == ("1", before + 1)
    assert connector.check().id == "1"
    oauth.map()
    oauth.match()
    oauth.activate()
    oauth.books.package._refresh = "another"
    oauth.books.package._access.clear()
    assert oauth.read()["read"] is False
    assert (oauth.row().state, oauth.row().stop_cause) == ("stopped", "sign_in")
    with pytest.raises(SignInAgain):
        open_connector(oauth.context, oauth.administration, oauth.id).check()
    oauth.later(timedelta(minutes=1))
    sign_in(oauth)
    assert (oauth.row().state, oauth.findings()) == ("active", {})


# --- the store ------------------------------------------------------------------------------------------------------


def pair(link: Link, name: str) -> Tokens:
    return Tokens(Secret(f"access-{name}"), Secret(f"refresh-{name}"), link.now(), link.now() + timedelta(minutes=10))


@pytest.fixture
def store(link: Link) -> Callable[..., StoredTokens]:
    link.make()

    def opened(**options: timedelta) -> StoredTokens:
        return StoredTokens(link.database, link.vault, link.administration, link.id, **options)

    with link.scope() as scope:
        opened().put(scope.session, pair(link, "first"))
    return opened


def test_whoever_waited_for_the_tokens_reads_the_new_ones(link: Link, store: Callable[..., StoredTokens]) -> None:
    renewed: list[str] = []

    def renew() -> None:
        with store().locked() as held:
            if held.read().access == "access-first":
                renewed.append("once")
                held.save(pair(link, "second"))

    threads = [threading.Thread(target=renew) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert renewed == ["once"]
    assert store().read().access == "access-second"


def test_nobody_waits_for_ever_and_a_dead_process_lets_go(link: Link, store: Callable[..., StoredTokens]) -> None:
    with store().locked(), pytest.raises(TryAgainLater), store(longest_wait=timedelta(0)).locked():
        pass
    with store(longest_wait=timedelta(0)).locked():
        pass
    died_at: list[datetime] = []
    with link.database.write() as session:
        died_at.append(database_now(session))
        lease = {"lease_token": uuid4(), "lease_until": died_at[0] + timedelta(milliseconds=300)}
        session.execute(update(ConnectionTokens).values(**lease))
    with store(longest_wait=timedelta(seconds=5)).locked() as held:
        assert held.read().access == "access-first"


def test_a_pair_that_comes_after_its_lease_is_kept_unless_another_renewed(
    link: Link, store: Callable[..., StoredTokens]
) -> None:
    with store(lease=timedelta(0)).locked() as slow:
        slow.read()
        with store().locked() as refused:
            refused.read()
            refused.stop("Old refresh token used.")
        with pytest.raises(SignInAgain):
            store().read()
        slow.save(pair(link, "slow"))
    assert store().read().access == "access-slow", "the package gave it, and refused the other because of it"
    with store(lease=timedelta(0)).locked() as late:
        late.read()
        with store().locked() as quick:
            quick.read()
            quick.save(pair(link, "quick"))
        late.save(pair(link, "late"))
        late.stop("too late")
    assert store().read().access == "access-quick"


def test_without_a_sign_in_there_are_no_tokens(link: Link) -> None:
    link.make()
    empty = StoredTokens(link.database, link.vault, link.administration, link.id)
    with pytest.raises(SignInAgain):
        empty.read()
    with pytest.raises(SignInAgain), empty.locked():
        pass


def test_closing_forgets_the_tokens(oauth: Link) -> None:
    sign_in(oauth)
    with oauth.connection() as (scope, row):
        connecting.close(scope, row, "Ander pakket")
    with oauth.database.read() as session:
        assert session.get(ConnectionTokens, (oauth.administration, UUID(str(oauth.id)))) is None
