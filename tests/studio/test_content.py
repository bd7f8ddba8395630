"""What is read of objects: everything that tells them apart, in every process alike; what cannot be read is refused."""

import functools
import gc
import os
import subprocess
import sys
import threading
import weakref
from dataclasses import dataclass

import cairo
import numpy as np
import pytest
from manim import Circle, Dot, FadeIn, Square, ValueTracker, VGroup, smooth, there_and_back
from manim.utils.rate_functions import squish_rate_func
from toy import Toy, job

from model.errors import ClearheadError
from model.numbers.tensor import Tensor
from model.paths import ROOT
from scenes import course
from scenes.kit import Label, TensorGrid
from scenes.kit.ground.say import say
from scenes.kit.ground.typesetting import outline
from scenes.lesson import Options
from studio.film import manifest
from studio.film.film import draw, forget, plan
from studio.play import files, keys
from studio.play.content import Content, Unreadable
from studio.play.keys import ONCE
from studio.play.picture import Picture
from studio.play.session import Job


def digest(*things) -> str:
    return Content().add(*things).digest


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


class Below(Slotted):
    __slots__ = ("more",)

    def __init__(self, value, more):
        super().__init__(value)
        self.more = more


@dataclass
class Word(str):
    note: str = ""


def adder(n, default=1):
    def add(x, more=default):
        return x + n + more

    return add


def path(x: float) -> cairo.Path:
    ctx = cairo.Context(cairo.ImageSurface(cairo.FORMAT_A8, 1, 1))
    ctx.move_to(0, 0)
    ctx.line_to(x, 1)
    return ctx.copy_path()


def tensor(value: float, name: str = "x") -> Tensor:
    return Tensor.given(np.array([value, 2.0]), name)


def looped(value):
    ring = [value]
    ring.append(ring)
    return ring


def updated(n: int) -> Dot:
    return Dot().add_updater(lambda m: m.shift((n, 0, 0)))


def noted(text: str, note: str):
    said = Word(text)
    said.note = note
    return said


DIFFERENT = {
    "numbers": (1, 1.0, True, None, "1", b"1", 1j, ...),
    "texts": ("ab", "a", "a b", "ä"),
    "where one text ends": (["a", "bc"], ["ab", "c"], ["abc"]),
    "containers": ([1, 2], (1, 2), [2, 1], {1: 2}, {1, 2}, [[1], 2], {2: 1}, frozenset({1, 2}), range(2), [[1, 2]]),
    "arrays": (np.arange(4), np.arange(4.0), np.arange(4)[::-1], np.arange(4).reshape(2, 2), np.arange(4, dtype="f4")),
    "one bit": (np.array([1.0]), np.array([np.nextafter(1.0, 2.0)]), np.array([-1.0])),
    "numbers of NumPy": (np.float32(1), np.float64(1), np.int8(1), np.bool_(True)),
    "objects in arrays": (np.array([1, "a"], dtype=object), np.array([1, "b"], dtype=object)),
    "slots": (Slotted(1), Slotted(2), Below(1, 2), Below(1, 3), Below(2, 2)),
    "subclasses of texts": (noted("a", "b"), noted("a", "c"), noted("b", "b"), "a"),
    "paths of Cairo": (path(1), path(2)),
    "outlines": (outline("a"), outline("b"), outline("a", "bold")),
    "Tensors": (tensor(1), tensor(1.5), tensor(1, "y"), tensor(1) + tensor(1), tensor(1) - tensor(1)),
    "defaults and closures": (adder(1), adder(2), adder(1, 2)),
    "code": (lambda x: x + 1, lambda x: x + 2, lambda x: x - 1, lambda x: -x, lambda x: {1, x}, lambda x: {2, x}),
    "rate functions": (smooth, there_and_back, squish_rate_func(smooth, 0, 0.5), squish_rate_func(smooth, 0, 0.6)),
    "partial calls": (functools.partial(adder, 1), functools.partial(adder, 2), functools.partial(adder, n=1)),
    "methods": (Slotted(1).__init__, Slotted(2).__init__),
    "builtins": (len, max, np.add, np.maximum, [1].append, [2].append),
    "classes": (Slotted, Below, Square),
    "rings": (looped(1), looped(2)),
    "shared or not": ((lambda a: [a, a])([1]), [[1], [2]]),
    "mobjects": (Square(), Square(1.0), Circle(), VGroup(Square()), Square(color="#ff0000"), Square().shift((1, 0, 0))),
    "updaters": (updated(1), updated(2), Dot()),
    "trackers": (ValueTracker(1), ValueTracker(2)),
    "painted": (Label("a"), Label("b"), Label("a", 0.5), Label(say("{n}", n=1)), Label("1")),
    "grids": tuple(TensorGrid(Tensor.given(np.full((2, 2), v), "x", ("a", "b"))) for v in (1.0, 1.0001)),
}


@pytest.mark.parametrize("kind", DIFFERENT)
def test_what_differs_has_another_digest(kind):
    digests = [digest(thing) for thing in DIFFERENT[kind]]
    assert len(set(digests)) == len(digests)


def test_what_is_the_same_has_the_same():
    for make in (lambda: path(1), lambda: tensor(1), lambda: adder(1), lambda: looped(1), lambda: updated(1), Square):
        assert digest(make()) == digest(make())
    assert digest({"a", "b", "c"}) == digest({"c", "b", "a"})
    assert digest(outline("a")) == digest(outline("a"))


class Lock:
    def __init__(self):
        self.lock = threading.Lock()


@pytest.mark.parametrize("thing", [threading.Lock(), Lock(), iter([1]), (x for x in ()), [open(os.devnull)]])
def test_what_cannot_be_read_is_refused(thing):
    with pytest.raises(Unreadable, match="cannot be read"):
        digest(thing)


def test_what_was_computed_on_demand_says_nothing():
    class Lazy:
        def __init__(self):
            self.one = 1

        @functools.cached_property
        def two(self):
            return 2

    one, other = Lazy(), Lazy()
    assert other.two == 2 and digest(one) == digest(other)


def test_long_arrays_stand_in_their_place():
    first, second = np.arange(20_000.0), np.arange(20_000.0) + 1
    assert (
        len({digest(first, second), digest(second, first), digest(first, "a", second), digest("a", first, second)}) == 4
    )
    square = first.reshape(100, 200)
    assert digest(square) == digest(np.asfortranarray(square)) != digest(square.T)
    assert digest(first) != digest(first.astype("datetime64[s]")) and digest(first) != digest(first.view("i8"))
    short = np.arange(3.0)
    assert digest(short) == Content().add(short).digest == digest(short.copy())


def test_what_was_read_is_not_kept_alive():
    one = tensor(1) + tensor(2)
    digest(one)
    gone, tree = weakref.ref(one), weakref.ref(one.expression)
    del one
    gc.collect()
    assert gone() is None and tree() is None


def test_one_that_comes_where_another_was_is_read_itself():
    """Python gives the address of what is gone to what comes next."""
    digests, places = set(), set()
    for value in range(200):
        one = tensor(float(value))
        digests.add(digest(one))
        places.add(id(one))
        del one
    assert len(digests) == 200 > len(places)


def test_what_was_found_on_demand_in_an_expression_says_nothing():
    asked, other = tensor(1) + tensor(2), tensor(1) + tensor(2)
    assert len(list(asked.expression.leaves())) == 2
    assert digest(asked) == digest(other)


def test_the_files_of_what_is_in_play_are_noted():
    assert {p.name for p in Content().add(Slotted(1)).files} == {"test_content.py"}
    assert {p.name for p in Content().add(lambda: 0).files} == {"test_content.py"}
    assert {"painting.py", "text.py"} <= {p.name for p in Content().add(Label("a")).files}
    assert not Content().add(Square(), smooth, len, np.add, threading.Thread).files


class Sealed(Toy):
    """Its animation holds what nobody can read."""

    def construct(self):
        move = FadeIn(Dot())
        move.lock = threading.Lock()
        self.play(move, run_time=0.4)


def test_a_play_that_cannot_be_read_is_drawn_each_time(own_cache):
    for _ in range(2):
        film = plan(job(lesson=Sealed))
        assert film.plays[0].key.startswith(ONCE)
        assert draw(film, 1) == film.frames > 0
        forget(film)
        assert not any(segment.exists() for segment in film.segments)


@pytest.mark.slow
@pytest.mark.parametrize("entry", course(), ids=lambda entry: entry.id)
def test_everything_in_the_lessons_can_be_read(entry):
    """Also after the camera has drawn; and the keys are the same whether it has or not."""
    work = Job(entry, Options(), Picture.of("l", width=160))
    drawn = [play.key for play in plan(work, see=lambda step, pixels: None).plays]
    assert not [place for place, key in enumerate(drawn) if key.startswith(ONCE)]
    assert drawn == [play.key for play in plan(work).plays] and len(set(drawn)) == len(drawn)


@pytest.mark.slow
def test_keys_of_a_lesson_are_the_same_in_another_process():
    program = (
        "from scenes import course; from scenes.lesson import Options; from studio.film.film import plan\n"
        "from studio.play.picture import Picture; from studio.play.session import Job\n"
        "entry = next(e for e in course() if e.id == 'heads')\n"
        "print(*[p.key for p in plan(Job(entry, Options(text='The dog'), Picture.of('l', width=160))).plays])"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout.split()
        for seed in ("1", "2")
    ]  # fmt: skip
    assert runs[0] == runs[1] and len(runs[0]) > 20


def test_a_file_that_changes_while_the_program_runs_is_not_trusted(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("")
    with pytest.raises(Unreadable, match="has changed"):
        keys.digest([file])
    os.utime(file, (1_000_000, 1_000_000))
    assert keys.digest([file, tmp_path]) == keys.digest([file])


def test_a_clock_that_is_wrong_is_not_a_change(tmp_path, monkeypatch):
    """Files from a disk whose clock is ahead, a board without a clock, WSL after a sleep: they lie in the future."""
    file = tmp_path / "a.py"
    file.write_text("")
    os.utime(file, (4_000_000_000, 4_000_000_000))
    assert not files.has_changed(file)
    monkeypatch.setitem(files.SAVED, file, file.stat().st_mtime_ns)
    assert not files.has_changed(file)
    os.utime(file, (1_000_000, 1_000_000))  # saved, says that clock; one that is behind says so, too
    assert files.has_changed(file)


def test_a_render_whose_code_changes_under_it_says_so(monkeypatch):
    def refuse(lesson):
        raise Unreadable("a.py has changed: what runs may be what it was before")

    monkeypatch.setattr(manifest, "painting_code", refuse)
    with pytest.raises(ClearheadError, match=r"a.py has changed.*: start again"):
        manifest.manifest(plan(job()))


def test_a_font_of_the_system_counts_where_it_is_needed(monkeypatch):
    usual = keys.fallback.__wrapped__("日本")
    assert keys.fallback.__wrapped__("− “é”") == keys.fallback.__wrapped__("plain") != usual
    monkeypatch.setattr(keys, "outline", lambda text, face: outline("another font's " + text.encode().hex()))
    assert keys.fallback.__wrapped__("日本") != usual
