"""Two imports as a support desk goes through them, over HTTP, to the invoice that the customer reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select

from billing_service import jobs
from billing_service.store.charges import Charge
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from tests import builders
from tests.api.client import World, make_world, problem
from tests.documents.reading import read

LEDEN = """\
Lidnummer;Voornaam;Tussenvoegsel;Achternaam;Straat;Huisnummer;Postcode;Plaats;E-mail
1001;Anna;de;Wit;Dorpsstraat;1;7411 AA;Deventer;anna@voorbeeld.example
1002;Bram;;Smit;Kerkstraat;12;7412 AB;Deventer;bram@voorbeeld.example
1003;Cor;van;Dam;Brink;3;7413 AC;Deventer;cor@voorbeeld.example
"""
BEDRIJVEN = "Bedrijf;KvK;Contactpersoon;E-mail\nBakkerij Bol;12345678;J. Bol;bol@voorbeeld.example\n"
COMMISSIES = "Lidnummer;Commissie;Functie\n1001;Feest;Voorzitter\n1002;Feest;Lid\n"


def swapped(file: str, one: int, other: int) -> str:
    """The file with two columns in each other's place."""
    rows = [line.split(";") for line in file.splitlines()]
    for row in rows:
        row[one], row[other] = row[other], row[one]
    return "\n".join(";".join(row) for row in rows) + "\n"


@dataclass(slots=True)
class Desk:
    """A support desk with one import project; ``day`` is the day on which its people work."""

    world: World
    contract_id: UUID
    project: str = ""

    def day(self, month: int, day: int) -> None:
        self.world.now[0] = datetime(2026, month, day, 10, 0, tzinfo=UTC)

    def post(self, path: str, body: Any, status: int = 200) -> dict[str, Any]:
        answer = self.world.ours.post(f"{self.project}{path}", body, headers={"Accept-Language": "nl"})
        assert answer.status_code == status, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def refused(self, path: str, body: Any, code: str) -> None:
        problem(self.world.ours.post(f"{self.project}{path}", body), 409, code)

    def look(self, path: str = "") -> dict[str, Any]:
        answer = self.world.ours.get(f"{self.project}{path}?language=nl")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: dict[str, Any] = answer.get_json()
        return found

    def open(self, reference: str, name: str, *, website: bool) -> None:
        body = {"reference": reference, "name": name, "contract_id": str(self.contract_id), "website": website}
        answer = self.world.ours.post("/v1/import-projects", body)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        self.project = f"/v1/import-projects/{answer.get_json()['id']}"

    def deliver(self, **files: str) -> dict[str, Any]:
        """A delivery of CSV files by name; as it is shown after the last of them."""
        delivery = self.post("/deliveries", {}, 201)
        for name, content in files.items():
            answer = self.world.ours.post(
                f"{self.project}/deliveries/{delivery['id']}/files?name={name}.csv",
                data=content.encode(),
                content_type="text/csv",
            )
            assert answer.status_code == 201, answer.get_data(as_text=True)
        return self.look(f"/deliveries/{delivery['id']}")

    def use(self, delivery: dict[str, Any], use: str = "moment") -> dict[str, Any]:
        return self.post(f"/deliveries/{delivery['id']}/import", {"use": use})

    def charges(self) -> list[tuple[date, str]]:
        """Dates and amounts of all charges."""
        with self.world.database.read() as session:
            rows = session.execute(select(Charge.date, Charge.amount).order_by(Charge.date, Charge.id))
            return [(row.date, str(row.amount)) for row in rows]

    def invoice(self, until: date) -> str:
        """Release and issue what is open; all that the customer reads, in one line."""
        run = self.job("/v1/billing-runs", {"until": until.isoformat()})
        self.job(f"/v1/billing-runs/{run}/issue", {})
        [invoice] = self.world.ours.get(f"/v1/invoices?billing_run_id={run}").get_json()["items"]
        answer = self.world.ours.get(f"/v1/invoices/{invoice['id']}/pdf")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return " ".join(page.text for page in read(answer.data))

    def job(self, path: str, body: Any) -> str:
        """Start a job over HTTP and do what the worker does with it; gives what it is about."""
        answer = self.world.ours.post(path, body)
        assert answer.status_code == 202, answer.get_data(as_text=True)
        job = answer.get_json()
        jobs.run(self.scope, UUID(job["id"]))
        subject: str = job["subject_id"]
        return subject

    @contextmanager
    def scope(self) -> Iterator[Scope]:
        clock = lambda: self.world.now[0]  # noqa: E731
        with self.world.database.write() as session:
            yield Scope(session, self.world.ours_id, "worker", clock(), clock=clock)

    def check(self) -> None:
        """The charges can be recomputed from the history."""
        assert self.post("/check", None)["agrees"]


@pytest.fixture
def desk(database: Database) -> Desk:
    world = make_world(database)
    with database.write() as session:
        customer = builders.customer(session, world.ours_id, name="Vereniging De Linde", language="nl")
        tariff = builders.tariff(session, world.ours_id, {"name": "Tarief", "rules": []})
        contract = builders.contract(session, world.ours_id, customer, tariff, reference="DL-2026", annex=True)
    return Desk(world, contract)


def sentences(*groups: Sequence[dict[str, Any]]) -> list[str]:
    return [one["sentence"] for group in groups for one in group]


def test_a_free_import_with_its_website_feedback_swapped_columns_and_a_third_moment(desk: Desk) -> None:
    desk.day(1, 5)
    desk.open("IMP-LINDE", "Ledenbestand De Linde", website=True)

    # The file comes in. Its titles propose; a person confirms.
    desk.day(1, 8)
    first = desk.deliver(leden=LEDEN)
    assert first["proposal"] == {"one_dimensional": True, "reasons": []}
    assert first["assessment"]["outcome"] == "free"
    desk.refused(f"/deliveries/{first['id']}/import", {"use": "moment"}, "import_not_assessed")
    desk.post("/assess", {"one_dimensional": True, "delivery_id": first["id"]})
    desk.use(first)

    # One round of feedback; its re-import is no moment.
    desk.day(1, 12)
    desk.post("/feedback", {"text": "De kolom Tussenvoegsel staat in Voornaam."})
    after = desk.use(desk.deliver(leden=LEDEN), "feedback")
    assert (after["moments_delivered"], after["total"]["amount"]) == (1, "0.00")
    desk.refused("/feedback", {"text": "En de straat ook."}, "import_feedback_refused")

    # The second delivery has two columns swapped: shown, sent back, restored, free.
    desk.day(2, 2)
    second = desk.deliver(leden=swapped(LEDEN, 6, 7))
    [compared] = second["comparisons"]
    assert not compared["same"]
    assert compared["differences"] == ["De kolommen “Postcode” en “Plaats” zijn verwisseld (plaatsen 7 en 8)."]
    assert second["new_structure"]
    desk.post(f"/deliveries/{second['id']}/send-back", {"reason": "Postcode en Plaats zijn verwisseld."})
    desk.day(2, 4)
    restored = desk.deliver(leden=LEDEN)
    assert restored["comparisons"][0]["same"]
    assert restored["next_fee"]["amount"]["amount"] == "0.00"
    assert desk.use(restored)["moments_delivered"] == 2
    assert desk.charges() == []

    # The third costs 90.00, once the customer agreed.
    desk.day(3, 9)
    third = desk.deliver(leden=LEDEN)
    assert third["next_fee"]["amount"]["amount"] == "90.00"
    desk.refused(f"/deliveries/{third['id']}/import", {"use": "moment"}, "import_agreement_needed")
    assert desk.charges() == []
    desk.post("/agreements", {"to": "further_moment", "by": "A. de Wit (e-mail)"})
    assert desk.charges() == []
    desk.use(third)
    assert desk.charges() == [(date(2026, 3, 9), "90.00")]
    desk.refused(f"/deliveries/{third['id']}/import", {"use": "moment"}, "import_delivery_handled")

    # The customer reads what was delivered when, why it costs this, and under which policy.
    desk.day(3, 31)
    invoice = desk.invoice(date(2026, 3, 31))
    for said in (
        "Derde importmoment van het ledenbestand (9 maart 2026)",
        "Ledenbestand De Linde (IMP-LINDE).",
        "Het gratis importtarief omvat twee momenten met een website: 8 januari 2026 en 4 februari 2026.",
        "Elk volgend moment kost € 90,00.",
        "Akkoord van A. de Wit (e-mail) op 9 maart 2026.",
        "Beleid: standaard importbeleid.",
        "IMP-LINDE",
        "Totaal exclusief btw € 90,00",
        "Totaal inclusief btw € 108,90",
    ):
        assert said in invoice, f"{said} IN {invoice}"
    [fee] = desk.look()["fees"]
    assert fee["charge_state"] == "invoiced"
    desk.check()


def test_three_files_quoted_declined_by_the_link_changed_and_accepted(desk: Desk) -> None:
    desk.day(1, 5)
    desk.open("IMP-ZAAL", "Leden, bedrijven en commissies", website=False)
    files = {"leden": LEDEN, "bedrijven": BEDRIJVEN, "commissies": COMMISSIES}
    delivered = desk.deliver(**files)
    assert not delivered["proposal"]["one_dimensional"]
    assert "Contactpersoon" in " ".join(sentences(delivered["proposal"]["reasons"]))
    assessed = desk.post("/assess", {"one_dimensional": False, "delivery_id": delivered["id"]})
    assert assessed["assessment"]["outcome"] == "quote"
    assert sentences(assessed["assessment"]["reasons"])[0] == "Er zijn 3 bestanden; gratis is één bestand."
    desk.refused(f"/deliveries/{delivered['id']}/import", {"use": "moment"}, "import_quote_needed")

    # The first quote: the customer follows the link, reads it, and declines.
    first = desk.post("/quotes", {"price": {"amount": "640.00", "currency": "EUR"}}, 201)
    assert first["valid_until"] == "2026-02-04"
    link = urlsplit(first["link"]).path
    customer = desk.world.app.test_client()
    page = customer.get(link)
    assert page.status_code == 200
    assert "640,00" in page.get_data(as_text=True)
    pdf = " ".join(page.text for page in read(customer.get(f"{link}/pdf").data))
    for said in ("OFFERTE", "IMP-ZAAL-1", "Vereniging De Linde", "Import van 3 bestanden (16 kolommen)", "€ 320,00"):
        assert said in pdf, said
    declined = customer.post(f"{link}/decline", data={"name": "Piet Zaal", "reason": "Zonder commissies graag."})
    assert declined.status_code in (200, 303)
    stored = desk.look(f"/quotes/{first['id']}")
    assert (stored["state"], stored["decided_how"], stored["reason"]) == (
        "declined",
        "link",
        "Zonder commissies graag.",
    )
    again = customer.post(f"{link}/accept", data={"name": "Piet Zaal"})
    assert again.status_code == 409
    assert desk.look(f"/quotes/{first['id']}")["state"] == "declined"
    assert desk.charges() == []

    # A changed one is accepted through the API; still nothing is charged before the import.
    desk.day(1, 14)
    second = desk.post("/quotes", {"price": {"amount": "345.55", "currency": "EUR"}, "note": "Zonder commissies."}, 201)
    assert second["number"] == "IMP-ZAAL-2"
    desk.post(f"/quotes/{second['id']}/accept", {"by": "Piet Zaal (telefoon)"})
    assert desk.charges() == []
    changed = desk.deliver(leden=LEDEN, bedrijven=BEDRIJVEN)
    desk.refused(f"/deliveries/{changed['id']}/import", {"use": "moment"}, "import_not_assessed")
    desk.post("/assess", {"one_dimensional": False, "delivery_id": changed["id"]})
    desk.use(changed)
    assert desk.charges() == [(date(2026, 1, 14), "345.55")]

    # Without website one moment is included; the next costs half, half a cent up.
    desk.day(2, 3)
    desk.post("/agreements", {"to": "further_moment", "by": "Piet Zaal (telefoon)"})
    desk.use(desk.deliver(leden=LEDEN, bedrijven=BEDRIJVEN))
    assert desk.charges() == [(date(2026, 1, 14), "345.55"), (date(2026, 2, 3), "172.78")]
    desk.day(3, 31)
    invoice = desk.invoice(date(2026, 3, 31))
    for said in (
        "Import van de ledenbestanden (14 januari 2026)",
        "Offerte IMP-ZAAL-2 van € 345,55 is op 14 januari 2026 geaccepteerd.",
        "Tweede importmoment van",
        "De offerteprijs omvat één moment zonder website: 14 januari 2026.",
        "Elk volgend moment kost de helft van de offerteprijs van € 345,55: € 172,78.",
        "Totaal exclusief btw € 518,33",
    ):
        assert said in invoice, f"{said} IN {invoice}"
    desk.check()


def test_a_quote_that_was_declined_withdrawn_or_expired_never_charges(desk: Desk) -> None:
    desk.day(1, 5)
    desk.open("IMP-NEE", "Leden en commissies", website=True)
    delivered = desk.deliver(leden=LEDEN, commissies=COMMISSIES)
    desk.post("/assess", {"one_dimensional": False, "delivery_id": delivered["id"]})
    price = {"price": {"amount": "500.00", "currency": "EUR"}}
    declined = desk.post("/quotes", price, 201)
    desk.post(f"/quotes/{declined['id']}/decline", {"by": "P. Nee", "reason": "Te duur."})
    withdrawn = desk.post("/quotes", price, 201)
    desk.post(f"/quotes/{withdrawn['id']}/withdraw", {"reason": "Verkeerde prijs."})
    expired = desk.post("/quotes", price, 201)
    desk.day(2, 4)
    assert desk.look(f"/quotes/{expired['id']}")["state"] == "open", "the last day counts"
    desk.day(2, 5)
    assert desk.look(f"/quotes/{expired['id']}")["state"] == "expired"
    assert desk.look()["status"]["code"] == "quote_expired"
    for quote in (declined, withdrawn, expired):
        desk.refused(f"/quotes/{quote['id']}/accept", {"by": "P. Nee"}, "import_quote_not_open")
        customer = desk.world.app.test_client()
        link = urlsplit(quote["link"]).path
        assert customer.post(f"{link}/accept", data={"name": "P. Nee"}).status_code == 409
    desk.refused(f"/deliveries/{delivered['id']}/import", {"use": "moment"}, "import_quote_needed")
    assert desk.charges() == []
    assert desk.look()["total"]["amount"] == "0.00"
    desk.check()
