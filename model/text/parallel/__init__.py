"""English sentences and their French, made by a seeded grammar: what the translator learns.

A sentence is a meaning first (meaning.py); `english` and `french` each say it by their own rules, and `check` reads the
French again by rules of its own.
"""

from model.text.parallel.checking import check
from model.text.parallel.grammar import Pair, pairs

__all__ = ["Pair", "check", "pairs"]
