"""The file of a backup: gzipped lines.

The first is the header: what it is, the revision of the schema, the moment, the tables with their columns, the last
number of every series. Then each table: a JSON array per row, and a line with the number of its rows and their
SHA-256. The last line has the totals; without it the file is incomplete. ``zcat FILE | head -1`` shows the header.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import uuid4

import orjson

from billing_service.backup.rows import KINDS, Described
from billing_service.errors import AlreadyExists, NotFound, UnreadableFile

FORMAT: Final = "billing-service backup"
VERSION: Final = 1
_LEVEL: Final = 1
"""PDFs hardly shrink, and a higher level costs several times the time for the rest."""


@dataclass(slots=True)
class Backup:
    """What a backup says of itself. ``rows`` counts by table and is complete once the file was read to its end."""

    schema: str
    moment: str
    program: str
    tables: tuple[Described, ...]
    series: list[dict[str, Any]]
    rows: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


# --- writing ---


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A new file that only its owner may read, under its name once all of it is on the disk.

    Raises:
        AlreadyExists: there is a file of that name; a backup is never written over.
    """
    if path.exists():
        raise AlreadyExists(f"{path} exists already; a backup is never written over.")
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}.unfinished")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=0) as packed:
                yield packed  # type: ignore[misc]
            raw.flush()
            os.fsync(raw.fileno())
        unfinished.rename(path)
        _sync_folder(path.parent)
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_header(out: BinaryIO, backup: Backup) -> None:
    tables = [{"name": one.name, "columns": one.columns, "key": one.key} for one in backup.tables]
    _write(
        out,
        {
            "format": FORMAT,
            "version": VERSION,
            "schema": backup.schema,
            "moment": backup.moment,
            "program": backup.program,
            "series": backup.series,
            "tables": tables,
        },
    )


def write_table(out: BinaryIO, backup: Backup, name: str, lines: Iterator[bytes]) -> None:
    """All rows of a table, and what they come to."""
    _write(out, count(backup, name, lines, out.write))


def count(backup: Backup, name: str, lines: Iterator[bytes], each: Callable[[bytes], object] | None = None) -> Any:
    """Note in ``backup`` how many rows the table has and their digest; the line that says so."""
    number, digest = 0, hashlib.sha256()
    for line in lines:
        if each is not None:
            each(line)
        digest.update(line)
        number += 1
    backup.rows[name], backup.digests[name] = number, digest.hexdigest()
    return {"table": name, "rows": number, "sha256": backup.digests[name]}


def write_end(out: BinaryIO, backup: Backup) -> None:
    _write(out, _total(backup))


def _total(backup: Backup) -> dict[str, Any]:
    """Ties all tables together: one of them cannot be exchanged or left out."""
    digests = "".join(backup.digests[one.name] for one in backup.tables)
    return {
        "end": True,
        "rows": sum(backup.rows.values()),
        "sha256": hashlib.sha256(f"{backup.schema}{backup.moment}{digests}".encode()).hexdigest(),
    }


def _write(out: BinaryIO, value: dict[str, Any]) -> None:
    out.write(orjson.dumps(value) + b"\n")


# --- reading ---


@dataclass(slots=True)
class Reading:
    """A backup that is being read: its header first, then ``table`` for each of its tables in order, then ``end``."""

    backup: Backup
    _lines: Iterator[bytes]

    def table(self, described: Described) -> Iterator[bytes]:
        """The rows of the next table, as lines. Raises ``UnreadableFile`` at its end where they are not what was
        written."""
        count, digest = 0, hashlib.sha256()
        while not (line := self._next()).startswith(b"{"):
            digest.update(line)
            count += 1
            yield line
        said = _json(line)
        found = {"table": described.name, "rows": count, "sha256": digest.hexdigest()}
        if said != found:
            raise _damaged(f"the rows of {described.name} are not those that were written")
        self.backup.rows[described.name], self.backup.digests[described.name] = count, digest.hexdigest()

    def end(self) -> None:
        """Raises ``UnreadableFile`` where the totals are missing or others."""
        if _json(self._next()) != _total(self.backup):
            raise _damaged("its totals are not those that were written")
        if next(self._lines, b""):
            raise _damaged("something follows after its end")

    def _next(self) -> bytes:
        line = next(self._lines, b"")
        if not line.endswith(b"\n"):
            raise _damaged("it ends too early")
        return line


@contextmanager
def reading(path: Path) -> Iterator[Reading]:
    """Read a backup; whatever is wrong with the file is one ``UnreadableFile``.

    Raises:
        NotFound: no such file.
        UnreadableFile: no backup, of a newer format, damaged or incomplete.
    """
    try:
        with path.open("rb") as raw, gzip.open(raw, "rb") as unpacked:
            lines = _lines(unpacked)  # type: ignore[arg-type]
            yield Reading(_header(next(lines, b"")), lines)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.") from None
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}.") from None


def check(path: Path) -> Backup:
    """Read a backup to its end without a database. Raises as ``reading``."""
    with reading(path) as found:
        for described in found.backup.tables:
            for _line in found.table(described):
                pass
        found.end()
    return found.backup


def _lines(unpacked: BinaryIO) -> Iterator[bytes]:
    try:
        yield from unpacked
    except gzip.BadGzipFile:
        raise UnreadableFile("This file is no backup, or its beginning is damaged.") from None
    except (EOFError, zlib.error):
        raise _damaged("it ends too early or its bytes were changed") from None


def _header(line: bytes) -> Backup:
    said = _json(line)
    if said.get("format") != FORMAT:
        raise UnreadableFile("This file is no backup of this program.")
    if said.get("version") != VERSION:
        raise UnreadableFile("This backup is of a newer format; restore it with the program that wrote it.")
    try:
        tables = tuple(
            Described(one["name"], tuple((name, kind) for name, kind in one["columns"]), tuple(one["key"]))
            for one in said["tables"]
        )
        if any(kind not in KINDS for one in tables for _, kind in one.columns):
            raise _damaged("its header names an unknown kind of column")
        return Backup(said["schema"], said["moment"], said["program"], tables, said["series"])
    except (KeyError, TypeError, ValueError):
        raise _damaged("its header is not complete") from None


def _json(line: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise _damaged("a line of it cannot be read")
    return found


def _damaged(why: str) -> UnreadableFile:
    return UnreadableFile(f"This backup is damaged or incomplete: {why}. Nothing was restored; use another copy.")
