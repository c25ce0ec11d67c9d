"""``python -m bench [ROW …] [--database …]``: measure, print a table, write JSON if asked."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import machine, report
from bench.measure import Measurement, Setting
from bench.rows import ROWS

DATABASES = ("postgresql", "sqlite")
STANDARD = Setting()
QUICK = 0.004


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the rows asked for, all by default."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.rows if name not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    setting = Setting(
        repetitions=1 if asked.quick else asked.repetitions,
        warm_up=0 if asked.quick else STANDARD.warm_up,
        scale=QUICK if asked.quick else asked.scale,
        databases=tuple(asked.database or DATABASES),
        postgresql=asked.postgresql,
        profile=asked.profile,
    )
    facts = machine.facts(setting)
    print(report.heading(facts), end="\n\n", flush=True)
    rows: list[Measurement] = []
    for name in asked.rows or ROWS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        rows += ROWS[name](setting)
    print(report.table(rows))
    if asked.json:
        asked.json.write_text(report.as_json(facts, rows) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure speed beside floors in the same run.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; default: all")
    parser.add_argument("--database", action="append", choices=DATABASES, help="only this one; may be repeated")
    parser.add_argument("--postgresql", default=STANDARD.postgresql, metavar="URL", help="server to make databases on")
    parser.add_argument(
        "--repetitions", type=int, default=STANDARD.repetitions, metavar="N", help="default %(default)s"
    )
    parser.add_argument(
        "--scale", type=float, default=STANDARD.scale, metavar="F", help="more or less work per repetition"
    )
    parser.add_argument("--quick", action="store_true", help="tiny sizes, once: proves that it runs, measures nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="also profile the work, a file per row")
    return parser


if __name__ == "__main__":
    main()
