"""Lessons on models of others: no finding on small random ones of several families, nor on a deep one; and on SmolLM2
where it is installed: a sample, or, with CLEARHEAD_TEST_LARGE=1, every lesson with every text and aspect (an hour)."""

import os

import numpy as np
import pytest
import transformers
from manim import tempconfig

from model.errors import UsageError
from model.families import packages
from model.runs import checkpoints
from model.runs.ablation import ablations, of_tokens
from model.runs.carried import Carried
from model.runs.patching import patched
from model.runs.recorder import run
from model.study.heads.sinks import Sink
from model.study.inside.exchange import exchanges, following, telling
from model.text.tokenizer import Encoding
from scenes import course
from scenes.kit import SentenceStrip
from scenes.kit.ground.style import color, smallest
from scenes.kit.numbers.cells import named
from scenes.kit.words.strip import READABLE
from scenes.kit.words.tokens import display
from scenes.lesson import FRAME, Options
from scenes.lesson.following import behind, rest_of
from scenes.lesson.options import ASPECTS
from scenes.lessons.attention import looking
from scenes.lessons.heads import question
from scenes.lessons.position import shuffling
from studio.audit import audit_lesson
from studio.audit.matrix import THEMES
from tests.model.families import foreign

ENTRIES = {entry.id: entry for entry in course()}
TEXT = "the old dog chased the young cat"
SEVEN = f"{TEXT} "
LONG = (
    "The animal did not cross the wide street because it was too tired, and so the old man who had been waiting there "
    "for it since the early morning went home again without his dog"
)
TEXTS = {  # of SmolLM2: the lesson's own; 24 pieces, of which one is a blank and two are the same digit; 3; 36; 64
    "own": None,
    "usual": "In 1969 Neil Armstrong walked on the Moon, and millions of people watched him do it on television.",
    "short": "The cat sat",
    "long": LONG,
    "longest": f"{LONG}, and he told his wife that the poor thing had been frightened by the noise of the cars and by "
    "the lights of the city at night",
}
LESSONS = [entry.id for entry in ENTRIES.values() if entry.model != "translator" and entry.id != "training"]
MANY = {"long": 36, "longest": 64}
MANY_PIECES = ("tokens", "attention", "mlp", "unembedding", "generation", "position")
SAMPLE = [(lesson, (*TEXTS,)[place % 3], ASPECTS[place // 3 % 3]) for place, lesson in enumerate(LESSONS)]
SAMPLE += [(lesson, "long", "16:9") for lesson in ("scaling", "residual")]
SAMPLE += [(lesson, "longest", "16:9") for lesson in MANY_PIECES]
SAMPLE += [("compare", "longest", "16:9"), ("induction", "longest", "9:16")]
SAMPLE += [("embedding", "longest", "1:1")]  # where lines are shortest


def asked() -> list[tuple[str, str, str]]:
    """Lesson, text and aspect: every lesson once, of the text and the aspect whose turn it is; or all that it takes."""
    if not os.environ.get("CLEARHEAD_TEST_LARGE"):
        return SAMPLE
    taken = {lesson: ENTRIES[lesson].load().pieces for lesson in LESSONS}
    return [(lesson, text, aspect) for lesson in LESSONS for text in TEXTS for aspect in ASPECTS
            if MANY.get(text, 24) <= taken[lesson]]  # fmt: skip


KNOWN = 3 + len(foreign.WORDS)  # so that every row of the vocabulary has a word
DEEP = foreign.LLAMA | dict(
    vocab_size=KNOWN, hidden_size=36, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3
)
SMALL = [  # between them: rotary turns, RMS norms, gates, shared keys, QK norms, caps, windows, norms after
    ("attention", "Llama 3"),
    ("unembedding", "Qwen 3"),
    ("residual", "Gemma 2"),
    ("residual", "deep"),
    ("unembedding", "deep"),
]


@pytest.fixture
def folder(request, tmp_path, monkeypatch):
    deep = lambda: transformers.LlamaForCausalLM(transformers.LlamaConfig(**DEEP))  # noqa: E731
    monkeypatch.setitem(foreign.KINDS, "deep", deep)
    return foreign.write(request.param, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("lesson", "folder"), SMALL, indirect=["folder"])
def test_small_random_models_of_each_family(lesson, folder):
    report = audit_lesson(ENTRIES[lesson], Options(model=str(folder), text=TEXT))
    assert not report.skipped and report.numbers > 100
    assert not report.findings, [str(finding) for finding in report.findings]


@pytest.mark.slow
@pytest.mark.parametrize(("lesson", "text", "aspect"), asked())
@pytest.mark.skipif("smollm2" not in packages.there(), reason="smollm2 is not there: clearhead install smollm2")
def test_smollm2(lesson, text, aspect):
    theme = THEMES[(ASPECTS.index(aspect) + len(lesson)) % 2]
    options = Options(model="smollm2", text=TEXTS[text] or ENTRIES[lesson].text, aspect=aspect, theme=theme)
    report = audit_lesson(ENTRIES[lesson], options)
    assert not report.skipped and report.numbers > 20
    assert not report.findings, [str(finding) for finding in report.findings]


@pytest.mark.parametrize("folder", ["Llama 3"], indirect=True)
def test_a_model_that_reads_pieces_takes_longer_texts(folder, monkeypatch):
    lesson = ENTRIES["unembedding"].load()
    assert len(lesson(Options(model=str(folder), text="the old dog " * 10)).words) == 30
    monkeypatch.setattr(lesson, "pieces", 28)
    with pytest.raises(UsageError, match="2 to 28 tokens"):
        lesson(Options(model=str(folder), text="the old dog " * 10))
    with pytest.raises(UsageError, match="2 to 24 tokens"):
        lesson(Options(model="tiny", text="the old dog " * 10))


@pytest.mark.parametrize("folder", ["Llama 3"], indirect=True)
@pytest.mark.parametrize("aspect", ASPECTS)
def test_of_a_sentence_too_long_for_arcs_what_is_looked_at_most_is_shown(folder, aspect):
    width, height = FRAME[aspect]
    with tempconfig({"frame_width": width, "frame_height": height}):
        options = Options(model=str(folder), text=SEVEN * 9, aspect=aspect)
        heads, attention = (ENTRIES[name].load()(options) for name in ("heads", "attention"))
        rows = [question.opening(heads).tokens, looking.dots_and_sentence(attention)[1]]
    for lesson, row in zip((heads, attention), rows, strict=True):
        weights = lesson.query.weights
        hidden = [k for k in range(63) if k not in row.shown]
        assert isinstance(row, SentenceStrip) and hidden and row.size * row.zoom() >= READABLE
        assert {lesson.position, lesson.query.strongest} <= set(row.shown) and row.width <= lesson.stage.width
        assert float(rest_of(weights, row)) == pytest.approx(weights.values[hidden].sum()) and "{rest" in behind(row)


@pytest.mark.parametrize("folder", ["Llama 3"], indirect=True)
@pytest.mark.parametrize("aspect", ASPECTS)
def test_both_orders_of_a_long_text_show_the_same_few_words(folder, aspect):
    width, height = FRAME[aspect]
    with tempconfig({"frame_width": width, "frame_height": height}):
        lesson = ENTRIES["position"].load()(Options(model=str(folder), text=SEVEN * 9, aspect=aspect))
        steps = shuffling.Shuffling(lesson, (lesson.untold, lesson.told))
        shown = [steps.two_orders(each, steps.rooms(63)[0], shuffling.SMALL) for each in steps.both]
    assert set(lesson.untold.swap or ()) < set(shown[0].written.shown)
    for orders, (written, shuffled, _) in zip(steps.both, shown, strict=True):
        assert sorted(orders.order[k] for k in shuffled.shown) == list(written.shown)
        assert 62 in written.shown and len(written.shown) < 63
        assert written.size == shuffled.size >= READABLE
        hidden, fields = steps.left_out(orders), steps.fields(orders)
        assert hidden == [k for k in range(63) if k not in written.shown]
        gone = [k for k in range(63) if k not in shuffled.shown]
        rest, again = (w.values[some].sum() for w, some in zip(orders.weights, (hidden, gone), strict=True))
        assert (float(fields["rest"]), float(fields["again"])) == pytest.approx((rest, again))


@pytest.mark.parametrize("folder", ["Llama 3"], indirect=True)
def test_of_many_words_that_were_read_the_new_ones_and_those_they_look_at_have_columns(folder):
    lesson = ENTRIES["generation"].load()(Options(model=str(folder), text=SEVEN * 7, aspect="9:16"))
    shown = {k for k in lesson.columns if k is not None}
    looks = lesson.turns[1].trace[f"blocks.{lesson.layer}.attn.pattern"][lesson.head, 49].values
    assert (
        {*range(49, len(lesson.read)), int(looks.argmax())} < shown
        and len(lesson.hidden) > 20
        and len(lesson.read) > 51
    )
    assert len(lesson.columns) <= named(lesson.stage.width - lesson.beside())
    assert [k for k in range(len(lesson.read)) if k not in shown] == lesson.hidden


@pytest.mark.parametrize("folder", ["Llama 3"], indirect=True)
def test_of_a_text_too_long_for_its_box_the_words_that_matter_are_shown(folder):
    lesson = ENTRIES["anatomy"].load()(Options(model=str(folder), text=SEVEN * 9, aspect="1:1"))
    rows = [lesson.sentence(trace) for trace in (lesson.trace, lesson.other)]
    assert all({0, lesson.exchange.place, 62} < set(row.shown) < set(range(63)) for row in rows)
    assert all(row.size * row.zoom() >= READABLE - 1e-9 for row in rows)


@pytest.mark.parametrize("folder", ["Llama 3"], indirect=True)
@pytest.mark.parametrize("aspect", ASPECTS)
def test_of_two_texts_too_long_to_be_read_what_differs_is_shown(folder, aspect):
    width, height = FRAME[aspect]
    with tempconfig({"frame_width": width, "frame_height": height}):
        text, other = (
            "the old dog chased the young cat " * 4 + word + " the young cat" * 10 for word in ("dog", "old")
        )
        lesson = ENTRIES["compare"].load()(Options(model=str(folder), text=text, other=other, aspect=aspect))
        texts = lesson.texts()
    assert len(lesson.words) == 59 and texts.size >= READABLE and texts.height <= 0.42 * lesson.stage.height
    assert all(name.size >= smallest() for name in texts.names)
    (differs,) = [k for k, kept in enumerate(lesson.found.kept) if not kept]
    for row, trace in zip(texts.rows, lesson.runs, strict=True):
        told, tokens = " ".join(row.words), [display(token) for token in trace.tokens]
        parts = [part.split() for part in told.split("⋯")]
        assert len(parts) > 1 and parts[-1][-1] == tokens[-1], "the last word is shown"
        assert all(" ".join(part) in " ".join(tokens) for part in parts), "what lies between two ⋯ is whole"
        key = [k for k in range(len(row.words)) if np.allclose(row.edge[k], color("key"))]
        assert [row.words[k] for k in key] == [tokens[differs]]


@pytest.mark.parametrize("folder", ["deep"], indirect=True)
def test_second_runs_of_a_large_model_keep_what_comes_out_and_what_was_changed(folder, monkeypatch):
    full = ablations(str(folder), TEXT, [(3, 1)])[3, 1]
    monkeypatch.setattr(checkpoints, "EXACT_BELOW", 0)
    checkpoints._load.cache_clear()
    run = ablations(str(folder), TEXT, [(3, 1), (4, 0)])[3, 1]
    of_text = {name for name in full.names if {"position", "query"} & set(full.axes[name])}
    kept = of_text & set(run.names)
    assert "blocks.3.attn.result" in kept and not run.array("blocks.3.attn.result")[1].any()
    assert {name for name in kept if name.startswith("blocks")} == {"blocks.3.attn.result"}
    np.testing.assert_allclose(run.array("probs"), full.array("probs"), atol=1e-5)
    encoding = Encoding(full.ids, full.tokens, ())
    asked = of_tokens(checkpoints.load(str(folder)), encoding, [(3, 1)], keep="blocks.5.attn.")[3, 1]
    more = {name for name in asked.names if {"position", "query"} & set(asked.axes[name])} - kept
    assert more and all(name.startswith("blocks.5.attn.") for name in more)
    np.testing.assert_allclose(asked.array("blocks.5.attn.z"), full.array("blocks.5.attn.z"), atol=1e-5)


@pytest.mark.parametrize("folder", ["deep"], indirect=True)
def test_of_the_exchanges_of_a_large_model_one_is_run(folder, monkeypatch):
    """The others are read from the exchanged word on, and say the same as a run would."""
    monkeypatch.setattr(checkpoints, "EXACT_BELOW", 0)
    checkpoints._load.cache_clear()
    trace = run(checkpoints.load(str(folder)), TEXT)
    every = list(exchanges(str(folder), trace))
    assert len(every) == len(trace) - 1
    best = telling(trace, iter(every))
    assert best.run.ids == best.encoding.ids and not any("run" in vars(each) for each in every if each is not best)
    for each, after in zip(every, following(every), strict=True):
        np.testing.assert_allclose(after, each.run.array("probs")[-1], atol=1e-6)


@pytest.mark.parametrize("folder", ["deep", "Gemma 2"], indirect=True)
def test_rows_carried_over_in_a_large_model_are_computed_from_their_place_on(folder, monkeypatch):
    """Against whole runs: of rows of the stream and of single heads, at several places, in any order."""
    monkeypatch.setattr(checkpoints, "EXACT_BELOW", 0)
    checkpoints._load.cache_clear()
    checkpoint = checkpoints.load(str(folder))
    trace = run(checkpoint, TEXT)
    donor = telling(trace, exchanges(checkpoint, trace, [2])).run
    rows = [Carried(donor, "blocks.1.resid_pre", 5), Carried(donor, "blocks.0.resid_pre", 2)]
    rows += [Carried(donor, "blocks.1.attn.result", 5, 1), Carried(donor, "blocks.1.resid_post", 2)]
    for one, each in zip(patched(checkpoint, trace, rows), rows, strict=True):
        whole = run(checkpoint, TEXT, patch=each)
        assert one.run_id == whole.run_id and np.abs(one.array("probs") - trace.array("probs")).max() > 1e-7
        for name in (each.name, "logits", "probs", "ln_final.normalized"):
            assert one.axes[name] == whole.axes[name]
            np.testing.assert_allclose(one.array(name), whole.array(name), atol=1e-5, rtol=1e-4, err_msg=name)


@pytest.mark.slow
def test_where_attention_rests(monkeypatch):
    """The step that tells of it, on a model that need not have such heads: what it says of them is measured."""
    monkeypatch.setattr(Sink, "there", True)
    report = audit_lesson(ENTRIES["heads"], Options(text=ENTRIES["heads"].text, model="tiny"))
    assert not report.findings, [str(finding) for finding in report.findings]
