"""Hour cards and blocks are sold, corrected, cancelled; a block that is used up needs a new one for its feedback."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from billing_service import invoicing, prepaid
from billing_service.core.charge_texts import explain_charge
from billing_service.core.crediting import Part
from billing_service.core.document import from_json
from billing_service.errors import AlreadyExists, Conflict, InvalidInput
from billing_service.store.charges import Charge
from billing_service.store.prepaid import HourCard
from billing_service.store.session import Database
from tests.invoicing.world import World
from tests.prepaid.selling import block, left, moved, sold, wish


@pytest.fixture
def world(database: Database) -> World:
    world = World.founded(database)
    world.agree()
    return world


def charge_of(world: World, card: HourCard) -> Charge:
    with world.reading() as scope:
        charge = scope.session.get_one(Charge, (world.administration_id, card.charge_id))
        scope.session.expunge(charge)
        return charge


def told(charge: Charge, language: str) -> list[str]:
    return [sentence.replace("\xa0", " ") for sentence in explain_charge(charge.explanation or [], language)]


def refused(world: World, asked: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as error, world.scope() as scope:
        prepaid.sell(scope, asked)
    with world.reading() as scope:
        assert scope.session.scalars(select(Charge)).all() == []
    return {found.pointer: found.detail for found in error.value.errors}


def test_a_card_is_sold_with_its_minutes_and_a_charge_on_the_day_of_the_sale(world: World) -> None:
    card = sold(world, wish(world, valid_to=date(2027, 3, 1)))
    assert (card.reference, card.valid_from, left(world, card)) == ("UK-0001", date(2026, 3, 2), 600)
    charge = charge_of(world, card)
    assert (charge.source, charge.date, charge.amount, charge.vat_class) == (
        "card",
        date(2026, 3, 2),
        Decimal("900.00"),
        "standard",
    )
    assert told(charge, "nl") == [
        "Strippenkaart UK-0001: 10:00 uur voor € 900,00, zonder btw.",
        "Geldig van 2 maart 2026 tot en met 1 maart 2027.",
        "De btw hoort bij de verkoop: wat wordt afgeschreven, staat daarna op 0,00.",
    ]
    world.issue(world.release())
    (invoice,) = world.invoices("issued")
    assert (invoice.net, invoice.vat) == (Decimal("900.00"), Decimal("189.00"))
    (line,) = from_json(invoice.document.encode()).lines
    assert (line.description, line.detail) == ("Strippenkaart support", "UK-0001 · 10:00 uur")


def test_a_block_is_four_hours_for_a_fixed_price_unless_agreed_otherwise(world: World) -> None:
    design = sold(world, block(world))
    module = sold(world, block(world, code="website-module", price=Decimal("360.00")))
    long = sold(world, block(world, minutes=480, reference="BLOK-8"))
    assert [(one.reference, one.minutes, one.price) for one in (design, module, long)] == [
        ("UK-0001", 240, Decimal("280.00")),
        ("UK-0002", 240, Decimal("360.00")),
        ("BLOK-8", 480, Decimal("280.00")),
    ]
    assert sold(world, block(world)).reference == "UK-0004"


def test_what_cannot_be_sold_names_every_field_and_leaves_nothing(world: World) -> None:
    no_minutes = wish(world, sold_on=date(2013, 12, 31), valid_to=date(2013, 12, 30), minutes=None)
    assert refused(world, no_minutes) == {
        "/sold_on": "lies outside the contract C-1",
        "/minutes": "is required of a card; only a block has a length of its own",
        "/valid_to": "lies before valid_from",
    }
    assert refused(world, wish(world, multi_purpose=True)) == {"/multi_purpose": "must be false"}
    assert refused(world, wish(world, contract_id=world.administration_id)) == {"/contract_id": "is no contract"}
    sold(world, wish(world, reference="UK-7"))
    with pytest.raises(AlreadyExists), world.scope() as scope:
        prepaid.sell(scope, wish(world, reference="UK-7"))


def test_a_correction_has_a_reason_and_never_takes_more_than_is_left(world: World) -> None:
    card = sold(world, wish(world))
    with world.scope() as scope:
        prepaid.correct(scope, card, -100, "Telefoongesprek zonder vraag")
        prepaid.correct(scope, card, 40, "Dubbel genoteerd", date(2026, 3, 5))
    assert left(world, card) == 540
    assert [(one.kind, one.quantity, one.reason, one.actor) for one in moved(world, card)] == [
        ("sale", 600, None, "test"),
        ("correction", -100, "Telefoongesprek zonder vraag", "test"),
        ("correction", 40, "Dubbel genoteerd", "test"),
    ]
    with (
        pytest.raises(Conflict, match="Of UK-0001 9:00 is left: 9:01 cannot be taken") as error,
        world.scope() as scope,
    ):
        prepaid.correct(scope, card, -541, "Te veel")
    assert error.value.code == "exceeds_card"
    with pytest.raises(InvalidInput), world.scope() as scope:
        prepaid.correct(scope, card, 0, "Niets")
    assert left(world, card) == 540


def test_a_sale_is_cancelled_while_its_charge_is_open_and_never_twice(world: World) -> None:
    card = sold(world, wish(world))
    with world.scope() as scope:
        prepaid.correct(scope, card, 30, "Toegift")
        prepaid.cancel(scope, card, "Vergissing")
    assert left(world, card) == 0
    assert charge_of(world, card).state == "cancelled"
    for attempt in (prepaid.cancel, lambda scope, card, reason: prepaid.correct(scope, card, 5, reason)):
        with pytest.raises(Conflict) as error, world.scope() as scope:
            attempt(scope, card, "Nog eens")
        assert error.value.code == "already_cancelled"
    run = world.release()
    assert world.invoices() == [], run


def test_a_card_on_a_document_says_what_to_do_instead_of_cancelling(world: World) -> None:
    card = sold(world, wish(world))
    run = world.release()
    with pytest.raises(Conflict, match="withdraw that first") as error, world.scope() as scope:
        prepaid.cancel(scope, card, "Vergissing")
    assert error.value.code == "card_released"
    world.issue(run)
    with pytest.raises(Conflict, match="credit line 1 of invoice 2026-00001 whole") as error, world.scope() as scope:
        prepaid.cancel(scope, card, "Vergissing")
    assert error.value.code == "card_invoiced"
    assert left(world, card) == 600


# --- blocks and feedback ---


def test_feedback_on_a_block_that_is_used_up_needs_a_new_block(world: World) -> None:
    first = sold(world, block(world))
    with world.scope() as scope:
        prepaid.register_feedback(scope, first, 200, "Logo aangepast")
        with pytest.raises(Conflict, match="0:40 is left") as error:
            prepaid.register_feedback(scope, first, 60, "Kleuren")
        assert error.value.code == "exceeds_card"
        prepaid.register_feedback(scope, first, 40, "Kleuren")
    with pytest.raises(Conflict, match="Block UK-0001 is used up") as error, world.scope() as scope:
        prepaid.register_feedback(scope, first, 30, "Lettertype")
    assert error.value.code == "new_block_needed"
    second = sold(world, block(world, follows_id=first.id))
    with world.scope() as scope:
        paid = prepaid.register_feedback(scope, first, 30, "Lettertype")
    assert (paid.hour_card_id, left(world, first), left(world, second)) == (second.id, 0, 210)
    follows = "This block pays for the feedback on block UK-0001 (Design, block of 4 hours)."
    assert follows in told(charge_of(world, second), "en")


def test_two_unfinished_blocks_are_fine_and_another_block_pays_for_nothing_of_this_one(world: World) -> None:
    first, beside = sold(world, block(world)), sold(world, block(world))
    with world.scope() as scope:
        prepaid.register_feedback(scope, first, 240, "Alles")
    with pytest.raises(Conflict, match="UK-0001") as error, world.scope() as scope:
        prepaid.register_feedback(scope, first, 5, "Nog iets")
    assert error.value.code == "new_block_needed"
    assert left(world, beside) == 240


def test_a_block_follows_a_block_for_the_same_work_on_the_same_contract(world: World) -> None:
    world.agree("C-2")
    first, card = sold(world, block(world)), sold(world, wish(world))
    for asked, said in (
        (block(world, follows_id=card.id), "is no block of this contract"),
        (block(world, "C-2", follows_id=first.id), "is no block of this contract"),
        (block(world, code="website-module", follows_id=first.id), "is a block for design, not for website-module"),
        (wish(world, code="design", follows_id=first.id), "belongs to a block"),
    ):
        with pytest.raises(InvalidInput) as error, world.scope() as scope:
            prepaid.sell(scope, asked)
        assert [(found.pointer, found.detail) for found in error.value.errors] == [("/follows_id", said)]
    with pytest.raises(InvalidInput, match="hour card") as error, world.scope() as scope:
        prepaid.register_feedback(scope, card, 5, "Iets")
    assert error.value.code == "not_a_block"


# --- crediting the sale ---


def test_crediting_the_sale_closes_the_card_and_withdrawing_the_credit_note_opens_it_again(world: World) -> None:
    card = sold(world, wish(world))
    world.issue(world.release())
    (invoice,) = world.invoices("issued")
    with world.scope() as scope:
        prepaid.correct(scope, card, -90, "Gebruikt")
        note = invoicing.credit(scope, invoice.id, "Toch geen kaart")
    assert left(world, card) == 0
    with world.scope() as scope:
        assert prepaid.get_card(scope, card.id).cancelled_at is not None
        invoicing.withdraw(scope, [note])
    assert left(world, card) == 510
    with world.scope() as scope:
        assert prepaid.get_card(scope, card.id).cancelled_at is None
        again = invoicing.credit(scope, invoice.id, "Toch geen kaart")
        invoicing.issue_invoice(scope, again)
    assert left(world, card) == 0


def test_crediting_part_of_the_sale_leaves_the_card_open(world: World) -> None:
    card = sold(world, wish(world))
    world.issue(world.release())
    (invoice,) = world.invoices("issued")
    for amount, rest in ((Decimal("100.00"), 600), (Decimal("800.00"), 0)):
        with world.scope() as scope:
            note = invoicing.credit(scope, invoice.id, "Korting", [Part(1, amount=amount)])
            invoicing.issue_invoice(scope, note)
        assert left(world, card) == rest


def test_whoever_sells_and_corrects_at_once_waits_for_the_other(world: World) -> None:
    card = sold(world, wish(world, minutes=300))
    contracts = [world.agree(f"C-{number}") for number in range(2, 10)]

    def take(_: int) -> str:
        try:
            with world.scope() as scope:
                prepaid.correct(scope, prepaid.get_card(scope, card.id), -60, "Samen")
        except Conflict as error:
            return error.code
        return "taken"

    with ThreadPoolExecutor(8) as at_once:
        assert sorted(at_once.map(take, range(8))) == ["exceeds_card"] * 3 + ["taken"] * 5
        references = list(at_once.map(lambda contract: sold(world, wish(world, contract)).reference, contracts))
    assert left(world, card) == 0
    assert sorted(references) == [f"UK-{number:04d}" for number in range(2, 10)]
