"""What ``billing import-project`` prints: the same sentences as over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from billing_service import imports
from billing_service.cli.telling import Teller
from billing_service.core import formats
from billing_service.imports import History
from billing_service.imports.charging import currency_of
from billing_service.store.imports import ImportDelivery, ImportProject, ImportQuote
from billing_service.store.scope import Scope

_DOES = {
    "assessed": "assess",
    "website_added": "website",
    "quote_sent": "quote",
    "quote_accepted": "accept",
    "quote_declined": "decline",
    "quote_withdrawn": "withdraw",
    "sent_back": "send-back",
    "moment_delivered": "import",
    "feedback_given": "feedback",
    "feedback_imported": "import --feedback",
    "redone": "import --redo",
    "further_moment_agreed": "agree further-moment",
    "new_structure_agreed": "agree new-structure",
    "return_agreed": "agree return",
    "closed": "close",
}
"""Which command records which kind of event."""


def happened(scope: Scope, history: History, language: str = "en") -> None:
    """The last event with what it costs, why, and where the project stands now."""
    shown, teller = _shown(scope, history, language), Teller()
    event = shown["history"][-1]
    teller.say(event["sentence"])
    for fee, told in zip(history.project.fees, shown["fees"], strict=True):
        if fee.event == len(history.events) - 1:
            _fee(teller, told, currency_of(scope), language)
    teller.say(f"Now: {shown['status']['sentence']}")


def assessed(scope: Scope, history: History, language: str = "en") -> None:
    """Free or a quote, and every reason."""
    found = _shown(scope, history, language)["assessment"]
    _outcome(Teller(), found, "This import is")


def delivered(scope: Scope, row: ImportDelivery, language: str = "en") -> None:
    """What was read, what its titles propose, how it differs from what was delivered before, what it would cost."""
    shown, teller = imports.describe_delivery(scope, row, language, currency_of(scope)), Teller()
    teller.say(f"Delivery {row.number} of {formats.long_date(row.received_on, language)}")
    teller.table(
        ["File", "Format", ">Rows", ">Columns", "Titles"],
        [
            (
                file["name"],
                file["format"] or "stated",
                "" if file["rows"] is None else file["rows"],
                sum(bool(column["title"]) for column in file["columns"]),
                ", ".join(column["title"] for column in file["columns"] if column["title"]),
            )
            for file in shown["files"]
        ],
    )
    for file in shown["files"]:
        for column in file["columns"]:
            if column["sentence"]:
                teller.say(f"Not imported: {column['sentence']}", "yellow")
    if shown["comparisons"]:
        _compared(teller, shown, language)
    else:
        _proposed(teller, shown)
    for sentence in (shown["next_fee"] or {}).get("sentences", ()):
        teller.say(sentence)


def quoted(row: ImportQuote, link: str, language: str = "en") -> None:
    """The quote and its link, which is shown this once."""
    teller = Teller()
    teller.say(f"Quote {row.reference}, valid until {formats.long_date(row.valid_until, language)} inclusive.")
    teller.say("The customer accepts or declines at this address; it is shown this once:")
    teller.say(link)


def project(scope: Scope, row: ImportProject, language: str) -> None:
    """Everything about a project."""
    shown, teller = _shown(scope, imports.load(scope, row.id), language), Teller()
    teller.say(f"{shown['reference']} {shown['name']}", "bold")
    teller.say(shown["status"]["sentence"])
    teller.say(f"Moments delivered: {shown['moments_delivered']}, included: {shown['moments_included']}.")
    teller.say(f"Policy: {shown['policy_label']}.")
    if shown["assessment"]:
        _outcome(teller, shown["assessment"], "Assessed as")
    teller.step("What happened")
    for event in shown["history"]:
        teller.say(f"{event['on']}  {event['sentence']}")
    teller.step("Fees")
    for fee in shown["fees"]:
        _fee(teller, fee, currency_of(scope), language)
    teller.say(f"Together {formats.money(shown['total'], currency_of(scope), language)}, without VAT.")
    teller.step("What can be done now")
    for one in sorted(shown["permissions"], key=lambda one: not one["allowed"]):
        teller.say(f"{'yes' if one['allowed'] else 'no ':3}  {_DOES[one['kind']]:22} {one['reason'] or ''}".rstrip())


def projects(scope: Scope, rows: Iterable[ImportProject], language: str = "en") -> None:
    """A line per project."""
    shown = [_shown(scope, imports.load(scope, row.id), language) for row in rows]
    Teller().table(
        ["Reference", "Name", "Stands", ">Moments", ">Fees"],
        [
            (one["reference"], one["name"], one["status"]["sentence"], one["moments_delivered"], one["total"])
            for one in shown
        ],
    )


def checked(found: Mapping[str, Any]) -> bool:
    """Whether the stored charges are those of the history; every way in which they are not."""
    teller = Teller()
    if found["agrees"]:
        teller.say("The charges are those that the history makes.")
        return True
    for one in found["differences"]:
        teller.say(f"{one['what']}: stored {one['stored']}, recomputed {one['recomputed']}", "yellow")
    teller.say(f"Reported as finding {found['finding_id']}.")
    return False


def _shown(scope: Scope, history: History, language: str) -> dict[str, Any]:
    return imports.describe_project(scope, history, language, currency_of(scope))


def _fee(teller: Teller, fee: Mapping[str, Any], currency: str, language: str) -> None:
    teller.say(f"{fee['description']}: {formats.money(fee['amount'], currency, language)}", "bold")
    for sentence in fee["explanation"]:
        teller.say(f"  {sentence}")


def _outcome(teller: Teller, found: Mapping[str, Any], said: str) -> None:
    teller.say(f"{said} {'free' if found['outcome'] == 'free' else 'not free: it needs a quote'}.")
    for reason in found["reasons"]:
        teller.say(f"  {reason['sentence']}")


def _proposed(teller: Teller, shown: Mapping[str, Any]) -> None:
    """Before the first import: what the titles suggest."""
    proposal = shown["proposal"]
    suggested = "only personal data of members" if proposal["one_dimensional"] else "more than personal data of members"
    teller.say(f"The titles suggest {suggested}; somebody must look and confirm (assess).")
    for reason in proposal["reasons"]:
        teller.say(f"  {reason['sentence']}")
    if shown["assessment"]:
        _outcome(teller, shown["assessment"], "If confirmed, this import is")


def _compared(teller: Teller, shown: Mapping[str, Any], language: str) -> None:
    """After it: how the delivery differs from every one that was imported."""
    for one in shown["comparisons"]:
        said = "the same structure" if one["same"] else "another structure"
        teller.say(f"Beside moment {one['moment']} of {formats.long_date(one['on'], language)}: {said}.")
        for difference in one["differences"]:
            teller.say(f"  {difference}")
