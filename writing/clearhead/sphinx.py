"""A directive for Sphinx and MyST: `.. clearhead:: LESSON`, with the options of `clearhead render`.

The film is made when the page is read, and lies among the build's images. In HTML a video plays, and a page with its
numbers stands in a frame that keeps its ratio; every other builder gets the last picture."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from clearhead.asking import ask, asks, is_folder, options
from clearhead.making import Made, beside, make, program
from model import __version__
from model.errors import UsageError
from scenes.course import course
from scenes.own import is_path
from studio.page.frame import framed, framed_both, picture, video
from studio.play.failures import plainly

logger = logging.getLogger(__name__)
PICTURES = ("gif", "webp", "png")
NO_FILES: dict[str, Path | None] = dict.fromkeys(("uri", "poster", "captions", "dark", "still"))
ALIGN = ("left", "center", "right")
OWN = ("alt", "name", "class", "align")  # of the directive itself; the others are the command's


class film(nodes.General, nodes.Element):
    """A film on a page. format; uri, poster, captions: files from the source folder; alt; width, height: pixels.

    dark, still: of a film by night and by day the one by night, and its last picture."""


class AnyOption(dict[str, Any]):
    """Lets every option through as it is written: the directive says what is wrong, in one line."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Any:
        return lambda value: "" if value is None else value


class Clearhead(SphinxDirective):
    """`.. clearhead:: LESSON`: an id of the course, or a file from the page's folder (my.py, my.py:Class)."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = AnyOption(dict.fromkeys(OWN, directives.unchanged))

    def run(self) -> list[nodes.Node]:
        """The film, in a figure if the directive has a caption; nothing but a warning where it cannot be made."""
        try:
            return self._nodes()
        except Exception as error:
            plain = plainly(error)
            if plain is None:
                raise
            self.env.note_reread()  # tried again by the next build
            logger.warning("%s", self._spelled(str(plain)), location=self.get_location(), type="clearhead")
            return []

    def _nodes(self) -> list[nodes.Node]:
        defaults = dict(self.config.clearhead_options)
        chosen = {name.replace("_", "-"): value for name, value in (defaults | self.options).items()}
        own = {name: chosen.pop(name, None) for name in OWN}
        self._check(chosen, own)
        classes = ["clearhead", *self._classes(own["class"])]
        asked = asks(self._lesson(), {name: self._value(name, value) for name, value in chosen.items()})
        for file in beside(asked[0]):
            self.env.note_dependency(self._from_source(file))
        *night, made = (make(each, logger.info) for each in asked)
        shown = self._shown(made, own["alt"], *night)
        for node in shown:
            node["classes"] += classes
            if own["align"]:
                node["align"] = own["align"]
        whole = self._figure(shown, own["align"]) if self.content else shown
        if own["name"]:
            self.options["name"] = own["name"]
            self.add_name(whole[0])
        return whole

    def _check(self, chosen: dict[str, Any], own: dict[str, Any]) -> None:
        if not self.arguments:
            raise UsageError(f"which lesson? There are: {', '.join(entry.id for entry in course())}; or name a file.")
        for name in set(chosen) - set(options()):
            ask(self.arguments[0], {name: ""})  # says which are near
        if own["align"] is not None and own["align"] not in ALIGN:
            raise UsageError(f"“align” is {', '.join(ALIGN[:-1])} or {ALIGN[-1]}, not “{own['align']}”.")

    def _classes(self, said: str | None) -> list[str]:
        try:
            return list(directives.class_option(said)) if said else []
        except ValueError as error:
            raise UsageError(f"“class”: {error}.") from None

    def _lesson(self) -> str:
        lesson = self.arguments[0].strip()
        if not is_path(lesson):
            return lesson
        file, colon, scene = lesson.rpartition(":") if not lesson.endswith(".py") else (lesson, "", "")
        return f"{self.env.relfn2path(file)[1]}{colon}{scene}"

    def _value(self, name: str, value: Any) -> Any:
        """The value of an option; the path of a model is meant from the page's folder."""
        here = is_folder(name, value) and not str(value).startswith(("/", "~"))
        return self.env.relfn2path(str(value))[1] if here else value

    def _shown(self, made: Made, alt: str | None, night: Made | None = None) -> list[Any]:
        """The film, or a picture for each step. night: the same by night, where it is by day."""
        alts = [alt] * len(made.shown) if alt else made.alts
        if made.format != "png":
            files = {"uri": made.shown[0], "poster": made.poster, "captions": made.captions}
            dark = {} if night is None else {"dark": night.shown[0], "still": night.poster}
            return [self._film(made, alts[0], files | dark)]
        if night is None:
            return [nodes.image("", uri=f"/{self._file(file)}", alt=alt)
                    for file, alt in zip(made.shown, alts, strict=True)]  # fmt: skip
        every = zip(made.shown, night.shown, alts, strict=True)
        return [self._film(made, alt, {"uri": day, "poster": day, "dark": dark}) for day, dark, alt in every]

    def _film(self, made: Made, alt: str, files: Mapping[str, Path | None]) -> film:
        width, height = made.size
        at = {name: None if file is None else self._file(file) for name, file in {**NO_FILES, **files}.items()}
        node = film("", format=made.format, alt=alt, width=width, height=height, **at)
        self.set_source_info(node)
        return node

    def _file(self, path: Path) -> str:
        """Put a file among the build's images; its path from the source folder."""
        name = self._from_source(path)
        self.env.note_dependency(name)
        self.env.images.add_file(self.env.docname, name)
        return name

    def _from_source(self, path: Path) -> str:
        return Path(relpath(path, self.env.srcdir)).as_posix()

    def _figure(self, shown: Sequence[nodes.Element], align: str | None) -> list[nodes.Node]:
        """A figure whose caption is the directive's first paragraph; what follows is its legend."""
        said = self.parse_content_to_nodes()
        figure = nodes.figure("", *shown, **({"align": align} if align else {}))
        if said and isinstance(said[0], nodes.paragraph):
            figure += nodes.caption("", "", *said.pop(0).children)
        if said:
            figure += nodes.legend("", *said)
        self.set_source_info(figure)
        return [figure]

    def _spelled(self, message: str) -> str:
        """A message in the words of the directive."""
        return message.replace(
            " or name a file: my_lesson.py, or my_lesson.py:Class.", " or name a file, my_lesson.py."
        )


def place(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make of each film what the builder can show: a video, or a page, is for HTML alone."""
    builder, images = app.builder, app.env.images
    plays = builder.format == "html" and builder.name != "epub"
    for node in list(doctree.findall(film)):
        if plays and (node["format"] not in PICTURES or node["dark"]):
            for uri in filter(None, (node[name] for name in NO_FILES)):
                builder.images[uri] = images[uri][1]  # to be copied
            continue
        uri = node["uri"] if plays else node["poster"]
        kept = {name: node[name] for name in ("alt", "classes", "ids", "names", "align") if name in node}
        node.replace_self(nodes.image("", uri=uri, candidates={"*": uri}, **kept))


def visit_film(self: HTML5Translator, node: film) -> None:
    """A video with its captions, a frame with the page, or a picture by night and by day."""
    images = self.builder.images
    at = {name: posixpath.join(self.builder.imgpath, quote(images[node[name]])) if node[name] else ""
          for name in NO_FILES}  # fmt: skip
    classes = [*node["classes"], *([f"align-{node['align']}"] if "align" in node else [])]
    alt, size = node["alt"], (node["width"], node["height"])
    about = {"class": " ".join(classes)} | ({"id": node["ids"][0]} if node["ids"] else {})
    if node["format"] in PICTURES:
        still = (at["still"], at["poster"]) if at["still"] else None
        self.body.append(picture(at["dark"], at["uri"], alt, still, about))
    elif node["format"] != "html":
        self.body.append(video(at["uri"], alt, size, at["poster"], at["captions"], about, at["dark"]))
    elif at["dark"]:
        self.body.append(framed_both(at["dark"], at["uri"], alt, size, about=about) + "\n")
    else:
        self.body.append(framed(at["uri"], alt, size, about=about) + "\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> ExtensionMetadata:
    """What Sphinx calls."""
    app.add_node(film, html=(visit_film, None))
    app.add_directive("clearhead", Clearhead)
    app.connect("doctree-resolved", place)
    app.add_config_value("clearhead_options", {}, "env", dict, "Options that every clearhead directive has.")
    made_by = int(program()[:8], 16)  # pages that another Clearhead made are read again
    return {"version": __version__, "env_version": made_by, "parallel_read_safe": True, "parallel_write_safe": True}
