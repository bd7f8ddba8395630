"""A meaning in English, words and marks set apart by blanks."""

from __future__ import annotations

from model.text.lexicon import with_articles
from model.text.parallel.meaning import Clause, Group, Pronoun, Sentence
from model.text.parallel.numerals import in_english

PLURALS = {"this": "these", "the": "the", "his": "his", "her": "her", "": ""}


def english(sentence: Sentence) -> str:
    clause = sentence.clause
    says = {
        "says": lambda: _statement(sentence),
        "asks": lambda: _question(clause),
        "where": lambda: ["where", _be(clause), *_part(clause.subject)],
        "who": lambda: ["who", *_predicate(clause, False)],
        "what": lambda: ["what", *_question(clause)],
        "why": lambda: ["why", *_question(clause)],
        "how many": lambda: ["how", "many", _counted(sentence), *_question(clause)],
        "there": lambda: _there(clause),
        "age": lambda: [*_part(clause.subject), _be(clause), *_not(clause), in_english(sentence.years), "years", "old"],
    }[sentence.kind]()
    mark = "." if sentence.kind in ("says", "there", "age") else "?"
    return with_articles(" ".join([*says, mark]).lower())


def _statement(sentence: Sentence) -> list[str]:
    clause = sentence.clause
    words = [*_part(clause.subject), *_predicate(clause, _many(clause))]
    if sentence.more:
        words += [sentence.link, *_predicate(sentence.more, _many(clause))]
    if sentence.because:
        words += ["because", *_pronoun(sentence.because), *_predicate(sentence.because, _many(sentence.because))]
    return words


def _predicate(clause: Clause, many: bool) -> list[str]:
    """What is said of the subject."""
    if clause.verb is None:
        assert clause.adjective
        return [_be(clause, many), *_not(clause), *clause.degree.split(), clause.adjective.english]
    verb, rest = clause.verb, _rest(clause)
    if clause.negative:
        return [_do(clause, many), "not", verb.english, *rest]
    said = verb.english_past if clause.past else verb.english if many else verb.english_third
    return [said, *rest]


def _question(clause: Clause) -> list[str]:
    subject, many = _part(clause.subject), _many(clause)
    if clause.verb is None:
        assert clause.adjective
        return [_be(clause), *subject, *_not(clause), *clause.degree.split(), clause.adjective.english]
    return [_do(clause, many), *subject, *_not(clause), clause.verb.english, *_rest(clause)]


def _rest(clause: Clause) -> list[str]:
    thing = _object(clause)
    return [*thing, *(word for preposition, group in clause.phrases for word in (preposition, *_group(group)))]


def _object(clause: Clause) -> list[str]:
    if isinstance(clause.object, Pronoun):
        return ["them" if clause.object.many else "it"]
    return _group(clause.object, any_=clause.negative) if clause.object else []


def _there(clause: Clause) -> list[str]:
    assert isinstance(clause.subject, Group)
    words = _group(clause.subject, any_=clause.negative)
    return ["there", _be(clause), *_not(clause), *words, *_rest(clause)]


def _not(clause: Clause) -> list[str]:
    return ["not"] if clause.negative else []


def _be(clause: Clause, many: bool | None = None) -> str:
    many = _many(clause) if many is None else many
    return ("were" if many else "was") if clause.past else ("are" if many else "is")


def _do(clause: Clause, many: bool) -> str:
    return "did" if clause.past else "do" if many else "does"


def _many(clause: Clause) -> bool:
    return clause.subject.many if clause.subject else False


def _counted(sentence: Sentence) -> str:
    assert sentence.counted
    return sentence.counted.in_english(True)


def _pronoun(clause: Clause) -> list[str]:
    return _part(clause.subject)


def _part(part: Group | Pronoun | None) -> list[str]:
    if isinstance(part, Pronoun):
        return ["they" if part.many else "it" if not part.person else "she" if part.gender == "f" else "he"]
    return _group(part) if part else []


def _group(group: Group, any_: bool = False) -> list[str]:
    if group.number:
        first = in_english(group.number)
    elif group.determiner == "a" and group.many:
        first = "any" if any_ else "some"
    else:
        first = PLURALS[group.determiner] if group.many else group.determiner
    words = [first, *(adjective.english for adjective in group.adjectives), group.noun.in_english(group.many)]
    if group.of:
        words += ["of", *_group(group.of)]
    if group.relative:
        words += _relative(group.relative, group.many)
    return [word for word in words if word]


def _relative(clause: Clause, many: bool) -> list[str]:
    if clause.subject is None:
        return ["that", *_predicate(clause, many)]
    return ["that", *_part(clause.subject), *_predicate(clause, _many(clause))]
