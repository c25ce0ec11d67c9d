"""A worker process that says which work it began and never ends it. Arguments: database, lease in seconds."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta

from billing_service import logs
from billing_service.context import Context
from billing_service.store.session import Database
from billing_service.worker.handlers import Handler
from billing_service.worker.process import Worker
from billing_service.worker.work import Pace, Work


def begin_and_never_end(work: Work) -> None:
    print(work.subject_id, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    logs.configure()
    handlers = {"call": Handler(begin_and_never_end, lambda work: ("invoice", work.subject_id))}
    pace = Pace(lease=timedelta(seconds=float(sys.argv[2])))
    Worker(Context(Database(sys.argv[1])), pace, handlers, {}).run()
