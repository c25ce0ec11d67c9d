"""The QR code a bank app scans to fill in the transfer (EPC069-12)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import segno

_DARK = re.compile(rb"\x01+")
_MASK = 3
"""Trying all eight masks takes four times as long; every scanner reads any of them."""


def encode(payload: str) -> tuple[int, Iterator[tuple[int, int, int]]]:
    """How many modules wide the code of ``payload`` is (error correction M), and its runs of dark modules: row, first
    column, length.

    ``payload`` has at most 331 bytes, so that version 13 is enough (``references.epc_payload``).
    """
    code = segno.make_qr(payload, error="M", boost_error=False, mask=_MASK, encoding="utf-8", eci=False)
    runs = (
        (row, dark.start(), dark.end() - dark.start())
        for row, modules in enumerate(code.matrix)
        for dark in _DARK.finditer(bytes(modules))
    )
    return len(code.matrix), runs
