"""The stage of Exact Online, written from its documentation: accounting-apis 1, tags [E1] and so on as there.

    entities    which resources there are, with their fields
    odata       filters, selections, values in answers and bodies
    books       what stands there, and what booking, paying and matching do to it
    server      the interface: routes, tokens, limits, pages, errors
    stage       what the suite asks of it

It never met the real package either. Where the documentation is silent it does the stricter or the nastier of what can
be, and says so.
"""

from tests.connectors.stages.exact.stage import ExactStage

__all__ = ["ExactStage"]
