"""Nothing is left out in silence: what a run could not do is listed, and in CI it fails the run."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[1]

TESTS_WITHOUT_POSTGRESQL = """
    import pytest
    from tests.left_out import skip_left_out

    @pytest.fixture(scope="session")
    def server():
        skip_left_out("PostgreSQL", "no server answers")

    @pytest.mark.parametrize("number", [1, 2])
    def test_on_postgresql(number, server):
        pass

    def test_without_database():
        pass
"""

TESTS_WITHOUT_SHARED = """
    import pytest
    from tests.left_out import needs_shared

    def test_on_delivered_data():
        needs_shared("no/such/file.csv")

    def test_that_says_so_itself():
        pytest.skip("../shared is not here")

    def test_without():
        pass
"""

BOTH_WAYS = pytest.mark.parametrize("processes", [[], ["-p", "xdist", "-n", "2"]], ids=["one process", "xdist"])


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Runs pytest on a file of tests as ``make test`` would, on a machine where ``CI`` has the value handed in."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # a second each, and none of them matters here
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def runner(source: str, ci: str, *options: str) -> pytest.RunResult:
        monkeypatch.setenv("CI", ci)
        pytester.makepyfile(test_it=source)
        return pytester.runpytest_subprocess("-p", "tests.left_out", "-p", "no:cacheprovider", *options)

    return runner


@BOTH_WAYS
def test_an_absent_server_is_listed_at_a_desk(run, processes):
    result = run(TESTS_WITHOUT_POSTGRESQL, "", *processes)
    result.stdout.fnmatch_lines(["*= left out =*", "PostgreSQL: no server answers (2 tests)", "*1 passed, 2 skipped*"])
    assert result.ret == pytest.ExitCode.OK


@BOTH_WAYS
def test_an_absent_server_fails_the_run_in_ci(run, processes):
    result = run(TESTS_WITHOUT_POSTGRESQL, "true", *processes)
    result.stdout.fnmatch_lines(["PostgreSQL: no server answers (2 tests) [[]a failure: CI=true[]]"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@BOTH_WAYS
def test_absent_shared_data_is_listed_in_ci_but_no_failure(run, processes):
    result = run(TESTS_WITHOUT_SHARED, "true", *processes)
    result.stdout.fnmatch_lines(
        [
            "*= left out =*",
            "../shared: ../shared is not here (1 test)",
            "../shared: ../shared/no/such/file.csv is not here (1 test)",
        ]
    )
    assert result.ret == pytest.ExitCode.OK


@BOTH_WAYS
def test_a_whole_file_can_be_left_out(run, processes):
    source = 'from tests.left_out import skip_left_out\nskip_left_out("Chromium", "no browser")\ndef test_page(): pass'
    result = run(source, "true", *processes)
    result.stdout.fnmatch_lines(["Chromium: no browser (1 file) [[]a failure: CI=true[]]"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    "ending", ["@pytest.mark.skip(reason='later')\ndef test_it(): pass", "def test_it(): pytest.skip('later')"]
)
def test_a_skip_that_names_no_suite_counts_as_left_out(run, ending):
    result = run("import pytest\n" + ending, "true")
    result.stdout.fnmatch_lines(["test_it.py: later (1 test) [[]a failure: CI=true[]]"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_run_that_left_nothing_out_says_nothing(run):
    result = run("def test_it(): pass", "true")
    result.stdout.no_fnmatch_line("*left out*")
    assert result.ret == pytest.ExitCode.OK


def test_a_failing_test_stays_the_reason_of_failure(run):
    result = run("def test_it(): assert False", "true", "-p", "xdist", "-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.no_fnmatch_line("*left out*")


def test_this_very_run_keeps_the_list(pytestconfig: pytest.Config):
    assert pytestconfig.pluginmanager.hasplugin("tests.left_out")
