"""The worker: claims due work from the outbox under a lease, does it, records how it ended; runs the schedule.

``claims`` is every statement about the outbox, ``work`` one claimed piece with its guarded transactions, ``handlers``
which function does which kind, ``bell`` how a worker hears of new work, ``schedule`` the work that comes back, and
``process`` the worker itself.
"""
