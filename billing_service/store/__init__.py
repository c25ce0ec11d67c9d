"""The database: one schema over SQLite and PostgreSQL, a module per noun.

``schema`` makes and checks it, ``session`` opens transactions, ``scope`` says on whose behalf a use case works.
"""
