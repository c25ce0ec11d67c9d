"""What findings about a change on the wrong side say, and the words in them; ``finding_texts`` reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

TEXTS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "nl": {
        "customer_changed_there": (
            "Debiteur {number} is in het boekhoudpakket gewijzigd (koppeling {connection}), terwijl debiteuren hier "
            "worden bijgehouden: {compared}.",
            "Kies: zet hier terug naar het pakket (ours), neem over wat daar staat (theirs), of laat het zo met een "
            "reden (keep).",
        ),
        "document_changed_there": (
            "Document {number} is in het boekhoudpakket gewijzigd (koppeling {connection}), terwijl documenten hier "
            "worden gemaakt: {compared}.",
            "Kies: lever het opnieuw zoals het hier is (ours), of laat het zo met een reden (keep). Hoort het anders "
            "te zijn, crediteer het dan hier. Wordt het daar hersteld, dan vervalt dit signaal vanzelf.",
        ),
        "receipt_by_hand": (
            "Ontvangst {number} is hier met de hand vastgelegd, terwijl betalingen in het boekhoudpakket worden "
            "bijgehouden; daar is zij onbekend (koppeling {connection}): {compared}.",
            "Kies: boek haar ook in het pakket (ours), draai haar hier terug omdat het pakket haar zelf meldt "
            "(theirs), of laat het zo met een reden (keep).",
        ),
        "receipt_changed_there": (
            "Ontvangst {number}, die vanuit hier is geboekt, is in het boekhoudpakket gewijzigd (koppeling "
            "{connection}): {compared}.",
            "Kies: neem over wat daar staat (theirs), of laat het zo met een reden (keep).",
        ),
    },
    "en": {
        "customer_changed_there": (
            "Customer {number} was changed in the accounting package (connection {connection}), though customers are "
            "kept here: {compared}.",
            "Choose: bring ours there again (ours), take over what stands there (theirs), or keep it so with a reason "
            "(keep).",
        ),
        "document_changed_there": (
            "Document {number} was changed in the accounting package (connection {connection}), though documents are "
            "made here: {compared}.",
            "Choose: deliver it again as it is here (ours), or keep it so with a reason (keep). If it is to be "
            "otherwise, credit it here. If it is put right there, this goes by itself.",
        ),
        "receipt_by_hand": (
            "Receipt {number} was recorded here by hand, though payments are kept in the accounting package, which "
            "does not know of it (connection {connection}): {compared}.",
            "Choose: book it in the package, too (ours), undo it here because the package tells it itself (theirs), or "
            "keep it so with a reason (keep).",
        ),
        "receipt_changed_there": (
            "Receipt {number}, booked from here, was changed in the accounting package (connection {connection}): "
            "{compared}.",
            "Choose: take over what stands there (theirs), or keep it so with a reason (keep).",
        ),
    },
}

FIELDS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "amount": "bedrag",
        "code": "code",
        "currency": "valuta",
        "customer": "debiteur",
        "document": "document",
        "due_date": "vervaldatum",
        "email": "e-mailadres",
        "issue_date": "factuurdatum",
        "kind": "soort",
        "kvk_number": "KvK-nummer",
        "name": "naam",
        "net": "exclusief btw",
        "number": "nummer",
        "paid_on": "betaald op",
        "postal_code": "postcode",
        "state": "stand",
        "tax": "btw",
        "total": "totaal",
        "vat": "btw-code",
        "vat_number": "btw-nummer",
    },
    "en": {
        "amount": "amount",
        "code": "code",
        "currency": "currency",
        "customer": "customer",
        "document": "document",
        "due_date": "due date",
        "email": "e-mail address",
        "issue_date": "invoice date",
        "kind": "kind",
        "kvk_number": "KvK number",
        "name": "name",
        "net": "without VAT",
        "number": "number",
        "paid_on": "paid on",
        "postal_code": "postcode",
        "state": "state",
        "tax": "VAT",
        "total": "total",
        "vat": "VAT code",
        "vat_number": "VAT number",
    },
}
"""What is compared, as it is called in a sentence."""

STATES: Final[dict[str, dict[str, str]]] = {
    "nl": {"booked": "geboekt", "cancelled": "vervallen", "draft": "concept", "gone": "verdwenen", "there": "aanwezig"},
    "en": {"booked": "booked", "cancelled": "cancelled", "draft": "draft", "gone": "gone", "there": "there"},
}

_SENTENCE: Final = {
    "nl": "{field} hier {ours}, daar {theirs}, laatst overeengekomen {agreed}",
    "en": "{field} here {ours}, there {theirs}, last agreed {agreed}",
}


def compared(fields: Iterable[Mapping[str, str | None]], language: str) -> str:
    """Each field that differs: ours, theirs and what was agreed on last; what is not known prints as a dash."""
    return "; ".join(_field(one, language) for one in fields)


def _field(one: Mapping[str, str | None], language: str) -> str:
    name, _, code = (one["name"] or "").partition(".")
    field = " ".join(filter(None, (FIELDS[language].get(name, name), code)))
    words = STATES[language] if name == "state" else {}
    sides = {side: words.get(one[side] or "", one[side] or "–") for side in ("ours", "theirs", "agreed")}
    return _SENTENCE[language].format(field=field, **sides)
