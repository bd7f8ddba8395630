"""Every lie is found, nearly all by the finding that it names."""

import json
import subprocess
import sys

import pytest

from tests.lies.all import LIES
from tests.lies.harness import ROOT, copy_tree

FOUND = ("audit", "test")
VERIFY = "tests/studio/test_verify.py"  # what `clearhead verify` finds
PAGE = "tests/preview/test_page_truth.py"  # a page is no film: the audit does not see it
BY_ITSELF = 0.95  # by the audit or by `verify`
EVERY = 6  # of the lies one in so many is told here; `python -m tests.lies` tells them all


@pytest.mark.slow
def test_no_lie_is_stale(tmp_path):
    copy_tree(tmp_path)
    for lie in LIES:
        lie.find(tmp_path)


def test_each_lie_is_told_once():
    assert len({lie.what for lie in LIES}) == len({(lie.file, lie.old, lie.new) for lie in LIES}) == len(LIES)


@pytest.mark.slow(seconds=140)
def test_lies_are_found():
    told = LIES[::EVERY]
    command = [
        sys.executable,
        "-m",
        "tests.lies",
        "--json",
        "--every",
        str(EVERY),
    ]  # in a process that has loaded nothing
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    verdicts = json.loads(run.stdout)
    assert [verdict["what"] for verdict in verdicts] == [lie.what for lie in told]
    missed = {verdict["what"]: verdict["note"] for verdict in verdicts if verdict["by"] not in FOUND}
    assert not missed
    foreseen = {lie.what: "test" if lie.test else "audit" for lie in told}
    assert {verdict["what"]: verdict["by"] for verdict in verdicts} == foreseen


def test_nearly_all_are_found_by_the_audit_itself():
    of_films = [lie for lie in LIES if lie.test != PAGE]
    assert sum(not lie.test or lie.test == VERIFY for lie in of_films) >= BY_ITSELF * len(of_films)
