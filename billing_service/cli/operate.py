"""Commands that prepare and run the service."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click

from billing_service.cli.program import Program, pass_program


@click.command("print-config")
@pass_program
def print_config(program: Program) -> None:
    """Print every setting in force, secrets masked."""
    for name, value in program.settings.masked():
        click.echo(f"{name}={value}")


@click.command()
@pass_program
def migrate(program: Program) -> None:
    """Make or upgrade the database schema."""
    from billing_service.store import schema

    context = program.unchecked_context()
    schema.migrate(context.database)
    context.database.close()
    click.echo("The schema is up to date.")


@click.command()
@pass_program
def serve(program: Program) -> None:
    """Serve the API and its documentation."""
    from billing_service.cli.serve import serve as serve_app  # here, so that only this command loads gunicorn

    serve_app(program)


@click.command()
@pass_program
def worker(program: Program) -> None:
    """Do the work that leaves the requests: jobs, PDFs, the schedule."""
    working = program.make_worker(program.context, program.settings)
    _on_stop(working.stop)
    working.run()
    program.context.database.close()


@click.command()
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file; else standard output.")
@pass_program
def openapi(program: Program, output: Path | None) -> None:
    """Print the OpenAPI document of the API."""
    app = program.web_app(program.unchecked_context())
    text = app.test_client().get("/openapi.json").get_data(as_text=True)
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")


def _on_stop(stop: Callable[[], None]) -> None:
    def _stop(_number: int, _frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)


COMMANDS = (print_config, migrate, serve, worker, openapi)
