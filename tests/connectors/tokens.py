"""Tokens in a file: the token store contract for processes of one machine, as tests use it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from connectors.base import SignInAgain
from connectors.http import Secret
from connectors.oauth import LockedTokens, Tokens


class FileTokens:
    """One connection's tokens; the lock is the operating system's, so that it goes with a process that dies."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Tokens:
        value = json.loads(self.path.read_text())
        if "stopped" in value:
            raise SignInAgain(value["stopped"])
        moments = [value[name] and datetime.fromisoformat(value[name]) for name in ("obtained_at", "expires_at")]
        return Tokens(Secret(value["access"]), Secret(value["refresh"]), *moments)

    def put(self, tokens: Tokens) -> None:
        self._write(
            {
                "access": str(tokens.access),
                "refresh": str(tokens.refresh),
                "obtained_at": tokens.obtained_at.isoformat(),
                "expires_at": tokens.expires_at and tokens.expires_at.isoformat(),
            }
        )

    @contextmanager
    def locked(self) -> Iterator[LockedTokens]:
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield _Held(self)

    def _write(self, value: dict[str, object]) -> None:
        draft = self.path.with_suffix(f".{os.getpid()}")
        with draft.open("w") as file:
            json.dump(value, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)


class _Held:
    def __init__(self, tokens: FileTokens) -> None:
        self._tokens = tokens

    def read(self) -> Tokens:
        return self._tokens.read()

    def save(self, tokens: Tokens) -> None:
        self._tokens.put(tokens)

    def stop(self, reason: str) -> None:
        self._tokens._write({"stopped": reason or "refused"})
