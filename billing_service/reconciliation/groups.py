"""VAT groups by the names that a bookkeeper knows, whichever code of the package carries them.

A mapping may change while documents with the old code stand there: both codes are 21 % then. So amounts are compared
by category and rate, as we name them, and by the package's own code only where nobody can tell what it stands for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from billing_service.connections.documents import Mapped, vat_key
from billing_service.core.money import ZERO
from billing_service.core.reconciling import VatAmount
from billing_service.store.connections import ConnectionChoice
from billing_service.store.scope import Scope
from connectors.base import VatGroup


@dataclass(frozen=True, slots=True)
class Groups:
    """What each VAT code of the package is called here."""

    names: Mapping[str, str] = field(default_factory=dict)

    def of(self, groups: Iterable[VatGroup] | None) -> tuple[VatAmount, ...] | None:
        """Amounts by group; those with the same name are added up, those that come to nothing left out."""
        if groups is None:
            return None
        taxable: dict[str, Decimal] = defaultdict(lambda: ZERO)
        tax: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for group in groups:
            name = self.names.get(group.code, group.code)
            taxable[name] += group.taxable
            tax[name] += group.tax
        return tuple(
            VatAmount(name, taxable[name], tax[name]) for name in sorted(taxable) if taxable[name] or tax[name]
        )


def groups_of(scope: Scope, connection_id: UUID, mapping: Mapped) -> Groups:
    """From what is mapped now, and for other codes from what the package says of them."""
    mapped: dict[str, set[str]] = defaultdict(set)
    for ours, code in mapping.ids.get("vat", {}).items():
        mapped[code].add(ours)
    known = select(ConnectionChoice.remote_id, ConnectionChoice.category, ConnectionChoice.rate).where(
        ConnectionChoice.administration_id == scope.administration_id,
        ConnectionChoice.connection_id == connection_id,
        ConnectionChoice.kind == "vat_code",
        ConnectionChoice.category.is_not(None),
    )
    # One code may stand for several of ours (exempt and outside the scope): it is called after all of them.
    names = {code: " + ".join(sorted(ours)) for code, ours in mapped.items()}
    joined = {one: name for name in names.values() for one in name.split(" + ")}
    for code, category, rate in scope.session.execute(known):
        own = vat_key(category or "", rate)
        names.setdefault(code, joined.get(own, own))
    return Groups(names)
