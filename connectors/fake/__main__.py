"""The fake as a server process of its own: ``python -m connectors.fake --port 8099``.

Prints its address and serves until it is stopped; its books live in this process, so that they stay whatever happens
to the workers that use them. Secrets come from the environment (``FAKE_API_KEY`` and so on), never from arguments.
Listens on this machine only.
"""

from __future__ import annotations

import argparse
import os

from connectors.fake.profiles import PROFILES
from connectors.fake.server import FakePackage
from connectors.fake.wire import Server

NAMES = ("api_key", "webhook_secret", "client_id", "client_secret", "access_token", "refresh_token")


def main() -> None:
    """Reads the arguments and serves."""
    reader = argparse.ArgumentParser(prog="python -m connectors.fake", description="A fake accounting package.")
    reader.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    reader.add_argument("--profile", choices=sorted(PROFILES), default="searchable")
    given = reader.parse_args()
    secrets = {name: os.environ.get(f"FAKE_{name.upper()}", "") for name in NAMES}
    if not secrets["api_key"] or not secrets["webhook_secret"]:
        reader.error("FAKE_API_KEY and FAKE_WEBHOOK_SECRET must be set.")
    server = Server(FakePackage(given.profile, secrets).handle, given.port)
    print(server.url, flush=True)
    server.run()


if __name__ == "__main__":
    main()
