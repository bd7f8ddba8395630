"""A page of two models has the numbers of both inside, down to their weights, so that all can be computed anew."""

import pytest

import scenes
from scenes.lesson.options import Options
from studio.film import render as rendering
from studio.page import again
from studio.play.picture import Picture
from studio.play.session import Job

pytestmark = pytest.mark.slow


def test_the_weights_of_both_are_inside(tmp_path):
    entry = next(entry for entry in scenes.course() if entry.id == "compare")
    options = Options(pace=0.3, questions=False, other_model="tiny-none")
    job = Job(entry, options, Picture.of("l"), segments=tmp_path / "cache")
    made = rendering.render(rendering.Request(job, tmp_path / "out", "html", "Every head", workers=1))
    numbers = again.read(made.files[0].read_text(encoding="utf-8")).numbers
    assert [run["command"].split()[3] for run in numbers["runs"]] == ["tiny", "tiny-none"] and not numbers["ends"]
    for run, trace in enumerate(made.film.lesson.traces):
        inside = {tensor["name"]: tensor for tensor in numbers["tensors"] if tensor.get("run") == run}
        weights = {name for name in trace.names if name.rpartition(".")[2] in ("W_Q", "W_K") or name == "W_E"}
        assert weights <= {name for name, tensor in inside.items() if "table" in tensor}
        for name in weights:  # as a whole, as it was recorded
            shape = numbers["tables"][inside[name]["table"]][1]
            assert tuple(shape) == trace.array(name).shape and len(numbers["tables"][inside[name]["table"]]) == 3
