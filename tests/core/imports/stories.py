"""Import projects told as stories: each step is one event, a day after the one before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing_service.core.imports import (
    NOTHING,
    Assessed,
    Closed,
    Event,
    Fee,
    FeedbackGiven,
    FeedbackImported,
    FurtherMomentAgreed,
    ImportFacts,
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
    Structure,
    WebsiteAdded,
    apply,
    next_fee,
    parse_policy,
    status,
    structure_of,
)
from billing_service.errors import Conflict

MEMBERS = ["Lidnummer", "Voornaam", "Achternaam", "E-mail"]


def columns(count: int, *others: str) -> list[str]:
    """``count`` column titles, the last of which are ``others``."""
    return [*(f"Veld {place}" for place in range(1, count + 1 - len(others))), *others]


class Story:
    """A project under a policy of defaults but for ``settings``. Amounts are compared as text: ``"90.00"``."""

    def __init__(self, **settings: Any) -> None:
        self.policy = parse_policy(settings, "Importbeleid 2026")
        self.project: Project = NOTHING
        self.events: list[Event] = []
        self.today = date(2026, 11, 2)
        self._number = 0

    # --- what happens

    def opened(self, *, website: bool = True) -> Story:
        return self.happens(Opened(self.today, website))

    def assessed(self, *files: Sequence[str], one_dimensional: bool = True, **others: Any) -> Story:
        delivered = files or (MEMBERS,)
        facts = ImportFacts(len(delivered), sum(len(file) for file in delivered), one_dimensional, **others)
        return self.happens(Assessed(self.today, facts))

    def free(self, *, website: bool = True) -> Story:
        """A free import whose file was assessed."""
        return self.opened(website=website).assessed()

    def quoted(self, price: str, *, website: bool = True) -> Story:
        """An import that is not free, with an accepted quote."""
        return self.opened(website=website).assessed(one_dimensional=False).quote(price).accepted()

    def quote(self, price: str, purpose: Any = "import", *, valid_days: int = 30) -> Story:
        self._number += 1
        until = self.today + timedelta(days=valid_days)
        return self.happens(QuoteSent(self.today, f"OFF-{self._number}", Decimal(price), until, purpose))

    def accepted(self, quote: str = "") -> Story:
        return self.happens(QuoteAccepted(self.today, quote or f"OFF-{self._number}"))

    def declined(self) -> Story:
        return self.happens(QuoteDeclined(self.today, f"OFF-{self._number}", "Te duur."))

    def withdrawn(self) -> Story:
        return self.happens(QuoteWithdrawn(self.today, f"OFF-{self._number}", "Vergissing."))

    def moment(self, *files: Sequence[str], skipped: Sequence[str] = ()) -> Story:
        structure = structure_of(files or (MEMBERS,))
        return self.happens(MomentDelivered(self.today, self._delivery(), structure, tuple(skipped)))

    def feedback(self) -> Story:
        return self.happens(FeedbackGiven(self.today, "Voornaam en achternaam zijn verwisseld."))

    def reimported(self, *files: Sequence[str]) -> Story:
        return self.happens(FeedbackImported(self.today, self._delivery(), structure_of(files or (MEMBERS,))))

    def feedback_round(self) -> Story:
        return self.feedback().reimported()

    def redone(self, *files: Sequence[str]) -> Story:
        structure = structure_of(files or (MEMBERS,))
        return self.happens(Redone(self.today, self._delivery(), "Verkeerd script gebruikt.", structure))

    def sent_back(self) -> Story:
        return self.happens(SentBack(self.today, self._delivery(), "Alle namen staan in één kolom."))

    def agrees_further(self) -> Story:
        return self.happens(FurtherMomentAgreed(self.today, "Jan de Vries"))

    def agrees_new_structure(self) -> Story:
        return self.happens(NewStructureAgreed(self.today, "Jan de Vries"))

    def agrees_return(self) -> Story:
        return self.happens(ReturnAgreed(self.today, "Jan de Vries"))

    def website_added(self) -> Story:
        return self.happens(WebsiteAdded(self.today))

    def closed(self) -> Story:
        return self.happens(Closed(self.today, "Klaar."))

    def happens(self, event: Event) -> Story:
        self.project = apply(self.policy, self.project, event)
        self.events.append(event)
        self.today += timedelta(days=1)
        return self

    def wait(self, days: int) -> Story:
        self.today += timedelta(days=days)
        return self

    # --- what came of it

    @property
    def total(self) -> str:
        return str(self.project.total)

    @property
    def charged(self) -> list[tuple[str, int | None, str]]:
        return [(fee.code, fee.moment, str(fee.amount)) for fee in self.project.fees]

    @property
    def last_fee(self) -> Fee:
        return self.project.fees[-1]

    @property
    def status(self) -> str:
        return status(self.policy, self.project, self.today).code

    def next(self, *files: Sequence[str], facts: ImportFacts | None = None) -> tuple[str, str | None, tuple[str, ...]]:
        """Kind, amount and needs of importing these files as the next moment."""
        structure: Structure = structure_of(files or (MEMBERS,))
        cost = next_fee(self.policy, self.project, structure, facts)
        return cost.kind, None if cost.amount is None else str(cost.amount), cost.needs

    def refuses(self, code: str, step: str, *arguments: Any, **named: Any) -> Story:
        """The step is refused with this code and a sentence, and changes nothing."""
        before, number = self.project, self._number
        with pytest.raises(Conflict) as refusal:
            getattr(self, step)(*arguments, **named)
        self._number = number
        assert refusal.value.code == code, refusal.value.detail
        assert refusal.value.detail.endswith(".")
        assert self.project is before
        return self

    def _delivery(self) -> str:
        return f"levering-{len(self.events) + 1}"
