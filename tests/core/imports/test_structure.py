"""Structures, their fingerprints and their differences; what column titles suggest."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.imports import describe_differences, describe_proposal, differences, propose, structure_of
from billing_service.core.imports.structure import Difference, fingerprint
from billing_service.errors import InvalidInput

BASE = ["Nummer", "Voornaam", "Achternaam", "E-mail"]
TITLES = st.sampled_from(["a", "A ", "b", "c", "d", "é", "e\u0301", "Straße", "STRASSE", "x", "y"])
FILES = st.lists(st.lists(TITLES, min_size=1, max_size=6), min_size=1, max_size=3)


def said(old: list[list[str]], new: list[list[str]], language: str = "nl") -> list[str]:
    return describe_differences(differences(structure_of(old), structure_of(new)), language)


@given(FILES, FILES)
def test_there_are_differences_if_and_only_if_the_fingerprints_differ(
    old: list[list[str]], new: list[list[str]]
) -> None:
    one, other = structure_of(old), structure_of(new)
    assert (differences(one, other) == ()) == (one.fingerprint == other.fingerprint)
    assert differences(one, one) == ()


@given(FILES, st.randoms(use_true_random=False))
def test_the_order_of_the_files_does_not_count(files: list[list[str]], random: object) -> None:
    assert hasattr(random, "sample")
    shuffled = random.sample(files, len(files))
    assert structure_of(files) == structure_of(shuffled)


@given(FILES, st.randoms(use_true_random=False))
def test_in_any_order_the_order_of_the_columns_does_not_count(files: list[list[str]], random: object) -> None:
    assert hasattr(random, "sample")
    shuffled = structure_of([random.sample(file, len(file)) for file in files])
    assert fingerprint(structure_of(files), "any_order") == fingerprint(shuffled, "any_order")


@given(FILES, FILES)
def test_differences_are_the_same_as_plain_values(old: list[list[str]], new: list[list[str]]) -> None:
    for difference in differences(structure_of(old), structure_of(new)):
        assert Difference(**difference.to_plain()) == difference


@pytest.mark.parametrize(
    ("one", "other"),
    [("Naam", " naam "), ("NAAM", "naam"), ("Caf\u00e9", "Cafe\u0301"), ("Straße", "STRASSE"), ("\u00a0Naam", "Naam")],
)
def test_capitals_spaces_around_and_ways_to_write_an_accent_do_not_count(one: str, other: str) -> None:
    assert structure_of([[one]]).fingerprint == structure_of([[other]]).fingerprint


def test_a_title_split_otherwise_is_another_structure() -> None:
    assert structure_of([["a,b"]]).fingerprint != structure_of([["a", "b"]]).fingerprint
    assert structure_of([["a"], ["b"]]).fingerprint != structure_of([["a", "b"]]).fingerprint


def test_the_fingerprint_is_what_it_was_in_earlier_versions() -> None:
    """Fingerprints are stored: another canonical form would make every known structure new, and charge for it."""
    canonical = '[["commissie"], ["nummer", "voornaam", "achternaam", "e-mail"]]'
    assert structure_of([BASE, ["Commissie"]]).fingerprint == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize(
    ("new", "sentences"),
    [
        (["Nummer", "Achternaam", "Voornaam", "E-mail"],
         ["De kolommen “Voornaam” en “Achternaam” zijn verwisseld (plaatsen 2 en 3)."]),
        (["Nummer", "Voornaam", "Achternaam", "Mail"], ["Kolom “E-mail” heet nu “Mail” (plaats 4)."]),
        (["Nummer", "Voornaam", "Tussenvoegsel", "Achternaam", "E-mail"],
         ["Kolom “Tussenvoegsel” is nieuw (plaats 3)."]),
        (["Nummer", "Voornaam", "E-mail"], ["Kolom “Achternaam” ontbreekt (was plaats 3)."]),
        (["E-mail", "Nummer", "Voornaam", "Achternaam"], ["Kolom “E-mail” staat nu op plaats 1 in plaats van 4."]),
        (
            ["Lidnummer", "Id", "Voornaam", "Achternaam"],
            ["Kolom “Nummer” heet nu “Lidnummer” (plaats 1).", "Kolom “E-mail” ontbreekt (was plaats 4).",
             "Kolom “Id” is nieuw (plaats 2)."],
        ),
    ],
)  # fmt: skip
def test_differences_read_as_a_person_would_say_them(new: list[str], sentences: list[str]) -> None:
    assert said([BASE], [new]) == sentences


def test_with_several_files_the_file_is_named_and_whole_files_are_told_as_such() -> None:
    groups = ["Commissie", "Lidnummer"]
    assert said([BASE], [BASE, groups]) == ["Er is een bestand bij gekomen, met de kolommen: Commissie, Lidnummer."]
    assert said([BASE, groups], [groups], "en") == [
        "A file is missing, with the columns: Nummer, Voornaam, Achternaam, E-mail."
    ]
    assert said([BASE, groups], [["Commissie", "Lid"], [*BASE, "Tel"]]) == [
        "Bestand 1: Kolom “Lidnummer” heet nu “Lid” (plaats 2).",
        "Bestand 2: Kolom “Tel” is nieuw (plaats 5).",
    ]


@pytest.mark.parametrize("files", [[], [[]], [["a", " "]], [["a"], []]])
def test_a_structure_has_files_and_a_title_for_every_column(files: list[list[str]]) -> None:
    with pytest.raises(InvalidInput):
        structure_of(files)


@pytest.mark.parametrize(
    ("title", "sign"),
    [
        ("Groep", "group"), ("Groepen", "group"), ("Commissie 2", "group"), ("afdelingsnaam", "group"),
        ("COMMITTEE", "group"),
        ("Bedrijfsnaam", "company"), ("Company name", "company"), ("Contactpersoon", "contact_person"),
        ("Contact person", "contact_person"), ("Functie", "function"), ("Role", "function"), ("Relatie", "relation"),
        ("Partner van", "relation"), ("partner_of", "relation"), ("Ouder van lid", "relation"),
    ],
)  # fmt: skip
def test_titles_that_suggest_more_than_personal_data(title: str, sign: str) -> None:
    proposal = propose([["Naam"], ["E-mail", title]])
    assert not proposal.one_dimensional
    (reason,) = proposal.reasons
    assert reason.facts == {"title": title, "sign": sign, "file": 2}
    for language in ("nl", "en"):
        (sentence,) = describe_proposal(proposal, language)
        assert title in sentence


@pytest.mark.parametrize(
    "title",
    ["Naam", "Voornaam", "E-mail", "Geboortedatum", "Telefoon", "Relatienummer", "Relatie-nummer", "Lid sinds", "IBAN",
     "Roepnaam", "Rolstoel", "Steamnaam", "Postcode", "Geslacht", "Land", "First name"],
)  # fmt: skip
def test_titles_of_personal_data_suggest_nothing(title: str) -> None:
    proposal = propose([[title]])
    assert proposal.one_dimensional
    assert proposal.reasons == ()
