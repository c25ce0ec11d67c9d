"""What another tariff would have billed: questions of a past period decided again, by the code that really decides.

``asking`` checks what is asked and starts the job, ``job`` runs it, ``deciding`` holds a batch of questions against the
tariff, ``rounding`` adds what rounding their time together makes, ``counting`` gives ordinals as if it had been in
force, ``telling`` writes the files. Nothing is written to decisions or charges.
"""

from billing_service.replay.asking import REPLAY, SCOPE, start
from billing_service.replay.job import prune

__all__ = ["REPLAY", "SCOPE", "prune", "start"]
