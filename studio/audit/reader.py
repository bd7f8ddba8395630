"""Reading what mobjects show: each once a moment, however many checks ask."""

from __future__ import annotations

from scenes.kit.ground.encodings import Mark
from scenes.kit.ground.layout import HOME, View
from scenes.kit.ground.painting import Painted, ReadingPen, seen_in
from scenes.kit.ground.readings import Reading


class Reader:
    """Reads mobjects. Until the next `turn`, at which the lesson has gone on, none is read twice."""

    def __init__(self) -> None:
        self.pens: dict[int, ReadingPen] = {}  # by the mobject's id
        self.sights: dict[tuple[int, View], tuple[list[Reading], list[Mark]]] = {}

    def turn(self) -> None:
        """The lesson goes on: what has been read may not be so any more."""
        self.pens.clear()
        self.sights.clear()

    def read(self, mobject: Painted) -> ReadingPen:
        """What a mobject shows at this moment, in its own units."""
        pen = self.pens.get(id(mobject))
        if pen is None:
            pen = self.pens[id(mobject)] = mobject.read()
        return pen

    def seen(self, mobject: Painted, view: View = HOME) -> tuple[list[Reading], list[Mark]]:
        """Its texts and shapes at this moment, as a camera sees them."""
        key = id(mobject), seen_in(mobject, view)
        if key not in self.sights:
            self.sights[key] = mobject.seen(view, self.read(mobject))
        return self.sights[key]
