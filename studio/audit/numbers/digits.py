"""How a number is written, worked out a second time: by exact decimal arithmetic, without Python's formatting."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from math import isinf, isnan

SPEC = re.compile(r"(?P<sign>\+?)(?P<comma>,?)(?:\.(?P<places>\d+)(?P<kind>[f%g])|(?P<whole>d?))")
MINUS, INFINITY = "\N{MINUS SIGN}", "\N{INFINITY}"


def digits(value: float, spec: str) -> str:
    """The characters of a number in a format: sign, thousands, decimals, percent. ValueError for another format.

    >>> digits(-0.5, "+.2f"), digits(0.6049, ".0%"), digits(-0.001, "+.2f"), digits(12345.6, ",.0f"), digits(0.5, ".2g")
    ('−0.50', '60%', '+0.00', '12,346', '0.5')
    """
    found = SPEC.fullmatch(spec)
    if found is None or isnan(value):
        raise ValueError(f"no way is known to write {value} as {spec!r}")
    if isinf(value):
        return (MINUS if value < 0 else "") + INFINITY
    with localcontext() as context:
        context.prec = 400  # every double is exact in so many digits
        exact = Decimal(value) * (100 if found["kind"] == "%" else 1)
        text = _rounded(abs(exact), found["kind"] or "f", int(found["places"] or 0))
    whole, point, rest = text.partition(".")
    if found["comma"]:
        whole = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", whole)
    zero = not re.search("[1-9]", text)
    sign = MINUS if exact < 0 and not zero else "+" if found["sign"] else ""
    return sign + whole + point + rest + ("%" if found["kind"] == "%" else "")


def _rounded(exact: Decimal, kind: str, places: int) -> str:
    """Without a sign; “g” has so many digits in all, and no zeros at its end."""
    if kind != "g":
        return f"{exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN):f}"
    if not exact:
        return "0"
    places = max(places, 1)
    rounded = exact.quantize(Decimal(1).scaleb(exact.adjusted() - places + 1), ROUND_HALF_EVEN)
    if not -4 <= rounded.adjusted() < places:
        raise ValueError(f"{exact} would be written with an exponent")
    text = f"{rounded:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
