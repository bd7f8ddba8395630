"""constraints.txt pins the whole tree, no more and no less, for every Python that is promised."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def constraints() -> dict[str, Requirement]:
    rows = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, rows)}


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def tree() -> set[str]:
    """Every package that Clearhead needs on this Python, by the metadata of what is installed."""
    found: dict[str, set[str]] = {}
    queue = [
        *project()["dependencies"],
        *(row for extra in project()["optional-dependencies"].values() for row in extra),
    ]
    while queue:
        requirement = Requirement(queue.pop())
        name, extras = canonicalize_name(requirement.name), {"", *requirement.extras}
        if extras <= found.setdefault(name, set()):
            continue
        found[name] |= extras
        for row in importlib.metadata.requires(name) or []:
            marker = Requirement(row).marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                queue.append(row)
    return set(found)


def test_constraints_pin_every_package_exactly_and_no_other():
    pinned = constraints()
    for requirement in pinned.values():
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
    needed_here = {
        name for name, requirement in pinned.items() if requirement.marker is None or requirement.marker.evaluate()
    }
    assert needed_here == tree()


def test_constraints_meet_the_requirements_of_the_project():
    rows = [
        *project()["dependencies"],
        *(row for extra in project()["optional-dependencies"].values() for row in extra),
    ]
    for requirement in map(Requirement, rows):
        version = next(iter(constraints()[canonicalize_name(requirement.name)].specifier)).version
        assert version in requirement.specifier, f"{requirement} against {version}"


def test_pinned_versions_run_on_the_oldest_python_promised():
    """Debian 12 has Python 3.11.2, and there are packages that ask for 3.11.5."""
    oldest = project()["requires-python"].removeprefix(">=") + ".0"
    for name in constraints():
        try:
            wanted = importlib.metadata.metadata(name)["Requires-Python"]
        except importlib.metadata.PackageNotFoundError:
            continue
        assert oldest in SpecifierSet(wanted or ""), f"{name} asks for Python {wanted}"
