"""The reading process: ``python -m billing_service.documents.delivered.reader``, started and held by ``process``.

In: one line of JSON (``file_name``, ``limits``), then the file. Out: one line of JSON: ``read``, ``refused`` or
``failed``. Nothing else leaves it: no log, no dump, no file.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import PurePath
from typing import Any

from billing_service.documents.delivered import recognise
from billing_service.documents.delivered.refusals import RefusedFile
from billing_service.documents.delivered.values import ReadLimits


def main() -> None:
    """Read what comes in and answer."""
    try:
        given = answer(sys.stdin.buffer.readline(), sys.stdin.buffer.read())
    except MemoryError:
        given = {"refused": None}
    sys.stdout.write(json.dumps(given))


def answer(request: bytes, content: bytes) -> dict[str, Any]:
    """The answer for a file, as JSON can hold it."""
    asked = json.loads(request)
    try:
        return {"read": recognise.read(content, asked["file_name"], ReadLimits(**asked["limits"])).to_plain()}
    except RefusedFile as error:
        return {"refused": {"case": error.case, "code": error.code, "facts": error.facts}}
    except MemoryError:
        raise
    except BaseException as error:  # noqa: BLE001 - a panic in calamine is no Exception, and no hostile file may be a defect
        return {"failed": _where(error)}


def _where(error: BaseException) -> str:
    """The kind of error and its place; never its text, which may hold somebody's data."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {PurePath(last.filename).name}:{last.lineno}"


if __name__ == "__main__":
    main()
