"""No stale picture: after a change, what the cache has is what would be drawn."""

import json
import subprocess
import sys

import pytest

from model.paths import ROOT


@pytest.mark.slow(seconds=80)
def test_after_a_change_the_cache_gives_what_would_be_drawn():
    """Where a change can be seen, something is drawn anew; where it cannot, nothing wrong is shown."""
    command = [sys.executable, "-m", "tests.studio.changes"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(run.stdout)
    assert len(found) >= 40
    assert not [line for line in found if "error" in line]
    assert not [line["what"] for line in found if line["stale"]]
    assert not [line["what"] for line in found if line["seen"] and line["cached"] == line["plays"]]
    notes = [line for line in found if "notes.yaml" in line["what"] or "course.yaml" in line["what"]]
    assert notes and all(line["cached"] == line["plays"] for line in notes), "what is not painted is not drawn again"
