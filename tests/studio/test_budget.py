"""GIFs and WebPs of at most so many bytes: what is found fits, more room is never worse, and what cannot be is said."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_export import animation, drawn, lossless, shown_at
from toy import Entry, job

from model.errors import UsageError
from studio.cli.options import SIZE
from studio.film.film import draw, plan
from studio.film.render import Request, render
from studio.film.verify import verify
from studio.film.web import budget as budgets
from studio.film.web import squeeze
from studio.film.web.budget import KINDS, Budget, Maker, Rung, climb, thinned
from studio.film.web.trial import Trial
from studio.play.picture import Picture
from studio.play.writer import FILM, LOSSLESS

pytestmark = pytest.mark.slow

FULL = Picture.of("l", width=320, fps=20)


def toy(encoder=FILM):
    return replace(job(20, encoder), picture=FULL)


def small(folder, most, fmt="gif", **fixed):
    return render(Request(toy(), folder, format=fmt, step="Turn", budget=Budget(most, **fixed)))


def seen(file, film) -> list[np.ndarray]:
    """What a viewer sees at each frame of the film, at its full size."""
    pictures, delays = animation(file)
    size = (film.job.picture.width, film.job.picture.height)
    return [np.array(Image.fromarray(p).resize(size, Image.Resampling.BICUBIC)) for p in shown_at(pictures, delays, 20)]


def signal(file, film) -> float:
    """PSNR of all frames but the first, where the poster stands."""
    pairs = list(zip(seen(file, film), drawn(film), strict=False))[1:]
    return 10 * np.log10(255**2 / np.mean([np.square(a.astype(float) - b).mean() for a, b in pairs]))


def test_a_gif_fits_and_more_room_is_never_worse(tmp_path):
    film = lossless(20, width=320, step="Turn")
    whole = render(Request(toy(), tmp_path, format="gif", step="Turn"))
    most = whole.files[0].stat().st_size
    found = []
    for budget in (most // 3, 2 * most // 3, most):
        result = small(tmp_path / str(budget), budget)
        file, picture = result.files[0], result.picture
        assert budget / 2 <= file.stat().st_size <= budget
        with Image.open(file) as image:
            assert image.size == (picture.width, picture.height)
        _, delays = animation(file)
        assert sum(delays) == round(result.film.seconds * 1000) and min(delays) >= 1000 / picture.fps
        about = json.loads(file.with_suffix(".json").read_text())
        assert [f["max_size"] for f in about["files"] if f["name"] == file.name] == [budget]
        assert about["picture"].get("colours") == picture.colours and about["picture"]["fps"] == picture.fps
        assert verify(file, [Entry()], deep=True).findings == []
        found.append(signal(file, film))
    assert found == sorted(found) and found[0] < found[-1]
    assert result.files[0].read_bytes() == whole.files[0].read_bytes(), "where the whole film fits, it is as without"


def test_the_same_budget_gives_the_same_bytes(tmp_path, monkeypatch):
    one = small(tmp_path / "one", 12_000).files
    monkeypatch.setenv("CLEARHEAD_CACHE", str(tmp_path / "cache"))
    other = small(tmp_path / "other", 12_000).files
    assert [(f.name, f.read_bytes()) for f in one] == [(f.name, f.read_bytes()) for f in other]


def test_a_webp_fits(tmp_path):
    exact = render(Request(toy(), tmp_path, format="webp", step="Turn")).files[0].stat().st_size
    result = small(tmp_path, exact // 2, "webp")
    assert exact / 4 < result.files[0].stat().st_size <= exact // 2
    assert verify(result.files[0], [Entry()], deep=True).findings == []


def test_what_is_fixed_stays(tmp_path):
    result = small(tmp_path, 20_000, fixed=frozenset({"width"}))
    assert (result.picture.width, result.picture.height) == (320, 180)
    with pytest.raises(UsageError, match=r"^no gif of this fits 100 bytes: .*kB, leave out --width, or"):
        small(tmp_path, 100, fixed=frozenset({"width"}))


def test_the_least_that_is_possible_is_said_and_is_possible(tmp_path):
    with pytest.raises(UsageError, match=r"give --max-size \d+kB, or show less of it") as error:
        small(tmp_path, 100)
    assert not list(tmp_path.iterdir())
    least = int(str(error.value).split("--max-size ")[1].split("kB")[0])
    assert small(tmp_path, least * 1000).files[0].stat().st_size <= least * 1000
    with pytest.raises(UsageError):
        small(tmp_path, (least - 1) * 1000)


def test_the_ladder_is_as_good_as_trying_all():
    """The first rung that fits, with no rung weighed twice, whatever the budget, also where expectations are wrong."""
    weights = [900, 700, 610, 500, 320, 200, 90]
    rungs = [Rung(replace(FULL, colours=n + 2), size * (1 + n / 10), n) for n, size in enumerate(weights)]

    class Scales:
        kind = KINDS["gif"]

        def weigh(self, picture):
            self.weighed.append(picture.colours - 2)
            return weights[picture.colours - 2]

    for most in range(80, 1000, 10):
        scales = Scales()
        scales.weighed = []
        fits = [n for n, size in enumerate(weights) if size <= most]
        if not fits:
            with pytest.raises(UsageError):
                climb(rungs, Budget(most), scales)
            continue
        picture, size = climb(rungs, Budget(most), scales)
        assert size <= most and picture.colours - 2 - fits[0] in (0, 1), (most, scales.weighed)
        assert len(set(scales.weighed)) == len(scales.weighed) <= 5


def test_a_ladder_has_no_rung_that_a_lighter_one_excels():
    picture = FULL
    rungs = [Rung(picture, *pair) for pair in [(100, 1.0), (99, 2.0), (80, 5.0), (90, 6.0), (40, 9.0), (39, 30.0)]]
    assert [(r.size, r.loss) for r in thinned(rungs)] == [(100, 1.0), (80, 5.0), (40, 9.0), (39, 30.0)]


def test_a_trial_shows_what_is_drawn():
    """At half the rate every other frame; the loss of what is not changed is none."""
    film = plan(toy(LOSSLESS), None)
    draw(film, 1)
    trial = Trial.of(film)
    assert len(trial.plays) == len(film.plays) and trial.loss_of_size() == trial.loss_of_rate() == 0
    slow = trial.shown_as(replace(FULL, fps=10))
    wanted = drawn(film)[::2]
    assert slow.frames == len(wanted)
    assert all(np.array_equal(f.to_ndarray(format="rgb24"), w) for f, w in zip(slow.decoded(), wanted, strict=True))
    assert slow.loss_of_rate() > 0 and trial.shown_as(replace(FULL, width=160, height=90)).loss_of_size() > 0


def test_too_few_colours_are_not_tried():
    """Nine blues and a red on black: of four colours one would be another's."""
    maker = Maker(toy(LOSSLESS), "Turn", replace(KINDS["gif"], losses=({}, {"colours": 4}), squeezed=()))
    rungs = budgets.ladder(maker, maker.trial(), Budget(1))
    assert {rung.picture.colours for rung in rungs} == {None}


@pytest.mark.parametrize(
    ("said", "size"),
    [("2MB", 2_000_000), ("500kB", 500_000), ("1.5MiB", 1_572_864), ("40000", 40_000), ("40000B", 40_000)]
    + [("2 mb", 2_000_000), ("1G", 10**9), (".5M", 500_000), ("3KiB", 3072)],
)
def test_sizes_as_people_say_them(said, size):
    assert SIZE.convert(said, None, None) == size


GIF = ["attention", "--format", "gif", "--max-size"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([*GIF, "2XB"], "'2XB' is no size: give 2MB, 500kB, 1.5MiB"),
        ([*GIF, ""], "'' is no size"),
        ([*GIF, "-1"], "'-1' is no size"),
        ([*GIF, "nan"], "'nan' is no size"),
        ([*GIF, "2iB"], "'2iB' is no size"),
        ([*GIF, "0"], "too few for any picture: give 2MB"),
        ([*GIF, "3"], "'3' is 3 bytes, too few for any picture: give 2MB"),
        (["attention", "--max-size", "2MB"], "--max-size is for gif and webp; a smaller mp4 comes of"),
        (["attention", "--format", "png", "--max-size", "2MB"], "--max-size is for gif and webp; a smaller png"),
        (["attention", "--format", "webp", "--transparent", "--max-size", "2MB"], "leave out --transparent"),
    ],
)
def test_wrong_budgets_are_one_clear_line(run, tmp_path, args, words):
    code, out, err = run("render", *args, "-o", tmp_path / "out")
    assert code == 2 and out == "" and err.startswith("error: ") and err.count("\n") == 1 and words in err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_the_command_says_what_it_chose(run, tmp_path, monkeypatch):
    monkeypatch.setattr("studio.cli.commands.render.entries", lambda *asked: [Entry()])
    args = ["toy", "--format", "gif", "--step", "Turn", "--width", "192", "--max-size", "10kB", "--workers", "1"]
    code, out, err = run("render", *args, "-o", tmp_path)
    assert code == 0, err
    file = tmp_path / Path(out.strip()).name
    picture = json.loads(file.with_suffix(".json").read_text())["picture"]
    lost = f", {picture['colours']} colours" if "colours" in picture else ""
    lost += f", pixels held within {picture['held']} levels" if "held" in picture else ""
    lost += f", lossy {picture['lossy']}" if "lossy" in picture else ""
    chosen = f"192 × 108, {picture['fps']} frames a second{lost}: {file.stat().st_size / 1000:.3g} kB."
    assert f"toy: the best in 10 kB is {chosen}\n" in err
    assert ("note: with gifsicle it would lose less" in err) is not squeeze.available()
