"""Column types that are the same number on SQLite and PostgreSQL.

SQLite's ``Numeric`` goes through float and loses digits, so money is stored as whole cents and unit prices as whole
1/10,000 of the currency, both in BIGINT, and read back as ``Decimal``. Instants are stored in UTC and read back aware.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect
from sqlalchemy.types import TypeDecorator


class ScaledDecimal(TypeDecorator[Decimal]):
    """A ``Decimal`` with a fixed number of decimals, stored as a whole number of its smallest unit.

    A value with more decimals than the column has is refused (``ValueError``): rounding happens in ``core.money`` only.
    """

    impl = BigInteger
    cache_ok = True
    decimals: int

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if not isinstance(value, Decimal | int):
            raise TypeError(f"{value!r} is no Decimal")
        scaled = Decimal(value).scaleb(self.decimals)
        whole = int(scaled)
        if whole != scaled:
            raise ValueError(f"{value} has more than {self.decimals} decimals")
        return whole

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.decimals)


class Cents(ScaledDecimal):
    """An amount of money: ``Decimal`` with two decimals, stored as cents."""

    cache_ok = True
    decimals = 2


class UnitPrice(ScaledDecimal):
    """A price or quantity with at most four decimals, stored as 1/10,000."""

    cache_ok = True
    decimals = 4


class Instant(TypeDecorator[datetime]):
    """A moment in time; only aware datetimes go in, UTC comes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self
