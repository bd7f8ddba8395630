"""Lies about texts in pieces: merges, ids, letters, bits, and how many there are."""

from tests.lies.lie import Lie

ROW, BPE, CUT = "scenes/kit/words/pieces.py", "model/text/bpe.py", "model/study/pieces.py"
MERGING, WORDS, ANSWER = (f"scenes/lessons/tokens/{name}.py" for name in ("merging", "words", "answer"))

LIES = [
    Lie(
        "in every box stand the letters of the piece before",
        ROW,
        "self.draw_letters(pen, part, x + w / 2",
        "self.draw_letters(pen, self.parts[k - 1], x + w / 2",
        "tokens",
        "wrong label",
    ),
    Lie(
        "under every box stands the id of the piece before",
        ROW,
        "pen.number(self.ids, (index,), SPEC, middle",
        "pen.number(self.ids, (index - 1,), SPEC, middle",
        "tokens",
        "wrong label",
    ),
    Lie(
        "the bits of a byte are shown the other way round",
        ROW,
        'fill = color("cell") + (hue - color("cell")) * float(value)',
        'fill = color("cell") + (hue - color("cell")) * (1 - float(value))',
        "tokens",
        "wrong shape",
    ),
    Lie(
        "capitals are lost on the way to bytes",
        BPE,
        "pieces = [bytes([byte]) for byte in as_bytes(word)]\n        last",
        "pieces = [bytes([byte]) for byte in as_bytes(word.lower())]\n        last",
        "tokens",
        "wrong number",
    ),
    Lie(
        "the first hundred merges are left out",
        BPE,
        "return {merge.pair: rank for rank, merge in enumerate(self.merges)}",
        "return {merge.pair: rank for rank, merge in enumerate(self.merges) if rank > 99}",
        "tokens",
        "wrong number",
    ),
    Lie(
        "bits are counted from the lowest",
        CUT,
        "np.unpackbits(np.frombuffer(as_bytes(self.text), dtype=np.uint8))",
        'np.unpackbits(np.frombuffer(as_bytes(self.text), dtype=np.uint8), bitorder="little")',
        "tokens",
        "wrong number",
    ),
    Lie(
        "beside the bars stand the merges that come next",
        MERGING,
        "words = [told(merge) for merge in lesson.pairs.merges[:FIRST]]",
        "words = [told(merge) for merge in lesson.pairs.merges[1 : FIRST + 1]]",
        "tokens",
        "wrong label",
    ),
    Lie(
        "the last pair is said to come most often",
        MERGING,
        "claims=[most(times, 0)]",
        "claims=[most(times, len(times) - 1)]",
        "tokens",
        "false claim",
    ),
    Lie(
        "one piece less is said to be left",
        MERGING,
        "n=len(lesson.whole),",
        "n=len(lesson.whole) - 1,",
        "tokens",
        "false claim",
    ),
    Lie("the answer counts a byte too many", ANSWER, "a=counts[0],", "a=counts[0] + 1,", "tokens", "false claim"),
    Lie(
        "a word that is not in the list is said to have another id",
        WORDS,
        "id=stranger.ids[first],",
        "id=stranger.ids[first] + 7,",
        "tokens",
        "false claim",
    ),
    Lie(
        "the word that comes twice has another id",
        WORDS,
        "n=len(places),\n        id=common,",
        "n=len(places),\n        id=common + 1,",
        "tokens",
        "false claim",
    ),
    Lie(
        "the word that comes twice comes three times",
        WORDS,
        "n=len(places),\n        id=common,",
        "n=len(places) + 1,\n        id=common,",
        "tokens",
        "false claim",
    ),
]
