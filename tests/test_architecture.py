"""The layers of the service, and the habits that keep its numbers right, are held here; each rule is seen to bite."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("billing_service", "connectors")
LONGEST_MODULE = 450  # lines; a longer one becomes a folder of the same name


# --- import-linter --------------------------------------------------------------------------------------------------


def lint_imports(folder: Path) -> tuple[bool, str]:
    """Whether the contracts of pyproject.toml hold for the packages in this folder, and what import-linter printed."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def copy_of_the_code(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_go_down_only():
    kept, output = lint_imports(ROOT)
    assert kept, output


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("billing_service/core/planted.py", "import sqlalchemy", "core is pure"),
        ("billing_service/core/planted.py", "from flask import request", "core is pure"),
        ("billing_service/core/planted.py", "import time", "core is pure"),
        ("billing_service/core/planted.py", "import billing_service.store", "app → api"),
        ("billing_service/store/planted.py", "import billing_service.parties", "app → api"),
        ("billing_service/documents/planted.py", "import billing_service.store", "app → api"),
        ("billing_service/parties/planted.py", "import billing_service.api", "app → api"),
        ("billing_service/parties/planted.py", "import billing_service.config", "app → api"),
        ("billing_service/worker/planted.py", "import billing_service.api", "app → api"),
        ("billing_service/api/planted.py", "import billing_service.app", "app → api"),
        ("billing_service/api/planted.py", "import connectors", "only the steps that talk to packages"),
        ("billing_service/receivables/planted.py", "import connectors.base", "only the steps that talk to packages"),
        ("billing_service/connections/planted.py", "import billing_service.delivery", "reconciliation → collection"),
        ("billing_service/layerless.py", "", "app → api"),
        ("connectors/planted.py", "import billing_service.errors", "connectors know nothing"),
        ("connectors/planted.py", "", "connectors go down only"),
        ("connectors/base/planted.py", "import connectors.http", "connectors go down only"),
        ("connectors/http/planted.py", "import connectors.fake", "connectors go down only"),
        ("connectors/exact/planted.py", "import connectors.fake", "connectors go down only"),
    ],
)
def test_a_planted_violation_is_caught(copy_of_the_code: Path, module: str, line: str, contract: str):
    plant(copy_of_the_code, module, line)
    for target in re.findall(r"billing_service\.\w+", line):
        plant(copy_of_the_code, target.replace(".", "/") + "/__init__.py", "")
    kept, output = lint_imports(copy_of_the_code)
    broken = [name for name in output.splitlines() if name.endswith("BROKEN")]
    assert not kept
    assert any(name.startswith(contract) for name in broken), output


def test_use_cases_that_need_each_other_are_caught(copy_of_the_code: Path):
    plant(copy_of_the_code, "billing_service/parties/__init__.py", "import billing_service.tariffs")
    plant(copy_of_the_code, "billing_service/tariffs/__init__.py", "import billing_service.parties")
    kept, output = lint_imports(copy_of_the_code)
    assert not kept
    assert re.search(r"^modules of one level do not import each other in a circle BROKEN$", output, re.MULTILINE), (
        output
    )


def plant(folder: Path, name: str, line: str) -> None:
    """Adds a line to a module, which becomes a folder when it is to hold something, and which may not exist yet."""
    path = folder / name
    package = path.parent
    if package.with_suffix(".py").exists():
        package.mkdir()
        package.with_suffix(".py").rename(package / "__init__.py")
    package.mkdir(exist_ok=True)
    (package / "__init__.py").touch()
    path.write_text((path.read_text() if path.exists() else "") + "\n" + line + "\n")


# --- each tool in its place -----------------------------------------------------------------------------------------

# Imported by these steps (modules or folders right under billing_service) and by no other.
ONLY_IN = {
    "alembic": {"store"},
    "billing_service.config": {"app", "cli", "__main__"},
    "click": {"cli", "__main__"},
    "flask": {"api", "app", "cli", "console"},
    "flask_smorest": {"api", "app"},
    "gunicorn": {"app", "cli"},
    "reportlab": {"documents"},
    "rich": {"cli", "demo"},
    "segno": {"documents"},
}


def imported(source: str) -> set[str]:
    """Every module this source names in an import, with the packages around it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names | {name[: match.start()] for name in names for match in re.finditer(r"\.", name)}


def out_of_place(step: str, source: str) -> set[str]:
    return {tool for tool in imported(source) & ONLY_IN.keys() if step not in ONLY_IN[tool]}


def test_each_tool_is_used_in_its_place_only():
    misplaced = {}
    for path in sources("billing_service"):
        step = path.relative_to(ROOT / "billing_service").parts[0].removesuffix(".py")
        if found := out_of_place(step, path.read_text()):
            misplaced[str(path.relative_to(ROOT))] = found
    assert misplaced == {}


@pytest.mark.parametrize(
    ("step", "line", "tool"),
    [
        ("store", "from flask import request", "flask"),
        ("parties", "import click.testing", "click"),
        ("invoicing", "from reportlab.pdfgen import canvas", "reportlab"),
        ("worker", "from billing_service.config import Settings", "billing_service.config"),
        ("api", "from billing_service import config", "billing_service.config"),
    ],
)
def test_a_tool_out_of_place_is_caught(step: str, line: str, tool: str):
    assert out_of_place(step, line) == {tool}
    assert out_of_place(next(iter(ONLY_IN[tool])), line) == set()


# --- habits ---------------------------------------------------------------------------------------------------------


def sources(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def found_in(paths: Iterable[Path], finder: Callable[[str], list[int]]) -> list[str]:
    return [f"{path.relative_to(ROOT)}:{line}" for path in paths for line in finder(path.read_text())]


def floats(source: str) -> list[int]:
    """Lines with a float literal or a call of ``float``."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float")
    ]


def clock_reads(source: str) -> list[int]:
    """Lines that ask for the present moment instead of being told it."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "today", "utcnow"}
        and isinstance(node.func.value, ast.Name | ast.Attribute)
        and ast.unparse(node.func.value).split(".")[-1] in {"date", "datetime"}
    ]


def commits(source: str) -> list[int]:
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]


def unfinished(source: str) -> list[int]:
    word = re.compile(r"\b(TODO|FIXME)\b|\bNotImplementedError\b")
    return [number for number, line in enumerate(source.splitlines(), 1) if word.search(line)]


def test_the_core_knows_no_floats():
    assert found_in(sources("billing_service/core"), floats) == []


def test_the_core_is_told_the_time():
    assert found_in(sources("billing_service/core"), clock_reads) == []


def test_only_the_edges_commit():
    edges = {"api", "app.py", "cli.py", "cli", "worker.py", "worker"}
    inside = [
        path
        for path in sources("billing_service")
        if path.relative_to(ROOT).parts[1] not in edges and not is_transaction_keeper(path)
    ]
    assert found_in(inside, commits) == []


def is_transaction_keeper(path: Path) -> bool:
    """The session module gives the edges their transactions; migrations run in one of their own."""
    return path.relative_to(ROOT).parts[1:3] in {
        ("store", "session.py"),
        ("store", "migrations"),
        ("store", "migrate.py"),
    }


def test_nothing_is_left_unfinished():
    assert found_in(sources("billing_service", "connectors", "bench"), unfinished) == []


def test_no_module_is_too_long_to_read():
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in sources(*PACKAGES, "bench")}
    read = {path: length for path, length in lengths.items() if "versions" not in path.parts}  # a migration is a record
    assert {str(path): length for path, length in read.items() if length > LONGEST_MODULE} == {}


@pytest.mark.parametrize(
    ("finder", "bad", "good"),
    [
        (floats, "rate = 0.5", "rate = Decimal('0.5')"),
        (floats, "x = float(amount)", "x = to_decimal(amount)"),
        (clock_reads, "datetime.now(UTC)", "scope.now"),
        (clock_reads, "datetime.date.today()", "scope.today"),
        (commits, "session.commit()", "session.flush()"),
        (unfinished, "# TODO: the rest", "# The rest follows from rule 3."),
        (unfinished, "raise NotImplementedError", "raise InvalidInput('…')"),
    ],
)
def test_each_habit_bites(finder, bad: str, good: str):
    assert finder(bad) == [1]
    assert finder(good) == []
