"""Links to accounting packages: a library of its own that knows nothing of ``billing_service``.

    base        values, capabilities, errors named after the next step, and the protocol that every package keeps
    limits      how often a package may be called, counted for all processes together
    http        deadlines, size caps, repeats where harmless, answers as errors
    oauth       tokens that survive crashes, rotation and several processes
    package     what a package registers, and what it is handed to open a connection
    exact       Exact Online, by its sales entries
    fake        a whole package of our own, for tests and the demo
    moneybird   Moneybird, by its external sales invoices
    odoo        Odoo, as drafts in a journal of our own that are posted
    tryton      Tryton, as drafts that are posted, over its own JSON-RPC
    overview    the table of docs/connectors.md

A package is registered below only when it passes the whole of tests/connectors.
"""

from connectors.base import Connector
from connectors.exact import PACKAGE as _EXACT
from connectors.fake import PACKAGE as _FAKE
from connectors.moneybird import PACKAGE as _MONEYBIRD
from connectors.odoo import PACKAGE as _ODOO
from connectors.package import Connection, Package
from connectors.tryton import PACKAGE as _TRYTON

PACKAGES: dict[str, Package] = {package.name: package for package in (_FAKE, _EXACT, _MONEYBIRD, _ODOO, _TRYTON)}
"""Every package that can be connected, by its name."""


def connect(name: str, connection: Connection) -> Connector:
    """A connector to this package; an unknown name is a ``KeyError``. Makes no call."""
    return PACKAGES[name].connect(connection)
