"""Lies about the cache: what is kept, what it saves, and the tree of several seeds."""

from tests.lies.lie import Lie

TREE, KEPT = "scenes/kit/words/branches.py", "scenes/kit/attention/kept.py"
TABLE, LESSON = "scenes/lessons/generation/table.py", "scenes/lessons/generation/lesson.py"
WORK, CACHE, RUN = "model/study/turns/work.py", "model/net/cache.py", "model/runs/caching.py"
LABEL, SHAPE = "wrong label", "wrong shape"
LONG = (
    "The tired old grey wolf walked into the dark forest and the hungry dog chased the young cat through the green "
    "garden near us"
)

LIES = [
    Lie(
        "all branches are as thick as one half",
        TREE,
        "max(0.012, self.widest * float(branch.chance))",
        "max(0.012, self.widest * 0.5)",
        "generation",
        SHAPE,
    ),
    Lie(
        "branches are as thick as the root of their chance",
        TREE,
        "max(0.012, self.widest * float(branch.chance))",
        "max(0.012, self.widest * float(branch.chance) ** 0.5)",
        "generation",
        SHAPE,
    ),
    Lie(
        "the words of the tree stand one place off",
        TREE,
        "self.words = [display(branch.word) for branch in branches]",
        "self.words = [display(branch.word) for branch in [*branches[1:], branches[0]]]",
        "generation",
        LABEL,
    ),
    Lie(
        "the texts of the tree are those of the next seeds",
        TREE,
        "s=self.seeds[text])",
        "s=self.seeds[text] + 1)",
        "generation",
        LABEL,
    ),
    Lie(
        "the words over the kept columns are shifted by one",
        TABLE,
        "cell=(wide, slab), columns=columns, words=words, header=HEADER)",
        "cell=(wide, slab), columns=columns, words=[*words[1:], words[0]], header=HEADER)",
        "generation",
        LABEL,
    ),
    Lie(
        "of many words one more is left out than is said",
        LESSON,
        "dict(hidden=len(self.hidden),",
        "dict(hidden=len(self.hidden) - 1,",
        "generation",
        "false claim",
        options=dict(text=LONG, aspect="9:16"),
    ),
    Lie(
        "what is called values is the keys once more",
        TABLE,
        'self.values = KeptColumns(view.v, "value",',
        'self.values = KeptColumns(view.k_met, "value",',
        "generation",
        LABEL,
    ),
    Lie(
        "the new word's row stands beside another word",
        TABLE,
        "row_labels=[words[p]],",
        "row_labels=[words[p - 1]],",
        "generation",
        LABEL,
    ),
    Lie(
        "turns are counted from zero",
        LESSON,
        'say("turn {k}", k=k + 1) for k in range(len(self.turns))',
        'say("turn {k}", k=k) for k in range(len(self.turns))',
        "generation",
        LABEL,
    ),
    Lie(
        "on its way z is twice what was gathered",
        KEPT,
        "(self.parts @ progress)[None]",
        "2 * (self.parts @ progress)[None]",
        "generation",
        "wrong number",
    ),
    Lie(
        "what is read again every turn is called read once",
        LESSON,
        "for way in (afresh, kept))",
        "for way in (afresh, afresh))",
        "generation",
        "false claim",
    ),
    Lie(
        "the MLP is counted with one matrix",
        WORK,
        "3 if self.config.gated else 2",
        "3 if self.config.gated else 1",
        "generation",
        "false claim",
    ),
    Lie(
        "keys are counted for one layer",
        WORK,
        'return 2 * self.of("n_layers") * self.of("n_heads") * self.of("d_head")',
        'return 2 * self.of("n_heads") * self.of("d_head")',
        "generation",
        "false claim",
    ),
    Lie(
        "with a cache the last word is not read",
        WORK,
        "(0 if turn == 0 else first + turn - 1, first + turn)",
        "(0 if turn == 0 else first + turn, first + turn)",
        "generation",
        "false claim",
    ),
    Lie(
        "a word that is read on stands at position 0",
        CACHE,
        "start=self.length, last=last)",
        "start=0, last=last)",
        "generation",
        "wrong number",
    ),
    Lie(
        "only the last key is kept",
        CACHE,
        "self.kept[name].expand(*one.shape[:-2], -1, -1)",
        "self.kept[name][..., -1:, :].expand(*one.shape[:-2], -1, -1)",
        "generation",
        "wrong number",
    ),
    Lie(
        "the run with a cache shows what the run before it showed",
        RUN,
        "rows.setdefault(name, []).append(one)",
        "rows.setdefault(name, []).append((rows[name] or [one])[0])",
        "generation",
        "wrong number",
    ),
    Lie(
        "the chance of a word is that of the word before it",
        "model/study/turns/branching.py",
        "Branch(turn.word, turn.probs[turn.id], depth, parent, turn.last)",
        "Branch(turn.word, turns[depth - 1].probs[turns[depth - 1].id], depth, parent, turn.last)",
        "generation",
        LABEL,
    ),
]
