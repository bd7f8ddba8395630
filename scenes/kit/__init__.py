"""The visual vocabulary: `from scenes.kit import TensorGrid`. Each name is loaded when it is first asked for."""

from importlib import import_module
from typing import Any

_ROOMS = {
    "ground.painting": ("Mix", "Painted", "PaintingCamera", "Pen"),
    "ground.readings": ("Cell", "Claim", "Reading"),
    "ground.style": ("Style",),
    "ground.say": ("say",),
    "ground.layout": ("Box", "row", "stack"),
    "ground.text": ("Caption", "Formula", "Heading", "Label", "Number", "symbol"),
    "ground.timing": ("Together",),
    "words.tokens": ("TokenNumbers", "TokenRow"),
    "words.table": ("WordTable",),
    "words.strip": ("SentenceStrip",),
    "words.links": ("Links", "Threads"),
    "words.wordlist": ("WordList",),
    "words.card": ("QuestionCard",),
    "words.pieces": ("PieceRow",),
    "words.regroup": ("Regroup",),
    "numbers.grid": ("TensorGrid",),
    "numbers.strips": ("HeatStrips",),
    "numbers.rows": ("Rows",),
    "numbers.chain": ("RowChain",),
    "numbers.sums": ("RowBars", "SumTable", "cosine", "norms"),
    "numbers.terms": ("TermSum",),
    "numbers.total": ("Total",),
    "numbers.product": ("Product", "SoftmaxTable"),
    "numbers.heights": ("Heights",),
    "numbers.frames": ("Frame", "Plate"),
    "attention.meeting": ("Meeting",),
    "attention.scores": ("ScoreTable",),
    "attention.pattern": ("AttentionArcs", "DotPattern"),
    "attention.wall": ("PatternWall", "Tag"),
    "charts.bars": ("ProbabilityBars",),
    "charts.change": ("BarChange",),
    "charts.signed": ("SignedBars", "Waterfall"),
    "charts.ranking": ("Ranking",),
    "charts.cumulative": ("CumulativeBar", "LayEndToEnd"),
    "charts.wire": ("ResidualWire",),
    "charts.curve": ("Curve", "GrowCurve", "ReadOff", "Waves"),
    "charts.numberline": ("Arrive", "NumberLine"),
    "charts.activation": ("ActivationCurve", "Fall"),
    "charts.lanes": ("Lanes",),
    "charts.lines": ("LineChart",),
    "charts.surprise": ("SurpriseCurve",),
    "attention.kept": ("Gather", "KeptColumns"),
    "words.branches": ("WordTree",),
    "space.vectorspace": ("VectorSpace",),
    "space.dial": ("Dial", "DialRow", "Turn"),
    "depth.blocks": ("BlockDiagram",),
    "depth.rails": ("StreamRails",),
    "moves.reveal": ("CountUp", "Emerge", "Grow", "Highlight", "Introduce", "Reveal"),
    "depth.projection": ("Projection",),
    "depth.slabs": ("Card", "Slab", "Stack"),
    "depth.arcs": ("Flash", "RowArcs"),
    "depth.fan": ("CardFan",),
    "moves.products": ("DotProduct", "MatrixProduct", "ResidualAdd", "SoftmaxRow", "WeightedSum"),
    "moves.travel": ("Carry", "Travel"),
    "moves.flight": ("Chip", "FillStrip", "Fly"),
    "moves.meet": ("Meet", "MeetAll"),
    "moves.sweep": ("MaskSweep",),
    "moves.assemble": ("Assemble",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'scenes.kit' has no attribute {name!r}")
    return getattr(import_module(f"scenes.kit.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
