"""Words that are painted otherwise than they are written."""

from tests.lies.lie import Lie

TYPE = "scenes/kit/ground/typesetting.py"

LIES = [
    Lie(
        "a character that cannot be seen is not there",
        TYPE,
        "return made if made.ink[2] > made.ink[0] or not text.strip() else _code_box(text)",
        "return made",
        "attention",
        "no ink",
        options=dict(text="The \u200d sat"),
    ),
    Lie(
        "a word of two kinds of letters is set in two fonts",
        TYPE,
        'for word in re.split(r"(?<=[^ ])(?= )|(?<= )(?=[^ ])", text):',
        "for word in text:",
        "attention",
        "two fonts",
        options=dict(text="The \u03b8x sat"),
    ),
]
