"""What the heads of one stack of an encoder–decoder look at, measured; and which written word looks at a read one."""

import numpy as np
import pytest

from model import load, run
from model.study.choice import cross_weights, looked_at_after
from model.study.heads.naming import head_names
from model.study.heads.pronouns import draw_pairs
from model.study.heads.scores import score_of
from model.study.heads.stacks import SEED, STACK_MEASURES, measured
from model.text.parallel.splitting import draw


@pytest.fixture(scope="module")
def translator():
    return load("translator")


def test_the_encoder_s_pronoun_head_earns_its_name(translator):
    found = measured(translator, "encoder", STACK_MEASURES["encoder"]["noun→pronoun"], count=20)
    score = score_of("noun→pronoun", found, translator, reported=False)
    assert [*score.best] == translator.report()["pronouns"]["head"] and score.best in head_names({"it": score})
    cases = [case for pair in draw_pairs(10, SEED) for case in pair]
    runs = [run(translator, case.french, source=case.english) for case in cases]
    layer, head = score.best
    name = f"encoder.blocks.{layer}.attn.pattern"
    again = np.mean([one.array(name)[head, case.it, case.referent] for one, case in zip(runs, cases, strict=True)])
    assert score.scores.values[layer, head] == pytest.approx(again, abs=1e-4)
    assert found["chance"] == pytest.approx(np.mean([1 / len(case.english.split()) for case in cases]), abs=1e-4)


def test_a_decoder_is_measured_on_what_it_has_written(translator):
    found = measured(translator, "decoder", STACK_MEASURES["decoder"]["first-token"], count=5)
    runs = [run(translator, pair.french, source=pair.english) for pair in draw("pairs", SEED, 5)]
    again = np.concatenate([one.array("decoder.blocks.0.attn.pattern")[3, 2:, 0] for one in runs]).mean()
    assert found["scores"][0][3] == pytest.approx(again, abs=1e-4)
    chance = np.concatenate([1 / np.arange(3, len(one) + 1) for one in runs]).mean()
    assert found["chance"] == pytest.approx(chance, abs=1e-4)


def test_the_written_word_that_looks_at_a_read_one_most():
    french = "L' animal n' a pas traversé la rue parce qu' il était trop fatigué ."
    whole = run("translator", french, source="The animal did not cross the street because it was too tired.")
    looks = whole.array("decoder.blocks.1.cross_attn.pattern").mean(0)
    for key in range(len(whole.source_tokens)):
        query = looked_at_after(whole, key)
        assert looks[query, key] == looks[:, key].max()
        assert cross_weights(whole, query).values == pytest.approx(looks[query], abs=1e-6)
