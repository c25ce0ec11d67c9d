"""What ``app`` hands to the commands, and how a command gets at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import click
from sqlalchemy import select

from billing_service import config
from billing_service.config import Settings
from billing_service.context import Context
from billing_service.errors import InvalidInput
from billing_service.store.administrations import Administration
from billing_service.store.scope import OperatorScope, Scope

if TYPE_CHECKING:
    from flask import Flask

ACTOR = "cli"


class Workable(Protocol):
    """A worker, as far as commands know it."""

    def run(self) -> None: ...

    def stop(self) -> None: ...

    def drain(self) -> int: ...


@dataclass(slots=True)
class Program:
    """How to build the parts. ``settings`` and ``context`` are built once, when a command first needs them."""

    open_context: Callable[[Settings], Context]
    web_app: Callable[[Context], Flask]
    make_worker: Callable[[Context, Settings], Workable]
    _settings: Settings | None = field(default=None, init=False)
    _context: Context | None = field(default=None, init=False)

    @property
    def settings(self) -> Settings:
        """Raises ``InvalidSettings``."""
        if self._settings is None:
            self._settings = config.load()
        return self._settings

    @property
    def context(self) -> Context:
        """The context, with the schema checked. Raises ``InvalidSettings`` and ``WrongSchema``."""
        if self._context is None:
            context = self.unchecked_context()
            from billing_service.store import schema

            schema.check(context.database)
            self._context = context
        return self._context

    def unchecked_context(self) -> Context:
        """A context on a database that may have no schema yet."""
        return self.open_context(self.settings)

    @contextmanager
    def scope(self, administration_id: UUID) -> Iterator[Scope]:
        """One transaction in this administration, committed at its end."""
        context = self.context
        with context.database.write() as session:
            yield Scope(session, administration_id, ACTOR, context.clock(), context.clock)

    @contextmanager
    def reading(self, administration_id: UUID) -> Iterator[Scope]:
        """A look into this administration; nothing is written."""
        context = self.context
        with context.database.read() as session:
            yield Scope(session, administration_id, ACTOR, context.clock())

    @contextmanager
    def operator_scope(self) -> Iterator[OperatorScope]:
        """One transaction outside any one administration."""
        context = self.context
        with context.database.write() as session:
            yield OperatorScope(session, ACTOR, context.clock())

    def administration(self, given: str | None) -> UUID:
        """The administration meant by its id or legal name, or the only one there is.

        Raises:
            InvalidInput: none or several could be meant; lists them.
        """
        with self.context.database.read() as session:
            rows = session.execute(
                select(Administration.id, Administration.legal_name).order_by(Administration.created_at)
            ).all()
        found = [row for row in rows if given is None or given in (str(row.id), row.legal_name)]
        if len(found) == 1:
            return UUID(str(found[0].id))
        listed = "".join(f"\n  {row.id}  {row.legal_name}" for row in rows)
        if not rows:
            raise InvalidInput("There is no administration yet: billing create-administration makes one.")
        raise InvalidInput(f"Which administration? Give --administration with an id or a legal name:{listed}")


pass_program = click.make_pass_decorator(Program)


def administration_option(command: Any) -> Any:
    """``--administration``: an id or a legal name; not needed where there is only one."""
    return click.option(
        "--administration", "-a", metavar="ID|NAME", help="Id or legal name; not needed where there is only one."
    )(command)
