"""The QR code a bank app scans to fill in the transfer (EPC069-12)."""

from __future__ import annotations

import re

import segno

from billing_service.documents.pdf.marks import Squares

_DARK = re.compile(rb"\x01+")
_MASK = 3
"""Trying all eight masks takes four times as long; every scanner reads any of them."""


def squares(payload: str, x: float, y: float, side: float) -> Squares:
    """The code of ``payload`` with error correction M, ``side`` points wide, without quiet zone.

    ``payload`` has at most 331 bytes, so that version 13 is enough (``references.epc_payload``).
    """
    code = segno.make_qr(payload, error="M", boost_error=False, mask=_MASK, encoding="utf-8", eci=False)
    runs = (
        (row, dark.start(), dark.end() - dark.start())
        for row, modules in enumerate(code.matrix)
        for dark in _DARK.finditer(bytes(modules))
    )
    return Squares(x, y, side / len(code.matrix), tuple(runs))
