import pytest

from studio.cli import main as cli


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Every test starts with an empty cache and leaves the user's alone."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("CLEARHEAD_CACHE", str(folder))
    return folder


@pytest.fixture
def run(capsys):
    """Run a command here; returns (exit code, stdout, stderr)."""

    def run(*args) -> tuple[int, str, str]:
        code = cli.main([str(a) for a in args])
        return code, *capsys.readouterr()

    return run
