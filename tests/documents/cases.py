"""The named cases every change of the page is looked at with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from billing_service.core.document import (
    Address,
    Buyer,
    ImportEntry,
    InvoiceDocument,
    ItemEntry,
    MovementKind,
    PrepaidMovement,
    PrepaidUnit,
    make_line,
    prepaid_balance,
)
from tests.documents.examples import BUYER, SELLER, annex_entry, issued, standard

HOSTILE = 'Bröd & <b>Søn</b> <img src="/etc/passwd"> {number} %s \\) Tj'


def long_names() -> InvoiceDocument:
    """Names of 120 characters, a word without a blank, and a detail of a whole paragraph."""
    buyer = Buyer(
        name="Stichting tot Behoud van het Industrieel en Ambachtelijk Erfgoed in de Gemeenten Alblasserdam, "
        "Zwijndrecht en Papendrecht",
        attention="de afdeling Inkoop, Contractbeheer en Crediteurenadministratie, mevrouw A.M.C. van den Bergh-van "
        "Oudshoorn tot Slangenburg",
        address=Address("Burgemeester Jonkheer Mr. van Nispen tot Sevenaerlaan 118 B-III", "2951 XZ", "Alblasserdam"),
        customer_number="DEB-000000010042-ALBLASSERDAM",
        vat_number="NL806318470B01",
    )
    seller = replace(
        SELLER,
        legal_name="Coöperatieve Vereniging van Helpdesk- en Automatiseringsbedrijven Zuiderhaven en Omstreken U.A.",
        trade_name="Helpdesk- en Automatiseringsbedrijven Zuiderhaven en Omstreken",
        email="debiteurenadministratie.noord-en-zuid@helpdesk-zuiderhaven-en-omstreken.example",
    )
    lines = [
        standard(
            1,
            "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft: onderzoek naar de "
            "koppeling",
            detail="Vraag V-1031 van mevrouw Van den Bergh-van Oudshoorn: na de overgang naar het nieuwe jaar kwamen "
            "de contributies van ereleden dubbel in de incasso; de oorzaak was een tweede selectie met dezelfde "
            "naam, die op 3 november 2026 is samengevoegd en daarna met drie proefincasso's is nagelopen.",
            minutes=1250,
            unit_price=Decimal("112.50"),
        ),
        standard(2, "Nazorg", detail="https://" + "zeer-lang-pad-zonder-einde/" * 8, amount=Decimal("1234567.89")),
    ]
    return issued(
        lines,
        buyer=buyer,
        seller=seller,
        buyer_reference="Inkoopordernummer 4500098127 / kostenplaats 7100-ICT / project ERFGOED-2026",
        contract_description="Ondersteuning van ledenadministratie, incasso en nieuwsbrieven inclusief nazorg",
    )


def hundred_lines() -> InvoiceDocument:
    """A line per question, over several pages."""
    return issued(
        [
            standard(
                at,
                f"Vraag over de ledenlijst, nummer {at}",
                detail=f"Vraag V-{2000 + at} · {1 + at % 30} november 2026" if at % 3 else None,
                minutes=5 * at,
                unit_price=Decimal("95.00"),
            )
            for at in range(1, 101)
        ]
    )


def reverse_charge() -> InvoiceDocument:
    """A Belgian business: btw verlegd, its VAT number and its country on the page."""
    buyer = Buyer(
        name="Ledenbeheer Antwerpen BV",
        attention="Boekhouding",
        address=Address("Nationalestraat 111", "2000", "Antwerpen", "BE"),
        customer_number="10077",
        vat_number="BE0428759497",
    )
    vat: dict[str, Any] = {"vat_category": "AE", "vat_rate": Decimal("0.00"), "vat_text": "reverse_charge"}
    lines = [
        make_line(1, "Advies over de inrichting", minutes=150, unit_price=Decimal("110.00"), **vat),
        make_line(2, "Sjabloon", quantity=Decimal(3), unit="EA", unit_price=Decimal("45.125"), **vat),
    ]
    return issued(lines, buyer=buyer)


def two_rates() -> InvoiceDocument:
    """21 % and 9 % beside each other, part of it paid before, a discount as a line of its own."""
    return issued(
        [
            standard(1, "Instellen van de webwinkel", minutes=95, unit_price=Decimal("95.00")),
            standard(2, "Handboek Ledenadministratie", quantity=Decimal(12), unit="EA", unit_price=Decimal("24.95"),
                     vat_rate=Decimal("9.00")),
            standard(3, "Korting handboeken", amount=Decimal("-29.94"), vat_rate=Decimal("9.00")),
            standard(4, "Opslag", detail="0,125 GB boven de afspraak", quantity=Decimal("0.125"), unit="GB",
                     unit_price=Decimal("0.0875")),
        ],
        paid=Decimal("100.00"),
    )  # fmt: skip


def non_ascii_names() -> InvoiceDocument:
    """Polish, Turkish, French and hostile names; a script the font does not have shows a sign in its place."""
    buyer = Buyer(
        name="Związek Żeglarzy Łódź & Gdańsk",
        attention="Şükrü Yıldırım-İğneada, Françoise d'Œuvre",
        address=Address("Çınarlı Sokağı 5 – Bâtiment Ñ", "1012 ÅÄ", "’s-Hertogenbosch"),
        customer_number="10099",
        vat_number="NL806318470B01",
    )
    return issued(
        [
            standard(1, HOSTILE, detail="Gevraagd door Håkan Ångström; Ελένη Παπαδοπούλου; Дмитрий Иванов", minutes=50,
                     unit_price=Decimal("95.00")),
            standard(2, "東京支店 の 質問 🙂", detail="e\u0301\u00adn \u200bregel\nmet\ttekens \x00\x1b[31m",
                     amount=Decimal("10.00")),
        ],
        buyer=buyer,
        seller=replace(SELLER, legal_name="Zuiderhaven Café & Wörld <i>B.V.</i>"),
        annex=[annex_entry(1, subject=HOSTILE, asker="Łukasz Świętosławski")],
    )  # fmt: skip


def annex() -> InvoiceDocument:
    """Included, waived, drawn, charged and unbilled questions, enough for two pages of annex."""
    lines = [
        standard(1, "Koppeling met de webwinkel hersteld", minutes=50, unit_price=Decimal("95.00")),
        standard(2, "Vragen onder het contract", detail="3 vragen", minutes=35, included=True),
    ]
    outcomes = [
        annex_entry(1),
        annex_entry(
            2, subject="Wachtwoord vergeten", disposition="included", amount=Decimal("0.00"), raw_minutes=6,
            billed_minutes=15,
            explanation=("Regel 1 beslist: vragen van bekende contactpersonen vallen onder het contract.",),
        ),
        annex_entry(
            3, subject="Factuur kwam dubbel binnen", disposition="waived", amount=Decimal("0.00"), raw_minutes=80,
            corrected_minutes=45, billed_minutes=None,
            explanation=("Kwijtgescholden door J. Smit: onze eigen fout bij het inlezen.",),
        ),
        annex_entry(
            4, subject="Nieuwe kolom in het ledenoverzicht", disposition="draw", amount=Decimal("0.00"),
            raw_minutes=120, corrected_minutes=105, billed_minutes=105,
            explanation=("Afgeschreven van strippenkaart 2026-3; er staan nog 135 minuten op.",),
        ),
        annex_entry(
            5, subject="Opmerking over het handboek", disposition="not_billable", amount=Decimal("0.00"),
            raw_minutes=0, billed_minutes=None, asker=None, explanation=(),
        ),
    ]  # fmt: skip
    more = [annex_entry(at, subject=f"Vraag over de incasso, nummer {at}") for at in range(6, 20)]
    return issued(lines, annex=[*outcomes, *more])


def english() -> InvoiceDocument:
    """The same page in English, for a buyer abroad outside the EU."""
    buyer = Buyer(
        name="Harbour Membership Services Ltd",
        attention="Accounts Payable",
        address=Address("14 Quay Street", "BS1 4DJ", "Bristol", "GB"),
        customer_number="10120",
        vat_number="GB123456782",
    )
    vat: dict[str, Any] = {"vat_category": "O", "vat_rate": Decimal("0.00"), "vat_text": "outside_eu"}
    return issued(
        [
            make_line(1, "Restored the web shop connection", minutes=1245, unit_price=Decimal("95.00"), **vat),
            make_line(2, "Support covered by the contract", minutes=20, included=True, **vat),
        ],
        language="en",
        buyer=buyer,
        contract_description="Membership administration support",
        annex=[
            annex_entry(
                1,
                subject="Web shop connection lost",
                raw_minutes=1239,
                billed_minutes=1245,
                amount=Decimal("1971.25"),
                explanation=("Rule 3 decided: questions about connections are charged by time spent.",),
            )
        ],
    )


def zero_vat() -> InvoiceDocument:
    """A small business (KOR): no VAT, the reason on the page, and nothing left to pay by a terms of zero days."""
    vat: dict[str, Any] = {"vat_category": "E", "vat_rate": Decimal("0.00"), "vat_text": "small_business"}
    return issued(
        [
            make_line(
                1,
                "Workshop ledenadministratie",
                quantity=Decimal("1.5"),
                unit="DAY",
                unit_price=Decimal("640.00"),
                **vat,
            )
        ],
        seller=replace(SELLER, trade_name=None, vat_number=None, bic=None, phone=None, website=None),
        terms_days=0,
        supply_from=date(2026, 11, 12),
        supply_to=date(2026, 11, 12),
        buyer=replace(BUYER, attention=None, kvk_number=None),
        buyer_reference=None,
        contract_description=None,
    )


def page_break_at_the_totals() -> InvoiceDocument:
    """The lines fit on the first page, the totals do not: they take the last line along."""
    return issued([standard(at, f"Vraag nummer {at}", amount=Decimal("12.50")) for at in range(1, 16)])


def import_fees() -> InvoiceDocument:
    """A question and two fees of an import, each told in the annex."""
    fees = [
        ImportEntry(
            "IMP-2026-0007",
            "Verder importmoment (moment 3)",
            date(2026, 11, 19),
            Decimal("90.00"),
            (
                "Met een website in het project zijn 2 importmomenten inbegrepen; geleverd op 3 en 12 november 2026.",
                "Elk verder moment van een gratis import kost € 90,00.",
                "Akkoord gegeven door M. Visser op 18 november 2026. Importbeleid 2026.",
            ),
        ),
        ImportEntry(
            "MEMBERSHIP-TRANSITION-2026-0008-WATERLAND",
            "Import met een nieuwe opbouw (moment 4)",
            date(2026, 11, 20),
            Decimal("180.00"),
            ("De nieuwe levering heeft de kolom Mobiel erbij en mist de kolom Fax.",),
        ),
    ]
    lines = [standard(at, fee.description, amount=fee.amount) for at, fee in enumerate(fees, 1)]
    return issued(lines, annex=[annex_entry(1)], imports=fees)


def prepaid_time() -> InvoiceDocument:
    """A support card bought and drawn from often, a block that is used up, and free questions by the month."""
    drawn = [
        PrepaidMovement(date(2026, 11, at), MovementKind.DRAW, -5 * at, f"V-{1030 + at}", f"Vraag over de incasso {at}")
        for at in range(2, 10)
    ]
    card = prepaid_balance(
        reference="UK-0001",
        title="Strippenkaart support, 10 uur",
        unit=PrepaidUnit.MINUTES,
        as_of=date(2026, 11, 30),
        previous=0,
        movements=[
            PrepaidMovement(date(2026, 11, 1), MovementKind.SALE, 600),
            *drawn,
            PrepaidMovement(date(2026, 11, 5), MovementKind.UNDO, 25, "V-1035", "Vraag over de incasso 5"),
            PrepaidMovement(date(2026, 11, 12), MovementKind.CORRECTION, 15, subject="Te veel tijd genoteerd"),
        ],
        valid_to=date(2027, 10, 31),
    )
    block = prepaid_balance(
        reference="UK-0002",
        title="Ontwerp, blok van 4 uur",
        unit=PrepaidUnit.MINUTES,
        as_of=date(2026, 11, 30),
        previous=60,
        movements=[
            PrepaidMovement(date(2026, 11, 18), MovementKind.DRAW, -60, "V-1051", "Huisstijl in de nieuwsbrief")
        ],
    )
    free = prepaid_balance(
        reference="vragen",
        title="Vrije vragen per maand, vanaf 1 november 2026",
        unit=PrepaidUnit.QUESTIONS,
        as_of=date(2026, 11, 30),
        previous=0,
        movements=[
            PrepaidMovement(date(2026, 11, 1), MovementKind.GRANT, 5),
            PrepaidMovement(date(2026, 11, 2), MovementKind.DRAW, -1, "V-1032", HOSTILE),
        ],
    )
    return issued(prepaid=[card, block, free])


def other_items() -> InvoiceDocument:
    """An hour card and a subscription beside a question and a fee of an import, each told in the annex."""
    items = [
        ItemEntry(
            "card",
            "Strippenkaart Support van 10 uur (UK-0007)",
            date(2026, 11, 12),
            Decimal("850.00"),
            ("10:00 uur vooruit voor € 850,00.", "Geldig van 12 november 2026 tot en met 11 november 2027."),
        ),
        ItemEntry(
            "subscription",
            "Financiële app, 16 t/m 30 november 2026",
            date(2026, 11, 16),
            Decimal("15.00"),
            ("Per maand € 30,00.", "Van deze maand vallen 15 van de 30 dagen binnen het abonnement: € 15,00."),
        ),
    ]
    fees = import_fees().imports[:1]
    lines = [standard(at, told.description, amount=told.amount) for at, told in enumerate([*items, *fees], 1)]
    return issued(lines, annex=[annex_entry(1)], imports=fees, items=items)


CASES: dict[str, Callable[[], InvoiceDocument]] = {
    case.__name__: case
    for case in (
        long_names,
        hundred_lines,
        reverse_charge,
        two_rates,
        non_ascii_names,
        annex,
        english,
        zero_vat,
        page_break_at_the_totals,
        import_fees,
        prepaid_time,
        other_items,
    )
}
