"""Exact Online, over its REST API (accounting-apis 1). Written from documentation: it never met the real package.

connector      sign-in, lists, customers, documents, files
entries        a document of ours as a sales entry, and back
terms          what is open and what was paid: receivables and the cursor over them
hooks          notifications and their signature
division       the calls to one administration: filters, pages, dates, amounts
capabilities   what it declares
"""

from connectors.exact.capabilities import CODE, SEARCH_CODE, capabilities
from connectors.exact.connector import SIGN_IN, ExactConnector
from connectors.package import Package, Setting

PACKAGE = Package(
    name="exact",
    title="Exact Online",
    settings=(
        Setting("base_url", required=False),
        Setting("division"),
        Setting("journal"),
        Setting("customer_code_field", required=False, choices=(CODE, SEARCH_CODE)),
        Setting("client_id"),
        Setting("client_secret", secret=True),
        Setting("webhook_secret", required=False, secret=True),
    ),
    capabilities=capabilities,
    connect=ExactConnector,
    uses_oauth=True,
    sign_in=SIGN_IN,
)
