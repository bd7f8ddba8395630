"""What an encoder–decoder writes: search against all there is, teacher forcing, words that it does not know."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
import torch

from model import UsageError, generate, load, run
from model.net.config import ModelConfig
from model.net.transformer import build
from model.numbers.making import made_of
from model.runs.ablation import ablations, without_neurons
from model.runs.checkpoints import save
from model.runs.recorder import run_tokens
from model.runs.translation import beam, forced, penalty, read, spaced, translate, translations
from model.text.parallel.splitting import draw
from model.text.tokenizer import FRENCH_PIECE, START, Tokenizer
from studio.audit.numbers.recorded import check_silenced

TIRED = "The animal did not cross the street because it was too tired."
WIDE = "The animal did not cross the street because it was too wide."
LIMIT = 4  # words that the small models can write
Said = dict[tuple[int, ...], list[float]]


@pytest.fixture(scope="module")
def translator():
    return load("translator")


@pytest.fixture(scope="module", params=range(3))
def small(tmp_path_factory, request):
    """A random model with five French words that writes at most four: all it could say can be tried."""
    torch.manual_seed(request.param)
    english, french = Tokenizer.from_words("a b c".split()), Tokenizer.from_words([START, "x", "y"], FRENCH_PIECE)
    sizes = dict(n_ctx=LIMIT, d_model=8, n_layers=1, n_heads=2, d_head=4, d_mlp=8, source_vocab_size=len(english))
    config = ModelConfig(len(french), kind="encoder-decoder", positions="sinusoidal", norm_first=False, **sizes)
    net = build(config)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.7 * torch.randn_like(parameter))
    folder = tmp_path_factory.mktemp("small")
    save(folder, "small", net, french, {}, source_tokenizer=english)
    return load(folder)


@pytest.fixture(scope="module")
def every(small) -> Said:
    """Every way to go on to the end, or to the length where it is cut off, and the log probability of each word."""
    ids, end = small.reads.encode("a c b").ids, small.tokenizer.end_id
    words = [word for word in range(len(small.tokenizer)) if word != end]
    begun = list(itertools.product(words, repeat=LIMIT - 1))
    tokens = torch.tensor([(small.tokenizer.start_id, *said) for said in begun])
    logs = small.exact(tokens, torch.tensor([ids]).expand(len(begun), -1)).log_softmax(-1)
    found: Said = {}
    for said, rows in zip(begun, logs, strict=True):
        ended = [(*said[:length], end) for length in range(LIMIT)]
        for one in (*ended, *((*said, word) for word in words)):
            found[one] = [float(rows[place, word]) for place, word in enumerate(one)]
    return found


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.5])
def test_a_beam_that_keeps_all_finds_the_best_of_all(small, every, alpha):
    assert sum(math.exp(sum(logs)) for logs in every.values()) == pytest.approx(1, abs=1e-9)
    best = max(every, key=lambda said: sum(every[said]) / penalty(len(said), alpha))
    found = beam(small, "a c b", width=10_000, alpha=alpha).best
    assert found.ids == tuple(word for word in best if word != small.tokenizer.end_id)
    assert found.logs == pytest.approx(every[best]) and found.log == pytest.approx(sum(every[best]))


@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_beam_keeps_the_likeliest_at_every_step(small, every, width):
    """By hand: of all ways to go on from what was kept and has not ended, the likeliest `width`."""
    end = small.tokenizer.end_id
    begun = {said[:length]: sum(logs[:length]) for said, logs in every.items() for length in range(1, len(said) + 1)}
    search, live = beam(small, "a c b", width, alpha=0.0), {()}
    best = -math.inf
    for step, kept in enumerate(search.kept):
        possible = [said for said in begun if len(said) == step + 1 and said[:-1] in live]
        likeliest = sorted(possible, key=lambda said: -begun[said])[:width]
        found = [one.ids if len(one.ids) == step + 1 else (*one.ids, end) for one in kept]
        assert found == likeliest and [one.log for one in kept] == pytest.approx([begun[said] for said in likeliest])
        assert all(one.logs[:-1] == search.kept[step - 1][one.parent].logs for one in kept if step)
        assert [one.ended for one in kept] == [said in every for said in likeliest]
        best = max([best, *(begun[said] for said in likeliest if said in every)])
        live = {said for said in likeliest if said not in every and begun[said] > best}
    assert not live and search.best.log == pytest.approx(best)


def test_greedy_is_a_beam_of_one(small, translator):
    for checkpoint, text in ((small, "c a"), (translator, TIRED)):
        turns = list(generate(checkpoint, "", 30, source=text, greedy=True))
        said = tuple(turn.id for turn in turns if not turn.last)
        search = beam(checkpoint, text, width=1)
        assert search.best.ids == said == translations(checkpoint, [read(checkpoint, text).ids])[0]
        logs = [float(turn.probs.values[turn.id]) for turn in turns]
        assert [math.exp(log) for log in search.best.logs] == pytest.approx(logs[: len(search.best.logs)], rel=1e-4)


def test_a_wider_beam_never_says_what_is_less_likely_than_all_it_kept(translator):
    for text in (TIRED, "The king has ninety-nine horses.", "Who did not see the old owl?"):
        search = beam(translator, text, width=4, alpha=0.0)
        assert search.best.log >= beam(translator, text, width=1, alpha=0.0).best.log - 1e-9
        assert all(len(kept) <= 4 for kept in search.kept)


def test_what_a_beam_cannot_be(small):
    for width, alpha in ((0, 0.6), (2, -1.0)):
        with pytest.raises(UsageError, match="needs a width"):
            beam(small, "a", width, alpha)


# ── the shipped translator ───────────────────────────────────────────────────────────────────────
def test_translations_of_what_was_never_trained_on(translator):
    made = [*draw("pairs", 31, 60), *draw("structures", 32, 40)]
    said = translations(translator, [translator.reads.encode(pair.english).ids for pair in made])
    written = [" ".join(translator.tokenizer.vocabulary[k].lower() for k in ids).replace(" - ", "-") for ids in said]
    assert np.mean([one == pair.french for one, pair in zip(written, made, strict=True)]) >= 0.95


def test_as_people_write_it():
    assert translate("translator", TIRED) == "L'animal n'a pas traversé la rue parce qu'il était trop fatigué."
    assert translate("translator", WIDE, width=4) == "L'animal n'a pas traversé la rue parce qu'elle était trop large."
    assert translate("translator", "is the old owl hungry ?") == "Est-ce que le vieux hibou est affamé\xa0?"
    assert (
        translate("translator", "The cat sleeps.  Is Anna tired?") == "Le chat dort. Est-ce qu'Anna est fatiguée\xa0?"
    )
    assert spaced("Le roi a quatre - vingt - dix - neuf chevaux.") == "Le roi a quatre-vingt-dix-neuf chevaux."


def test_words_that_it_does_not_know():
    with pytest.raises(UsageError) as told:
        translate("translator", "The anmal saw a qqq and a tabel.")
    assert str(told.value).startswith("translator does not know “anmal” (nearest: animal")
    assert "“qqq”," in str(told.value) and "table" in str(told.value) and "\n" not in str(told.value)
    with pytest.raises(UsageError, match="and 1 more"):
        translate("translator", "aaa bbb ccc ddd eee fff")
    with pytest.raises(UsageError, match="does not write “hammster”"):
        forced("translator", "The cat sleeps.", "Le hammster dort.")
    with pytest.raises(UsageError, match="tiny does not translate"):
        translate("tiny", "The cat sleeps.")
    with pytest.raises(UsageError, match="ends with"):
        translate("translator", "The cat sleeps. The dog sleeps")
    with pytest.raises(UsageError, match="empty"):
        translate("translator", " ")


def test_teacher_forcing(translator):
    right = "L'animal n'a pas traversé la rue parce qu'il était trop fatigué."
    told = forced(translator, TIRED, right)
    assert told.trace.tokens[0] == START and len(told.losses) == len(told.targets) == len(told.trace)
    assert told.targets[-1] == translator.tokenizer.end_id
    ids, source = told.trace.ids, translator.reads.encode(TIRED).ids
    with torch.no_grad():
        logits = translator.exact(torch.tensor(ids), torch.tensor(source))
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(told.targets), reduction="none")
    np.testing.assert_allclose(told.losses.values, expected.numpy(), rtol=1e-4, atol=1e-7)
    assert told.losses.values.mean() < 0.5
    np.testing.assert_allclose(told.losses.evaluate(told.trace), told.losses.values, rtol=1e-6, atol=1e-9)


def test_a_run_begins_with_start(translator):
    nothing = run(translator, "", source=TIRED)
    assert nothing.tokens == (START,) and nothing["logits"].shape == (1, translator.config.vocab_size)
    some = run(translator, "L'animal xyz", source=TIRED)
    assert some.tokens == (START, "L'", "animal", "xyz") and some.unknown == (3,)
    np.testing.assert_allclose(some.array("probs")[0], nothing.array("probs")[0], atol=1e-6)
    with pytest.raises(UsageError, match="at most"):
        run(translator, "le " * 40, source=TIRED)


def test_every_stack_is_named(translator):
    trace = run(translator, "L'animal n'", source=TIRED)
    for name in (
        "encoder.blocks.1.attn.pattern",
        "decoder.blocks.0.attn.pattern",
        "decoder.blocks.1.cross_attn.pattern",
    ):
        assert name in trace
    assert trace["decoder.blocks.1.cross_attn.pattern"].shape == (8, 4, 13)
    assert trace.array("encoder.W_E").shape[0] == len(translator.reads) != len(translator.tokenizer)
    made = made_of(trace, "decoder.blocks.1.cross_attn.scores_raw", (2, 3, 8))
    assert "memory" in made_of(trace, "decoder.blocks.1.cross_attn.k", (2, 3, 1)).source() and made is not None


# ── switched off ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("stack", "name"),
    [
        ("encoder", "encoder.blocks.1.attn.result"),
        ("decoder", "decoder.blocks.1.attn.result"),
        ("cross", "decoder.blocks.1.cross_attn.result"),
        (None, "decoder.blocks.1.attn.result"),
    ],
)
def test_a_head_of_any_stack_can_be_off(translator, stack, name):
    whole = run(translator, "L'animal", source=TIRED)
    without = run(translator, "L'animal", source=TIRED, ablate=[(1, 3)], stack=stack)
    assert without.run_id != whole.run_id
    for other in ("encoder.blocks.1.attn.result", "decoder.blocks.1.attn.result", "decoder.blocks.1.cross_attn.result"):
        assert without.array(other)[3].any() == (other != name) and without.array(other)[2].any()
    assert np.abs(without.array("logits") - whole.array("logits")).max() > 1e-5
    if stack == "encoder":
        assert np.abs(without.array("memory") - whole.array("memory")).max() > 1e-5
        assert without.info["stack"] == "encoder"
    batch = ablations(translator, "L'animal", [(0, 1), (1, 3)], source=TIRED, stack=stack)
    assert batch[1, 3].run_id == without.run_id
    np.testing.assert_allclose(batch[1, 3].array("logits"), without.array("logits"), atol=1e-5)


def test_the_audit_looks_where_it_is_off(translator):
    for stack, other in (("encoder", "decoder"), ("cross", "encoder"), ("decoder", "cross")):
        trace = run(translator, "L'animal", source=TIRED, ablate=[(1, 3)], neurons=[(0, 2)], stack=stack)
        assert not list(check_silenced(trace))
        assert list(check_silenced(dataclasses.replace(trace, info=trace.info | {"stack": other})))


def test_neurons_of_a_stack_can_be_off(translator):
    found = without_neurons(translator, "L'", [(0, 5)], source=TIRED, stack="encoder")[0, 5]
    assert not found.array("encoder.blocks.0.mlp.post")[:, 5].any()
    one = run(translator, "L'", source=TIRED, neurons=[(0, 5)], stack="encoder")
    assert one.run_id == found.run_id != run(translator, "L'", source=TIRED, neurons=[(0, 5)]).run_id


def test_stacks_that_are_not_there(translator):
    with pytest.raises(UsageError, match="there are encoder, decoder, cross"):
        run(translator, "", source=TIRED, ablate=[(0, 0)], stack="middle")
    with pytest.raises(UsageError, match="one stack"):
        run("tiny", "the cat", ablate=[(0, 0)], stack="encoder")
    with pytest.raises(UsageError, match="its encoder reads"):
        ablations(translator, "le chat", [(0, 0)])


def test_a_source_tokenizer_that_does_not_fit(translator, tmp_path):
    save(tmp_path / "t", "t", translator.model, translator.tokenizer, {}, source_tokenizer=translator.tokenizer)
    with pytest.raises(Exception, match="its encoder reads"):
        load(tmp_path / "t")
    copy = dataclasses.replace(translator, source_tokenizer=None)
    assert copy.reads is copy.tokenizer
    trace = run_tokens(translator, translator.tokenizer.encode("le chat"), source=translator.reads.encode("the cat"))
    assert trace.info["source"]["tokens"] == ["the", "cat"]
