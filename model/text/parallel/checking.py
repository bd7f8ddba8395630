"""Is a French sentence right? It is read word by word, and the first rule that it breaks is told.

Of the rules that made the sentence (french.py) nothing is used here: that one goes from a meaning to words, this one
from words to what they agree with. Only the dictionary and what counts as a vowel are shared.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from model.text.parallel import forms
from model.text.parallel.forms import Kind
from model.text.parallel.words import opens

ELIDES = {"le", "la", "de", "ne", "que"}
BEFORE_VOWELS = {"ce": "cet", "sa": "son", "beau": "bel", "vieux": "vieil", "nouveau": "nouvel"}
BEFORE_CONSONANTS = {"cet", "bel", "vieil", "nouvel"}
CONTRACTS = {("de", "le"), ("de", "les"), ("à", "le"), ("à", "les")}
PREPOSITIONS = {"dans", "derrière", "devant", "sous", "sur", "avec"}
HAVE, BE, WERE = {"a": False, "ont": True}, {"est": False, "sont": True}, {"était": False, "étaient": True}


class Wrong(Exception):
    """The rule that a sentence breaks."""


def check(french: str) -> str | None:
    """None for a sentence that is right, else what is wrong with it. Words and marks are set apart by blanks.

    >>> check("l' animal n' a pas traversé la rue parce qu' il était trop fatigué .")
    >>> check("l' animal n' a pas traversé la rue parce qu' elle était trop fatigué .")
    "'fatigué' does not agree with its subject"
    """
    words = french.split()
    try:
        _neighbours(words)
        Reader(words).sentence()
    except Wrong as wrong:
        return str(wrong)
    return None


def _neighbours(words: list[str]) -> None:
    """What two words that stand together do to one another: elision, contraction, forms before vowels."""
    for word, following in zip(words, words[1:], strict=False):
        vowel = opens(following)
        if word in ELIDES and vowel:
            raise Wrong(f"{word!r} is elided before {following!r}")
        if word.endswith("'") and not vowel:
            raise Wrong(f"{word!r} before {following!r}, which begins with a consonant")
        if (word, following) in CONTRACTS:
            raise Wrong(f"'{word} {following}' is contracted")
        if word in ("du", "au") and vowel:
            raise Wrong(f"{word!r} before {following!r}, which begins with a vowel")
        if word in BEFORE_CONSONANTS and not vowel:
            raise Wrong(f"{word!r} before {following!r}, which begins with a consonant")


@dataclass
class Reader:
    """Reads a sentence from left to right. Raises Wrong."""

    words: list[str]
    at: int = 0
    named: list[Kind] = field(default_factory=list)  # whom il or elle may stand for
    last: list[Kind] = field(default_factory=list)  # whom le or la may stand for: what was named last

    # ── words ────────────────────────────────────────────────────────────────────────────────────
    @property
    def next(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def accept(self, *wanted: str) -> str:
        """The next word where it is one of these, else ''."""
        if self.next and self.next in wanted:
            self.at += 1
            return self.words[self.at - 1]
        return ""

    def expect(self, *wanted: str) -> str:
        found = self.accept(*wanted)
        if not found:
            raise Wrong(f"{self.next!r} where {' or '.join(map(repr, wanted))} should stand")
        return found

    # ── sentences ────────────────────────────────────────────────────────────────────────────────
    def sentence(self) -> None:
        mark = "?"
        if self.accept("où"):
            self._where()
        elif self.accept("qui"):
            self.predicate([("m", False)])
        elif self.accept("pourquoi", "qu'", "est-ce", "combien"):
            self.at -= 1
            self._asked()
        elif self.words[:2] in (["il", "y"], ["il", "n'"]) and "y" in self.words[:3]:
            self._there()
            mark = "."
        else:
            self._statement()
            mark = "."
        self.expect(mark)
        if self.next:
            raise Wrong(f"{self.next!r} after the end")

    def _where(self) -> None:
        many = {**BE, **WERE}[self.expect(*BE, *WERE)]
        if all(kind[1] != many for kind in self.group()):
            raise Wrong("the verb does not agree with its subject in number")

    def _asked(self) -> None:
        if self.accept("combien"):
            self.expect("de", "d'")
            if not any(many for _, many in self.noun(None)):
                raise Wrong("after 'combien de' there is more than one")
        self.accept("pourquoi") or self.accept("qu'")
        self.expect("est-ce")
        self.expect("que", "qu'")
        self.clause()

    def _there(self) -> None:
        self.expect("il")
        denied = bool(self.accept("ne", "n'"))
        self.expect("y")
        self.expect("a")
        if denied:
            self.expect("pas")
        self.group(denied)
        self.phrases()

    def _statement(self) -> None:
        subject = self.clause()
        if self.accept("et", "mais"):
            self.predicate(subject)
        if self.accept("parce"):
            self.expect("que", "qu'")
            self.clause(reason=True)

    # ── clauses ──────────────────────────────────────────────────────────────────────────────────
    def clause(self, reason: bool = False) -> list[Kind]:
        """A subject and what is said of it; what the subject can be is handed back."""
        subject = self.pronoun() if reason else self.group()
        self.predicate(subject)
        return subject

    def pronoun(self) -> list[Kind]:
        word = self.expect("il", "elle", "ils", "elles")
        kind = ("f" if word.startswith("elle") else "m", word.endswith("s"))
        if kind not in self.named:
            raise Wrong(f"{word!r} stands for nothing that was named")
        return [kind]

    def predicate(self, subject: list[Kind], before: list[Kind] | None = None) -> None:
        """before: what an object can be that was named before the verb (que)."""
        denied = bool(self.accept("ne", "n'"))
        clitic = self.accept("le", "la", "l'", "les")
        ahead = [kind for kind in forms.ARTICLES[clitic] if kind in self.last] if clitic else before
        if clitic and not ahead:
            raise Wrong(f"{clitic!r} does not stand for what was named last")
        verb = self.next
        self.at += 1
        many = {**HAVE, **BE, **WERE}.get(verb)
        numbers = forms.verbs().get(verb) if many is None else {many}
        if not numbers:
            raise Wrong(f"{verb!r} where a verb should stand")
        if not numbers & {number for _, number in subject}:
            raise Wrong(f"{verb!r} does not agree with its subject in number")
        subject = [kind for kind in subject if kind[1] in numbers]
        if denied:
            self.expect("pas")
        elif self.next == "pas":
            raise Wrong("'pas' without 'ne'")
        if verb in BE or verb in WERE:
            return self._is_so(subject, denied)
        if verb in HAVE and self.next in forms.participles():
            self._participle(False, ahead or [("m", False)], "the object before it")
        elif verb in HAVE and self.words[self.at + len(self._numeral())] == "ans":
            self.at += len(self._numeral()) + 1
            return None
        return self._rest(denied)

    def _is_so(self, subject: list[Kind], denied: bool) -> None:
        if self.next in forms.participles() and self.next not in forms.adjectives():
            self._participle(True, subject, "its subject")
            return self._rest(denied)
        self.accept("trop", "très")
        word = self.next
        _, kinds = forms.adjectives().get(word, (False, set()))
        if not kinds:
            raise Wrong(f"{word!r} where an adjective should stand")
        if not kinds & set(subject):
            raise Wrong(f"{word!r} does not agree with its subject")
        self.at += 1
        return None

    def _participle(self, goes: bool, agrees: list[Kind], what: str) -> None:
        word = self.next
        with_be, kinds = forms.participles().get(word, (not goes, set()))
        if with_be != goes:
            raise Wrong(f"{word!r} with the wrong auxiliary")
        if not kinds & set(agrees):
            raise Wrong(f"{word!r} does not agree with {what}")
        self.at += 1

    def _rest(self, denied: bool) -> None:
        """An object and what follows."""
        if self.next in forms.ARTICLES or self.next in ("de", "d'") or self.next in forms.names() or self._numeral():
            self.group(denied)
        self.phrases()

    def phrases(self) -> None:
        while True:
            if self.accept(*PREPOSITIONS, "à"):
                self.group()
            elif self.accept("au", "aux"):
                self.group(article={"au": "le", "aux": "les"}[self.words[self.at - 1]])
            elif self.accept("près"):
                self._of()
            else:
                return

    def _of(self) -> None:
        """de, or what it has become."""
        word = self.expect("de", "d'", "du", "des")
        self.group(article={"du": "le", "des": "les"}.get(word))

    # ── groups ───────────────────────────────────────────────────────────────────────────────────
    def group(self, denied: bool | None = None, article: str | None = None) -> list[Kind]:
        """A noun with all that belongs to it: what it can be.

        denied: of an object, whether its verb is. article: where it was part of the word before (du)."""
        if article is None and self.next in forms.names():
            kind = (forms.names()[self.next], False)
            self.at += 1
            self.named.append(kind)
            return [kind]
        kinds = self.noun(self._article(denied) if article is None else (article, forms.ARTICLES[article]))
        self.named, self.last = [*self.named, *kinds], kinds
        if self.next in ("de", "d'", "du", "des"):
            self._of()
        if self.accept("qui"):
            self.predicate(kinds)
        elif self.next in ("que", "qu'"):
            self.at += 1
            self.predicate(self.group(), before=kinds)
        return kinds

    def _article(self, denied: bool | None) -> tuple[str, set[Kind]]:
        numeral = self._numeral()
        if numeral:
            self.at += len(numeral)
            return "number", {(gender, True) for gender in forms.numerals()[numeral]}
        word = self.accept(*forms.ARTICLES, "de", "d'")
        if not word:
            raise Wrong(f"{self.next!r} where an article should stand")
        if word in ("de", "d'"):
            return ("denied" if denied else "de"), {(gender, many) for gender in "mf" for many in (False, True)}
        if denied and word in ("un", "une", "des"):
            raise Wrong(f"{word!r} after 'pas'")
        return word, forms.ARTICLES[word]

    def _numeral(self) -> tuple[str, ...]:
        """The words of a number that stand here, the most of them: vingt et un."""
        ahead = (tuple(self.words[self.at : self.at + count]) for count in (3, 1))
        return next((words for words in ahead if words in forms.numerals()), ())

    def noun(self, article: tuple[str, set[Kind]] | None) -> list[Kind]:
        """Adjectives, a noun, adjectives: what agrees with all of them."""
        word, kinds = article or ("denied", {(gender, many) for gender in "mf" for many in (False, True)})
        start = self.at
        while self.next in forms.adjectives() and self.next not in forms.nouns():
            kinds = self._adjective(kinds, before=True)
        ahead = self.at > start
        if self.next not in forms.nouns():
            raise Wrong(f"{self.next!r} where a noun should stand")
        name = self.next
        kinds = kinds & forms.nouns()[name]
        if not kinds:
            raise Wrong(f"{name!r} does not agree with what stands before it")
        self.at += 1
        self._before_vowels([word, *self.words[start : self.at]], kinds)
        if word == "des" and ahead:
            raise Wrong("'des' before an adjective should be 'de'")
        if word == "de" and not (ahead and any(many for _, many in kinds)):
            raise Wrong("'de' where an article should stand")
        while self.next in forms.adjectives():
            kinds = self._adjective(kinds, before=False)
        return sorted(kinds)

    def _before_vowels(self, words: list[str], kinds: set[Kind]) -> None:
        """An article, adjectives and a noun: cet arbre, un bel oiseau, son école."""
        for word, following in zip(words, words[1:], strict=False):
            one, vowel = all(not many for _, many in kinds), opens(following)
            if one and vowel and word in BEFORE_VOWELS:
                raise Wrong(f"{word!r} before {following!r}: it should be {BEFORE_VOWELS[word]!r}")
            if word == "son" and kinds == {("f", False)} and not vowel:
                raise Wrong(f"'son' before {following!r}: it should be 'sa'")

    def _adjective(self, kinds: set[Kind], before: bool) -> set[Kind]:
        word = self.next
        stands_before, own = forms.adjectives()[word]
        if stands_before != before:
            raise Wrong(f"{word!r} stands {'after' if before else 'before'} its noun")
        if not kinds & own:
            raise Wrong(f"{word!r} does not agree with its noun")
        self.at += 1
        return kinds & own
