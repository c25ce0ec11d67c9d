"""What holds for every history of an import project, likely or not, under every policy."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_service.core.imports import (
    KINDS,
    NOTHING,
    POLICY_SETTINGS,
    Assessed,
    Closed,
    Event,
    FeedbackGiven,
    FeedbackImported,
    FurtherMomentAgreed,
    ImportFacts,
    ImportPolicy,
    MomentDelivered,
    NewStructureAgreed,
    Opened,
    Project,
    QuoteAccepted,
    QuoteDeclined,
    QuoteSent,
    QuoteWithdrawn,
    Redone,
    ReturnAgreed,
    SentBack,
    WebsiteAdded,
    apply,
    event_from_plain,
    event_to_plain,
    next_fee,
    parse_policy,
    permissions,
    replay,
    status,
    structure_of,
    tell,
)
from billing_service.errors import Conflict, InvalidInput

START = date(2026, 11, 2)
STRUCTURES = [
    structure_of([["a", "b"]]),
    structure_of([["b", "a"]]),
    structure_of([["a", "c"]]),
    structure_of([["a"], ["b"]]),
]
FACTS = [ImportFacts(1, 2, True), ImportFacts(1, 2, False), ImportFacts(2, 2, True), ImportFacts(1, 31, True)]

days = st.integers(0, 40)
names = st.sampled_from(["Jan", "Els"])
quote_ids = st.sampled_from(["Q1", "Q2", "Q3"])
delivery_ids = st.integers(1, 200).map(str)
prices = st.decimals(0, 1000, places=2)
structures = st.sampled_from([*[STRUCTURES[0]] * 4, *STRUCTURES])
facts = st.sampled_from([*[FACTS[0]] * 3, *FACTS])
purposes: st.SearchStrategy[Any] = st.sampled_from(["import", "new_structure"])


def made(day: int, kind: str, draw: Any) -> Event:
    on = START + timedelta(days=day)
    makers: dict[str, Any] = {
        "opened": lambda: Opened(on, draw(st.booleans())),
        "assessed": lambda: Assessed(on, draw(facts)),
        "website_added": lambda: WebsiteAdded(on),
        "quote_sent": lambda: QuoteSent(
            on, draw(quote_ids), draw(prices), on + timedelta(days=draw(days)), draw(purposes)
        ),
        "quote_accepted": lambda: QuoteAccepted(on, draw(quote_ids)),
        "quote_declined": lambda: QuoteDeclined(on, draw(quote_ids), "nee"),
        "quote_withdrawn": lambda: QuoteWithdrawn(on, draw(quote_ids), "fout"),
        "sent_back": lambda: SentBack(on, draw(delivery_ids), "slecht"),
        "moment_delivered": lambda: MomentDelivered(on, draw(delivery_ids), draw(structures)),
        "feedback_given": lambda: FeedbackGiven(on, "anders"),
        "feedback_imported": lambda: FeedbackImported(on, draw(delivery_ids), draw(structures)),
        "redone": lambda: Redone(on, draw(delivery_ids), "fout", draw(structures)),
        "further_moment_agreed": lambda: FurtherMomentAgreed(on, draw(names)),
        "new_structure_agreed": lambda: NewStructureAgreed(on, draw(names)),
        "return_agreed": lambda: ReturnAgreed(on, draw(names)),
        "closed": lambda: Closed(on, "klaar"),
    }  # fmt: skip
    event: Event = makers[kind]()
    return event


LIKELY = [
    *(kind for kind in KINDS if kind not in ("opened", "closed", "sent_back", "quote_withdrawn")),
    *["moment_delivered"] * 10,
    *["further_moment_agreed", "new_structure_agreed", "assessed", "quote_sent", "quote_accepted"] * 3,
    *["feedback_given", "feedback_imported"] * 2,
]


@st.composite
def attempts(draw: Any) -> list[Event]:
    """Events in any order, sensible or not; most projects begin as projects do, most dates run on."""
    events: list[Event] = []
    if draw(st.integers(0, 9)):
        events += [Opened(START, draw(st.booleans())), Assessed(START, draw(facts))]
        events += [QuoteSent(START, "Q0", draw(prices), START), QuoteAccepted(START, "Q0")] * draw(st.integers(0, 1))
    day = 0
    for _ in range(draw(st.integers(0, 60))):
        day += draw(st.sampled_from([0, 0, 0, 1, 1, -2]))
        events.append(made(max(0, day), draw(st.sampled_from([*LIKELY, *KINDS])), draw))
    return events


@st.composite
def policies(draw: Any) -> ImportPolicy:
    document: dict[str, Any] = {}
    for name, setting in POLICY_SETTINGS.items():
        if draw(st.booleans()):
            continue
        values: dict[str, Any] = {
            "amount": st.decimals(0, 500, places=2).map(str),
            "percentage": st.decimals(0, 200, places=2).map(str),
            "whole": st.integers(max(setting.least, 1), min(setting.most, 3)),
            "choice": st.sampled_from(setting.choices or ("",)),
            "yes_no": st.booleans(),
            "text": st.just("import"),
        }
        document[name] = draw(values[setting.kind])
    document.pop("most_extra_fields", None)
    document["most_columns_free"] = 30
    document["moments_with_website"] = max(2, document.get("moments_without_website", 1))
    if document.get("return_fee"):
        document["free_returns"] = draw(st.integers(0, 2))
    return parse_policy(document, "Test")


def history(policy: ImportPolicy, tried: list[Event]) -> tuple[list[Event], Project]:
    """The events that were allowed, and what they came to; what is refused changes nothing."""
    project, happened, refused = NOTHING, [], []
    for event in tried:
        try:
            project = apply(policy, project, event)
            happened.append(event)
        except Conflict as refusal:
            refused.append(refusal)
    for refusal in refused:
        assert refusal.code.startswith("import_")
        assert refusal.detail.endswith(".")
    return happened, project


def check_fees(policy: ImportPolicy, project: Project, events: list[Event]) -> None:
    for fee in project.fees:
        assert fee.amount > 0
        assert fee.amount.as_tuple().exponent == -2
        assert fee.on == events[fee.event].on
    of_moments = Counter((fee.code, fee.moment) for fee in project.fees if fee.moment is not None)
    assert max(of_moments.values(), default=0) <= 1
    if policy.new_structure_at_further_moment == "instead_of_half":
        assert max(Counter(fee.moment for fee in project.fees if fee.moment).values(), default=0) <= 1
    returned = [fee for fee in project.fees if fee.code == "return"]
    assert len(returned) == len({fee.event for fee in returned})
    assert len(project.moments) == len({moment.delivery_id for moment in project.moments})


def check_recomputed(policy: ImportPolicy, project: Project, events: list[Event]) -> None:
    assert replay(policy, events) == project
    stored = [(event.kind, json.dumps(event_to_plain(event))) for event in events]
    read = [event_from_plain(kind, json.loads(plain)) for kind, plain in stored]
    assert read == events
    assert replay(policy, read).fees == project.fees


def check_nothing_twice(policy: ImportPolicy, project: Project, events: list[Event]) -> None:
    """What charged once is refused when it is sent again, whatever happened since."""
    for fee in project.fees:
        plain = event_to_plain(events[fee.event]) | {"on": (START + timedelta(days=365)).isoformat()}
        with pytest.raises(Conflict):
            apply(policy, project, event_from_plain(events[fee.event].kind, plain))


def check_agreed(project: Project, events: list[Event]) -> None:
    """Every fee but an accepted quote's own price has an agreement of its own before it."""
    agreed = Counter(event.kind for event in events if event.kind.endswith("_agreed"))
    quotes = [quote for quote in project.quotes if quote.state == "accepted"]
    charged = Counter(fee.code for fee in project.fees)
    assert charged["quoted_import"] <= sum(quote.purpose == "import" for quote in quotes)
    assert charged["further_moment"] <= agreed["further_moment_agreed"]
    assert charged["return"] <= agreed["return_agreed"]
    paid_by_quote = sum(quote.purpose == "new_structure" for quote in quotes)
    assert charged["new_structure"] <= agreed["new_structure_agreed"] + paid_by_quote


@settings(max_examples=200, deadline=None)
@given(attempts(), policies())
def test_no_sequence_of_events_charges_twice_or_unasked_and_a_replay_gives_the_same(
    tried: list[Event], policy: ImportPolicy
) -> None:
    events, project = history(policy, tried)
    check_fees(policy, project, events)
    check_recomputed(policy, project, events)
    check_agreed(project, events)
    check_nothing_twice(policy, project, events)


def sensible(project: Project, step: int, kind: str, draw: Any) -> Event:
    """An event that fits the project as far as one can tell: its own delivery, the open quote, facts of real files."""
    on = START + timedelta(days=step)
    if kind == "assessed":
        structure = draw(structures)
        return Assessed(on, ImportFacts(len(structure.files), structure.columns, draw(st.booleans())))
    if kind == "quote_sent":
        purpose: Any = "new_structure" if project.moments else "import"
        return QuoteSent(on, f"Q{step}", draw(prices), on + timedelta(days=20), purpose)
    event = made(step, kind, draw)
    quote = project.open_quote(on)
    plain = event_to_plain(event)
    if "delivery_id" in plain:
        plain["delivery_id"] = f"levering-{step}"
    if "quote_id" in plain and quote:
        plain["quote_id"] = quote.quote_id
    return event_from_plain(kind, plain)


def walk(policy: ImportPolicy, steps: int, draw: Any) -> tuple[list[Event], Project]:
    """A history in which every step is one that ``permissions`` allows that day, and most lead somewhere."""
    project, events = NOTHING, []
    for step in range(steps):
        today = START + timedelta(days=step)
        allowed = [permission.kind for permission in permissions(policy, project, today) if permission.allowed]
        kinds = [kind for kind in LIKELY if kind in allowed] or allowed
        event = sensible(project, step, draw(st.sampled_from(kinds)), draw)
        try:
            project = apply(policy, project, event)
        except Conflict:
            continue
        events.append(event)
    return events, project


STEPS = st.integers(5, 60)


@settings(max_examples=120, deadline=None)
@given(st.data(), policies(), STEPS)
def test_long_histories_charge_once_as_agreed_and_can_be_recomputed(
    data: st.DataObject, policy: ImportPolicy, steps: int
) -> None:
    events, project = walk(policy, steps, data.draw)
    check_fees(policy, project, events)
    check_recomputed(policy, project, events)
    check_agreed(project, events)
    check_nothing_twice(policy, project, events)
    assert status(policy, project, START + timedelta(days=steps)).describe("nl")
    assert len(tell(events, project.fees, "en")) == len(events)


@settings(max_examples=120, deadline=None)
@given(st.data(), policies(), STEPS, structures)
def test_what_a_moment_would_cost_is_what_it_costs(
    data: st.DataObject, policy: ImportPolicy, steps: int, structure: Any
) -> None:
    _, project = walk(policy, steps, data.draw)
    cost = next_fee(policy, project, structure)
    on = START + timedelta(days=100)
    event = MomentDelivered(on, "nieuw", structure)
    try:
        after = apply(policy, project, event)
    except Conflict:
        return
    assert cost.needs == ()
    assert after.total - project.total == cost.amount
    assert after.moments[-1].kind == cost.kind


@settings(max_examples=120, deadline=None)
@given(st.data(), STEPS)
def test_by_default_feedback_is_never_open_twice_for_one_moment(data: st.DataObject, steps: int) -> None:
    policy = parse_policy({}, "")
    events, _ = walk(policy, steps, data.draw)
    rounds = 0
    for event in events:
        if isinstance(event, MomentDelivered):
            rounds = 0
        rounds += isinstance(event, FeedbackGiven)
        assert rounds <= 1


@given(prices, policies())
def test_a_share_of_a_price_is_whole_cents_and_never_negative(price: Decimal, policy: ImportPolicy) -> None:
    events: list[Event] = [
        Opened(START, True),
        Assessed(START, FACTS[1]),
        QuoteSent(START, "Q1", price, START),
        QuoteAccepted(START, "Q1"),
        MomentDelivered(START, "1", STRUCTURES[0]),
    ]
    try:
        project = replay(policy, events)
    except Conflict:  # where only imported columns count the facts may be those of another delivery
        return
    for structure in STRUCTURES:
        for part in next_fee(policy, project, structure).parts:
            assert part.amount >= 0
            assert part.amount.as_tuple().exponent == -2


@given(st.data())
def test_every_kind_of_event_has_a_plain_form(data: st.DataObject) -> None:
    for kind in KINDS:
        event = made(0, kind, data.draw)
        assert event.kind == kind
        plain = event_to_plain(event)
        assert set(plain) == {field.name for field in fields(event)}
        assert event_from_plain(kind, json.loads(json.dumps(plain))) == event


@pytest.mark.parametrize(
    ("kind", "plain"),
    [
        ("nothing", {}),
        ("opened", {"on": "2026-11-02"}),
        ("opened", {"on": "2 november", "website": True}),
        ("opened", {"on": "2026-11-02", "website": True, "more": 1}),
        ("assessed", {"on": "2026-11-02", "facts": {"files": 1}}),
        ("assessed", {"on": "2026-11-02", "facts": {"files": 0, "columns": 1, "one_dimensional": True}}),
        ("quote_sent", {"on": "2026-11-02", "quote_id": "Q1", "price": 5.0, "valid_until": "2026-12-02"}),
        ("quote_sent", {"on": "2026-11-02", "quote_id": "Q1", "price": "5.00", "valid_until": "2026-11-01"}),
        ("moment_delivered", {"on": "2026-11-02", "delivery_id": "1", "structure": [[]]}),
        ("moment_delivered", {"on": "2026-11-02", "delivery_id": "1", "structure": None}),
    ],
)
def test_what_no_event_can_have_written_is_refused(kind: str, plain: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        event_from_plain(kind, plain)
