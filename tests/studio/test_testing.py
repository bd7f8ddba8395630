"""`clearhead test`: fast tests first, one pytest run, its exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.cli import testing

SUITE = """
import pytest

@pytest.mark.slow
def test_slow(): pass

@pytest.mark.slow(seconds=100)
def test_longest(): pass

def test_fast(): {body}
"""


def run(folder: Path, *args: str, body: str = "pass") -> subprocess.CompletedProcess:
    """Run `clearhead test` on a small project of its own."""
    (folder / "pyproject.toml").write_text('[tool.pytest.ini_options]\nmarkers = ["slow: takes long"]\n')
    (folder / "test_suite.py").write_text(SUITE.format(body=body))
    program = (
        "import sys, pathlib; from studio.cli import testing\n"
        f"testing.ROOT = pathlib.Path({str(folder)!r}); sys.exit(testing.main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *args], cwd=testing.ROOT, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(testing.ROOT)},
    )  # fmt: skip


def test_fast_tests_come_first(tmp_path):
    out = run(tmp_path, "-v", "-n0").stdout
    assert -1 < out.index("::test_fast") < out.index("::test_longest") < out.index("::test_slow")
    assert "3 passed" in out.splitlines()[-1]
    assert "warning" not in out


@pytest.mark.slow
def test_fast_leaves_the_slow_ones_out(tmp_path):
    assert "1 passed, 2 deselected" in run(tmp_path, "fast", "-n0").stdout


@pytest.mark.slow
def test_all_takes_both_and_pytests_arguments(tmp_path):
    assert "2 passed, 1 deselected" in run(tmp_path, "all", "-k", "fast or longest", "-n0").stdout


@pytest.mark.slow
def test_workers_share_the_tests_and_the_closing_line_says_so(tmp_path):
    assert "3 passed" in run(tmp_path).stdout.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.parametrize("body", ["assert False", "import no_such_module"])
def test_a_failure_is_the_exit_code(tmp_path, body):
    assert run(tmp_path, body=body).returncode == 1


@pytest.mark.slow
def test_nothing_to_run_is_a_failure(tmp_path):
    assert run(tmp_path, "-k", "no_such_test").returncode != 0
