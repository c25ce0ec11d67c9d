"""The kinds of package that the fake can be: what it does (dials) and what its connector declares, side by side.

Each stands for a class of real packages (accounting-apis 14, reliability-and-http 3), so that delivery is proved
against every way in which a package can make "exactly once" hard.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from connectors.base import (
    Attachments,
    Capabilities,
    Change,
    ErrorBudget,
    Fact,
    Limit,
    Pull,
    Push,
    Search,
    TextForm,
    Vat,
    Verified,
    known,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dials:
    """How the fake behaves. Times are seconds.

    ``index_lag`` passes before a new document is found by its number; ``unique`` refuses a number that stands there
    already, with a pointer to it (409). ``calls_a_minute`` 0 is no limit; ``waits_as`` is how a 429 says how long.
    ``errors_an_hour`` is after how many refused calls the key is blocked (0: never).
    """

    honours_keys: bool = False
    key_life: int = 24 * 3600
    search: bool = True
    index_lag: int = 0
    unique: bool = False
    vat: Vat = Vat.OURS
    drafts: bool = True
    attachments: bool = True
    editing: bool = True
    credit_link: bool = True
    cost_centres: bool = True
    payment_changes: bool = True
    push: Push = Push.BOOKS_AND_MATCHES
    webhooks: bool = True
    page_size: int = 3
    calls_a_minute: int = 0
    waits_as: str = "seconds"
    errors_an_hour: int = 0
    token_life: int = 600
    longest_number: int = 30
    number_pattern: str = r"[A-Za-z0-9/-]+"


LONGEST_DESCRIPTION: Final = 200
LARGEST_ATTACHMENT: Final = 1024 * 1024
CODE_PATTERN: Final = r"[A-Za-z0-9-]+"
LONGEST_CODE: Final = 20
LATE: Final = 20
"""How long after a broken-off creation the slow kind may still carry it out."""

PROFILES: Final[dict[str, Dials]] = {
    "searchable": Dials(),
    "keys": Dials(honours_keys=True, calls_a_minute=600, waits_as="seconds"),
    "lagging": Dials(index_lag=30, vat=Vat.PER_CODE, waits_as="prose"),
    "late": Dials(push=Push.BOOKS, drafts=False, waits_as="reset_ms", errors_an_hour=10),
    "pointer": Dials(unique=True, waits_as="epoch", longest_number=12, number_pattern=r"\d+", editing=False),
    "unsearchable": Dials(
        search=False,
        vat=Vat.PER_LINE,
        drafts=False,
        attachments=False,
        editing=False,
        credit_link=False,
        cost_centres=False,
        payment_changes=False,
        push=Push.NO,
        webhooks=False,
        waits_as="date",
    ),
}
"""
searchable      like Odoo and Tryton: drafts that are posted, found by our number at once, double numbers accepted
keys            like Xero: a repetition with the same key gets the first answer
lagging         a search index that runs behind; VAT computed by the package
late            a request that broke off may still be carried out up to 20 s later; booked at once
pointer         a number that is there already is refused, naming the document; digits only
unsearchable    nothing to look with: what broke off goes to a person; only an open list, nothing attached or linked
"""
LATE_PROFILES: Final = frozenset({"late"})


def capabilities(profile: str) -> Capabilities:
    """What the connector of this kind declares: all of it verified, because its server runs in the tests."""
    dials = PROFILES[profile]
    files = Attachments(frozenset({"application/pdf", "application/xml"}), LARGEST_ATTACHMENT)
    search = Search.WITH_LAG if dials.index_lag else Search.AT_ONCE
    settle = max(dials.index_lag, LATE if profile in LATE_PROFILES else 0)
    limits = (Limit(dials.calls_a_minute, timedelta(minutes=1)),) if dials.calls_a_minute else ()
    budget = ErrorBudget(dials.errors_an_hour - 2, timedelta(hours=1)) if dials.errors_an_hour else None
    return Capabilities(
        number=_seen(TextForm(dials.longest_number, dials.number_pattern)),
        customer_code=_seen(TextForm(LONGEST_CODE, CODE_PATTERN)),
        description=_seen(TextForm(LONGEST_DESCRIPTION)),
        attachments=_seen(files if dials.attachments else None),
        edits=_seen(Change.DRAFT if dials.editing and dials.drafts else Change.NEVER),
        deletes=_seen(Change.BOOKED if dials.editing else Change.NEVER),
        credit_link=_seen(dials.credit_link),
        search=_seen(search if dials.search else Search.NO),
        settle=_seen(timedelta(seconds=settle)),
        key_life=_seen(timedelta(seconds=dials.key_life) if dials.honours_keys else None),
        vat=_seen(dials.vat),
        posts_separately=_seen(dials.drafts),
        push_payment=_seen(dials.push),
        payments=_seen(Pull.CHANGES if dials.payment_changes else Pull.OPEN_LIST),
        webhooks=_seen("HMAC-SHA256 with time" if dials.webhooks else None),
        cost_centres=_seen(dials.cost_centres),
        limits=_seen(limits),
        error_budget=_seen(budget),
    )


def _seen(value: T) -> Fact[T]:
    return known(value, Verified.REAL_SERVER, "tests/connectors: the fake as a server")
