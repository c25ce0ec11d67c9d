"""Drawing prepaid time for questions: in one order, under the lock of their contract.

The questions of a contract draw in the order (closed at, source, external id), as ordinals count: in whatever order
they come in, the same ones find their card empty. Until its release a question is in that order: one that comes in late
takes its place, and those after it draw what is left. What was released keeps what it drew, and so does what a person
decided.

A movement is written only where something differs: what a question drew before is undone, then drawn anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, and_, exists, select
from sqlalchemy.orm import aliased

from billing_service.core.ids import new_id
from billing_service.core.prepaid import Pot, PotKey
from billing_service.core.tariff import PartDraw
from billing_service.rating.locking import lock_contracts
from billing_service.rating.low_balance import tell_low_balances
from billing_service.rating.outcome import Contender, Outcome, decide_question
from billing_service.rating.pots import Book, load_books
from billing_service.rating.questions import Place, load_closed
from billing_service.rating.terms import MOST_KEYS, terms_for
from billing_service.store import bulk
from billing_service.store.charges import Decision
from billing_service.store.prepaid import CardMovement
from billing_service.store.questions import Question
from billing_service.store.scope import Scope

_FIRST: Final[Place] = (datetime.min.replace(tzinfo=UTC), "", "")
_MOVEMENTS: Final = cast(Table, CardMovement.__table__)


@dataclass(slots=True)
class Settled:
    """What a batch draws: its ``outcomes``, in the order in which they came; ``shifted``, those of other questions that
    draw after them; and the movements of both, not yet written."""

    outcomes: list[Outcome]
    shifted: list[Outcome]
    movements: list[dict[str, Any]]

    def write(self, scope: Scope) -> None:
        """Write the movements. Questions and contracts they are about are stored, and the contracts locked."""
        bulk.insert_rows(scope.session, CardMovement, self.movements)

    def tell(self, scope: Scope) -> None:
        """Tell which cards run low now. After ``write``, and where something can be read."""
        tell_low_balances(scope, ((row["hour_card_id"], row["quantity"]) for row in self.movements))


def lock_drawing(scope: Scope, question_ids: Sequence[UUID], outcomes: Iterable[Outcome] = ()) -> None:
    """Lock the contracts of which these questions draw, or by these outcomes will.

    To be called before their decisions are locked: a release locks contracts first as well.
    """
    contracts = {outcome.contender.contract_id for outcome in outcomes if outcome.contender is not None}
    for start in range(0, len(question_ids), MOST_KEYS):
        query = select(Decision.contract_id).where(
            Decision.administration_id == scope.administration_id,
            Decision.question_id.in_(question_ids[start : start + MOST_KEYS]),
            Decision.draws,
        )
        contracts.update(key for key in scope.session.scalars(query.distinct()) if key is not None)
    if contracts:
        lock_contracts(scope, contracts)


def settle(scope: Scope, outcomes: Sequence[Outcome], before: Iterable[Any] = (), *, lock: bool = True) -> Settled:
    """What these questions draw, and what that changes for the unreleased ones that draw after them.

    ``before`` are their decisions as stored, and those of questions that count no longer. Costs nothing where nothing
    draws or drew. Without ``lock`` it only tells what would be drawn; the movements are then not to be written.
    """
    leaving = {row.question_id: row for row in before if row.draws and row.contract_id is not None}
    contenders = {outcome.question_id: outcome.contender for outcome in outcomes if outcome.contender is not None}
    contracts = {one.contract_id for one in contenders.values()} | {row.contract_id for row in leaving.values()}
    if not contracts:
        return Settled(list(outcomes), [], [])
    if lock:
        lock_contracts(scope, contracts)
    since = _since(contenders.values(), leaving.values())
    later = _later(scope, since, {*leaving, *(outcome.question_id for outcome in outcomes)})
    table = _Table(scope, contracts)
    table.give_back({key: row.contract_id for key, row in leaving.items()})
    table.give_back({key: one.contract_id for key, one in later.items()})
    drawn = table.draw({**contenders, **later})
    return Settled(
        [drawn.get(outcome.question_id, outcome) for outcome in outcomes],
        [drawn[key] for key in later],
        table.movements(drawn),
    )


def drawn_now(scope: Scope, outcome: Outcome) -> Outcome:
    """What a question would draw now if what it drew were there again. Nothing is written or locked."""
    row = scope.session.get(Decision, (scope.administration_id, outcome.question_id))
    return settle(scope, [outcome], [] if row is None else [row], lock=False).outcomes[0]


class _Table:
    """The pots of some contracts, what was drawn from them by questions that draw again, and what they draw now."""

    def __init__(self, scope: Scope, contracts: Collection[UUID]) -> None:
        self._scope = scope
        self._books = load_books(scope, contracts)
        self._had: dict[UUID, list[Any]] = {}
        self._granted: dict[PotKey, tuple[Pot, int]] = {}

    def give_back(self, contract_of: Mapping[UUID, UUID]) -> None:
        """What these questions drew is there again."""
        for row in live_draws(self._scope, list(contract_of)):
            self._had.setdefault(row.question_id, []).append(row)
            self._books[contract_of[row.question_id]].give_back(_key(row), -row.quantity)

    def draw(self, contenders: Mapping[UUID, Contender]) -> dict[UUID, Outcome]:
        drawn: dict[UUID, Outcome] = {}
        for question_id, one in sorted(contenders.items(), key=lambda pair: pair[1].place):
            book = self._books[one.contract_id]
            drawn[question_id] = outcome = one.decide(book.pots)
            self._open(book, outcome.draws)
            book.take(part.draw for part in outcome.draws)
        return drawn

    def _open(self, book: Book, draws: Iterable[PartDraw]) -> None:
        """The first draw of a period grants it."""
        for _, draw in draws:
            if not book.is_opened(draw.pot.key):
                self._granted[draw.pot.key] = (draw.pot, book.quantity_of(draw.pot.key))

    def movements(self, drawn: Mapping[UUID, Outcome]) -> list[dict[str, Any]]:
        """What is undone, granted and drawn, in this order: at no moment more is drawn than there is."""
        undone, taken = [], []
        for question_id in sorted({*self._had, *drawn}):
            had = self._had.get(question_id, [])
            draws = drawn[question_id].draws if question_id in drawn else ()
            now = sorted((*draw.pot.key, draw.day, -draw.quantity, part) for part, draw in draws)
            if now != sorted((*_key(row), row.work_date, row.quantity, row.part) for row in had):
                undone += [self._undo(row) for row in had]
                taken += [self._take(question_id, one) for one in draws]
        granted = [self._row(key, "grant", quantity, pot.valid_from) for key, (pot, quantity) in self._granted.items()]
        return [row | {"id": new_id()} for row in (*undone, *granted, *taken)]  # ids lie in the order of writing

    def _take(self, question_id: UUID, one: PartDraw) -> dict[str, Any]:
        key, draw = one.draw.pot.key, one.draw
        values = self._row(key, "draw", -draw.quantity, draw.day)
        if draw.pot.kind != "allowance":
            values |= {"hour_card_id": key.owner, "allowance_id": None}
        return values | {"question_id": question_id, "part": one.part}

    def _undo(self, row: Any) -> dict[str, Any]:
        same = ("hour_card_id", "allowance_id", "period_first", "question_id", "part")
        values = self._row(_key(row), "undo", -row.quantity, row.work_date)
        return values | {name: getattr(row, name) for name in same} | {"reverses_id": row.id}

    def _row(self, key: PotKey, kind: str, quantity: int, day: date) -> dict[str, Any]:
        return {
            "administration_id": self._scope.administration_id,
            "hour_card_id": None,
            "allowance_id": key.owner,
            "period_first": key.period_first,
            "kind": kind,
            "quantity": quantity,
            "work_date": day,
            "question_id": None,
            "part": None,
            "reverses_id": None,
            "reason": None,
            "actor": self._scope.actor,
            "created_at": self._scope.now,
        }


def live_draws(scope: Scope, question_ids: Sequence[UUID]) -> list[Any]:
    """What these questions drew and was not undone."""
    undoing = aliased(CardMovement)
    found: list[Any] = []
    for start in range(0, len(question_ids), MOST_KEYS):
        query = select(*_MOVEMENTS.columns).where(
            CardMovement.administration_id == scope.administration_id,
            CardMovement.question_id.in_(question_ids[start : start + MOST_KEYS]),
            CardMovement.kind == "draw",
            ~exists().where(
                undoing.administration_id == CardMovement.administration_id, undoing.reverses_id == CardMovement.id
            ),
        )
        found += scope.session.execute(query.order_by(CardMovement.id)).all()
    return found


def _key(row: Any) -> PotKey:
    return PotKey(row.hour_card_id or row.allowance_id, row.period_first)


def _since(contenders: Iterable[Contender], leaving: Iterable[Any]) -> dict[UUID, Place]:
    """Per contract the first place at which something changes: that of the first new question. What a question gives
    back may have been out of reach of all others (it was released, or a person's): then they all draw again."""
    since: dict[UUID, Place] = {}
    places = [(one.contract_id, one.place) for one in contenders]
    for contract_id, place in [*places, *((row.contract_id, _FIRST) for row in leaving)]:
        since[contract_id] = min(place, since.get(contract_id, place))
    return since


def _later(scope: Scope, since: Mapping[UUID, Place], but: Collection[UUID]) -> dict[UUID, Contender]:
    """The questions that draw of these contracts after these places: unreleased, and not decided by a person."""
    query = (
        select(Decision.question_id, Decision.contract_id, Question.closed_at, Question.source, Question.external_id)
        .join(
            Question,
            and_(Question.administration_id == Decision.administration_id, Question.id == Decision.question_id),
        )
        .where(
            Decision.administration_id == scope.administration_id,
            Decision.contract_id.in_(list(since)),
            Decision.draws,
            ~Decision.released,
            Decision.by_person.is_(None),
            Decision.decided_on >= min(place[0].astimezone(UTC).date() for place in since.values()),
            Question.closed_at.is_not(None),
            Question.withdrawn_at.is_(None),
        )
    )
    contract_of = {
        key: contract_id
        for key, contract_id, *place in scope.session.execute(query)
        if key not in but and contract_id is not None and tuple(place) > since[contract_id]
    }
    if not contract_of:
        return {}
    questions = load_closed(scope, list(contract_of))
    terms = terms_for(scope, questions)
    again = [decide_question(question, terms) for question in questions]
    # One whose facts or terms changed meanwhile draws elsewhere or no longer: it is decided by who changed them.
    return {
        one.question_id: one.contender
        for one in again
        if one.contender is not None and one.contender.contract_id == contract_of[one.question_id]
    }
