"""What comes next for a document on its way, from what is recorded of it and what is known of it there. Pure.

This decides that nothing is created twice: a document is created only when no attempt was made, when a search after the
settle time found none, or with a key by which the package itself refuses to do it twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from connectors.base import Capabilities, Change, RemoteDocument, Search, State, Step, next_step

KEY_MARGIN: Final = timedelta(minutes=10)
"""A key this near to the end of its life counts as forgotten."""


class Move(StrEnum):
    """What to do next."""

    WAIT = "wait"
    """An earlier attempt may still come through; nobody looks yet."""
    LOOK = "look"
    """Search it by our number."""
    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    """The draft there is what was sent, but something was repaired since."""
    ATTACH = "attach"
    POST = "post"
    COMPARE = "compare"
    """All steps are taken: read it back and compare."""
    ASK = "ask"
    """Nobody but a person can tell whether it came through."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is recorded of a delivery. ``step`` is the last change that was begun; ``digest`` is of what was sent."""

    step: str | None = None
    remote_id: str | None = None
    attached: bool = False
    unclear: bool = False
    look_after: datetime | None = None
    tried_at: datetime | None = None
    digest: str | None = None


def next_move(
    progress: Progress,
    capabilities: Capabilities,
    remote: RemoteDocument | None,
    *,
    attachment: str | None,
    digest: str,
    now: datetime,
) -> Move:
    """``remote`` is what was read of it in this attempt, ``digest`` that of what would be sent now."""
    if progress.unclear and progress.look_after is not None and now < progress.look_after:
        return Move.WAIT
    if remote is None:
        return _without_remote(progress, capabilities, now)
    if progress.unclear and progress.step == Step.ATTACH and remote.attachments is None and attachment is not None:
        return Move.ATTACH if key_lives(progress, capabilities, now) else Move.ASK
    if progress.digest not in (None, digest) and _may_change(remote, capabilities):
        return Move.UPDATE
    # What the package confirmed is not attached again, also where it lists the file under another name.
    wanted = None if progress.attached else attachment
    step = next_step(capabilities, remote, attachment=wanted, attached=progress.attached)
    return {Step.CREATE: Move.CREATE, Step.ATTACH: Move.ATTACH, Step.POST: Move.POST, Step.DONE: Move.COMPARE}[step]


def _without_remote(progress: Progress, capabilities: Capabilities, now: datetime) -> Move:
    if progress.remote_id is not None:
        return Move.READ
    if not progress.unclear:
        return Move.CREATE
    if capabilities.search.value is not Search.NO:
        return Move.LOOK
    return Move.CREATE if key_lives(progress, capabilities, now) else Move.ASK


def key_lives(progress: Progress, capabilities: Capabilities, now: datetime) -> bool:
    """Whether the package still knows the key of the last attempt, so that a repetition gets its answer."""
    life = capabilities.key_life.value
    return life is not None and progress.tried_at is not None and now < progress.tried_at + life - KEY_MARGIN


def _may_change(remote: RemoteDocument, capabilities: Capabilities) -> bool:
    edits = capabilities.edits.value
    return edits is Change.BOOKED or (edits is Change.DRAFT and remote.state is State.DRAFT)
