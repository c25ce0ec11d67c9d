"""Money on the command line: receipts and what they settle, documents taken back, and what stands beside an invoice.

receipt     money that came in, and allocations
credit      credit notes, corrections of questions, set-off
beside      refunds, disputes, write-offs
balance     a customer's account
"""

from billing_service.cli.money import balance, beside, credit, receipt

COMMANDS = (*receipt.COMMANDS, *credit.COMMANDS, *beside.COMMANDS, *balance.COMMANDS)
