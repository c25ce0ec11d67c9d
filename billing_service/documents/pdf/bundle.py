"""Several PDFs as one file to print: the pages as they are, and a bookmark at the first page of each."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path


def bundle(documents: Iterable[tuple[str, bytes]], path: Path) -> int:
    """Write these PDFs, each with its title, to ``path`` one after another; how many pages that makes.

    Fonts and pictures stay as they are in each document, so that every page prints exactly as it does alone.
    """
    from pypdf import PdfReader, PdfWriter  # here, so that the web does not load it

    with PdfWriter() as writer:
        for title, content in documents:
            writer.append(PdfReader(BytesIO(content)), outline_item=title)
        pages = len(writer.pages)
        with path.open("wb") as file:
            writer.write(file)
    return pages
