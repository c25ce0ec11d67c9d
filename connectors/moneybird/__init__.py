"""Moneybird (accounting-apis 2): external sales invoices, which keep our number and our PDF.

capabilities    what it can, each with its source; nobody here has met the real package yet
connector       what is asked of it, call by call
records         its records as our values, and ours as what it takes
rounding        lines whose VAT comes to the same, however it rounds
news            which payments are new or gone, from its versions of invoices
refusals        what it means by a refusal
hooks           webhooks and their signature
"""

from connectors.moneybird.capabilities import CAPABILITIES
from connectors.moneybird.connector import MoneybirdConnector
from connectors.moneybird.sign_in import SIGN_IN
from connectors.package import Package, Setting

PACKAGE = Package(
    name="moneybird",
    title="Moneybird",
    settings=(
        Setting("administration_id"),
        Setting("client_id", required=False),
        Setting("base_url", required=False),
        Setting("token", required=False, secret=True),
        Setting("client_secret", required=False, secret=True),
        Setting("webhook_secret", required=False, secret=True),
    ),
    capabilities=lambda settings: CAPABILITIES,
    connect=MoneybirdConnector,
    uses_oauth=True,
    sign_in=SIGN_IN,
)
