"""Whatever happens in a project: its charges are those of its history, and no fee is charged twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from billing_service import imports
from billing_service.core.ids import new_id
from billing_service.core.money import ZERO
from billing_service.errors import BillingError
from billing_service.imports.charging import charges_of
from billing_service.imports.deliveries import latest_delivery
from billing_service.imports.projects import AGREEMENTS
from billing_service.store.charges import Charge
from billing_service.store.imports import ImportFee, ImportQuote
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from tests import helpdesk

STRUCTURES = (
    [["Naam", "Postcode"]],
    [["Postcode", "Naam"]],
    [["Naam", "Postcode", "Commissie"]],
    [["Naam", "Postcode"], ["Bedrijf", "KvK"]],
)
POLICIES: tuple[dict[str, Any], ...] = (
    {},
    {"charged_at": "accepted", "second_feedback": "further_moment", "further_moment_percentage": "33.33"},
    {"new_structure_at_further_moment": "on_top", "feedback_after_further_moment": True, "own_mistake": "moment"},
    {"new_structure_restarts_moments": True, "quoted_stays_quoted": False, "same_structure": "any_order"},
    {"free_returns": 1, "return_fee": "15.00", "new_structure_not_free": "fixed_price"},
)

COMMANDS = (
    "receive", "assess", "quote", "accept", "decline", "withdraw", "moment", "feedback_import", "redo", "send_back",
    "further_moment", "new_structure", "return", "feedback", "website", "close",
)  # fmt: skip
DELIVER = ("receive", "assess", "quote", "accept", "new_structure", "further_moment", "moment")
"""All that a delivery may need, tried in order: what is not needed is refused, and nothing comes of it."""

step = st.tuples(
    st.one_of(st.just(DELIVER), st.sampled_from(COMMANDS).map(lambda command: (command,))),
    st.sampled_from(STRUCTURES),
    st.booleans(),
    st.integers(0, 2),
)
steps = st.lists(step, min_size=1, max_size=12)


@dataclass
class Desk:
    """Somebody who tries everything, one command per transaction."""

    helpdesk: helpdesk.Helpdesk
    project_id: UUID
    today: date = date(2026, 3, 1)
    done: list[str] = field(default_factory=list)

    def attempt(self, command: str, files: list[list[str]], choice: bool, days: int) -> None:
        """A command that may be refused; a refusal leaves nothing behind."""
        self.today = min(self.today + timedelta(days=days * 5), date(2026, 3, 31))
        try:
            with self.helpdesk.scope() as scope:
                self._command(command)(scope, files, choice)
        except BillingError:
            return
        self.done.append(command)

    def _command(self, command: str) -> Callable[[Scope, list[list[str]], bool], Any]:
        key, on = self.project_id, self.today
        if command in AGREEMENTS:
            return lambda scope, _, __: imports.record_agreement(scope, key, command, "J. de Wit", on)
        if command in ("accept", "decline", "withdraw"):
            decision: Any = {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn"}[command]
            return lambda scope, _, __: imports.decide(scope, self._quote(scope), decision, by="J. de Wit", on=on)
        known: dict[str, Callable[[Scope, list[list[str]], bool], Any]] = {
            "receive": self._receive,
            "assess": self._assess,
            "quote": lambda scope, _, __: imports.send_quote(scope, key, {"price": Decimal("345.55"), "on": on}),
            "moment": lambda scope, _, __: imports.import_delivery(scope, self._delivery(scope), "moment", on),
            "feedback_import": lambda scope, _, __: imports.import_delivery(
                scope, self._delivery(scope), "feedback", on
            ),
            "redo": lambda scope, _, __: imports.import_delivery(scope, self._delivery(scope), "redo", on, "Fout"),
            "send_back": lambda scope, _, __: imports.send_back(scope, self._delivery(scope), "Slecht", on),
            "feedback": lambda scope, _, __: imports.give_feedback(scope, key, "Anders graag", on),
            "website": lambda scope, _, __: imports.add_website(scope, key, on),
            "close": lambda scope, _, choice: choice and imports.close_project(scope, key, "Klaar", on),
        }
        return known[command]

    def _receive(self, scope: Scope, files: list[list[str]], _: bool) -> None:
        stated = [{"name": f"{at}.csv", "titles": titles} for at, titles in enumerate(files)]
        imports.receive(scope, self.project_id, {"files": stated, "received_on": self.today})

    def _assess(self, scope: Scope, _: list[list[str]], choice: bool) -> None:
        wish = {"delivery_id": self._delivery(scope).id, "one_dimensional": choice, "on": self.today}
        imports.confirm_facts(scope, self.project_id, wish)

    def _delivery(self, scope: Scope) -> Any:
        found = latest_delivery(scope, self.project_id)
        if found is None:
            raise BillingError("Nothing was delivered yet.")
        return found

    def _quote(self, scope: Scope) -> ImportQuote:
        query = select(ImportQuote).where(ImportQuote.project_id == self.project_id).order_by(ImportQuote.number.desc())
        found = scope.session.scalars(query).first()
        if found is None:
            raise BillingError("There is no quote yet.")
        return found


def opened(desk: helpdesk.Helpdesk, policy: dict[str, Any], website: bool) -> Desk:
    with desk.scope() as scope:
        wish = {"reference": uuid4().hex, "name": "Leden", "contract_id": desk.contract_id, "website": website}
        history = imports.open_project(scope, wish | {"on": date(2026, 3, 1)})
        row = history.row
        row.policy_settings = row.policy_settings | policy  # as if a policy with these settings had been in force
        return Desk(desk, row.id)


@pytest.fixture
def desk(database: Database) -> helpdesk.Helpdesk:
    return helpdesk.open_helpdesk(database)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(  # two fees in one event
    policy=POLICIES[2], website=False, tried=[(DELIVER, STRUCTURES[0], True, 0), (DELIVER, STRUCTURES[2], True, 1)]
)
@given(policy=st.sampled_from(POLICIES), website=st.booleans(), tried=steps)
def test_charges_are_those_of_the_history_after_any_sequence(
    desk: helpdesk.Helpdesk, policy: dict[str, Any], website: bool, tried: list[Any]
) -> None:
    trying = opened(desk, policy, website)
    for commands, *what in tried:
        for command in commands:
            trying.attempt(command, *what)
    with desk.scope() as scope:
        history = imports.load(scope, trying.project_id)  # what is stored replays
        assert imports.recomputed(scope, history) == []
        charges = list(charges_of(scope, trying.project_id).values())
        assert sum((charge.amount for charge in charges), ZERO) == history.project.total
        moments = [(fee.code, fee.moment) for fee in history.project.fees if fee.moment is not None]
        assert len(moments) == len(set(moments))
        assert len(history.events) == history.row.events
        assert history.row.state == ("open" if history.project.closed_on is None else "closed")


def _insert(scope: Scope, rows: list[Any]) -> None:
    for row in rows:
        scope.session.add(row)
        scope.session.flush()


def test_the_database_refuses_a_second_charge_for_one_moment(desk: helpdesk.Helpdesk) -> None:
    """Whatever a defect in the code may try: fee, moment and event are unique in the database."""
    trying = opened(desk, {}, website=False)
    for command in ("receive", "assess", "moment", "further_moment", "receive", "moment"):
        trying.attempt(command, STRUCTURES[0], True, 0)
    with desk.scope() as scope:
        (fee,) = scope.session.scalars(select(ImportFee))
        assert (fee.code, fee.moment) == ("further_moment", 2)
        first = scope.session.scalars(select(Charge).where(Charge.id == fee.charge_id)).one()
        columns = {column.key: getattr(first, column.key) for column in Charge.__table__.columns}
        same = {"administration_id": fee.administration_id, "project_id": fee.project_id, "code": fee.code}
    for changed in ({"event": fee.event, "moment": 3}, {"event": 1, "moment": fee.moment}):
        identity = new_id()
        rows = [Charge(**(columns | {"id": identity})), ImportFee(**same, **changed, charge_id=identity)]
        with pytest.raises(IntegrityError), desk.scope() as scope:
            _insert(scope, rows)
    with desk.scope() as scope:
        assert scope.session.scalar(select(func.count()).select_from(Charge)) == 1
