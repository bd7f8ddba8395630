"""Numbers from 2 to 99 in words; the two languages count differently from seventy on."""

from __future__ import annotations

ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
FRENCH = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf"
).split()
FRENCH_TENS = "vingt trente quarante cinquante soixante".split()


def in_english(number: int) -> str:
    """
    >>> in_english(17), in_english(70), in_english(99)
    ('seventeen', 'seventy', 'ninety-nine')
    """
    if number < 20:
        return ENGLISH[number]
    tens, ones = divmod(number, 10)
    return ENGLISH_TENS[tens - 2] + (f"-{ENGLISH[ones]}" if ones else "")


def in_french(number: int, feminine: bool = False) -> str:
    """In the traditional spelling: hyphens below a hundred, but not beside *et*.

    >>> in_french(70), in_french(71), in_french(80), in_french(81, feminine=True), in_french(99)
    ('soixante-dix', 'soixante et onze', 'quatre-vingts', 'quatre-vingt-une', 'quatre-vingt-dix-neuf')
    """
    one = "une" if feminine else "un"
    if number < 20:
        return one if number == 1 else FRENCH[number]
    if number >= 80:
        rest = number - 80
        return "quatre-vingts" if not rest else f"quatre-vingt-{in_french(rest, feminine)}"
    tens = min(number // 10, 6)
    rest = number - 10 * tens
    ten = FRENCH_TENS[tens - 2]
    if not rest:
        return ten
    return f"{ten} et {in_french(rest, feminine)}" if rest in (1, 11) else f"{ten}-{in_french(rest, feminine)}"
