"""Lessons on one stack of an encoder–decoder: what is shown is that stack's, and what is said of it is true."""

import numpy as np
import pytest

from model import UsageError, run
from model.runs.ablation import ablations
from scenes import course
from scenes.course import own_text
from scenes.lesson import Options
from studio.audit import audit_lesson
from studio.play.picture import Picture
from studio.play.session import Job
from studio.preview.processes.lessons import job_of
from tests.playing import caption, player

ENTRIES = {entry.id: entry for entry in course()}
TIRED = "The animal did not cross the street because it was too tired."


def lesson(name, **options):
    return ENTRIES[name].load()(Options(model="translator", **options))


@pytest.mark.parametrize("name", ["attention", "heads", "embedding", "position"])
def test_the_encoder_is_shown_unless_the_decoder_is_asked_for(name):
    encoder, decoder = lesson(name, text=TIRED), lesson(name, text=TIRED, stack="decoder")
    assert encoder.trace.tokens[1] == "animal" and decoder.trace.tokens[1] == "L'"
    assert [each.choices()["stack"].shown for each in (encoder, decoder)] == [0, 1]
    assert encoder.whole.run_id == decoder.whole.run_id and "stack" in encoder.controls


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_the_head_that_is_followed_matters_most_in_its_stack(stack):
    shown = lesson("attention", text=TIRED, stack=stack)
    whole = run("translator", shown.whole.info["text"], source=TIRED)
    pair, place = (shown.layer, shown.head), shown.place_of(shown.position)
    off = ablations("translator", whole.info["text"], [pair], TIRED, stack)[pair]
    looks = whole.array("decoder.blocks.1.cross_attn.pattern").mean(0)
    assert place == (looks[:, shown.position].argmax() if stack == "encoder" else shown.position)
    assert np.array_equal(shown.next_words[0].values, whole.array("probs")[place])
    assert np.array_equal(shown.next_words[1].values, off.array("probs")[place])
    assert abs(off.array("probs")[place] - whole.array("probs")[place]).sum() / 2 > 0.5
    pattern = whole.array(f"{stack}.blocks.{shown.layer}.attn.pattern")[shown.head, shown.position]
    assert np.array_equal(shown.query.weights.values, pattern)


def test_only_a_decoder_s_lesson_masks():
    ahead = [np.triu(lesson("attention", stack=stack).view.pattern.values, 1).max() for stack in ("encoder", "decoder")]
    assert ahead[0] > 0.1 and ahead[1] == 0


def test_the_first_word_of_an_encoder_looks_at_others():
    query = lesson("attention", text=TIRED).view.query(0)
    weights = query.weights.values
    assert query.other == 1 + weights[1:].argmax() and len(query.others) == len(weights) - 1


def test_a_scaled_embedding_is_said_to_be():
    shown = player(ENTRIES["embedding"].load())(model="translator", text=TIRED)
    row = shown.trace["W_E"].values[shown.word.id]
    assert np.allclose(shown.trace["embed"].values[shown.word.position], 8 * row, atol=1e-6)
    assert "times √64, is its embedding" in caption(shown, "Look-up")


def test_a_translator_has_a_text_that_it_knows():
    assert own_text(ENTRIES["attention"], "translator") == TIRED != own_text(ENTRIES["attention"], None)
    job = Job(ENTRIES["heads"], Options(model="translator"), Picture.of("l"))
    order = {"lesson": "heads", "quality": "l", "options": {"model": "translator"}}
    assert job.settled.text == job_of(order).options.text == TIRED


def test_an_unknown_word_is_named_with_the_nearest_that_are_known():
    with pytest.raises(UsageError, match="does not know “anmal” .nearest: animal") as told:
        lesson("embedding", text="The anmal is old.")
    assert "\n" not in str(told.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("attention", {"text": TIRED}),
        ("embedding", {"stack": "decoder", "text": "The old dog is very tired.", "aspect": "1:1"}),
        pytest.param("position", {"text": TIRED, "aspect": "9:16"}, marks=pytest.mark.slow),
        pytest.param("heads", {"text": "The old dog is very tired.", "theme": "day"}, marks=pytest.mark.slow),
    ],
)
def test_the_audit_finds_nothing(name, options):
    report = audit_lesson(ENTRIES[name], Options(model="translator", **options))
    assert [f"{f.moment.step}: {f.defect.kind}: {f}" for f in report.findings] == []
