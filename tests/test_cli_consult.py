"""``billing consult``: from a policy and a proposal to one charge, in sentences, with nothing half done."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from billing_service import cli
from billing_service.store.charges import Charge
from billing_service.store.session import Database
from tests import helpdesk
from tests.test_cli import program_on

Desk = Callable[..., Result]


@pytest.fixture
def desk(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """``billing consult …`` under contract C-1, in a folder with a policy; question 1 of 25.00 is urgent."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BILLING_DATA_DIR", str(tmp_path))
    Path("policy.json").write_text('{"urgent": ["hoog"], "many_questions": null}', encoding="utf-8")
    Path("bad.json").write_text('{"urgent": "hoog"', encoding="utf-8")
    worked = {"external_id": "t", "worked_on": "2026-03-02", "minutes": 20}
    helpdesk.open_helpdesk(database).receive(urgency="hoog", time_entries=[worked])

    def run(*words: object) -> Result:
        return CliRunner().invoke(cli.main, ["consult", *map(str, words)], obj=program_on(database))

    return run


def done(result: Result) -> str:
    """What a command that did its work printed, with single blanks."""
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def refused(result: Result) -> str:
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return result.stderr


def charges(database: Database) -> list[tuple[Decimal, str]]:
    with database.read() as session:
        query = select(Charge.amount, Charge.state).where(Charge.source == "consult").order_by(Charge.id)
        return [(row.amount, row.state) for row in session.execute(query)]


def test_an_urgent_question_is_proposed_confirmed_held_and_charged(desk: Desk, database: Database) -> None:
    assert "Nothing new to propose." in done(desk("propose"))
    shown = desk("policy")
    assert json.loads(shown.stdout)["urgent"] == ["urgent", "spoed"]
    assert "Nothing is proposed until a policy is stored." in shown.stderr
    assert json.loads(desk("policy", "policy.json").stdout)["urgent"] == ["hoog"]
    assert "question “Leden importeren” has urgency “hoog”." in done(desk("propose"))
    assert "Nothing new to propose." in done(desk("propose"))
    assert refused(desk("confirm", "C-0001")).startswith("The pricing is required")
    said = done(desk("confirm", "C-0001", "--hourly", "95.00", "--step", 15, "--reason", "Telefonisch"))
    assert "Now: confirmed (Telefonisch)." in said
    assert "The answer is needed fast, or at once." in said
    said = done(desk("session", "C-0001", 120, "--kind", "call", "--on", "2026-03-10"))
    assert "2:30 hours × €95.00 = €237.50. €237.50 excluding VAT, when completed as it is now." in said
    assert "€237.50 excluding VAT, charged on 2026-03-30." in done(desk("complete", "C-0001", "--on", "2026-03-30"))
    assert charges(database) == [(Decimal("237.50"), "open")]
    assert refused(desk("complete", "C-0001")) == "Consult C-0001 is completed, not confirmed.\n"
    assert "Now: confirmed" in done(desk("reopen", "C-0001", "--reason", "Nog een sessie"))
    assert "Now: cancelled (Toch niet)." in done(desk("cancel", "C-0001", "--reason", "Toch niet"))
    assert charges(database) == [(Decimal("237.50"), "cancelled")]


def test_one_made_by_hand_in_blocks_with_its_questions(desk: Desk, database: Database) -> None:
    priced = ("--block-price", "280.00", "--block-minutes", 240)
    said = done(desk("open", "C-1", "Inrichting", "--reference", "WEB-1", "--indicator", "privacy", *priced))
    assert "Consult WEB-1 under contract C-1: Inrichting" in said
    assert "Privacy plays a part." in said
    assert "Question 1, “Leden importeren”: 0:20." in done(desk("question", "WEB-1", "1"))
    assert "Question 1" not in done(desk("drop-question", "WEB-1", "1"))
    session = done(desk("session", "WEB-1", 30)).split()[1].rstrip(".")
    assert "1 block(s) of 4:00 hours" in done(desk("show", "WEB-1"))
    assert "1 blok(ken) van 4:00 uur" in done(desk("show", "WEB-1", "--language", "nl"))
    assert str(UUID(session)) not in done(desk("drop-session", "WEB-1", session))
    assert "Fixed price" in done(desk("change", "WEB-1", "--title", "Ontwerp", "--fixed", "450.00"))
    assert "Ontwerp" in done(desk("list", "--state", "confirmed"))
    done(desk("complete", "WEB-1"))
    assert charges(database) == [(Decimal("450.00"), "open")]


def test_what_cannot_be_is_said_in_a_sentence_and_changes_nothing(desk: Desk, database: Database) -> None:
    assert "There is no contract C-9." in refused(desk("open", "C-9", "Iets"))
    assert "in one way" in refused(desk("open", "C-1", "Iets", "--fixed", "1.00", "--hourly", "1.00"))
    assert "in one way" in refused(desk("open", "C-1", "Iets", "--step", 15))
    assert "/pricing/time" in refused(desk("open", "C-1", "Iets", "--fixed", "1.00", "--step", 15))
    assert "is no JSON" in refused(desk("policy", "bad.json"))
    assert "There is no consult C-0001." in refused(desk("show", "C-0001"))
    assert "There are no such consults." in done(desk("list"))
    done(desk("open", "C-1", "Voorstel", "--proposed", "--fixed", "1.00"))
    assert "There is no question 9." in refused(desk("question", "C-0001", "9"))
    assert "rejected (Kan per e-mail)" in done(desk("reject", "C-0001", "--reason", "Kan per e-mail"))
    assert charges(database) == []
