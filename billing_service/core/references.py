"""Payment references: the ISO 11649 reference of an invoice, and the text of the EPC QR code that carries it."""

from __future__ import annotations

import re
from decimal import Decimal

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

from billing_service.errors import FieldError, InvalidInput

MAX_BODY = 21
"""Letters and digits an ISO 11649 reference can carry behind its check digits."""
MAX_PAYLOAD = 331
"""Bytes an EPC QR code may hold (EPC069-12 v2.1: error correction M, at most version 13)."""
MAX_BENEFICIARY = 70
"""Characters of the beneficiary's name (EPC069-12, line 6)."""
LARGEST_EPC_AMOUNT = Decimal("999999999.99")

_NOT_IN_A_REFERENCE = re.compile(r"[^A-Z0-9]")


def reference_body(number: str) -> str:
    """The letters and digits of a document number, in capitals: what stands behind ``RFxx``.

    Two numbers get the same reference exactly when their bodies are equal (``2026-11`` and ``20261-1``). References
    are therefore unique in an administration as long as bodies are: whoever decides whether a series' pattern could
    repeat a number, or keeps numbers unique in the database, compares bodies and not only the printed numbers.

    Raises InvalidInput when nothing is left, or more than 21 signs.
    """
    body = _NOT_IN_A_REFERENCE.sub("", number.upper()) if number.isascii() else ""
    if not 1 <= len(body) <= MAX_BODY:
        detail = f"A payment reference needs 1 to {MAX_BODY} letters (a-z) and digits; the number is {number!r}."
        raise InvalidInput(detail, errors=[FieldError("/number", detail)])
    return body


def rf_reference(number: str) -> str:
    """The ISO 11649 creditor reference of a document number, without blanks: ``20260042`` → ``RF8820260042``."""
    body = reference_body(number)
    return f"RF{mod_97_10.calc_check_digits(body + 'RF')}{body}"


def grouped(reference: str) -> str:
    """A reference or IBAN as it is printed, in groups of four."""
    compact = reference.replace(" ", "")
    return " ".join(compact[at : at + 4] for at in range(0, len(compact), 4))


def is_rf_reference(text: str) -> bool:
    """Whether the text is an ISO 11649 reference with right check digits; blanks and case do not matter."""
    return iso11649.is_valid(text)


def epc_payload(*, name: str, iban: str, amount: Decimal, reference: str, bic: str | None = None) -> str:
    """The text of an EPC QR code (EPC069-12 v2.1, version 002, UTF-8): a SEPA credit transfer in euro.

    ``amount`` has two places. A name is cut at 70 characters, and further until the payload has 331 bytes.
    Raises InvalidInput for an amount a QR code cannot carry.
    """
    if not Decimal("0.01") <= amount <= LARGEST_EPC_AMOUNT:
        raise InvalidInput(f"An EPC QR code carries 0.01 to {LARGEST_EPC_AMOUNT}, not {amount}.")
    beneficiary = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_BENEFICIARY].strip()
    while True:
        lines = ("BCD", "002", "1", "SCT", bic or "", beneficiary, iban.replace(" ", ""), f"EUR{amount}", "", reference)
        payload = "\n".join(lines)
        if len(payload.encode()) <= MAX_PAYLOAD:
            return payload
        beneficiary = beneficiary[:-1].strip()
