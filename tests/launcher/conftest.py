import pytest

from tests.launcher.machine import Machine


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def ready(machine):
    """A machine that has started once."""
    run = machine.start()
    assert run.returncode == 0, run.stderr
    (machine.folder / "log").unlink()
    return machine
