"""A meaning in French, words and marks set apart by blanks; an elided word keeps its apostrophe: l' animal.

Agreement, the order of adjectives, ne … pas, the auxiliaries and what they agree with, elision and contraction are done
here; checking.py knows the same rules another way round.
"""

from __future__ import annotations

from model.text.parallel.meaning import Clause, Group, Pronoun, Sentence
from model.text.parallel.numerals import in_french
from model.text.parallel.words import Adjective, opens

PREPOSITIONS = {
    "in": "dans",
    "into": "dans",
    "near": "près de",
    "behind": "derrière",
    "in front of": "devant",
    "under": "sous",
    "on": "sur",
    "with": "avec",
    "to": "à",
    "of": "de",
}
DETERMINERS = {  # masculine, feminine, plural
    "the": ("le", "la", "les"),
    "a": ("un", "une", "des"),
    "this": ("ce", "cette", "ces"),
    "his": ("son", "sa", "ses"),
    "her": ("son", "sa", "ses"),
}
BEFORE_VOWELS = {"beau": "bel", "vieux": "vieil", "nouveau": "nouvel", "ce": "cet", "sa": "son"}
ELIDED = ("le", "la", "de", "ne", "que")
CONTRACTED = {("de", "le"): "du", ("de", "les"): "des", ("à", "le"): "au", ("à", "les"): "aux"}
DEGREES = {"too": ["trop"], "very": ["très"], "": []}


def french(sentence: Sentence) -> str:
    clause = sentence.clause
    says = {
        "says": lambda: _statement(sentence),
        "asks": lambda: ["est-ce", "que", *_clause(clause)],
        "where": lambda: ["où", _be(clause, _many(clause)), *_part(clause.subject)],
        "who": lambda: ["qui", *_predicate(clause, "m", False)],
        "what": lambda: ["que", "est-ce", "que", *_clause(clause)],
        "why": lambda: ["pourquoi", "est-ce", "que", *_clause(clause)],
        "how many": lambda: ["combien", "de", _counted(sentence), "est-ce", "que", *_clause(clause)],
        "there": lambda: _there(clause),
        "age": lambda: _age(sentence),
    }[sentence.kind]()
    mark = "." if sentence.kind in ("says", "there", "age") else "?"
    return " ".join(joined([*says, mark])).lower()


def joined(words: list[str]) -> list[str]:
    """Elision, then contraction.

    >>> joined("le animal va à le marché de les rois".split())
    ["l'", 'animal', 'va', 'au', 'marché', 'des', 'rois']
    """
    elided = [
        f"{word[:-1]}'" if word in ELIDED and following and opens(following) else word
        for word, following in zip(words, [*words[1:], ""], strict=True)
    ]
    done: list[str] = []
    for word in elided:
        if done and (done[-1], word) in CONTRACTED:
            done[-1] = CONTRACTED[done[-1], word]
        else:
            done.append(word)
    return done


# ── sentences ────────────────────────────────────────────────────────────────────────────────────
def _statement(sentence: Sentence) -> list[str]:
    clause = sentence.clause
    words = _clause(clause)
    if sentence.more:
        gender = clause.subject.gender if clause.subject else "m"
        words += [{"and": "et", "but": "mais"}[sentence.link], *_predicate(sentence.more, gender, _many(clause))]
    if sentence.because:
        words += ["parce", "que", *_clause(sentence.because)]
    return words


def _there(clause: Clause) -> list[str]:
    assert isinstance(clause.subject, Group)
    words = [*_group(clause.subject, denied=clause.negative), *_phrases(clause)]
    return ["il", "ne", "y", "a", "pas", *words] if clause.negative else ["il", "y", "a", *words]


def _age(sentence: Sentence) -> list[str]:
    clause = sentence.clause
    have = "ont" if _many(clause) else "a"
    verb = ["ne", have, "pas"] if clause.negative else [have]
    return [*_part(clause.subject), *verb, *in_french(sentence.years).split(), "ans"]


def _counted(sentence: Sentence) -> str:
    assert sentence.counted
    return sentence.counted.in_french(True)


# ── clauses ──────────────────────────────────────────────────────────────────────────────────────
def _clause(clause: Clause) -> list[str]:
    gender = clause.subject.gender if clause.subject else "m"
    return [*_part(clause.subject), *_predicate(clause, gender, _many(clause))]


def _predicate(clause: Clause, gender: str, many: bool, before: Group | None = None) -> list[str]:
    """What is said of a subject of this gender and number. before: the object, where it was named before the verb."""
    if clause.verb is None:
        assert clause.adjective
        is_so = [*DEGREES[clause.degree], clause.adjective.in_french(gender, many)]
        return [*_denied(clause, [_be(clause, many)]), *is_so]
    clitic = _clitic(clause.object) if isinstance(clause.object, Pronoun) else []
    ahead = clause.object if isinstance(clause.object, Pronoun) else before
    verb = clause.verb
    if not clause.past:
        said, participle = verb.plural if many else verb.singular, []
    else:
        said = ("sont" if many else "est") if verb.goes else ("ont" if many else "a")
        agrees = (gender, many) if verb.goes else (ahead.gender, ahead.many) if ahead else ("m", False)
        participle = [_agreed(verb.participle, *agrees)]
    return [*_denied(clause, [*clitic, said]), *participle, *_object(clause), *_phrases(clause)]


def _denied(clause: Clause, words: list[str]) -> list[str]:
    return ["ne", *words, "pas"] if clause.negative else words


def _agreed(participle: str, gender: str, many: bool) -> str:
    """
    >>> _agreed("mangé", "f", True), _agreed("pris", "m", True)
    ('mangées', 'pris')
    """
    word = participle + "e" * (gender == "f")
    return word if not many or word.endswith("s") else word + "s"


def _object(clause: Clause) -> list[str]:
    return _group(clause.object, denied=clause.negative) if isinstance(clause.object, Group) else []


def _clitic(pronoun: Pronoun) -> list[str]:
    return ["les" if pronoun.many else "la" if pronoun.gender == "f" else "le"]


def _phrases(clause: Clause) -> list[str]:
    return [word for name, group in clause.phrases for word in (*PREPOSITIONS[name].split(), *_group(group))]


def _be(clause: Clause, many: bool) -> str:
    return ("étaient" if many else "était") if clause.past else ("sont" if many else "est")


def _many(clause: Clause) -> bool:
    return clause.subject.many if clause.subject else False


# ── groups ───────────────────────────────────────────────────────────────────────────────────────
def _part(part: Group | Pronoun | None) -> list[str]:
    if isinstance(part, Pronoun):
        return [("elle" if part.gender == "f" else "il") + "s" * part.many]
    return _group(part) if part else []


def _group(group: Group, denied: bool = False) -> list[str]:
    """denied: as the object of a verb with *pas*, before which un, une and des become de."""

    def forms(adjectives: list[Adjective]) -> list[str]:
        return [adjective.in_french(group.gender, group.many) for adjective in adjectives]

    before = forms([adjective for adjective in group.adjectives if adjective.before])
    after = forms([adjective for adjective in group.adjectives if not adjective.before])
    words = [*_determiner(group, bool(before), denied), *before, group.noun.in_french(group.many), *after]
    words = [
        BEFORE_VOWELS.get(word, word) if not group.many and following and opens(following) else word
        for word, following in zip(words, [*words[1:], ""], strict=True)
    ]
    if group.of:
        words += ["de", *_group(group.of)]
    if group.relative:
        words += _relative(group.relative, group)
    return words


def _determiner(group: Group, adjective_follows: bool, denied: bool) -> list[str]:
    if group.number:
        return in_french(group.number, group.gender == "f").split()
    if not group.determiner:
        return []
    if group.determiner == "a" and (denied or group.many and adjective_follows):
        return ["de"]  # ne … pas de chien; de petits chiens
    masculine, feminine, many = DETERMINERS[group.determiner]
    return [many if group.many else feminine if group.gender == "f" else masculine]


def _relative(clause: Clause, of: Group) -> list[str]:
    if clause.subject is None:
        return ["qui", *_predicate(clause, of.gender, of.many)]
    subject = clause.subject
    return ["que", *_part(subject), *_predicate(clause, subject.gender, subject.many, before=of)]
