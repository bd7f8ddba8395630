"""A manifest names every model that a film draws runs of, and `verify` holds each to its hash."""

import json

import pytest

from model import load
from scenes import course
from scenes.lesson import Options
from studio.cli.main import main
from studio.film.film import plan
from studio.film.manifest import manifest, write_manifest
from studio.film.naming import basename
from studio.film.verify import verify
from studio.play.picture import Picture
from studio.play.session import Job


def job_of(lesson: str, **options) -> Job:
    entry = next(entry for entry in course() if entry.id == lesson)
    return Job(entry, Options(**options), Picture.of("l", fps=4, width=320))


@pytest.fixture(scope="module")
def about():
    """The manifest of two models, whose film has not been drawn."""
    return manifest(plan(job_of("compare", text="The cat sat", other_model="tiny-none")))


@pytest.fixture
def written(about, tmp_path):
    """Where it is written, and the file that it then has to be."""
    path = tmp_path / "film" / f"{basename(job_of('compare', text='The cat sat', other_model='tiny-none'), None)}.json"
    path.parent.mkdir()

    def write(about):
        write_manifest(path, about, [])
        return path

    return write


def test_both_models_of_a_comparison_are_named_and_hashed(about, written, capsys):
    told = [about["model"], *about["other_models"]]
    assert told == [{"name": name, "hash": load(name).hash} for name in ("tiny", "tiny-none")]
    assert main(["verify", str(written(about))]) == 0
    both = " and ".join(f"{model['name']} ({model['hash'][:12]})" for model in told)
    assert f", {both}, 2 runs," in capsys.readouterr().out


@pytest.mark.parametrize("part", ["name", "hash"])
def test_another_second_model_is_found(about, written, part):
    changed = json.loads(json.dumps(about))
    changed["other_models"][0][part] = changed["model"][part]
    (found,) = verify(written(changed), course()).findings
    assert found.startswith(f"other_models 1 {part}: the manifest says “{about['model'][part][:50]}")


def test_a_second_model_that_is_left_out_is_found(about, written):
    changed = json.loads(json.dumps(about)) | {"other_models": []}
    (found,) = verify(written(changed), course()).findings
    assert found.startswith("other_models: the manifest says “[]”, here it is") and "tiny-none" in found


@pytest.mark.slow
def test_snapshots_of_one_model_are_no_other_models():
    film = plan(job_of("training"))
    assert len(film.lesson.traces) > 10 and manifest(film)["other_models"] == []
