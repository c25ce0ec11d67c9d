"""Odoo 18 and later: invoices as moves in a sales journal of our own (accounting-apis 11).

settings    what can be set, and what the connector declares
calls       the two ways to call a method of a model: JSON-2, and XML-RPC where there is no JSON-2
errors      what Odoo means by a refusal, in either way
forms       field mapping, both ways
news        how far the news on payments was read
connector   our side of it
"""

from connectors.odoo.connector import OdooConnector
from connectors.odoo.settings import SETTINGS, capabilities
from connectors.package import Package

PACKAGE = Package(
    name="odoo",
    title="Odoo",
    settings=SETTINGS,
    capabilities=capabilities,
    connect=OdooConnector,
)
