"""An import project as a support desk drives it over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from werkzeug.test import TestResponse

from tests import builders, helpdesk
from tests.api.client import World

TITLES = ["Lidnummer", "Voornaam", "Achternaam", "Postcode", "E-mail"]
SWAPPED = ["Lidnummer", "Achternaam", "Voornaam", "Postcode", "E-mail"]


@dataclass(slots=True)
class Import:
    """One project. Every step must succeed; ``post`` gives the answer as it is, for steps that may not."""

    world: World
    path: str
    contract_id: UUID

    def get(self, below: str = "", **query: str) -> dict[str, Any]:
        answer = self.world.ours.get(self.path + below, query_string=query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def post(self, below: str, body: Any = None, **options: Any) -> TestResponse:
        return self.world.ours.post(self.path + below, body, **options)

    def do(self, below: str, body: Any = None, **options: Any) -> dict[str, Any]:
        answer = self.post(below, body, **options)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def deliver(self, *files: list[str], on: str | None = None) -> str:
        """A delivery with these titles stated; returns its address below the project."""
        stated = [{"name": f"leden-{at}.csv", "titles": titles} for at, titles in enumerate(files or (TITLES,), 1)]
        made = self.do("/deliveries", {"files": stated} | ({"received_on": on} if on else {}))
        return f"/deliveries/{made['id']}"

    def assess(self, delivery: str, *, one_dimensional: bool = True, **more: Any) -> dict[str, Any]:
        return self.do(
            "/assess", {"delivery_id": delivery.rsplit("/", 1)[1], "one_dimensional": one_dimensional} | more
        )

    def moment(self, *files: list[str], on: str | None = None) -> dict[str, Any]:
        """A delivery imported as a moment."""
        return self.do(f"{self.deliver(*files, on=on)}/import", {"use": "moment"} | ({"on": on} if on else {}))

    def quote(self, price: str = "500.00", **more: Any) -> dict[str, Any]:
        return self.do("/quotes", {"price": {"amount": price, "currency": "EUR"}} | more)

    def fees(self) -> list[tuple[str, str]]:
        return [(fee["code"], fee["amount"]["amount"]) for fee in self.get()["fees"]]

    def charges(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.world.ours.get("/v1/charges?source=import").get_json()["items"]
        return found

    def check(self) -> dict[str, Any]:
        return self.do("/check")


def agreed(world: World, **customer: Any) -> UUID:
    """A contract of ours."""
    with world.database.write() as session:
        customer_id = builders.customer(session, world.ours_id, **customer)
        tariff_id = builders.tariff(session, world.ours_id, helpdesk.TARIFF)
        return builders.contract(session, world.ours_id, customer_id, tariff_id)


def opened(world: World, contract_id: UUID | None = None, **more: Any) -> Import:
    """A project with a website, opened today under a contract of its own unless said otherwise."""
    contract_id = contract_id or agreed(world)
    wish = {"reference": "IMP-1", "name": "Ledenbestand De Linde", "contract_id": str(contract_id), "website": True}
    answer = world.ours.post("/v1/import-projects", wish | more)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return Import(world, answer.headers["Location"], contract_id)


def free(world: World, **more: Any) -> Import:
    """A free import of which the first moment was delivered."""
    project = opened(world, **more)
    delivery = project.deliver()
    project.assess(delivery)
    project.do(f"{delivery}/import", {"use": "moment"})
    return project
