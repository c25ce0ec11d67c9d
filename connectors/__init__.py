"""Links to accounting packages: a library of its own that knows nothing of ``billing_service``.

It will hold the registry (name → how to build a connector), the protocol with its error tree, one HTTP layer and a
module per package. No package is connected yet, so there is nothing else in here.
"""
