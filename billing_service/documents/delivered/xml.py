"""XML read as a stream of elements: no declarations, no depth, no memory of what went by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol
from xml.parsers import expat

from billing_service.documents.delivered.refusals import damaged, refused

DEEPEST: Final = 100  # a sheet of XLSX is 6 levels deep, one of ODS about 12
_PIECE: Final = 1 << 18

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class Stream(Protocol):
    """What can be read piece by piece."""

    def read(self, size: int, /) -> bytes: ...


class Enough(Exception):
    """Raised by a handler that has seen what it was looking for."""


def _nothing(*_: Any) -> None:
    pass


def scan(stream: Stream, start: Start = _nothing, end: End = _nothing, text: Text | None = None) -> None:
    """Call back for every element by its local name (attributes keep their prefix).

    A document type is refused, so there are no entities to expand or fetch. Raises ``RefusedFile``: unsafe_xml,
    damaged_file, and what ``stream`` raises.
    """
    depth = 0
    local: dict[str, str] = {}

    def open_element(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise refused("nested_too_deeply", code="unsafe_xml", most=DEEPEST)
        start(local.get(name) or local.setdefault(name, name.rpartition(":")[2]), attributes)

    def close_element(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(local[name])

    def refuse_type(*_: Any) -> None:
        raise refused("declares_entities", code="unsafe_xml")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = open_element
    parser.EndElementHandler = close_element
    parser.StartDoctypeDeclHandler = refuse_type
    parser.EntityDeclHandler = refuse_type
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        while piece := stream.read(_PIECE):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except Enough:
        return
    except (expat.ExpatError, LookupError) as error:  # LookupError: it names an encoding that nobody knows
        raise damaged() from error
