"""Notifying: other services hear of what happens here, as signed webhooks (Standard Webhooks).

store.telling          something happened: an event, and a delivery for every endpoint that wants it
endpoints              where to, with its signing secret
DELIVER, deliver       the worker's part: one delivery, tried until it is taken or for about three days
replay                 send again, for an endpoint that lost them
"""

from billing_service.notifying.delivering import DELIVER, deliver, gave_up
from billing_service.notifying.replaying import prune, replay, replay_since
from billing_service.store.telling import KINDS

__all__ = ["DELIVER", "KINDS", "deliver", "gave_up", "prune", "replay", "replay_since"]
