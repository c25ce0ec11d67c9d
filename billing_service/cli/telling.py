"""What commands print for a person: rich on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

PLAIN_WIDTH = 120


class Teller:
    """Prints steps, lines and tables to standard output. Texts are printed as they are, never read as markup."""

    def __init__(self) -> None:
        terminal = sys.stdout.isatty()
        self._console = Console(
            file=sys.stdout, highlight=False, markup=False, emoji=False, width=None if terminal else PLAIN_WIDTH
        )
        self._steps = 0

    def step(self, title: str) -> None:
        """Begin the next numbered step."""
        self._steps += 1
        self._console.print()
        self._console.print(Text(f"{self._steps}. {title}", style="bold"), soft_wrap=True)

    def say(self, line: str = "", style: str = "") -> None:
        self._console.print(Text(f"   {line}" if line else "", style=style), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table; a column whose name begins with ``>`` is aligned to the right."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for name in columns:
            right = name.startswith(">")
            table.add_column(Text(name.removeprefix(">")), justify="right" if right else "left", no_wrap=right)
        for row in rows:
            table.add_row(*(Text(str(cell)) for cell in row))
        self._console.print(Padding(table, (0, 0, 0, 3)))
