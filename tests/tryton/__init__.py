"""A real Tryton for the tests: trytond from PyPI in an environment of its own, as a server process of its own.

    server      finds the environment, makes the books once, starts and stops the server
    bookkeeper  what somebody does in Tryton by hand: bank statements, matching, reversals
    fixtures    ``tryton_server`` for any test
    theirs      runs in Tryton's environment: makes the database that every test begins with, and serves it

``make test`` installs the environment beside its own (``.venv-tryton``); ``BILLING_TEST_TRYTON`` names another one.
"""
