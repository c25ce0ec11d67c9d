"""Secrets kept in the database, encrypted with the keys from the environment (``BILLING_SECRET_KEYS``).

The first key encrypts, all of them decrypt: a new key is put in front, everything is encrypted again
(``billing connection rotate-secrets``), and the old key can go. What is encrypted names its owner, so that it cannot be
moved to another row. Without a key nothing can be connected; all else works.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from billing_service.errors import Conflict


class NoSecretKey(Conflict):
    """A secret needs a key to be encrypted with, or the one it was encrypted with."""

    code = "no_secret_key"


class Vault:
    """Encrypts and decrypts with these keys, the newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None

    def check(self) -> None:
        """Raises :class:`NoSecretKey` where there is no key."""
        self._keys()

    def encrypt(self, owner: UUID, values: Mapping[str, str]) -> bytes:
        """Raises :class:`NoSecretKey`."""
        return self._keys().encrypt(orjson.dumps({"of": str(owner), "values": dict(values)}))

    def decrypt(self, owner: UUID, encrypted: bytes | None) -> dict[str, str]:
        """The values that were encrypted for this owner; none where nothing was.

        Raises :class:`NoSecretKey` where the key is gone, and for what belongs to another.
        """
        if encrypted is None:
            return {}
        try:
            held = orjson.loads(self._keys().decrypt(encrypted))
        except InvalidToken:
            raise NoSecretKey("No key in BILLING_SECRET_KEYS opens these secrets.") from None
        if held["of"] != str(owner):
            raise NoSecretKey("These secrets belong to another row.")
        return dict(held["values"])

    def again(self, owner: UUID, encrypted: bytes) -> bytes:
        """The same values, encrypted with the first key."""
        return self.encrypt(owner, self.decrypt(owner, encrypted))

    def _keys(self) -> MultiFernet:
        if self._fernet is None:
            raise NoSecretKey("Secrets cannot be kept: BILLING_SECRET_KEYS holds no key. See docs/connections.md.")
        return self._fernet


def make_key() -> str:
    """A new key."""
    return Fernet.generate_key().decode()
