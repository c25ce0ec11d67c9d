"""Links to accounting packages: a library of its own that knows nothing of ``billing_service``.

    base        values, capabilities, errors named after the next step, and the protocol that every package keeps

No package is registered yet.
"""
