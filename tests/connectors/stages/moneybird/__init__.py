"""The stage of Moneybird, written from its documentation: accounting-apis 2, tags [M1] and so on as there.

    forms     what a body and a filter must look like
    books     what stands there: contacts, invoices, payments, and the VAT that it computes
    server    the interface: routes, sign-in, limits, pages, refusals
    stage     what the suite asks of it

It never met the real package either. Where the documentation is silent it does the stricter or the nastier of what can
be, and says so. One thing it does on purpose otherwise: the real one ignores unknown fields without a word (2.10 [M4]);
here they are refused, as the contract [M1] forbids them, so that nothing undocumented is ever sent.
"""

from tests.connectors.stages.moneybird.stage import MoneybirdStage

__all__ = ["MoneybirdStage"]
