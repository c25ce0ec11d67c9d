"""The example's import: a small member file of the rowing club, delivered three times; every name in it is made up."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from billing_service import imports
from billing_service.imports import History, ReadFile
from billing_service.store.scope import Scope

REFERENCE: Final = "IMP-ROWERS"
CONTRACT: Final = "IR-2025"
FILE_NAME: Final = "rowers.csv"
_MEMBERS: Final = """\
Member number;First name;Last name;Street;House number;Postcode;Town;E-mail;Date of birth;Member since
2001;Oliver;Grant;Weesperzijde;12;1091 EC;Amsterdam;o.grant@rowers.example;1984-02-11;2015-09-01
2002;Mieke;van der Laan;Amsteldijk;230;1079 LK;Amsterdam;m.vanderlaan@rowers.example;1991-07-30;2018-04-15
2003;Tomasz;Żurek;Ringdijk;8;1097 AC;Amsterdam;t.zurek@rowers.example;12/05/1979;2020-01-01
2004;Esra;Yılmaz;Nieuwe Kerkstraat;51;1018 EB;Amsterdam;e.yilmaz@rowers.example;1988-10-03;2021-06-01
"""


def read_members() -> ReadFile:
    """The file as read; one of its dates of birth is written otherwise than the rest."""
    return imports.read_file(_MEMBERS.encode(), FILE_NAME)


def import_members(scope: Scope, contract_id: UUID, file: ReadFile, month: date) -> History:
    """A free import with a website in ``month``: two moments are included, the club agrees to pay for the third."""
    opened = {"reference": REFERENCE, "name": "New member administration", "contract_id": contract_id, "website": True}
    history = imports.open_project(scope, opened | {"on": month.replace(day=2)})
    project_id = history.row.id
    for day in (4, 12, 19):
        on = month.replace(day=day)
        delivery = imports.add_file(scope, imports.receive(scope, project_id, {"received_on": on}), file)
        if day == 4:
            confirmed = {"one_dimensional": True, "delivery_id": delivery.id, "on": on}
            imports.confirm_facts(scope, project_id, confirmed)
        elif day == 19:
            imports.record_agreement(scope, project_id, "further_moment", "A. Hughes (e-mail)", on)
        history = imports.import_delivery(scope, delivery, "moment", on)
    return history
