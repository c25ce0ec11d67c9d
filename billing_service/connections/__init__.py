"""Links to accounting packages: connecting, what is mapped, and who is known there.

``opening`` opens a connector; ``secrets``, ``tokens`` and ``limiter`` are what all processes share for it.
"""

from billing_service.connections.opening import Outside, open_connector

__all__ = ["Outside", "open_connector"]
