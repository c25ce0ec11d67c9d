"""The README's session with curl, run as a newcomer would: against what ``make run`` starts."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.left_out import skip_left_out
from tests.test_make_run import DEADLINE, ROOT, free_port, running

README = (ROOT / "README.md").read_text("utf-8")


def session(port: int) -> str:
    """The marked block, with the port of this run and the key from the environment."""
    [block] = re.findall(r"<!-- session.*?-->\n```sh\n(.*?)```", README, re.S)
    lines = [line for line in block.splitlines() if not line.startswith("export KEY=")]
    assert len(lines) == len(block.splitlines()) - 1
    script = "\n".join(lines).replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    assert str(port) in script
    return script


def test_the_session_goes_from_a_question_to_a_numbered_pdf(tmp_path: Path) -> None:
    for tool in ("bash", "curl", "python3"):
        if shutil.which(tool) is None:
            skip_left_out("README session", f"{tool} is not installed")
    port = free_port()
    with running(tmp_path, port) as service:
        service.wait_for("Ctrl-C stops everything.")
        [key] = re.findall(r"API key +(bk_\S+)", service.text)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", session(port)],
            cwd=tmp_path,
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
    assert "0:45 hours × €95.00 = €71.25." in done.stdout
    assert "'gross': '86.21'" in done.stdout
    assert re.search(r"^\d{4}-0000[16]$", done.stdout, re.M), "the sixth of this year, or the first of a new one"
    [pdf] = tmp_path.glob("Factuur *.pdf")
    assert pdf.read_bytes().startswith(b"%PDF-")


def test_the_readme_links_to_files_that_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
