"""Work in a process of its own: how long it took, and how much memory it needed at most."""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SPAWN = multiprocessing.get_context("spawn")
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Apart:
    """``peak`` is in MiB of resident memory, interpreter and libraries included; ``answer`` what the work returned."""

    seconds: float
    peak: float
    answer: Any


def run_apart(work: Callable[..., object], *arguments: Any) -> Apart:
    """Run ``work``, a function of a module, in a fresh process. Raises RuntimeError when it failed."""
    ours, theirs = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_run, args=(theirs, work, arguments))
    process.start()
    theirs.close()
    try:
        found: Apart = ours.recv()
    except EOFError:
        raise RuntimeError(f"{work.__name__} failed in its process") from None
    finally:
        process.join()
    return found


def _run(parent: Any, work: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    start = time.perf_counter()
    answer = work(*arguments)
    seconds = time.perf_counter() - start
    # Not ru_maxrss: that remembers the parent, from before the program was replaced.
    found = _PEAK.search(Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    parent.send(Apart(seconds, int(found[1]) / 1024, answer))
