"""Refusals: every code is explained on a page, every error class has a status."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import billing_service
from billing_service import errors
from billing_service.api.errors import HTTP_CODES, STATUS, status_of
from billing_service.api.problems import PROBLEM_TYPES
from billing_service.core import finding_texts
from billing_service.errors import BillingError
from tests.api.client import World, problem

ROOT = Path(billing_service.__file__).parent


def trees() -> Iterator[ast.AST]:
    for path in ROOT.rglob("*.py"):
        yield ast.parse(path.read_text(encoding="utf-8"))


def literal(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def codes_in_use() -> set[str]:
    """``code = "..."`` of every error class and ``code="..."`` of every error that is raised."""
    found = set(HTTP_CODES.values())
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found |= {
                    text
                    for line in node.body
                    if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "code"
                    if (text := literal(line.value))
                }
            elif isinstance(node, ast.Call):
                found |= {text for word in node.keywords if word.arg == "code" and (text := literal(word.value))}
    return found


INSIDE = {"billing_error", "invalid_settings", "job_failed", "port_taken"}
"""Codes of the base class and of the command line: no answer over HTTP carries them."""


def error_classes() -> list[type[BillingError]]:
    def below(kind: type[BillingError]) -> Iterator[type[BillingError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    return list(below(BillingError))[1:]


def test_every_code_that_can_be_answered_is_explained() -> None:
    assert codes_in_use() - INSIDE - set(PROBLEM_TYPES) == set()


def test_nothing_is_explained_that_nobody_answers() -> None:
    assert set(PROBLEM_TYPES) - codes_in_use() - {"unknown_currency"} == set()


def test_no_code_is_explained_twice() -> None:
    tables = [node for path in (ROOT / "api").glob("*problems.py") for node in ast.walk(ast.parse(path.read_text()))]
    codes = [literal(key) for node in tables if isinstance(node, ast.Dict) for key in node.keys]
    assert sorted(codes) == sorted(PROBLEM_TYPES)


def test_every_error_class_has_a_status_of_its_own_kind() -> None:
    for kind in error_classes():
        if kind.code in INSIDE:
            continue  # which of them exist depends on what was imported before
        assert any(ancestor in STATUS for ancestor in kind.__mro__), kind


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidInput("x"), 422),
        (errors.InvalidTariff("x"), 422),
        (errors.NotFound("x"), 404),
        (errors.StaleVersion("x"), 412),
        (errors.AlreadyExists("x"), 409),
        (errors.IssueRefused("x"), 409),
        (errors.Busy("x"), 409),
        (BillingError("x"), 500),
    ],
)
def test_the_table_of_statuses(error: BillingError, status: int) -> None:
    assert status_of(error) == status


def test_every_problem_type_has_a_page(world: World) -> None:
    nobody = world.app.test_client()
    overview = nobody.get("/problems").get_data(as_text=True)
    for code, found in PROBLEM_TYPES.items():
        page = nobody.get(f"/problems/{code}")
        assert page.status_code == 200
        assert page.content_type.startswith("text/html")
        assert code in overview
        assert code in page.get_data(as_text=True)
        assert found.title
    problem(nobody.get("/problems/none"), 404, "not_found")


# --- findings ---


def finding_codes() -> set[str]:
    """The codes reported as literals or through the constants that hold them."""
    constants: dict[str, str] = {}
    names: set[str] = set()
    literals: set[str] = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if isinstance(target, ast.Name) and (text := literal(node.value)):
                    constants[target.id] = text
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "findings.report":
                for part in ast.walk(node.args[1]):
                    if text := literal(part):
                        literals.add(text)
                    elif isinstance(part, ast.Name):
                        names.add(part.id)
    return literals | {constants[name] for name in names if name in constants and name.isupper()}


def test_every_finding_is_worded_in_both_languages() -> None:
    assert finding_codes() >= {"work_failed", "issue_refused", "changed_after_release"}
    assert finding_codes() <= set(finding_texts.TEXTS["nl"])
    assert set(finding_texts.TEXTS["nl"]) == set(finding_texts.TEXTS["en"])
    assert set(finding_texts.WORDS["nl"]) == set(finding_texts.WORDS["en"])


def facts(text: str) -> list[str]:
    """What a text tells; of a fact that is there in both languages it takes its own."""
    return sorted(slot.removesuffix(".nl").removesuffix(".en") for slot in finding_texts._SLOT.findall(text))


def test_both_languages_use_the_same_facts() -> None:
    for code, dutch in finding_texts.TEXTS["nl"].items():
        english = finding_texts.TEXTS["en"][code]
        for one, other in zip(dutch, english, strict=True):
            assert facts(one) == facts(other), code
    for way, text in finding_texts.PROPOSALS["nl"].items():
        assert finding_texts._SLOT.findall(text) == finding_texts._SLOT.findall(finding_texts.PROPOSALS["en"][way]), way


CHANGED = {
    "cause": "question_changed",
    "released": {"disposition": "charge", "amount": "1025.00"},
    "now": {"state": "decided", "disposition": "waived", "amount": "0.00"},
    "proposal": {"way": "correct", "credit": "1025.00", "charge": "0.00"},
}


def changed(language: str, **facts: object) -> tuple[str, ...]:
    told = finding_texts.wording("changed_after_release", CHANGED | facts, language, "EUR")
    return tuple(text.replace("\N{NO-BREAK SPACE}", " ") for text in told)


def test_amounts_are_written_as_the_reader_writes_them() -> None:
    assert changed("nl") == (
        "De gegevens van deze vraag zijn gewijzigd nadat de post was vrijgegeven (de vraag is gewijzigd). Vrijgegeven: "
        "factureren € 1.025,00; volgens het tarief nu: kwijtgescholden.",
        "Voorstel: corrigeer de vraag met een creditnota. Te crediteren € 1.025,00, exclusief btw; opnieuw te "
        "factureren is er niets.",
    )
    assert changed("en") == (
        "The facts of this question changed after its charge was released (the question changed). Released: charge "
        "€1,025.00; by the tariff now: waived.",
        "Proposal: correct the question with a credit note. To be credited €1,025.00, without VAT; nothing is to be "
        "charged anew.",
    )
    told = finding_texts.wording("negative_draft", {"until": "2026-03-31", "amount": "-12.50"}, "nl", "EUR")[0]
    assert told.replace("\N{NO-BREAK SPACE}", " ").endswith(
        "tot en met 31 maart 2026 zou negatief zijn: zij komt uit op € -12,50."
    )


@pytest.mark.parametrize(
    ("proposal", "said"),
    [
        (("correct", "0.00", "95.00"), "nieuwe post. Te factureren € 95,00, exclusief btw; te crediteren is er niets."),
        (("correct", "25.00", "95.00"), "Te crediteren € 25,00 en opnieuw te factureren € 95,00, exclusief btw."),
        (("correct", "0.00", "0.00"), "Te crediteren of opnieuw te factureren is er niets."),
        (("correct", "25.00", None), "Te crediteren € 25,00, exclusief btw; opnieuw te factureren is er niets."),
        (("withdraw", "0.00", "95.00"), "Van deze vraag staat er nu € 0,00 op; dat wordt € 95,00, exclusief btw."),
    ],
)
def test_a_proposal_says_what_there_is_to_credit_and_to_charge(proposal: tuple[str, ...], said: str) -> None:
    facts = dict(zip(("way", "credit", "charge"), proposal, strict=True))
    assert changed("nl", proposal=facts)[1].endswith(said)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"state": None, "disposition": None, "amount": None}, "volgens het tarief nu: telt niet meer mee."),
        ({"state": "blocked", "disposition": None, "amount": None}, "volgens het tarief nu: geblokkeerd."),
        ({"state": "decided", "disposition": "included", "amount": "0.00"}, "volgens het tarief nu: inbegrepen."),
    ],
)
def test_what_the_tariff_says_now_is_said_without_an_amount_of_nothing(now: dict[str, str], said: str) -> None:
    assert changed("nl", now=now)[0].endswith(said)


def test_an_unknown_finding_still_says_something() -> None:
    assert "new_cause" in finding_texts.wording("new_cause", {}, "en", "EUR")[0]
