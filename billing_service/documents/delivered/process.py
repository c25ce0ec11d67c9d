"""A process of its own for each delivered file: bounded in time, memory and number, and with nothing to give away.

It is started fresh (never forked from a server with threads), gets no environment (so no database address), and is
limited by the kernel before it is sent the first byte: memory, processor time, no files written, no core dump. When it
overruns its deadline it is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final

import structlog

from billing_service.documents.delivered.refusals import RefusedFile, damaged, refused
from billing_service.documents.delivered.values import MEGABYTE, DeliveredFile, ReadLimits
from billing_service.errors import Busy

READ_AT_ONCE: Final = 2
"""Files that one server process has read at the same time; each may take ``ReadLimits.memory_bytes``."""

if sys.platform == "linux":
    import resource

_PLACES: Final = BoundedSemaphore(READ_AT_ONCE)
_READER: Final = ("-m", "billing_service.documents.delivered.reader")
_OPEN_FILES: Final = 64
_ROOT: Final = Path(__file__).resolve().parents[3]
_log = structlog.get_logger(__name__)


def read_delivered(content: bytes, file_name: str, limits: ReadLimits | None = None) -> DeliveredFile:
    """What the file that a customer delivered holds: titles and counts, no values.

    Raises ``RefusedFile`` (an ``UnreadableFile``) with a stable code and a sentence in Dutch and English, within
    ``limits.seconds``; ``Busy`` when as many files are being read as may be.
    """
    limits = limits or ReadLimits()
    if len(content) > limits.most_bytes:
        size = -(-len(content) // MEGABYTE)
        raise refused("file_too_large", code="file_too_large", size=size, most=limits.most_bytes // MEGABYTE)
    if not content.strip():
        raise refused("empty", code="no_titles")
    request = json.dumps({"file_name": file_name, "limits": asdict(limits)}).encode()
    return _understood(json.loads(run_held(_READER, request + b"\n" + content, limits)), limits)


def _understood(answer: dict[str, Any], limits: ReadLimits) -> DeliveredFile:
    if "read" in answer:
        return DeliveredFile.from_plain(answer["read"])
    if "failed" in answer:
        _log.warning("delivered_file_reader_failed", where=answer["failed"])
        raise damaged()
    if answer["refused"] is None:
        raise _too_much_memory(limits)
    raise RefusedFile(**answer["refused"])


def run_held(arguments: Sequence[str], content: bytes, limits: ReadLimits) -> bytes:
    """What Python, started with ``arguments`` and given ``content``, answers within the limits.

    Raises ``RefusedFile``: reading_took_too_long, reading_took_too_much_memory, damaged_file (it crashed),
    cannot_read_here (not on Linux); ``Busy`` when no place came free in time.
    """
    if sys.platform != "linux":
        raise refused("not_on_this_system", code="cannot_read_here")
    if not _PLACES.acquire(timeout=limits.wait_seconds):
        raise Busy("Other files are being read; try again in a minute.")
    try:
        return _run(arguments, content, limits)
    finally:
        _PLACES.release()


def _run(arguments: Sequence[str], content: bytes, limits: ReadLimits) -> bytes:
    command = [sys.executable, "-P", "-s", "-B", *arguments]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    environment = {"PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"}
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module; the file comes by its pipe
        command, stdin=pipe, stdout=pipe, stderr=nowhere, env=environment, cwd=os.sep, start_new_session=True
    ) as process:
        try:
            _hold(process.pid, limits)
            answer, _ = process.communicate(content, timeout=limits.seconds)
        except subprocess.TimeoutExpired as error:
            raise _too_long(limits) from error
        finally:
            process.kill()
    return _outcome(process.returncode, answer, limits)


def _hold(pid: int, limits: ReadLimits) -> None:
    """Limit a process that waits for its first byte: nothing hostile has reached it yet."""
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.seconds + 1),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        resource.prlimit(pid, what, (most, most))


def _outcome(returncode: int, answer: bytes, limits: ReadLimits) -> bytes:
    if returncode == 0:
        return answer
    if returncode in (-signal.SIGABRT, -signal.SIGKILL):  # calamine's way of running out of memory; the kernel's way
        raise _too_much_memory(limits)
    if returncode == -signal.SIGXCPU:
        raise _too_long(limits)
    _log.warning("delivered_file_reader_failed", where=f"exit {returncode}")
    raise damaged()


def _too_long(limits: ReadLimits) -> RefusedFile:
    return refused("took_too_long", code="reading_took_too_long", most=limits.seconds)


def _too_much_memory(limits: ReadLimits) -> RefusedFile:
    most = limits.memory_bytes // MEGABYTE
    return refused("took_too_much_memory", code="reading_took_too_much_memory", most=most)
