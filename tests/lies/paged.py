"""Lies about the page in one file: which number is where, how it was made, what is equal, when what is said."""

from tests.lies.lie import Lie

TEST = "tests/preview/test_page_truth.py"
GRAPH, MAKING = "studio/page/graph.py", "studio/page/making.py"
PLACES, SHOTS, NUMBERS = "studio/page/places.py", "studio/page/shots.py", "studio/page/web/numbers.js"
CARDS = "studio/page/web/cards.js"

LIES = [
    Lie(
        "on a page, a number is that of the next row",
        GRAPH,
        "self.cells.append([node, list(cell.index), plain(cell.value())])",
        "self.cells.append([node, [max(0, at - 1) for at in cell.index], plain(cell.value())])",
        "attention",
        "test",
        TEST,
    ),
    Lie(
        "on a page, the rows that are needed are the first ones",
        GRAPH,
        "number = self.table(values[np.ix_(*mesh)])",
        "number = self.table(values[np.ix_(*(np.arange(len(places)) for places in mesh))])",
        "attention",
        "test",
        TEST,
    ),
    Lie(
        "on a page, scores are made of queries alone",
        GRAPH,
        'return ["t", numbers[pattern[1]], pattern[2]]',
        'return ["t", numbers[pattern[1].replace("attn.k", "attn.q")] if "attn.q" in str(numbers) '
        "else numbers[pattern[1]], pattern[2]]",
        "attention",
        "test",
        TEST,
    ),
    Lie(
        "on a page, a number is made of the places of its first axis",
        NUMBERS,
        "index[said.axis] + said.plus",
        "index[0] + said.plus",
        "attention",
        "test",
        TEST,
    ),
    Lie(
        "on a page, all that is off by a tenth is equal",
        NUMBERS,
        "const RELATIVE = 1e-4;",
        "const RELATIVE = 1e-1;",
        "attention",
        "test",
        TEST,
    ),
    Lie(
        "on a page, a sum of products is of sums",
        NUMBERS,
        "sum += values[k] * values[k + 1]",
        "sum += values[k] + values[k + 1]",
        "attention",
        "test",
        TEST,
    ),
    Lie(
        "on a page, a tensor's rows are its columns",
        NUMBERS,
        "index.reduce((sum, at, axis) => sum * shape[axis] + at, 0)",
        "index.reduceRight((sum, at, axis) => sum * shape[axis] + at, 0)",
        "attention",
        "test",
        TEST,
    ),
    Lie(
        "on a page, captions stand when they have been read",
        MAKING,
        "[line.text, round((line.start - step.start) * rate)]",
        "[line.text, round((line.end - step.start) * rate)]",
        "attention",
        "test",
        TEST,
    ),
    Lie(
        "on a page, a link leads to the neighbour",
        CARDS,
        'named[2].split(",").map(Number)',
        'named[2].split(",").map((at) => Math.max(0, at - 1))',
        "attention",
        "test",
        TEST,
    ),
    Lie(
        "on a page, places are counted from one",
        CARDS,
        "${axes[k] ?? k}=${at}",
        "${axes[k] ?? k}=${at + 1}",
        "attention",
        "test",
        TEST,
    ),
    Lie(
        "on a page, numbers stand upside down",
        PLACES,
        "np.asarray(points, dtype=float) * (1, -1) / size + 0.5",
        "np.asarray(points, dtype=float) / size + 0.5",
        "attention",
        "test",
        TEST,
    ),
    Lie(
        "on a page, what can be clicked is what is written beside it",
        SHOTS,
        "area = np.round(np.ravel(one.area) * GRAIN).astype(int).tolist()",
        "area = np.round(np.ravel(one.area + (0.1, 0)) * GRAIN).astype(int).tolist()",
        "attention",
        "test",
        TEST,
    ),
]
