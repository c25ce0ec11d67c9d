"""What may stand between two slashes of an address, beside ids."""

from __future__ import annotations

from datetime import date

from werkzeug.routing import BaseConverter, ValidationError

from billing_service.api.glue import fields


class CodeConverter(BaseConverter):
    """A path segment that holds a code of the caller's own, such as an external id."""

    regex = fields.Code.PATTERN
    part_isolating = True

    def to_python(self, value: str) -> str:
        if len(value) > fields.Code.LONGEST:
            raise ValidationError
        return value


class DayConverter(BaseConverter):
    """A path segment that is a calendar day, YYYY-MM-DD."""

    regex = r"(?:19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise ValidationError from error

    def to_url(self, value: date) -> str:
        return value.isoformat()
