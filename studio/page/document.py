"""One file that holds a lesson's film, its numbers, and the page to watch and ask them: no network, no other file.

The page is the preview's (web/): its style, its windows, its keys. Modules are not loaded but stand in the file one
after the other, each as a function of what it imports, because browsers load no modules from a disk."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from model.paths import ASSETS
from studio.page import WEB
from studio.page.columns import in_columns
from studio.page.graph import encoded
from studio.page.inside import packed

FONTS = ASSETS / "fonts"
MAIN = "film.js"
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:const|class|function) ([\w$]+)", re.MULTILINE)
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; media-src blob:; "
    "font-src data:; base-uri 'none'; form-action 'none'"
)
CANVAS = re.compile(r'<canvas id="picture".*?</canvas>', re.DOTALL)


@dataclass(frozen=True)
class Document:
    """film: mp4. stills: WebP, one a step; the last is the poster. about: as the page reads it (film.js).

    numbers, table: those of a Graph. light: whether the film's ground is."""

    title: str
    film: bytes
    stills: Sequence[bytes]
    about: dict[str, Any]
    numbers: dict[str, Any]
    table: bytes
    light: bool

    def html(self) -> str:
        """The file."""
        page = (WEB / "index.html").read_text(encoding="utf-8")
        size = self.about["width"], self.about["height"]
        video = (
            f'<video id="picture" playsinline muted preload="auto" width="{size[0]}" height="{size[1]}" '
            f'poster="{_url("image/webp", self.stills[-1])}" aria-label="{html.escape(self.title)}"></video>'
        )
        for old, new in (
            ('<html lang="en">', f'<html lang="en" data-chrome="{"light" if self.light else "dark"}">'),
            ('<meta name="color-scheme" content="dark" />', self._head()),
            ("<title>Clearhead</title>", f"<title>{html.escape(self.title)} · Clearhead</title>"),
            ('    <link rel="stylesheet" href="static/preview.css" />\n', f"    <style>\n{style()}    </style>\n"),
            ('    <link rel="stylesheet" href="static/vote.css" />\n', ""),
            ('    <script type="module" src="static/app.js"></script>\n', ""),
            ('href="#text">Skip to the text box', 'href="#transcript">Skip to the transcript'),
            ("  </body>", f"{self._transcript()}{self._pages()}{self._data()}  </body>"),
        ):
            assert page.count(old) == 1, f"web/index.html has no {old}"
            page = page.replace(old, new)
        return CANVAS.sub(lambda _: video, page, count=1)

    def _head(self) -> str:
        return (
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}" />\n'
            f'    <meta name="color-scheme" content="{"light" if self.light else "dark"}" />'
        )

    def _transcript(self) -> str:
        """All that is said, for those who read it; under the film."""
        items = "".join(
            f"<li>{_asked(step)}<h3>{html.escape(step['name'])}</h3>{_said(step)}</li>\n"
            for step in self.about["steps"]
        )
        return f'    <details id="transcript"><summary>Transcript</summary><ol>\n{items}</ol></details>\n'

    def _pages(self) -> str:
        """A page for each step, printed instead of the film; shown where no script runs."""
        made = "".join(
            f'<article><h2>{number} · {html.escape(step["name"])}</h2><img src="{_url("image/webp", still)}" '
            f'alt="{html.escape(step["name"])}" />{_said(step)}{_asked(step, answered=True)}</article>\n'
            for number, (step, still) in enumerate(zip(self.about["steps"], self.stills, strict=True), 1)
        )
        none = "<noscript><style>#pages { display: block !important; }</style></noscript>"
        return (
            f'    <section id="pages" aria-hidden="true"><h1>{html.escape(self.title)}</h1>\n{made}</section>{none}\n'
        )

    def _data(self) -> str:
        contents = {
            "film-data": self.film,
            "about-data": _packed(in_columns(self.about)),
            "numbers-data": _packed(self.numbers),
            "table-data": packed(self.table),
        }
        parts = [f'    <script type="text/plain" id="{id}">{encoded(data)}</script>\n' for id, data in contents.items()]
        return "".join([*parts, f"    <script>\n{bundle()}    </script>\n"])


def _packed(data: Any) -> bytes:
    return gzip.compress(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)


def _said(step: dict[str, Any]) -> str:
    return "".join(f"<p>{html.escape(text)}</p>" for text, _ in step["lines"])


def _asked(step: dict[str, Any], answered: bool = False) -> str:
    """The question to the viewer before a step, and, if `answered`, its answer."""
    if (quiz := step["quiz"]) is None:
        return ""
    told = [quiz["text"], " · ".join(quiz["answers"])] + [f"({quiz['answers'][quiz['right']]})"] * answered
    return f'<p class="asked">{html.escape(" ".join(told))}</p>'


def _url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{encoded(data)}"


# ── scripts and styles ───────────────────────────────────────────────────────────────────────────
def bundle(main: str = MAIN) -> str:
    """A module and all that it imports as one script: each a function that returns what it exports."""
    sources: dict[str, str] = {}
    needs: dict[str, list[str]] = {}
    todo = [main]
    while todo:
        name = todo.pop()
        if name not in sources:
            sources[name] = (WEB / name).read_text(encoding="utf-8")
            needs[name] = [found[2] for found in IMPORT.finditer(sources[name])]
            todo += needs[name]
    return "".join(_scoped(name, sources[name]) for name in TopologicalSorter(needs).static_order())


def _scoped(name: str, source: str) -> str:
    body = IMPORT.sub(lambda found: f"const {{{found[1]}}} = {_variable(found[2])};\n", source)
    assert "</script" not in body and not re.search(r"^import ", body, re.MULTILINE), name
    exports = ", ".join(EXPORT.findall(source))
    bare = re.sub(r"^export ", "", body, flags=re.MULTILINE)
    return f"const {_variable(name)} = (() => {{\n{bare}return {{ {exports} }};\n}})();\n"


def _variable(name: str) -> str:
    return f"{Path(name).stem}_js"


def style(sheets: Iterable[str] = ("preview.css", "film.css")) -> str:
    """The sheets with their fonts inside, but for italics: a film's page has none."""
    text = "".join((WEB / sheet).read_text(encoding="utf-8") for sheet in sheets)
    text = re.sub(r"^@font-face .*font-style: italic.*\n", "", text, flags=re.MULTILINE)
    return re.sub(
        r'url\("\.\./fonts/([\w.-]+)"\)', lambda f: f'url("{_url("font/otf", (FONTS / f[1]).read_bytes())}")', text
    )
