"""Strict reading of a JSON document: every field is known and of its kind, every error is kept with its pointer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from typing import Any, Final, TypeVar

from billing_service.core.money import InvalidAmount
from billing_service.errors import FieldError

LONGEST_TEXT: Final = 200
_MISSING: Final = object()
_Choice = TypeVar("_Choice", bound=str)


def pointer_to(parent: str, key: object) -> str:
    """The JSON pointer (RFC 6901) of ``key`` in ``parent``."""
    return f"{parent}/{str(key).replace('~', '~0').replace('/', '~1')}"


class Fields:
    """One JSON object. Its readers give the value, or a harmless stand-in after noting what is wrong in ``errors``."""

    def __init__(self, value: object, pointer: str, errors: list[FieldError], known: Collection[str] | None) -> None:
        self.pointer = pointer
        self.errors = errors
        self._values: dict[Any, Any] = value if isinstance(value, dict) else {}
        self._is_object = isinstance(value, dict)
        if not self._is_object:
            errors.append(FieldError(pointer, "must be an object"))
        for key in self._values:
            if not isinstance(key, str) or (known is not None and key not in known):
                self.fail(str(key)[:LONGEST_TEXT], "is not a field that belongs here")

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def raw(self, key: str) -> Any:
        """The value as it stands, None where there is none."""
        return self._values.get(key)

    def at(self, key: object) -> str:
        return pointer_to(self.pointer, key)

    def fail(self, key: object, detail: str) -> None:
        """Note an error at ``key``, or at the object itself; what is no object has said so already."""
        if self._is_object:
            self.errors.append(FieldError(self.pointer if key is None else self.at(key), detail))

    def child(self, key: str, known: Collection[str] | None, *, required: bool = False) -> Fields | None:
        """The object under ``key``; ``known`` None lets its keys be anything."""
        value = self._value(key, required)
        return None if value is _MISSING else Fields(value, self.at(key), self.errors, known)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Every key that is a usable name, with its value."""
        for key, value in self._values.items():
            if isinstance(key, str) and self._is_text(key, key):
                yield key, value

    def listed(self, key: str, most: int, *, required: bool = False) -> list[Any]:
        """The list under ``key``: at least 1, at most ``most`` members."""
        value = self._value(key, required)
        if value is _MISSING:
            return []
        if not isinstance(value, list):
            self.fail(key, "must be a list")
            return []
        if not 1 <= len(value) <= most:
            self.fail(key, f"must have 1 to {most} members, not {len(value)}")
            return []
        return value

    def words(self, key: str, most: int) -> tuple[str, ...]:
        """A list of different texts."""
        found: dict[str, None] = {}
        for index, word in enumerate(self.listed(key, most)):
            place = f"{key}/{index}"
            if not isinstance(word, str):
                self._fail_at(place, "must be text")
            elif word in found:
                self._fail_at(place, "is in the list twice")
            elif self._is_text(word, place, inside=True):
                found[word] = None
        return tuple(found)

    def text(self, key: str, *, required: bool = False) -> str | None:
        value = self._value(key, required)
        if value is _MISSING:
            return None
        if not isinstance(value, str):
            self.fail(key, "must be text")
            return None
        return value if self._is_text(value, key) else None

    def choice(self, key: str, allowed: tuple[_Choice, ...], default: _Choice | None = None) -> _Choice:
        """One of ``allowed``; required where there is no ``default``."""
        value = self._value(key, default is None)
        for word in allowed:
            if value == word and isinstance(value, str):
                return word
        if value is not _MISSING:
            self.fail(key, f"must be one of {', '.join(allowed)}")
        return default or allowed[0]

    def yes_no(self, key: str) -> bool | None:
        value = self._value(key, False)
        if value is _MISSING:
            return None
        if not isinstance(value, bool):
            self.fail(key, "must be true or false")
            return None
        return value

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int | None:
        value = self._value(key, False)
        if value is _MISSING:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(key, "must be a whole number")
        elif not least <= value <= most:
            self.fail(key, f"must be from {least} to {most}")
        else:
            return value
        return default

    def number(self, key: str, guard: Callable[[object], Decimal], *, required: bool = False) -> Decimal | None:
        """A decimal number that passes ``guard`` and is not negative."""
        value = self._value(key, required)
        if value is _MISSING:
            return None
        try:
            number = guard(value)
        except InvalidAmount as error:
            self.fail(key, error.detail.removeprefix("the amount "))
            return None
        if number < 0:
            self.fail(key, "cannot be negative")
            return None
        return number

    def _value(self, key: str, required: bool) -> Any:
        value = self._values.get(key, _MISSING)
        if value is _MISSING and required:
            self.fail(key, "is required")
        return value

    def _is_text(self, value: str, key: str, *, inside: bool = False) -> bool:
        problem = None
        if not value.strip():
            problem = "must not be empty"
        elif len(value) > LONGEST_TEXT:
            problem = f"is longer than {LONGEST_TEXT} characters"
        elif not value.isprintable():
            problem = "must not hold control characters"
        elif value != value.strip():
            problem = "must not begin or end with a space"
        if problem and inside:
            self._fail_at(key, problem)
        elif problem:
            self.fail(key[:LONGEST_TEXT], problem)
        return problem is None

    def _fail_at(self, place: str, detail: str) -> None:
        self.errors.append(FieldError(f"{self.pointer}/{place}", detail))
