"""The zip that XLSX and ODS are: a bomb, an encrypted one, one with macros is refused before anything is unpacked."""

from __future__ import annotations

import copy
import io
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from billing_service.documents.delivered.refusals import damaged, refused
from billing_service.documents.delivered.values import MEGABYTE, ReadLimits

MOST_PARTS: Final = 5_000
_SMALL_PART: Final = MEGABYTE  # may have shrunk as far as it likes
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)  # as zipfile says it
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_PIECE: Final = 1 << 16
_MACRO_PARTS: Final = re.compile(
    r"(?:.*/)?vbaproject\.bin|xl/macrosheets/.+|(?:basic|scripts)/(?:.*/)?(?!(?:script|dialog)-l[bc]\.xml$)[^/]+",
    re.IGNORECASE,
)
_MACRO_TYPES: Final = re.compile(rb"macroEnabled|vbaProject", re.IGNORECASE)
_TYPES: Final = "[Content_Types].xml"
_MANIFEST: Final = "META-INF/manifest.xml"


class Package:
    """The parts of a zip, by name. Raises ``RefusedFile``: damaged_file, encrypted_file, zip_bomb."""

    def __init__(self, content: bytes, limits: ReadLimits) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except _BROKEN as error:
            raise damaged() from error
        self.parts = {part.filename: part for part in self._zip.infolist()}
        self._refuse_bomb(limits)
        if any(part.flag_bits & 1 for part in self.parts.values()):
            raise refused("encrypted", code="encrypted_file")

    def _refuse_bomb(self, limits: ReadLimits) -> None:
        parts = self._zip.infolist()
        if len(parts) > MOST_PARTS:
            raise refused("too_many_parts", code="zip_bomb", most=MOST_PARTS)
        if sum(part.file_size for part in parts) > limits.most_unpacked_bytes:
            raise refused("unpacks_too_large", code="zip_bomb", most=limits.most_unpacked_bytes // MEGABYTE)
        for part in parts:
            if part.file_size > max(_SMALL_PART, part.compress_size * limits.most_times_smaller):
                raise refused("packed_too_small", code="zip_bomb", most=limits.most_times_smaller)
        if len(self.parts) < len(parts):
            raise damaged()  # two parts of one name: readers would disagree on which counts

    def find(self, name: str) -> str | None:
        """The part's name as it is spelled here; the formats do not care about capitals."""
        wanted = name.lower()
        return next((part for part in self.parts if part.lower() == wanted), None)

    def kind(self) -> str:
        """``xlsx`` or ``ods``, or a key of ``refusals.KINDS``."""
        if self.find("xl/workbook.xml"):
            return "xlsx"
        if self.find("xl/workbook.bin"):
            return "binary_workbook"
        media_type = self.text("mimetype", 200) if "mimetype" in self.parts else b""
        if media_type.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
            return "ods"
        is_document = media_type.startswith(b"application/vnd.oasis.") or self.find(_TYPES)
        return "document" if is_document else "archive"

    def refuse_macros(self) -> None:
        """Raises ``RefusedFile`` (file_with_macros)."""
        types = self.find(_TYPES)
        if any(_MACRO_PARTS.fullmatch(name) for name in self.parts) or (
            types and _MACRO_TYPES.search(self.text(types, MEGABYTE))
        ):
            raise refused("macros", code="file_with_macros")

    def refuse_encrypted_parts(self) -> None:
        """ODS encrypts part by part and says so in its manifest. Raises ``RefusedFile`` (encrypted_file)."""
        if (manifest := self.find(_MANIFEST)) and b"encryption-data" in self.text(manifest, MEGABYTE):
            raise refused("encrypted", code="encrypted_file")

    def refuse_lies(self) -> None:
        """Unpack every part, keeping nothing, so that its reader will find no more than was declared."""
        for name in self.parts:
            with self.open(name) as stream:
                while stream.read(_PIECE):
                    pass

    def text(self, name: str, most: int) -> bytes:
        """The first ``most`` bytes of a part."""
        with self.open(name) as stream:
            return stream.read(most)

    @contextmanager
    def open(self, name: str) -> Iterator[Measured]:
        """A part as a stream that is refused where it grows past its declared size. Raises ``RefusedFile``."""
        part = self.parts[name]
        if part.compress_type not in _METHODS:
            raise damaged()
        try:
            # Python's library would stop at the declared size, where other readers go on: let it go on too.
            endless = copy.copy(part)
            endless.file_size = sys.maxsize
            with self._zip.open(endless) as stream:
                yield Measured(stream, part.file_size)
        except _BROKEN as error:
            raise damaged() from error


class Measured:
    """A stream that raises ``RefusedFile`` when more comes out of it than was declared."""

    def __init__(self, stream: IO[bytes], declared: int) -> None:
        self._stream = stream
        self._left = declared

    def read(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise refused("lies_about_size", code="zip_bomb")
        return piece
