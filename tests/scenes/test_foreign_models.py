"""Lessons on models of others: no finding on small random ones of several families, nor on a deep one; and on SmolLM2
where it is installed."""

import pytest
import transformers

from model.families import packages
from model.study.heads.sinks import Sink
from scenes import course
from scenes.lesson import Options
from studio.audit import audit_lesson
from tests.model.families import foreign

ENTRIES = {entry.id: entry for entry in course()}
TEXT = "the old dog chased the young cat"
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
@pytest.mark.parametrize("lesson", ["residual", "attention", "generation"])
@pytest.mark.skipif("smollm2" not in packages.there(), reason="smollm2 is not there: clearhead install smollm2")
def test_smollm2(lesson):
    report = audit_lesson(ENTRIES[lesson], Options(model="smollm2", text=ENTRIES[lesson].text))
    assert not report.findings, [str(finding) for finding in report.findings]


@pytest.mark.slow
def test_where_attention_rests(monkeypatch):
    """The step that tells of it, on a model that need not have such heads: what it says of them is measured."""
    monkeypatch.setattr(Sink, "there", True)
    report = audit_lesson(ENTRIES["heads"], Options(text=ENTRIES["heads"].text, model="tiny"))
    assert not report.findings, [str(finding) for finding in report.findings]
