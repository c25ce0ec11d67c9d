"""A whole accounting package of our own, in memory or as a server process: for tests, for the demo, and as an example.

    profiles    the kinds of package it can be, with what their connector declares
    books       what stands in it; ``forms`` is what it takes, ``server`` how it is asked
    wire        requests and replies over sockets or in memory, with trouble on the way
    control     what tests and the demo do on the other side: pay, undo, cause trouble
    connector   our side of it

``python -m connectors.fake --port 8099 --profile lagging`` keeps its books for as long as it runs.
"""

from connectors.fake.connector import SIGN_IN, FakeConnector
from connectors.fake.profiles import capabilities
from connectors.package import Package, Setting

PACKAGE = Package(
    name="fake",
    title="Fake package (for trying out)",
    settings=(
        Setting("base_url"),
        Setting("profile", required=False),
        Setting("client_id", required=False),
        Setting("api_key", secret=True),
        Setting("webhook_secret", secret=True),
        Setting("client_secret", required=False, secret=True),
    ),
    capabilities=lambda settings: capabilities(settings.get("profile", "searchable")),
    connect=FakeConnector,
    uses_oauth=True,
    sign_in=SIGN_IN,
)
