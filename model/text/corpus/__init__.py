"""The everyday English that `tiny` learns: a seeded grammar of short stories, facts and repeated passages.

It is made so that attention has something to do: a verb agrees with a noun several words back, an adjective
decides what its noun will do, a pronoun matches who was named, and names, lists and quotations come again.
"""

from model.text.corpus.grammar import Grammar, documents

__all__ = ["Grammar", "documents"]
