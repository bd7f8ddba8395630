"""What a sentence says, before it is said in either language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from model.text.parallel.words import Adjective, Noun, Verb


@dataclass(frozen=True)
class Group:
    """A noun with what belongs to it. `determiner`: the, a (with `many`: some), this, his, her, or "" for none.

    `of`: whose it is; `relative`: a clause that lacks its subject (that sleeps) or its object (that Anna sees).
    """

    noun: Noun
    determiner: str = "the"
    many: bool = False
    adjectives: tuple[Adjective, ...] = ()
    number: int | None = None
    of: Group | None = None
    relative: Clause | None = None

    @property
    def gender(self) -> str:
        return self.noun.gender

    def groups(self) -> Iterator[Group]:
        """This group and those inside it."""
        yield self
        if self.of:
            yield from self.of.groups()
        if self.relative:
            yield from self.relative.groups()


@dataclass(frozen=True)
class Pronoun:
    """it, he, she or they, and the gender of what it stands for."""

    gender: str
    many: bool
    person: bool = False

    def groups(self) -> Iterator[Group]:
        return iter(())


Phrase = tuple[str, Group]  # an English preposition, and what it leads


@dataclass(frozen=True)
class Clause:
    """Somebody does something, or (without a verb) is something. A missing subject or object is said elsewhere."""

    subject: Group | Pronoun | None
    verb: Verb | None = None
    past: bool = False
    negative: bool = False
    adjective: Adjective | None = None
    degree: str = ""  # too, very
    object: Group | Pronoun | None = None
    phrases: tuple[Phrase, ...] = ()

    def groups(self) -> Iterator[Group]:
        for part in (self.subject, self.object, *(group for _, group in self.phrases)):
            if part:
                yield from part.groups()


@dataclass(frozen=True)
class Sentence:
    """One sentence. `kind`: says, asks, where, who, what, why, how many (of `counted`), there (is), age (`years`).

    `because`: the reason; `more`: a second thing that the same subject does, led by `link` (and, but).
    """

    kind: str
    clause: Clause
    because: Clause | None = None
    more: Clause | None = None
    link: str = "and"
    counted: Noun | None = None
    years: int = 0

    def groups(self) -> Iterator[Group]:
        for clause in (self.clause, self.because, self.more):
            if clause:
                yield from clause.groups()

    def nouns(self) -> list[Noun]:
        return [group.noun for group in self.groups()] + ([self.counted] if self.counted else [])
