"""What was issued goes on its way: to the accounting package, and as news to the services that listen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from billing_service.store import dispatch, telling
from billing_service.store.scope import Scope


def announce(scope: Scope, issued: Sequence[Mapping[str, Any]], rows: Mapping[UUID, Any]) -> None:
    """``rows``: the documents as they were released, by id.

    To be called after the first insert of the transaction that issues, as ``dispatch`` asks.
    """
    if not issued:
        return
    dispatch.documents(scope, [_paper(values, rows) for values in issued])
    telling.tell_many(scope, [_news(values, rows[values["of_invoice"]]) for values in issued if values["number"]])


def _paper(values: Mapping[str, Any], rows: Mapping[UUID, Any]) -> dispatch.Paper:
    document_id = values["of_invoice"]
    return dispatch.Paper(document_id, values["number"], values["issue_date"], rows[document_id].customer_id)


def _news(values: Mapping[str, Any], row: Any) -> telling.News:
    kind = "invoice" if row.credits_invoice_id is None else "credit_note"
    data = {"number": values["number"], "issue_date": values["issue_date"], "gross": row.gross}
    data |= {"customer_id": row.customer_id, "credits_invoice_id": row.credits_invoice_id}
    return telling.News(f"{kind}.issued", kind, row.id, data)
