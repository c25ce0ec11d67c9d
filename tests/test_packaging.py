"""What a stranger's machine gets: everything locked, explained and packed, and no trace of the machine it came from."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("billing_service", "connectors")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]

# Needed without being imported: a server that is started, data that other packages look up by name.
NOT_IMPORTED = {"gunicorn", "psycopg", "tzdata"}


def canonical(name: str) -> str:
    """The one spelling under which registries know a package (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(requirements: list[str]) -> dict[str, str]:
    """Package → what follows its name, without extras and markers: ``==3.1.3``."""
    parsed = [re.fullmatch(r"([\w.-]+?)(?:\[[\w,-]+\])?\s*([=<>~!][^;]*?)?\s*(?:;.*)?", text) for text in requirements]
    return {canonical(match[1]): match[2] or "" for match in parsed if match}


def locked(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    return pins([line.rstrip("\\ ") for line in lines if line and not line.startswith((" ", "#"))])


RUNTIME = pins(PROJECT["dependencies"])
BUILD = pins(EXTRAS["build"])
TEST = pins(EXTRAS["test"])
TRYTON = locked("requirements-tryton.in")
THEIRS = ROOT / "tests" / "tryton" / "theirs"


# --- locks ----------------------------------------------------------------------------------------------------------


def test_every_direct_dependency_is_pinned_exactly():
    loose = {name: version for name, version in {**RUNTIME, **BUILD, **TEST}.items() if not version.startswith("==")}
    assert loose == {}


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [("requirements.lock", {**RUNTIME, **BUILD}), ("requirements-dev.lock", {**RUNTIME, **BUILD, **TEST})],
)
def test_the_lock_holds_every_direct_dependency_at_its_version(lock: str, wanted: dict[str, str]):
    held = locked(lock)
    assert {name: held.get(name) for name in wanted} == wanted


def test_the_tryton_of_the_tests_is_pinned_exactly_locked_and_no_part_of_ours():
    assert TRYTON.items() <= locked("requirements-tryton.lock").items()
    assert all(version.startswith("==") for version in TRYTON.values())
    assert not {name for name in locked("requirements-dev.lock") if name.startswith(("trytond", "proteus"))}


def test_the_tests_run_on_the_versions_that_the_service_runs_on():
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-tryton.lock"])
def test_every_locked_package_carries_hashes_and_nothing_else_is_in_the_file(lock: str):
    entry = re.compile(r"[a-z0-9][a-z0-9.-]*==[^\s;]+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n")
    assert entry.sub("", (ROOT / lock).read_text()) == ""


def test_the_project_is_built_with_the_locked_setuptools():
    built_with = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert pins(built_with) == BUILD


# --- dependencies are declared, used and explained ------------------------------------------------------------------


def imported_by(*packages: str) -> set[str]:
    """Distributions whose modules the code of these packages imports; not of what runs in another environment."""
    distributions = packages_distributions()
    paths = (path for package in packages for path in (ROOT / package).rglob("*.py"))
    names = imports_of(path for path in paths if path.parent != THEIRS)
    outside = names - set(PACKAGES) - {"tests", "bench"} - sys.stdlib_module_names
    unknown = outside - distributions.keys()
    assert unknown == set(), "imported, but no installed package has it"
    return {canonical(distributions[name][0]) for name in outside}


def imports_of(paths: Iterable[Path]) -> set[str]:
    """The top-level names that these files import."""
    names = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.partition(".")[0])
    return names


def test_the_service_imports_only_what_it_declares():
    assert imported_by(*PACKAGES) - RUNTIME.keys() == set()


def test_the_service_declares_only_what_it_uses():
    assert RUNTIME.keys() - imported_by(*PACKAGES) - NOT_IMPORTED == set()


def test_the_tests_import_only_what_is_declared():
    assert imported_by("tests", "bench") - RUNTIME.keys() - TEST.keys() == set()


def test_what_runs_in_trytons_environment_imports_only_what_is_installed_there():
    assert imports_of(THEIRS.glob("*.py")) - sys.stdlib_module_names <= TRYTON.keys()


def test_every_direct_dependency_is_explained():
    page = (ROOT / "docs" / "dependencies.md").read_text()
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    explained = {
        title: {
            canonical(name)
            for name, why in re.findall(r"^\| ([\w.-]+) \| (.+) \|$", text, re.MULTILINE)
            if name != "Package" and why
        }
        for title, text in sections.items()
    }
    wanted = {"The service": RUNTIME, "Installing": BUILD, "The tests": TEST, "A Tryton server for the tests": TRYTON}
    assert explained == {title: packages.keys() for title, packages in wanted.items()}


# --- what is committed ----------------------------------------------------------------------------------------------


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


# Written in pieces, so that this file does not find itself.
TRACES_OF_A_MACHINE = re.compile(
    "|".join(
        [
            r"\b(?:files\.python" + r"hosted|test\.py" + r"pi|py" + r"pi)\.org",
            r"registry\.npm" + r"js\.org",
            r"--(?:extra-)?index" + r"-url[ =]+\S*[:/]",
            r"--find" + r"-links[ =]+\S*[:/]",
            r"PIP_(?:EXTRA_)?INDEX" + r"_URL",
            r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)" + r"/\w",
            r"/opt/(?:whe" + r"els|py" + r"pi)",
            re.escape(str(ROOT)) + r"\b",
        ]
    )
)


def test_no_committed_file_names_a_registry_or_a_path_of_this_machine():
    found = []
    for path in tracked():
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if trace := TRACES_OF_A_MACHINE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {trace.group()}")
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "--extra-index" + "-url https://packages.example/simple",
        "--find" + "-links=/srv/packages",
        "# via -r /wo" + "rk/main/pyproject.toml",
        "https://py" + "pi.org/simple",
        f"open('{ROOT}/x')",
    ],
)
def test_a_planted_trace_is_found(line: str):
    assert TRACES_OF_A_MACHINE.search(line)


def test_the_newest_change_listed_is_this_version():
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest.group(1) == PROJECT["version"]


def test_the_licence_is_the_one_declared():
    text = (ROOT / "LICENSE").read_text()
    assert PROJECT["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


# --- what is packed -------------------------------------------------------------------------------------------------


def test_an_installed_service_has_every_file_of_the_code(tmp_path: Path):
    code = [path.relative_to(ROOT) for path in tracked() if path.relative_to(ROOT).parts[0] in PACKAGES]
    source = tmp_path / "source"
    for name in [*code, Path("pyproject.toml"), Path("LICENSE")]:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    build = f"from setuptools.build_meta import build_wheel; build_wheel({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert {name.as_posix() for name in code} - packed == set()
