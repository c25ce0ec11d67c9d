"""Runs in Tryton's environment: serves its WSGI application on a free port, which it prints, until its input ends."""

from __future__ import annotations

import os
import sys
import threading

from trytond.application import app
from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Nobody reads it."""


def until_input_ends() -> None:
    """Whoever started it is gone, however that happened."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    print(server.server_port, flush=True)
    threading.Thread(target=until_input_ends, daemon=True).start()
    server.serve_forever()
