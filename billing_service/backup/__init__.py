"""Backup and restore: the whole database as one file, the same for SQLite and PostgreSQL, while the service runs.

``rows`` is how a row becomes a line and back, ``file`` the file with its header and digests, ``taking`` writes one,
``restoring`` puts one into an empty database. After a restore every number series is blocked until a person confirms
the last number really sent, and nothing goes to the outside until a person says so (``holding``).
"""

from billing_service.backup.file import Backup, check
from billing_service.backup.restoring import Restored, restore
from billing_service.backup.taking import take

__all__ = ["Backup", "Restored", "check", "restore", "take"]
