"""Runs in Tryton's environment: ``books.py CONFIG DATABASE`` makes a database with the books of one company.

By the helpers that ship with the modules (accounting-apis 12.1): company, chart of accounts, fiscal years with periods
and sequences, taxes, payment method, bank journal, write-off, a country, and the user that the service signs in as.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from decimal import Decimal

CONFIG, DATABASE = sys.argv[1:]
MODULES = ("account_invoice", "account_statement")
YEARS = range(2025, 2031)
TAXES = {"Btw 21%": "0.21", "Btw 9%": "0.09", "Btw 0%": "0", "Vrijgesteld": "0", "Verlegd": "0", "Buiten de btw": "0"}
USER = "billing"
GROUPS = ("Accounting", "Party Administration")


def initialize() -> None:
    """An empty database with the modules."""
    from trytond import admin, config

    config.update_etc(CONFIG)
    from trytond.commandline import get_parser_admin
    from trytond.pool import Pool

    Pool.start()
    asked = ["-c", CONFIG, "-d", DATABASE, "-u", "ir", "res", *MODULES, "--activate-dependencies"]
    admin.run(get_parser_admin().parse_args([*asked, "--email", "admin@tryton.example"]))


def fill() -> None:
    """The books."""
    from proteus import Model, config
    from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, create_tax, get_accounts
    from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
    from trytond.modules.company.tests.tools import create_company, get_company
    from trytond.modules.currency.tests.tools import get_currency

    config.set_trytond(f"sqlite:///{DATABASE}", config_file=CONFIG)
    party = Model.get("party.party")(name="Voorbeeld Helpdesk B.V.")
    party.save()
    create_company(party=party, currency=get_currency("EUR"))
    company = get_company()
    create_chart(company)
    accounts = get_accounts(company)
    for year in YEARS:
        fiscal = create_fiscalyear(company, (dt.date(year, 1, 1), dt.date(year, 12, 31)))
        set_fiscalyear_invoice_sequences(fiscal).save()
        fiscal.click("create_period")
    for name, rate in TAXES.items():
        tax = create_tax(Decimal(rate))
        tax.name = tax.description = name
        tax.save()
    journals = {one.type: one for one in Model.get("account.journal").find([])}
    cash = {"debit_account": accounts["cash"], "credit_account": accounts["cash"]}
    Model.get("account.invoice.payment.method")(name="Bank", journal=journals["cash"], **cash).save()
    bank = {"company": company, "currency": company.currency, "account": accounts["cash"], "validation": "balance"}
    Model.get("account.statement.journal")(name="Bank", journal=journals["statement"], **bank).save()
    lost = {"debit_account": accounts["revenue"], "credit_account": accounts["revenue"], "company": company}
    write_off = Model.get("account.move.reconcile.write_off")
    write_off(name="Afronding", journal=journals["write-off"], **lost).save()
    Model.get("country.country")(name="Netherlands", code="NL").save()
    user = Model.get("res.user")(name="Billing", login=USER, password=os.environ["TRYTON_BILLING_PASSWORD"])
    for group in Model.get("res.group").find([("name", "in", GROUPS)]):
        user.groups.append(group)
    user.companies.append(company)
    user.company = company
    user.save()


if __name__ == "__main__":
    initialize()
    fill()
