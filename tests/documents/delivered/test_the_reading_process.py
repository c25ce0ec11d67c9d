"""Files are read in a process that cannot run on, eat memory, write, or know a secret."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from billing_service.documents.delivered import ReadLimits, RefusedFile, process, read_delivered
from billing_service.documents.delivered.process import READ_AT_ONCE, run_held
from billing_service.errors import Busy
from tests.documents.delivered.samples import MEMBERS, csv_of, refusal
from tests.left_out import skip_left_out

if sys.platform != "linux":
    skip_left_out("delivered files", "they are read on Linux only")


def program(code: str, limits: ReadLimits, content: bytes = b"") -> bytes:
    return run_held(["-c", code], content, limits)


@pytest.mark.parametrize("ever", ["while True: pass", "import time; time.sleep(10**6)"])
def test_a_process_that_would_run_for_ever_is_ended_at_its_deadline(tmp_path: Path, ever: str):
    code = f"import os\nos.mkdir(os.path.join({str(tmp_path)!r}, str(os.getpid())))\n{ever}"
    with pytest.raises(RefusedFile) as caught:
        program(code, ReadLimits(seconds=1))
    assert caught.value.code == "reading_took_too_long"
    pid = int(next(tmp_path.iterdir()).name)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_file_that_needs_too_much_memory_is_refused():
    rows = [("Naam", "Plaats"), *[("x" * 1_000, "y" * 1_000)] * 10_000]
    assert read_delivered(csv_of(rows), "leden.csv").rows == 10_000
    refusal(csv_of(rows), "leden.csv", "reading_took_too_much_memory", memory_bytes=60_000_000)


def test_a_process_that_eats_memory_gets_no_more_than_its_limit():
    code = (
        "import sys\ntry:\n  bytearray(500_000_000)\nexcept MemoryError:\n  print('refused')\nelse:\n  print('given')"
    )
    assert program(code, ReadLimits(memory_bytes=200_000_000)) == b"refused\n"
    assert program(code, ReadLimits()) == b"given\n"


@pytest.mark.parametrize(
    ("ended_by", "code"),
    [
        (signal.SIGABRT, "reading_took_too_much_memory"),
        (signal.SIGXCPU, "reading_took_too_long"),
        (signal.SIGSEGV, "damaged_file"),
    ],
)
def test_a_crash_of_the_process_is_a_refusal(ended_by: signal.Signals, code: str):
    with pytest.raises(RefusedFile) as caught:
        program(f"import os; os.kill(os.getpid(), {int(ended_by)})", ReadLimits())
    assert caught.value.code == code


def test_the_process_knows_no_secret_and_can_write_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("BILLING_DATABASE_URL", "postgresql://somebody:canary@example.org/x")
    told = program("import os; print(dict(os.environ))", ReadLimits())
    assert b"canary" not in told
    assert b"BILLING" not in told
    code = (
        "import json, resource as r, sys; sys.stdin.read(); "
        "print(json.dumps([r.getrlimit(x)[1] for x in (r.RLIMIT_FSIZE, r.RLIMIT_CORE, r.RLIMIT_CPU, r.RLIMIT_AS)]))"
    )
    limits = ReadLimits(seconds=7, memory_bytes=300_000_000)
    assert json.loads(program(code, limits)) == [0, 0, 8, 300_000_000]


def test_only_so_many_files_are_read_at_once(monkeypatch: pytest.MonkeyPatch):
    places = threading.BoundedSemaphore(READ_AT_ONCE)
    monkeypatch.setattr(process, "_PLACES", places)
    for _ in range(READ_AT_ONCE):
        places.acquire()
    with pytest.raises(Busy):
        read_delivered(csv_of(MEMBERS), "leden.csv", ReadLimits(wait_seconds=0))
    places.release()
    assert read_delivered(csv_of(MEMBERS), "leden.csv", ReadLimits(wait_seconds=0)).rows == 2
    refusal(b"x", "leden", "wrong_extension", wait_seconds=0)
    assert read_delivered(csv_of(MEMBERS), "leden.csv", ReadLimits(wait_seconds=0)).rows == 2, "its place came free"


def test_other_systems_say_that_they_cannot(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "platform", "win32")
    refusal(csv_of(MEMBERS), "leden.csv", "cannot_read_here")
