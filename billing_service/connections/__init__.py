"""Links to accounting packages: connecting, what is mapped, and who is known there. Use cases, a module per step.

    connecting       make, change, activate, stop, resume, close
    signing_in       OAuth: where to send the person who connects, and the code that comes back
    reading          whose books they are and what can be mapped to, asked by a worker
    mapping          what of ours is booked on what of theirs; ``needs`` says what must be mapped
    matching         customers that stood there before; ``first_run`` proposes which are ours
    opening_balance  what was open there before the start date
    documents        our customers and frozen documents as values for the package
    opening          opens a connector; ``tokens`` and ``limiter`` are what all processes share for it

Only a worker calls a package (``jobs``); everything else works on what was read.
"""

from billing_service.connections import matching, opening_balance, reading, signing_in  # noqa: F401  register their jobs
from billing_service.connections.connecting import current, sign_in_lost
from billing_service.connections.opening import Outside, capabilities_of, open_connector

__all__ = ["Outside", "capabilities_of", "current", "open_connector", "sign_in_lost"]
