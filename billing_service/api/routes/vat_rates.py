"""VAT rates: those built in and those an operator added."""

from __future__ import annotations

from typing import Any

from billing_service.access import OPERATOR
from billing_service.api.glue import Routes
from billing_service.api.schemas.vat_rates import VatRateIn, VatRateOut, VatRatesOut
from billing_service.parties import vat_rates
from billing_service.store.scope import OperatorScope

routes = Routes("vat-rates", "Dutch VAT rates by date, for every administration.")


@routes.operation("GET", "/vat-rates", scope=OPERATOR, out=VatRatesOut)
def list_vat_rates(scope: OperatorScope) -> dict[str, Any]:
    """List the rates, newest first within their class."""
    return {"items": vat_rates.all_rates(scope.session)}


@routes.operation("POST", "/vat-rates", scope=OPERATOR, body=VatRateIn, out=VatRateOut, status=201)
def set_vat_rate(scope: OperatorScope, body: dict[str, Any]) -> dict[str, Any]:
    """Add a rate that a law brings, before a version of this service knows it; or correct one.

    Refused once a document holds supplies on or after that day.
    """
    return vat_rates.set_rate(scope, body)
