"""The tree of several texts against the texts themselves."""

from model.runs.sampling import generate
from model.study.turns.branching import tree_of


def test_every_way_through_the_tree_is_a_text_and_every_chance_the_turns():
    texts = [list(generate("tiny", "The old", 5, seed=seed)) for seed in range(6)]
    branches = tree_of(texts)
    for number, turns in enumerate(texts):
        way = sorted((b for b in branches if number in b.texts), key=lambda b: b.depth)
        assert [b.word for b in way] == [turn.word for turn in turns]
        assert [float(b.chance) for b in way] == [float(turn.probs.values[turn.id]) for turn in turns]
        assert all(b.parent is a for a, b in zip(way, way[1:], strict=False)) and way[0].parent is None
        assert way[-1].last == turns[-1].last


def test_a_branch_stands_once_and_its_children_share_its_texts():
    texts = [list(generate("tiny", "The capital of Italy", 5, seed=seed)) for seed in range(8)]
    branches = tree_of(texts)
    beginnings = {tuple(turn.word for turn in turns[: k + 1]) for turns in texts for k in range(len(turns))}
    assert len(branches) == len(beginnings) < sum(map(len, texts))
    for branch in branches:
        assert all(set(child.texts) <= set(branch.texts) for child in branch.children)
        assert sum(float(child.chance) for child in branch.children) <= 1 + 1e-9
