"""A push step by step: what comes next follows from what stands there, so that a killed worker's work is resumed.

The service does, for one document: claim; **look** (:meth:`Connector.find_document`) if an earlier attempt may have
come through, and never before the settle time; :func:`next_step`; do it; record; again until ``DONE``; then
:func:`differences`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connectors.base.capabilities import Capabilities
from connectors.base.checks import prepare
from connectors.base.values import Document, RemoteDocument, State


class Step(StrEnum):
    """One call that changes something there."""

    CREATE = "create"
    ATTACH = "attach"
    POST = "post"
    DONE = "done"


def next_step(
    capabilities: Capabilities, remote: RemoteDocument | None, *, attachment: str | None, attached: bool = False
) -> Step:
    """What is still to do. ``attachment`` is the file name of the PDF, ``None`` where nothing is to be attached.

    ``attached`` is what was recorded, and counts only where the package does not tell which files a document has.
    The file comes before posting, because what is posted may be closed (accounting-apis 14.4).
    """
    if remote is None:
        return Step.CREATE
    there = attached if remote.attachments is None else attachment in remote.attachments
    if attachment is not None and capabilities.attachments.value is not None and not there:
        return Step.ATTACH
    if capabilities.posts_separately.value and remote.state is State.DRAFT:
        return Step.POST
    return Step.DONE


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that stands there otherwise than here, both as text: a bookkeeper reads it."""

    field: str
    ours: str
    theirs: str


def differences(document: Document, remote: RemoteDocument, capabilities: Capabilities) -> tuple[Difference, ...]:
    """Everything in which the document there is not ours, to the cent; empty is proof that it landed as issued.

    Compared are number, kind, dates, currency, total, and, as prepared for this package, net, tax and the VAT of each
    code where the package tells it.
    """
    sent = prepare(document, capabilities)
    pairs = {
        "kind": (sent.kind, remote.kind),
        "number": (sent.number, remote.number),
        "customer": (sent.customer, remote.customer if remote.customer is not None else sent.customer),
        "issue_date": (sent.issue_date, remote.issue_date),
        "due_date": (sent.due_date, remote.due_date if remote.due_date is not None else sent.due_date),
        "currency": (sent.currency, remote.currency),
        "net": (sent.net, remote.net),
        "tax": (sent.tax, remote.tax),
        "total": (sent.total, remote.total),
    }
    if remote.vat is not None:
        ours = {group.code: group for group in sent.vat}
        theirs = {group.code: group for group in remote.vat}
        for code in sorted(ours.keys() | theirs.keys()):
            pairs[f"vat.{code}"] = (_vat(ours.get(code)), _vat(theirs.get(code)))
    return tuple(Difference(name, str(ours), str(theirs)) for name, (ours, theirs) in pairs.items() if ours != theirs)


def _vat(group: object) -> str:
    taxable, tax = getattr(group, "taxable", None), getattr(group, "tax", None)
    return "–" if taxable is None else f"{tax} on {taxable}"
