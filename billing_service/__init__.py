"""From a helpdesk question to a paid invoice.

The flow, each step with its module:

    question in      intake       questions, time entries and contact moments, one by one or in bulk
    decision         rating       core.tariff says what is billable and how; the explanation is stored with it
    charge           rating       amounts ready to be invoiced, also manual ones
    import fees      imports      a member file comes in: what is free, included or charged, and why; quotes
    prepaid time     prepaid      hour cards, blocks and allowances: sold, given, corrected, shown on every document
    periods due      subscriptions  a price once and per period: what falls due is charged by the billing runs
    consults         consults     proposed from facts, decided by a person; sessions and questions become one charge
    invoice          invoicing    preview → release → issue: gapless number, frozen document value
    credit           invoicing    credit notes, and corrections of questions after issue: a credit and a new charge
    payment in       receivables  receipts by hand, what they settle, what is open; balances, disputes, write-offs
    PDF              documents    rendered from the frozen value by the worker, or at the first download
    sync out         delivery     documents, customers and receipts to the accounting package, once or to a person
                     connections  which package, signed in how, mapped to what, and who is known there
    payment there    collection   payments made in the package settle invoices here, each once, in any order
                     ownership    who owns which data; a change on the wrong side is a conflict that a person resolves
    proof            reconciliation  every night: do the package and we agree, document by document, to the cent

Beside the flow: ``replay`` (what another tariff would have billed), ``exports`` (tables for a spreadsheet),
``service_reports`` (what was asked, how fast it was solved against what was agreed, for whom it concerns),
``auditing`` (seals the audit trail, proves that nothing is missing), ``notifying`` (other services hear of
events by signed webhooks) and ``backup``.

``app`` wires it, ``api``, ``cli`` and ``worker`` are the edges that commit, ``store`` is the
database, ``core`` is pure.
"""
