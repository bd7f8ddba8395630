"""What each kind of finding means, with code that has it (✗) and code that has not (✓): explanations/*.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table

from model.errors import UsageError
from studio.audit.findings import ROOM

FOLDER = Path(__file__).with_name("explanations")
CODE = re.compile(r"^([✗✓])\n```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Explanation:
    """kind: of finding; lead: in a sentence; page: all of it, in Markdown; wrong, right: bodies of a `construct`."""

    kind: str
    lead: str
    page: str
    wrong: str
    right: str


def explanation(kind: str) -> Explanation:
    """Of a kind, as findings call it, or with hyphens; UsageError if there is none of that name."""
    name = kind.strip().casefold().replace("-", " ").replace("too short lived", "too short-lived")
    if name not in ROOM:
        near = get_close_matches(name, ROOM, n=1, cutoff=0.4)
        hint = f"did you mean “{near[0]}”?" if near else f"there are: {', '.join(ROOM)}."
        raise UsageError(f"there is no kind of finding “{kind}”; {hint}")
    page = (FOLDER / f"{name.replace(' ', '-')}.md").read_text(encoding="utf-8")
    code = dict(CODE.findall(page))
    return Explanation(name, page.split("\n")[2], page, code["✗"], code["✓"])


def explain(kind: str = "", console: Console | None = None) -> int:
    """Print the page of a kind; without one, the list of all kinds. Returns the exit code 0."""
    console = console or Console()
    if kind:
        console.print(Markdown(explanation(kind).page))
        return 0
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("kind", "room", "what is wrong"):
        table.add_column(heading)
    for name, room in ROOM.items():
        table.add_row(name, room, escape(explanation(name).lead))
    console.print(table)
    return 0
