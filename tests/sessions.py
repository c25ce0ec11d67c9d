"""Sessions that the documentation shows, run as a reader would: against what ``make run`` starts."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.left_out import skip_left_out
from tests.test_make_run import DEADLINE, ROOT, free_port, running

TOOLS = ("bash", "curl", "python3")
_KEY, _ADDRESS = "export KEY=", "127.0.0.1:8000"


def page(name: str) -> str:
    """The text of a page of the documentation, by its path."""
    return (ROOT / name).read_text("utf-8")


def block(name: str, mark: str) -> str:
    """The one block of commands that is marked so on this page."""
    [found] = re.findall(rf"<!-- {mark}: .*?-->\n```sh\n(.*?)```", page(name), re.S)
    return str(found)


def run_session(name: str, folder: Path) -> str:
    """What the page's session with curl prints, run in ``folder``: with the port of this run, and its key from the
    environment."""
    for tool in TOOLS:
        if shutil.which(tool) is None:
            skip_left_out(f"session with curl in {name}", f"{tool} is not installed")
    lines = block(name, "session").splitlines(keepends=True)
    script = "".join(line for line in lines if not line.startswith(_KEY))
    assert len(script.splitlines()) == len(lines) - 1
    assert _ADDRESS in script
    port = free_port()
    with running(folder, port) as service:
        service.wait_for("Ctrl-C stops everything.")
        [key] = re.findall(r"API key +(bk_\S+)", service.text)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace(_ADDRESS, f"127.0.0.1:{port}")],
            cwd=folder,
            env={
                "KEY": key,
                "PATH": str(Path(shutil.which("curl") or "").parent) + ":/usr/bin:/bin",
                "LC_ALL": "C.UTF-8",
            },
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
