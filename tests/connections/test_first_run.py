"""Customers that stood there before: proposed as ours, decided by a person, never made twice."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import select

from billing_service.connections import matching
from billing_service.connections.first_run import Ours, plain_name, propose
from billing_service.errors import AlreadyExists, Conflict
from billing_service.store.connections import ConnectionCustomer, ConnectionMatch
from connectors.base import RemoteCustomer
from tests import builders
from tests.connections.link import Link

LINDE = Ours(uuid4(), "10001", "Vereniging De Linde", "1234 AB", "NL004495445B01", "30281234")


def there(**fields: Any) -> RemoteCustomer:
    return RemoteCustomer(**({"id": "7", "name": "Iets anders"} | fields))


@pytest.mark.parametrize(
    ("fields", "found_by", "certain"),
    [
        ({"code": "10001", "name": "Ver. de Linde"}, "code", True),
        ({"code": " 0010001", "name": "Ver. de Linde"}, "code", True),
        ({"code": "10001"}, "code", False),
        ({"code": "10001", "kvk_number": "30281234"}, "code", True),
        ({"code": "10001", "name": "Ver. de Linde", "kvk_number": "99999999"}, "code", False),
        ({"vat_number": "NL 0044.95.445.B01"}, "vat_number", True),
        ({"vat_number": "004495445B01"}, "vat_number", True),
        ({"vat_number": "NL004495445B01", "kvk_number": "99999999"}, "vat_number", False),
        ({"kvk_number": "30281234", "code": "D-77"}, "kvk_number", True),
        ({"name": "vereniging de linde", "postal_code": "1234ab"}, "name_and_postcode", False),
    ],
)
def test_what_makes_two_the_same(fields: dict[str, Any], found_by: str, certain: bool) -> None:
    (found,) = propose([LINDE], [there(**fields)])
    assert (found.customer_id, found.found_by, found.certain) == (LINDE.id, found_by, certain)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name": "Vereniging De Linde"},
        {"postal_code": "1234 AB"},
        {"code": ""},
        {"name": "Stichting De Linde", "postal_code": "1234 AB"},
    ],
)
def test_what_does_not(fields: dict[str, Any]) -> None:
    assert propose([LINDE], [there(**fields)]) == []


def test_two_that_fit_are_left_to_a_person() -> None:
    twice = [there(id="7", kvk_number="30281234"), there(id="8", kvk_number="30281234")]
    assert [(one.remote.id, one.certain) for one in propose([LINDE], twice)] == [("7", False), ("8", False)]
    branch = Ours(uuid4(), "10002", "De Linde Oost", "9999 ZZ", kvk="30281234")
    found = propose([LINDE, branch], [there(kvk_number="30281234")])
    assert [(one.customer_id, one.certain) for one in found] == [(LINDE.id, False), (branch.id, False)]


def test_names_are_compared_without_accents_capitals_and_legal_form() -> None:
    assert plain_name("Café «Het Vélo» B.V.") == plain_name("cafe het velo")
    assert plain_name("Muziekver. Crescendo") == plain_name("Muziekvereniging Crescendo")
    assert plain_name("BV") == "bv", "a name that is nothing else stays"


ANY = some.sampled_from(["", "1", "2", "A"])
THEIRS = some.lists(some.builds(RemoteCustomer, some.uuids().map(str), ANY, ANY, ANY, ANY, ANY), max_size=6)
OURS = some.lists(some.builds(Ours, some.uuids(), ANY, ANY, ANY, ANY, ANY), max_size=6)


@settings(max_examples=200, deadline=None)
@given(OURS, THEIRS)
def test_certain_ones_never_contradict_each_other(ours: list[Ours], theirs: list[RemoteCustomer]) -> None:
    found = propose(ours, theirs)
    assert len({(one.customer_id, one.remote.id) for one in found}) == len(found)
    certain = [one for one in found if one.certain]
    assert len({one.customer_id for one in certain}) == len({one.remote.id for one in certain}) == len(certain)
    assert all(sum(other.customer_id == one.customer_id for other in found) == 1 for one in certain)


# --- in the service -------------------------------------------------------------------------------------------------


def put(link: Link, **fields: Any) -> str:
    """A customer that somebody made in the package."""
    values = {"code": "D1", "name": "Iets", "street": "Plein 1", "postal_code": "1111 AA", "city": "Ede"}
    more = {"country": "NL", "email": None, "vat_number": None, "kvk_number": None, "is_business": True}
    return str(link.books.package.books.put_customer(values | more | fields)["id"])


def matches(link: Link) -> dict[str, ConnectionMatch]:
    """By the id there."""
    with link.database.read() as session:
        return {row.remote_id: row for row in session.scalars(select(ConnectionMatch))}


def linked(link: Link) -> list[tuple[UUID, str]]:
    with link.database.read() as session:
        return [(row.customer_id, row.remote_id) for row in session.scalars(select(ConnectionCustomer))]


def test_all_pages_are_compared_and_certain_ones_accepted_at_once(link: Link) -> None:
    link.make()
    with link.scope() as scope:
        for at in range(5):
            builders.customer(scope.session, link.administration, f"2000{at}", kvk=f"1111111{at}")
    certain = [put(link, code=f"D{at}", kvk_number=f"1111111{at}") for at in range(5)]
    maybe = put(link, code="D9", name="Ver. De Linde", postal_code="1234AB")
    assert link.match() == {"read": True, "customers_there": 6, "proposed": 6, "certain": 5}
    with link.connection() as (scope, row):
        assert matching.accept_certain(scope, row) == 5
        assert matching.accept_certain(scope, row) == 0
    assert sorted(remote for _, remote in linked(link)) == sorted(certain)
    assert matches(link)[maybe].state == "proposed"


def test_an_accepted_match_rejects_the_others_and_decisions_stay(link: Link) -> None:
    link.make()
    right, wrong = put(link, code="D1", kvk_number="30281234"), put(link, code="D2", kvk_number="30281234")
    link.match()
    with link.connection() as (scope, row):
        matching.accept(scope, matching.get(scope, row, matches(link)[right].id))
    assert {remote: row.state for remote, row in matches(link).items()} == {right: "accepted", wrong: "rejected"}
    with link.connection() as (scope, row):
        for again in (matching.accept, matching.reject):
            with pytest.raises(Conflict):
                again(scope, matching.get(scope, row, matches(link)[wrong].id))
    assert link.match() == {"read": True, "customers_there": 2, "proposed": 0, "certain": 0}
    assert len(matches(link)) == 2


def test_a_connection_is_not_activated_while_somebody_may_be_made_twice(link: Link) -> None:
    link.make()
    link.read()
    link.map()
    known = put(link, code="10001")
    link.match()
    with pytest.raises(Conflict) as refused:
        link.activate()
    assert refused.value.code == "matches_undecided"
    with link.connection() as (scope, row):
        matching.reject(scope, matching.get(scope, row, matches(link)[known].id))
    link.activate()


def test_one_of_theirs_is_never_two_of_ours(link: Link) -> None:
    link.make()
    with link.connection() as (scope, row):
        first = builders.customer(scope.session, link.administration, "1")
        second = builders.customer(scope.session, link.administration, "2")
        matching.link(scope, row.id, first, "7")
        matching.link(scope, row.id, first, "7")
        with pytest.raises(AlreadyExists):
            matching.link(scope, row.id, second, "7")
        with pytest.raises(AlreadyExists):
            matching.link(scope, row.id, first, "8")
