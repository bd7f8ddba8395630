import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Every test starts with an empty cache and leaves the user's alone."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("CLEARHEAD_CACHE", str(folder))
    return folder
