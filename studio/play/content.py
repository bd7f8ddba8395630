"""What objects hold, as a digest: equal digests mean equal content, in every process and on every day.

Read are numbers, texts, arrays, paths, containers, functions (code, defaults, closure) and everything that keeps its
state in `__dict__` and `__slots__`, however deep. What cannot be read so is refused: a digest that passes it over would
call two things equal that are not. The files that define what was met are noted, because what a thing does is in them.
"""

from __future__ import annotations

import functools
import hashlib
import re
import sys
import types
import weakref
from collections import deque
from collections.abc import Callable
from enum import Enum
from functools import cached_property, lru_cache
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any

import cairo
import numpy as np
from manim import Camera, Scene
from manim._config.utils import ManimConfig

from model.numbers.tensor import Tensor
from model.numbers.trace import Trace
from model.numbers.tree import Derived, Given, Operation, Recorded, Taken
from scenes.kit.ground.typesetting import Drawing, Outline
from studio.play.files import LIBRARIES

PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented)})
# Never change once they are made.
LASTING = (Tensor, Recorded, Given, Taken, Derived, Operation, Outline, Drawing, cairo.Path)
# What a camera draws in, and what it draws with: made from the rest of it.
CANVAS: frozenset[str] = frozenset(
    "pixel_array background pixel_array_to_cairo_context background_colored_vmobject_displayer display_funcs".split()
)
# What Manim and the studio keep their books in: nothing of it is painted, or it is read by itself.
BOOKS: frozenset[str] = frozenset(
    "renderer camera camera_class animations mobjects foreground_mobjects moving_mobjects static_mobjects duration "
    "last_t queue session_spec output_plan file_writer_settings manager time_progression stop_condition observers "
    "steps traces mouse_point mouse_drag_point key_to_function_map _log_file_path random_seed".split()
)
KEPT = 100_000  # digests of those that are remembered, as long as they live
LONG = 2**16  # bytes of an array that is taken in at once: no copy of it is kept
UNSAID = frozenset({"original_id", "_leaves"})  # an address that Manim's copies remember; what was found on demand
_lasting: dict[int, tuple[Callable[[], Any], bytes, set[Path], set[str]]] = {}


class Unreadable(TypeError):
    """Something that is in play cannot be read."""


class Content:
    """Gathers what objects hold: `add` them, then take the `digest`. `files`: that define what was met; `foreign`:
    the texts with characters beyond Latin Modern's usual ones, which may need a font of the system."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []  # that are not yet in the hash
        self.hash = hashlib.sha256()
        self.files: set[Path] = set()
        self.foreign: set[str] = set()
        self.places: dict[int, int] = {}  # of objects that were met, by their address
        self.alive: list[Any] = []  # keeps the addresses theirs

    def add(self, *things: Any) -> Content:
        """Read things. Raises Unreadable."""
        for thing in things:
            self._read(thing)
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of all that was read."""
        self._take_in()
        return self.hash.hexdigest()

    def _take_in(self) -> None:
        self.hash.update(b"".join(self.parts))
        self.parts.clear()

    def _read(self, thing: Any) -> None:
        kind: Any = type(thing)
        if kind in PLAIN:
            self._plain(thing, kind)
        elif kind in LASTING:
            self._lasting(thing)
        elif kind is np.ndarray:
            self._array(thing)
        elif self._is_new(thing):
            reader(kind)(self, thing)

    def _plain(self, thing: Any, kind: type) -> None:
        if kind is str:
            if not thing.isascii():
                self.foreign.add(thing)
            data = thing.encode("utf-8", "surrogatepass")
        else:
            data = thing if kind is bytes else repr(thing).encode()
        self.parts.append(b"%s %d " % (kind.__name__.encode(), len(data)) + data)

    def _is_new(self, thing: Any) -> bool:
        """Whether it is met for the first time; else its place among those that were met stands for it."""
        place = self.places.setdefault(id(thing), len(self.places))
        if place < len(self.alive):
            self.parts.append(b"again %d " % place)
            return False
        self.alive.append(thing)
        return True

    def _lasting(self, thing: Any) -> None:
        """What never changes: read once, and remembered as long as there is room."""
        known = _lasting.get(id(thing))
        if known is None or known[0]() is not thing:
            content = Content()
            (content._path if type(thing) is cairo.Path else content._attributes)(thing)
            if len(_lasting) >= KEPT:
                _lasting.clear()
            known = _lasting[id(thing)] = (living(thing), content.digest.encode(), content.files, content.foreign)
        self.parts.append(known[1])
        self.files |= known[2]
        self.foreign |= known[3]

    def _path(self, path: Any) -> None:
        self.add("path", [(int(kind), points) for kind, points in path])

    def _array(self, array: np.ndarray) -> None:
        self.parts.append(f"array {array.dtype.str} {array.shape} ".encode())
        if array.dtype.hasobject:
            self.add(array.tolist())
        elif array.dtype.names is not None:
            self.add(array.dtype.descr, array.tobytes())
        elif array.nbytes < LONG:
            self.parts.append(array.tobytes())
        else:
            self._take_in()
            self.hash.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)

    def _many(self, things: Any) -> None:
        """A container's items in their order."""
        self.parts.append(b"%d items " % len(things))
        if PLAIN.issuperset(map(type, things)) and str not in map(type, things):
            self.parts.append(repr(list(things)).encode())  # a long row of numbers
        else:
            self.add(*things)

    def _dict(self, thing: Any) -> None:
        self.parts.append(b"%d pairs " % len(thing))
        for name, value in thing.items():
            self._read(name)
            self._read(value)

    def _set(self, thing: Any) -> None:
        """In the order of the items' digests: a set's own order is another one in every process."""
        self.parts.append(b"set ")
        for digest in sorted(self._apart(item) for item in thing):
            self.parts.append(digest)

    def _apart(self, thing: Any) -> bytes:
        """The digest of a thing read by itself."""
        other = Content().add(thing)
        self.files |= other.files
        self.foreign |= other.foreign
        return other.digest.encode()

    def _type(self, kind: type) -> None:
        self.parts.append(f"type {kind.__module__}.{kind.__qualname__} ".encode())
        for cls in kind.__mro__:
            self._home(cls)

    def _home(self, thing: Any) -> None:
        file = home(thing.__module__)
        if file is not None:
            self.files.add(file)

    def _function(self, thing: types.FunctionType) -> None:
        self._home(thing)
        self.parts.append(f"function {thing.__module__}.{thing.__qualname__} ".encode())
        self._code(thing.__code__)
        self.add(thing.__defaults__, thing.__kwdefaults__, *(thing.__closure__ or ()))

    def _code(self, code: types.CodeType) -> None:
        self.add(code.co_code, code.co_consts, code.co_names, code.co_freevars, code.co_exceptiontable)

    def _cell(self, thing: types.CellType) -> None:
        try:
            self._read(thing.cell_contents)
        except ValueError:
            self.parts.append(b"empty cell ")

    def _method(self, thing: types.MethodType) -> None:
        self.add("method", thing.__func__, thing.__self__)

    def _builtin(self, thing: Any) -> None:
        owner = getattr(thing, "__self__", None)
        self.add("builtin", thing.__qualname__, None if isinstance(owner, types.ModuleType) else owner)

    def _without(self, left_out: frozenset[str], thing: Any) -> None:
        """What an instance keeps, but for some of it."""
        self._type(type(thing))
        for name, value in vars(thing).items():
            if name not in left_out:
                self.add(name, value)

    def _attributes(self, thing: Any) -> None:
        """What an instance keeps in `__dict__` and `__slots__`; what is computed from that on demand says nothing."""
        kind: Any = type(thing)
        self._type(kind)
        slots, computed = layout(kind)
        state = getattr(thing, "__dict__", None) or {}
        for name, value in state.items():
            if name not in UNSAID and name not in computed:
                self.parts.append(name.encode() + b"=")
                self._read(value)
        for name in (each for each in slots if each not in UNSAID):
            self.parts.append(name.encode() + b"=")
            self.add(*([getattr(thing, name)] if hasattr(thing, name) else ()))


def living(thing: Any) -> Callable[[], Any]:
    """Gives the thing, which it does not keep alive where Python can do without: it may be a large table's."""
    key = id(thing)
    try:
        return weakref.ref(thing, lambda _: _lasting.pop(key, None))
    except TypeError:
        return lambda: thing


def _number(content: Content, thing: np.generic) -> None:
    content._array(np.asarray(thing))


def _said(content: Content, *things: Any) -> None:
    content.add(*things)


Reader = Callable[[Content, Any], None]
# How an object of a type, or of one made from it, is read; the first that fits.
READERS: dict[type | tuple[type, ...], Reader] = {
    Scene: lambda content, scene: content._without(BOOKS, scene),
    Camera: lambda content, camera: content._without(CANVAS, camera),
    Trace: lambda content, trace: _said(content, "trace", trace.digest, trace.vocabulary),
    type: Content._type,
    types.FunctionType: Content._function,
    types.CodeType: Content._code,
    types.CellType: Content._cell,
    types.MethodType: Content._method,
    (types.BuiltinFunctionType, np.ufunc): lambda c, f: (
        c._builtin(f) if hasattr(f, "__qualname__") else _said(c, "ufunc", f.__name__)
    ),
    functools._lru_cache_wrapper: lambda content, thing: content._read(thing.__wrapped__),
    functools.partial: lambda content, p: _said(content, "partial", p.func, p.args, p.keywords),
    types.ModuleType: lambda content, module: _said(content, "module", module.__name__),
    Enum: lambda content, member: _said(content, type(member), member.name),
    range: lambda content, thing: _said(content, repr(thing)),
    slice: lambda content, thing: _said(content, "slice", thing.start, thing.stop, thing.step),
    PurePath: lambda content, path: _said(content, "path", str(path)),
    re.Pattern: lambda content, pattern: _said(content, "pattern", pattern.pattern, pattern.flags),
    cairo.Matrix: lambda content, matrix: _said(content, "matrix", list(matrix)),
    np.generic: _number,
    weakref.ReferenceType: lambda content, ref: _said(content, "weakly", ref()),
    MappingProxyType: Content._dict,
    ManimConfig: lambda content, config: _said(content, "config"),  # what counts of it is the camera's and the film's
}
# What a class made from one of these is read as, besides its attributes.
BASES: dict[type, Reader] = {
    str: lambda content, thing: content._plain(str(thing), str),
    bytes: lambda content, thing: content._plain(bytes(thing), bytes),
    int: lambda content, thing: content._plain(int(thing), int),
    float: lambda content, thing: content._plain(float(thing), float),
    list: Content._many,
    tuple: Content._many,
    deque: Content._many,
    dict: Content._dict,
    set: Content._set,
    frozenset: Content._set,
    np.ndarray: lambda content, thing: content._array(np.asarray(thing)),
}


@lru_cache(maxsize=4096)
def reader(kind: Any) -> Reader:
    """How objects of that type are read. Raises Unreadable."""
    for above, read in READERS.items():
        if issubclass(kind, above):
            return read
    root = next((cls for cls in reversed(kind.__mro__[:-1]) if cls.__base__ is object and cls in BASES), None)
    if root is not None:
        return based(root, kind is not root)
    if kind is object or all(made_in_python(cls) for cls in kind.__mro__[:-1]):
        return Content._attributes
    raise Unreadable(f"{kind.__module__}.{kind.__qualname__} cannot be read")


def made_in_python(cls: type) -> bool:
    """Whether instances keep what they have where it can be read: C code keeps it elsewhere."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None) or "?"
    root = cls
    while root.__base__ not in (object, None):
        root = root.__base__
    state = "__dict__" in vars(root) or "__slots__" in vars(root)
    return state and (file.endswith((".py", ".pyc")) or cls.__module__ == "__main__")


def based(root: type, made_from: bool) -> Reader:
    """How objects of a type of Python's own are read, or of a class that is made from it."""

    def read(content: Content, thing: Any) -> None:
        content.parts.append(root.__name__.encode() + b" ")
        BASES[root](content, thing)
        if made_from:
            content._attributes(thing)

    return read


@lru_cache(maxsize=4096)
def layout(kind: Any) -> tuple[tuple[str, ...], frozenset[str]]:
    """The slots of a class and of those above it; the names that are computed when they are first asked for."""
    slots: list[str] = []
    for cls in kind.__mro__:
        named = vars(cls).get("__slots__", ())
        slots += [named] if isinstance(named, str) else named
    computed = {name for cls in kind.__mro__ for name, value in vars(cls).items() if isinstance(value, cached_property)}
    return tuple(name for name in slots if name not in ("__dict__", "__weakref__")), frozenset(computed)


@lru_cache(maxsize=4096)
def home(module: str) -> Path | None:
    """The file of a module; None where it is of Python or of a library, whose version is known."""
    if module.split(".")[0] in sys.stdlib_module_names or module == "__main__":
        return None
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        raise Unreadable(f"the source of {module} is not known")
    own = module.split(".")[0] in ("model", "scenes", "studio")
    return Path(file) if own or not any(Path(file).is_relative_to(folder) for folder in LIBRARIES) else None
