"""Secrets of connections, encrypted with the keys from the environment (``BILLING_SECRET_KEYS``).

The first key encrypts, all of them decrypt: a new key is put in front, everything is encrypted again
(``connections.rotate_secrets``), and the old key can go. What is encrypted names its connection, so that it cannot be
moved to another one. Without a key nothing can be connected; all else works.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from billing_service.errors import Conflict
from connectors.http import Secret


class NoSecretKey(Conflict):
    """Connecting needs a key to encrypt secrets with, or the one they were encrypted with."""

    code = "no_secret_key"


class Vault:
    """Encrypts and decrypts with these keys, the newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None

    def check(self) -> None:
        """Raises :class:`NoSecretKey` where there is no key."""
        self._keys()

    def encrypt(self, connection_id: UUID, values: Mapping[str, str]) -> bytes:
        """Raises :class:`NoSecretKey`."""
        return self._keys().encrypt(orjson.dumps({"of": str(connection_id), "values": dict(values)}))

    def decrypt(self, connection_id: UUID, encrypted: bytes | None) -> dict[str, Secret]:
        """The values that were encrypted for this connection; none where nothing was.

        Raises :class:`NoSecretKey` where the key is gone, and for what belongs to another connection.
        """
        if encrypted is None:
            return {}
        try:
            held = orjson.loads(self._keys().decrypt(encrypted))
        except InvalidToken:
            raise NoSecretKey("No key in BILLING_SECRET_KEYS opens the secrets of this connection.") from None
        if held["of"] != str(connection_id):
            raise NoSecretKey("These secrets belong to another connection.")
        return {name: Secret(value) for name, value in held["values"].items()}

    def again(self, connection_id: UUID, encrypted: bytes) -> bytes:
        """The same values, encrypted with the first key."""
        return self.encrypt(connection_id, self.decrypt(connection_id, encrypted))

    def _keys(self) -> MultiFernet:
        if self._fernet is None:
            raise NoSecretKey("Secrets cannot be kept: BILLING_SECRET_KEYS holds no key. See docs/connections.md.")
        return self._fernet


def make_key() -> str:
    """A new key."""
    return Fernet.generate_key().decode()
