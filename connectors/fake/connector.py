"""The connector to the fake: sign-in and field mapping only, like that of any real package."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from connectors.base import (
    AlreadyThere,
    Attachment,
    Capabilities,
    Cause,
    Choice,
    Company,
    Connector,
    ConnectorError,
    Customer,
    Document,
    Fix,
    Found,
    Hint,
    InvalidSignature,
    Kind,
    Line,
    Lists,
    OpenItem,
    Page,
    Payment,
    PaymentFact,
    PaymentsPage,
    Refused,
    RemoteCustomer,
    RemoteDocument,
    State,
    Subject,
    Vat,
    VatGroup,
)
from connectors.fake.profiles import capabilities
from connectors.http import Answer, Bearer, Http, SignIn
from connectors.oauth import Client, OAuth
from connectors.package import Connection, SignInPages, http_of

OLDEST_HOOK: Final = timedelta(minutes=5)

CAUSES: Final = {
    "number": (Fix.DATA, Cause.NUMBER_FORM),
    "code": (Fix.DATA, Cause.CUSTOMER_CODE_FORM),
    "customer": (Fix.DATA, Cause.CUSTOMER_UNKNOWN),
    "journal": (Fix.MAPPING, Cause.JOURNAL_UNKNOWN),
    "method": (Fix.MAPPING, Cause.PAYMENT_METHOD_UNKNOWN),
    "vat_code": (Fix.MAPPING, Cause.VAT_CODE_UNKNOWN),
    "ledger_account": (Fix.MAPPING, Cause.LEDGER_ACCOUNT_UNKNOWN),
    "cost_centre": (Fix.MAPPING, Cause.COST_CENTRE_UNKNOWN),
    "credits": (Fix.DATA, Cause.CREDITED_INVOICE_UNKNOWN),
    "document": (Fix.DATA, Cause.DOCUMENT_UNKNOWN),
    "amount": (Fix.DATA, Cause.NOTHING_OPEN),
    "vat": (Fix.DATA, Cause.TOTAL_DIFFERS),
    "currency": (Fix.DATA, Cause.CURRENCY),
    "issue_date": (Fix.DATA, Cause.DATE_REFUSED),
    "due_date": (Fix.DATA, Cause.DATE_REFUSED),
}


class FakeConnector(Connector):
    """One connection to the fake. It signs in with its API key, or by OAuth where the setting ``client_id`` is filled
    in; that needs the secret ``client_secret`` and a token store."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(_capable(connection))
        self._connection = connection
        self._http = self._http_for(self._sign_in())

    def _http_for(self, sign_in: SignIn) -> Http:
        return _http(self._connection, sign_in)

    def _sign_in(self) -> SignIn:
        at = self._connection
        if at.tokens is None or not at.settings.get("client_id"):
            return Bearer(at.secrets["api_key"])
        return OAuth(_client(at), at.tokens, self._http_for, at.clock)

    def _key(self, key: str, step: str) -> dict[str, Any]:
        """What makes a creation repeatable where the package remembers keys."""
        if self.capabilities.key_life.value is None:
            return {}
        return {"headers": {"Idempotency-Key": f"{key}:{step}"}, "repeats": True}

    # --- connecting -------------------------------------------------------------------------------------------------

    def check(self) -> Company:
        return self._http.request("GET", "/v1/company").read(
            lambda value: Company(value["id"], value["name"], value["currency"], kvk_number=value["kvk_number"])
        )

    def lists(self) -> Lists:
        return self._http.request("GET", "/v1/lists").read(
            lambda value: Lists(**{name: tuple(_choice(entry) for entry in entries) for name, entries in value.items()})
        )

    # --- customers --------------------------------------------------------------------------------------------------

    def find_customer(self, code: str) -> Found[RemoteCustomer]:
        answer = self._http.request("GET", "/v1/customers", query={"code": code})
        return answer.read(lambda value: Found(tuple(_customer(one) for one in value["items"])))

    def list_customers(self, cursor: str | None = None) -> Page[RemoteCustomer]:
        answer = self._http.request("GET", "/v1/customers", query={"cursor": cursor} if cursor else None)
        return answer.read(lambda value: Page(tuple(_customer(one) for one in value["items"]), value["next"]))

    def _upsert_customer(self, customer: Customer, remote_id: str | None, key: str) -> RemoteCustomer:
        body = {
            "code": customer.code,
            "name": customer.name,
            "street": customer.address.street,
            "postal_code": customer.address.postal_code,
            "city": customer.address.city,
            "country": customer.address.country,
            "email": customer.email,
            "vat_number": customer.vat_number,
            "kvk_number": customer.kvk_number,
            "is_business": customer.is_business,
        }
        if remote_id is None:
            return self._http.request("POST", "/v1/customers", json=body, **self._key(key, "customer")).read(_customer)
        path = {"id": remote_id}
        return self._http.request("PUT", "/v1/customers/{id}", path=path, json=body, repeats=True).read(_customer)

    # --- documents --------------------------------------------------------------------------------------------------

    def _find_document(self, kind: Kind, number: str, customer: str | None, on: date | None) -> Found[RemoteDocument]:
        answer = self._http.request("GET", "/v1/documents", query={"kind": kind, "number": number})
        return answer.read(lambda value: Found(tuple(_document(one) for one in value["items"])))

    def read_document(self, remote_id: str) -> RemoteDocument:
        return self._http.request("GET", "/v1/documents/{id}", path={"id": remote_id}).read(_document)

    def _create_document(self, document: Document, key: str) -> RemoteDocument:
        body = self._body(document)
        return self._http.request("POST", "/v1/documents", json=body, **self._key(key, "create")).read(_document)

    def _update_document(self, remote_id: str, document: Document) -> RemoteDocument:
        path, body = {"id": remote_id}, self._body(document)
        return self._http.request("PUT", "/v1/documents/{id}", path=path, json=body, repeats=True).read(_document)

    def _delete_document(self, remote_id: str) -> None:
        self._http.request(
            "DELETE", "/v1/documents/{id}", path={"id": remote_id}, repeats=True, expects=frozenset({404})
        ).json()

    def _attach(self, remote_id: str, attachment: Attachment, key: str) -> None:
        content = base64.b64encode(attachment.content).decode()
        body = {"name": attachment.name, "media_type": attachment.media_type, "content": content}
        path, keyed = {"id": remote_id}, self._key(key, "attach")
        self._http.request("POST", "/v1/documents/{id}/attachments", path=path, json=body, **keyed).read(_document)

    def _post(self, remote_id: str) -> RemoteDocument:
        there = self.read_document(remote_id)
        if there.state is not State.DRAFT:
            return there
        return self._http.request("POST", "/v1/documents/{id}/book", path={"id": remote_id}).read(_document)

    def documents(self, since: date, cursor: str | None = None) -> Page[RemoteDocument]:
        query = {"since": since.isoformat(), **({"cursor": cursor} if cursor else {})}
        answer = self._http.request("GET", "/v1/documents", query=query)
        return answer.read(lambda value: Page(tuple(_document(one) for one in value["items"]), value["next"]))

    def _body(self, document: Document) -> dict[str, Any]:
        body = {
            "kind": document.kind,
            "number": document.number,
            "customer": document.customer,
            "issue_date": document.issue_date.isoformat(),
            "due_date": document.due_date.isoformat(),
            "currency": document.currency,
            "journal": document.journal,
            "reference": document.reference,
            "description": document.description or None,
            "credits": document.credits,
            "lines": [_line(line) for line in document.lines],
        }
        if self.capabilities.vat.value is Vat.OURS:
            body["vat"] = [
                {"code": group.code, "taxable": str(group.taxable), "tax": str(group.tax)} for group in document.vat
            ]
        return body

    # --- money ------------------------------------------------------------------------------------------------------

    def _payments(self, cursor: str | None) -> PaymentsPage:
        answer = self._http.request("GET", "/v1/payments", query={"after": cursor} if cursor else None)
        return answer.read(
            lambda value: PaymentsPage(
                payments=tuple(_payment(one) for one in value["items"]),
                open_items=tuple(_open_item(one) for one in value["documents"]),
                cursor=value["cursor"],
                more=value["more"],
            )
        )

    def open_items(self, cursor: str | None = None) -> Page[OpenItem]:
        answer = self._http.request("GET", "/v1/open-items", query={"cursor": cursor} if cursor else None)
        return answer.read(lambda value: Page(tuple(_open_item(one) for one in value["items"]), value["next"]))

    def _push_payment(self, payment: Payment, key: str) -> PaymentFact:
        body = {
            "number": payment.number,
            "document": payment.document,
            "date": payment.paid_on.isoformat(),
            "amount": str(payment.amount),
            "currency": payment.currency,
            "method": payment.method,
            "description": payment.description or None,
        }
        return self._http.request("POST", "/v1/payments", json=body, **self._key(key, "payment")).read(_payment)

    def _find_payment(self, payment: Payment) -> Found[PaymentFact]:
        answer = self._http.request("GET", "/v1/payments", query={"number": payment.number})
        return answer.read(lambda value: Found(tuple(_payment(one) for one in value["items"])))

    # --- webhooks ---------------------------------------------------------------------------------------------------

    def _verify_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Hint, ...]:
        signature = next((value for name, value in headers.items() if name.lower() == "fake-signature"), "")
        given = re.fullmatch(r"t=(\d{1,12})((?:,v1=[0-9a-f]{64})+)", signature)
        if given is None:
            raise InvalidSignature("The webhook carries no signature.")
        secret = self._connection.secrets.get("webhook_secret")
        if not secret:
            raise InvalidSignature("No webhook secret is set for this connection.")
        signed = f"{given[1]}.".encode() + body
        ours = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        if not any(hmac.compare_digest(ours, theirs) for theirs in given[2].split(",v1=")[1:]):
            raise InvalidSignature("The signature of the webhook is not that of its body.")
        at = datetime.fromtimestamp(int(given[1]), UTC)
        if abs(now - at) > OLDEST_HOOK:
            raise InvalidSignature("The webhook is too old.")
        value = Answer(200, {}, body, changes=False).json()
        if not isinstance(value, dict) or value.get("about") not in set(Subject):
            return ()
        return (Hint(Subject(value["about"]), id=value.get("of"), delivery=value.get("id"), at=at),)


# --- sign-in --------------------------------------------------------------------------------------------------------


def _capable(at: Connection) -> Capabilities:
    return capabilities(at.settings.get("profile", "searchable")).enable(at.enabled)


def _http(at: Connection, sign_in: SignIn | None) -> Http:
    return http_of(at, at.settings["base_url"], sign_in, _capable(at), reads_error)


def _client(at: Connection) -> Client:
    return Client("/oauth/token", at.settings["client_id"], at.secrets["client_secret"])


SIGN_IN: Final = SignInPages(
    address=lambda settings: f"{settings['base_url']}/oauth/authorize",
    client=_client,
    http=lambda at: _http(at, None),
    scope="books",
)

# --- field mapping --------------------------------------------------------------------------------------------------


def reads_error(answer: Answer, text: str) -> ConnectorError | None:
    """What the fake means by a refusal: its code and field."""
    if answer.status not in {404, 409, 422}:
        return None
    code, field, there = answer.read(
        lambda value: [value["error"].get(name, "") for name in ("code", "field", "there")]
    )
    if code in {"duplicate_number", "duplicate_code"}:
        return AlreadyThere("It stands there already.", remote_id=there or None, detail=text)
    fix, cause = CAUSES.get(field.rpartition(".")[2], (Fix.DATA, Cause.REQUEST_REFUSED))
    cause = {404: Cause.DOCUMENT_UNKNOWN, 409: Cause.DOCUMENT_LOCKED}.get(answer.status, cause)
    return Refused("The fake refused it.", fix=fix, cause=cause, field=field or None, detail=text)


def _line(line: Line) -> dict[str, Any]:
    quantity, price = line.priced()
    return {
        "description": line.description,
        "quantity": str(quantity),
        "unit_price": str(price),
        "amount": str(line.amount),
        "vat_code": line.vat_code,
        "ledger_account": line.ledger_account,
        "cost_centre": line.cost_centre,
    }


def _choice(entry: Mapping[str, Any]) -> Choice:
    rate = entry.get("rate")
    return Choice(
        id=entry["id"],
        code=entry["code"],
        name=entry["name"],
        active=entry["active"],
        rate=None if rate is None else Decimal(rate),
        category=entry.get("category"),
    )


def _customer(value: Mapping[str, Any]) -> RemoteCustomer:
    names = ("id", "name", "code", "vat_number", "kvk_number", "postal_code", "email")
    return RemoteCustomer(**{name: value[name] for name in names})


def _document(value: Mapping[str, Any]) -> RemoteDocument:
    files = value["attachments"]
    return RemoteDocument(
        id=value["id"],
        kind=Kind(value["kind"]),
        number=value["number"],
        state=State(value["state"]),
        issue_date=date.fromisoformat(value["issue_date"]),
        due_date=date.fromisoformat(value["due_date"]),
        currency=value["currency"],
        net=Decimal(value["net"]),
        tax=Decimal(value["tax"]),
        total=Decimal(value["total"]),
        open=Decimal(value["open"]),
        customer=value["customer"],
        vat=tuple(VatGroup(one["code"], Decimal(one["taxable"]), Decimal(one["tax"])) for one in value["vat"]),
        attachments=None if files is None else tuple(files),
        credits=value["credits"],
    )


def _open_item(value: Mapping[str, Any]) -> OpenItem:
    there = _document(value)
    return OpenItem(
        document=there.id,
        kind=there.kind,
        number=there.number,
        total=there.total,
        open=Decimal(value["open"]),
        currency=there.currency,
        issue_date=there.issue_date,
        due_date=there.due_date,
        customer=there.customer,
    )


def _payment(value: Mapping[str, Any]) -> PaymentFact:
    return PaymentFact(
        id=value["id"],
        amount=Decimal(value["amount"]),
        paid_on=date.fromisoformat(value["date"]),
        currency=value["currency"],
        document=value["document"],
        document_number=value["document_number"],
        customer=value["customer"],
        reference=value["reference"],
        iban=value["iban"],
        undone=value["undoes"],
        number=value["number"],
    )
