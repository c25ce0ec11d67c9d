"""Proof that both sides agree: every document and open amount here beside what stands in the accounting package.

    running     asking for a reconciliation; the job that makes one; the schedule asks every night
    theirs      their side, read to its end; ``ours`` is ours, as it should stand there
    groups      VAT by the names that both sides know
    spool       both sides on disk, in parts; ``books`` lays them out
    comparing   part by part, and every doubt looked at once more
    recording   what it came to, with findings; what can be repaired safely is
    repairing   delivered again or booked, when a person says so
    reading     how people read it: lists, tables, reports

The comparison itself is pure: :mod:`billing_service.core.reconciling`.
"""

from billing_service.reconciliation.running import nightly, start

__all__ = ["nightly", "start"]
