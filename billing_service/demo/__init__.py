"""The example administration of ``billing run``: everything in it is made up.

A foundation in Utrecht helps associations with their member administration. ``parties`` makes it and its customers,
``tariffs`` its two tariffs, ``questions`` a month at its helpdesk, ``members`` an import of a member file,
``package`` the accounting package that it uses. Everything goes through the same use cases as over HTTP.
"""
