"""Any question at all, as hypothesis strategies, and a tariff that meets many of them in different ways."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from billing_service.core.tariff import QuestionFacts, TimeFacts
from billing_service.core.tariff.model import QUESTION_KINDS
from tests.core.tariff.documents import QUARTERS, documented, rule, table

WORDS = st.sampled_from(["import", "export", "data", "phone", "mail", "implementatie", "bestand", "bemiddeling", "x"])
ROLES = st.none() | st.sampled_from(["consultant", "trainee"])
HANDLERS = st.none() | st.sampled_from(["J. de Vries", "P. Bakker"])
MINUTES = st.integers(0, 300)
ENTRIES = st.builds(TimeFacts, MINUTES, st.none() | MINUTES, ROLES, HANDLERS)
AMOUNTS = st.integers(0, 10**7).map(lambda cents: Decimal(cents).scaleb(-2))
QUESTIONS = st.builds(
    QuestionFacts,
    **dict.fromkeys(
        ["subject", "category", "channel", "support_line", "phase", "customer", "customer_group", "organisation",
         "contract", "urgency", "source"],
        st.none() | WORDS,
    ),
    kind=st.none() | st.sampled_from(QUESTION_KINDS),
    known_contact=st.booleans(),
    key_user=st.booleans(),
    tags=st.lists(WORDS, max_size=4).map(tuple),
    quantities=st.dictionaries(st.sampled_from(["records", "pages"]), st.integers(0, 9000).map(Decimal), max_size=2),
    base_amount=st.none() | AMOUNTS,
    time_entries=st.lists(ENTRIES, max_size=4).map(tuple),
)  # fmt: skip
ORDINALS = st.none() | st.integers(1, 60)


def varied() -> dict[str, Any]:
    """The documented tariff with more rules before its last one: strict corrections, tables over time, per-milles."""
    document = documented()
    document["tables"]["tijd"] = table(
        "bracket", ("30", "amount", "20.00"), (None, "per_unit", "1.50"), measure="billed_minutes", maximum="150"
    )
    document["tables"]["promille"] = table(
        "class", ("5", "per_mille", "2"), (None, "per_mille", "1"), measure={"quantity": "pages"}
    )
    document["tables"]["minuut"] = table(
        "class", ("60", "per_unit", "1.50"), (None, "percentage", "3"), measure="billed_minutes"
    )
    tiered = {"basis": "tiered", "minutes": "actual"}
    document["rules"][-1:-1] = [
        rule("strikt", when={"urgency": ["x"]}, price={"basis": "corrected_time"}, time=QUARTERS),
        rule(
            "tijd",
            when={"source": ["mail"]},
            price={**tiered, "table": "tijd"},
            time={"step": 10, "direction": "nearest"},
        ),
        rule("minuut", when={"source": ["data"]}, price={**tiered, "table": "minuut"}, disposition="waived"),
        rule("promille", when={"source": ["x"]}, price={"basis": "tiered", "table": "promille"}),
        rule("open", when={"organisation": ["x"]}, disposition="not_billable"),
    ]
    document["rules"][-1]["when"] = {"contract": ["import", "export", "data", "phone", "mail"]}
    return document
