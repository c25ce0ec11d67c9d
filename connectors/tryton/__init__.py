"""Tryton: a free accounting package, over its own JSON-RPC (accounting-apis 12)."""

from connectors.package import Package, Setting
from connectors.tryton.capabilities import capabilities
from connectors.tryton.connector import TrytonConnector

PACKAGE = Package(
    name="tryton",
    title="Tryton",
    settings=(
        Setting("base_url"),
        Setting("database"),
        Setting("user"),
        Setting("password", secret=True),
        Setting("company", required=False),
    ),
    capabilities=capabilities,
    connect=TrytonConnector,
)
