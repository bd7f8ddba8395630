"""The formatter, the linter and the type checker have nothing to say; examples in docstrings give what they say."""

import doctest
import importlib
import subprocess
import sys

import pytest

from tests.test_rooms import FILES, ROOT, module_of

WITH_EXAMPLES = [module_of(file) for file in FILES if ">>> " in file.read_text(encoding="utf-8")]


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("arguments", [("format", "--check", "."), ("check", ".")], ids=" ".join)
def test_ruff(arguments):
    done = run("ruff", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_types():
    done = run("mypy")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted and not result.failed
