"""Quotes for imports that are not free: a price, frozen with all it was based on; accepted, declined or withdrawn once.

The customer decides through the API or by a link. The link holds a secret that is shown once and stored as SHA-256.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from billing_service.core.frozen import canonical
from billing_service.core.ids import new_id
from billing_service.core.imports import QuoteAccepted, QuoteDeclined, QuoteSent, QuoteWithdrawn
from billing_service.core.imports.events import QuotePurpose
from billing_service.core.imports.quote import QuoteDocument, to_plain
from billing_service.documents.pdf import render_quote
from billing_service.errors import Conflict, NotFound
from billing_service.imports.history import append, business_day, get_project, load
from billing_service.imports.offer import quote_document
from billing_service.store import audit
from billing_service.store.imports import ImportProject, ImportQuote, ImportQuotePdf
from billing_service.store.scope import Scope

Decision = Literal["accepted", "declined", "withdrawn"]
How = Literal["api", "link"]
TOKEN_BYTES: Final = 32


def send_quote(scope: Scope, project_id: UUID, values: Mapping[str, Any]) -> tuple[ImportQuote, str]:
    """Offer a price: ``price`` (without VAT), and optionally ``purpose``, ``note``, ``delivery_id``, ``on``. Returns
    the quote and the secret of its link, which is stored nowhere.

    The quote is laid out and its PDF stored at once, so that what cannot be printed is never offered.

    Raises:
        Conflict: no quote is needed, or another one is open.
        InvalidInput: a price or text that cannot be printed.
    """
    history = load(scope, project_id, lock=True)
    on, row = business_day(scope, values.get("on")), history.row
    purpose: QuotePurpose = values.get("purpose") or ("new_structure" if history.project.moments else "import")
    number = _next_number(scope, project_id)
    reference = f"{row.reference}-{number}"
    valid_until = on + timedelta(days=history.policy.quote_valid_days)
    history = append(scope, history, QuoteSent(on, reference, values["price"], valid_until, purpose))
    document = quote_document(scope, history, reference, values.get("note"), values.get("delivery_id"))
    _expire_older(scope, project_id)
    quote, token = _store(scope, row, number, document)
    told = {"number": reference, "price": quote.price, "valid_until": valid_until, "sha256": quote.sha256}
    audit.record(scope, "create", "import_quote", quote.id, told)
    return quote, token


def decide(
    scope: Scope,
    quote: ImportQuote,
    decision: Decision,
    *,
    how: How = "api",
    by: str | None = None,
    reason: str | None = None,
    on: date | None = None,
) -> ImportQuote:
    """Accept, decline or withdraw a quote that is open. What was decided never changes.

    Raises:
        Conflict: it was decided before, or has expired.
        InvalidInput: a day to come, or a fee due at acceptance that falls outside the contract.
    """
    history = load(scope, quote.project_id, lock=True)
    quote = get_quote(scope, quote.project_id, quote.id, fresh=True)
    day = business_day(scope, on)
    event: QuoteAccepted | QuoteDeclined | QuoteWithdrawn
    if decision == "accepted":
        event = QuoteAccepted(day, quote.reference)
    elif decision == "declined":
        event = QuoteDeclined(day, quote.reference, reason or "")
    else:
        event = QuoteWithdrawn(day, quote.reference, reason or "")
    append(scope, history, event)
    quote.state, quote.reason = decision, reason
    quote.decided_on, quote.decided_at = day, scope.now
    quote.decided_by, quote.decided_how = by or scope.actor, how
    scope.session.flush()
    audit.record(scope, decision, "import_quote", quote.id, {"how": how, "reason": reason})
    return quote


def new_link(scope: Scope, quote: ImportQuote) -> tuple[ImportQuote, str]:
    """Another link to an open quote; the one before no longer works. Raises ``Conflict`` for a decided quote."""
    get_project(scope, quote.project_id, lock=True)
    quote = get_quote(scope, quote.project_id, quote.id, fresh=True)
    if quote.state != "open" or quote.valid_until < scope.today:
        raise Conflict("Only an open quote has a link to decide by.", code="import_quote_not_open")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    quote.token_sha256 = _sha256(token)
    scope.session.flush()
    audit.record(scope, "new_link", "import_quote", quote.id)
    return quote, token


def get_quote(scope: Scope, project_id: UUID, quote_id: UUID, *, fresh: bool = False) -> ImportQuote:
    """Raises ``NotFound``, also for a quote of another project."""
    get_project(scope, project_id)
    query = select(ImportQuote).where(
        ImportQuote.administration_id == scope.administration_id,
        ImportQuote.project_id == project_id,
        ImportQuote.id == quote_id,
    )
    row = scope.session.scalars(query.execution_options(populate_existing=fresh)).one_or_none()
    if row is None:
        raise NotFound("There is no such quote.")
    return row


def quote_by_token(session: Session, token: str) -> ImportQuote:
    """The quote of a customer's link, in whichever administration. Raises ``NotFound``."""
    row = session.scalars(select(ImportQuote).where(ImportQuote.token_sha256 == _sha256(token))).one_or_none()
    if row is None:
        raise NotFound("There is no such link.")
    return row


def quote_pdf(scope: Scope, quote: ImportQuote) -> ImportQuotePdf:
    """The PDF of a quote, as stored when it was sent."""
    key = ImportQuotePdf.administration_id == scope.administration_id
    return scope.session.scalars(select(ImportQuotePdf).where(key, ImportQuotePdf.quote_id == quote.id)).one()


def state_on(quote: ImportQuote, today: date) -> str:
    """``open``, ``expired``, ``accepted``, ``declined`` or ``withdrawn``."""
    return "expired" if quote.state == "open" and quote.valid_until < today else quote.state


def _store(scope: Scope, row: ImportProject, number: int, document: QuoteDocument) -> tuple[ImportQuote, str]:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    frozen = canonical(to_plain(document))
    quote = ImportQuote(
        administration_id=scope.administration_id,
        id=new_id(),
        project_id=row.id,
        number=number,
        reference=document.number,
        purpose=document.purpose.value,
        price=document.totals.net,
        note=document.note,
        sent_on=document.quoted_on,
        valid_until=document.valid_until,
        state="open",
        document=frozen.decode(),
        sha256=hashlib.sha256(frozen).hexdigest(),
        token_sha256=_sha256(token),
        created_at=scope.now,
    )
    content = render_quote(document)
    scope.session.add(quote)
    scope.session.flush()
    scope.session.add(
        ImportQuotePdf(
            administration_id=scope.administration_id,
            quote_id=quote.id,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            created_at=scope.now,
        )
    )
    scope.session.flush()
    return quote, token


def _expire_older(scope: Scope, project_id: UUID) -> None:
    """A new quote can only be sent once the last one is decided or has expired; now the row says so too."""
    scope.session.execute(
        update(ImportQuote)
        .where(
            ImportQuote.administration_id == scope.administration_id,
            ImportQuote.project_id == project_id,
            ImportQuote.state == "open",
        )
        .values(state="expired", decided_at=scope.now, version=ImportQuote.version + 1)
    )


def _next_number(scope: Scope, project_id: UUID) -> int:
    query = select(func.max(ImportQuote.number)).where(
        ImportQuote.administration_id == scope.administration_id, ImportQuote.project_id == project_id
    )
    return (scope.session.scalar(query) or 0) + 1


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
