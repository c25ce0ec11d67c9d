"""``billing run``: what ``make run`` starts."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from billing_service import logs
from billing_service.cli import walk
from billing_service.cli.processes import refuse_taken_port, run_together
from billing_service.cli.program import Program, pass_program
from billing_service.cli.telling import Teller
from billing_service.config import masked_url


@click.command()
@pass_program
def run(program: Program) -> None:
    """Walk the whole flow on an example if the database is empty, then serve API and worker until Ctrl-C."""
    settings, teller = program.settings, Teller()
    refuse_taken_port(settings.host, settings.port)
    _prepare(program)
    empty = walk.is_empty(program)
    level = "warning" if settings.log_level == "info" else settings.log_level
    logs.configure(level, settings.log_format)  # what went well, the walk tells itself
    key = _walk(program, teller) if empty else None
    program.context.database.close()  # from here on the web server and the worker have their own connections
    code = run_together(
        ["serve", "worker"],
        {"BILLING_LOG_LEVEL": level},
        lambda: _greet(program, teller, key),
        (settings.host, settings.port),
    )
    teller.say()
    teller.say("Stopped." if code == 0 else "Stopped, because a process ended by itself.")
    raise SystemExit(code)


def _walk(program: Program, teller: Teller) -> str:
    try:
        with _interruptible():
            return walk.walk(program, teller)
    except BaseException:  # Ctrl-C too: half an example would look like a whole one
        where = masked_url(program.settings.database_url)
        teller.say(f"The example was not finished. To see it whole, remove {where} and start again.", "yellow")
        raise


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends what runs within, also where a shell that put us in the background made us ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _prepare(program: Program) -> None:
    from billing_service.store import schema

    context = program.unchecked_context()
    schema.migrate(context.database)
    context.database.close()


def _greet(program: Program, teller: Teller, key: str | None) -> None:
    settings = program.settings
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{settings.port}"
    teller.step("The service is up")
    teller.say(f"API      {address}/v1")
    teller.say(f"Docs     {address}/docs")
    if key is not None:
        teller.say(f"API key  {key}")
        teller.say("         (of the example administration; it is shown this once)")
        teller.say(f'Try      curl -H "Authorization: Bearer {key}" {address}/v1/invoices')
    else:
        teller.say(f"API key  {_command()} create-key")
        teller.say("         (run this in another terminal; it prints a new key once)")
    teller.say("Ctrl-C stops everything.")
    sys.stdout.flush()


def _command() -> str:
    """How to call this program from here, so that the line can be copied."""
    if shutil.which("billing") is not None and Path(sys.argv[0]).name != "billing":
        return "billing"
    here = Path(sys.argv[0])
    if here.name == "__main__.py":
        return f"{sys.executable} -m billing_service"
    try:
        return str(here.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(here)


COMMANDS = (run,)
