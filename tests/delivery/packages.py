"""The fake package as a server process of its own: its books stay, whatever happens to the workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from connectors.fake.control import Control
from tests.connections.fakes import SECRETS
from tests.operate.site import ROOT


@dataclass(frozen=True, slots=True)
class FakeServer:
    """``url`` is where it answers, ``control`` what is done over there."""

    url: str
    control: Control


@contextmanager
def fake_server(profile: str = "searchable") -> Iterator[FakeServer]:
    """The fake of this kind, until the end."""
    secrets = {f"FAKE_{name.upper()}": value for name, value in SECRETS.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "connectors.fake", "--profile", profile],
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", ""), **secrets},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()

        def ask(body: bytes) -> bytes:
            answer = urllib.request.urlopen(f"{url}/control", body, timeout=30)  # noqa: S310 our own server
            with answer:
                content: bytes = answer.read()
            return json.dumps(json.loads(content)).encode()

        yield FakeServer(url, Control(ask))
    finally:
        process.kill()
        process.wait(30)
