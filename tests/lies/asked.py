"""Lies about questions to the viewer: a wrong answer that counts as right, and what gives the right one away."""

from tests.lies.lie import Lie

QUIZ, STEPS, CARD = "scenes/lesson/quiz.py", "scenes/lesson/steps.py", "scenes/kit/words/card.py"
ATTENTION, SCORES = "scenes/lessons/attention/outcome.py", "scenes/lessons/attention/scores.py"
UNEMBEDDING, HEADS = "scenes/lessons/unembedding/logits.py", "scenes/lessons/heads/one_off.py"
CARDS = {"questions": True}
FALSE, GIVEN, OPEN = "false claim", "given away", "not answered"

LIES = [
    Lie(
        "the runner-up counts as the right answer",
        QUIZ,
        "best, *others = order",
        "best, *others = order[1:] + order[:1]",
        "unembedding",
        FALSE,
    ),
    Lie(
        "the smallest number counts as the largest",
        QUIZ,
        "values = -row.values if smallest else row.values",
        "values = row.values if smallest else -row.values",
        "attention",
        FALSE,
    ),
    Lie(
        "the places that do not count may be right",
        QUIZ,
        "places = np.arange(len(row)) if among is None else np.asarray(among, int)",
        "places = np.arange(len(row))",
        "unembedding",
        GIVEN,
    ),
    Lie(
        "the chance that is asked for is that of another word",
        UNEMBEDDING,
        "lesson.probs, place=lesson.word)",
        "lesson.probs, place=int(np.argmin(lesson.probs.values)))",
        "unembedding",
        OPEN,
    ),
    Lie("what a head does is asked about another head", HEADS, "tried, place=ours", "tried, place=0", "heads", FALSE),
    Lie(
        "the word without the head is asked of the run with it",
        HEADS,
        "without, lesson.called_next)",
        "_, lesson.called_next)",
        "heads",
        GIVEN,
    ),
    Lie(
        "whose value is longest is told by the lengths of the keys",
        ATTENTION,
        "norms(weighted), lesson.called),",
        "norms(lesson.view.k), lesson.called),",
        "attention",
        OPEN,
    ),
    Lie(
        "a question is asked when its answer has been seen",
        SCORES,
        "among, place=place, who=who),",
        'view.scores[r], place=0, spec="+.2f", who=who),',
        "attention",
        GIVEN,
    ),
    Lie(
        "which word comes last in the list is asked where its number was seen as a byte",
        "scenes/lessons/tokens/words.py",
        "not in lesson.raw.ids",
        "is not None",
        "tokens",
        GIVEN,
        options={"text": "The old man"},
    ),
    Lie(
        "whose prediction moves most is asked when it has been seen to move",
        "scenes/lessons/position/shuffling.py",
        "names.__getitem__, among=among)",
        "names.__getitem__)",
        "position",
        GIVEN,
        options={"text": "The little girl who lived in the old house saw a big dog and ran to her mother today"},
    ),
    Lie(
        "the number of a wrong answer stands on the card as another",
        QUIZ,
        'say("{x:" + spec + "}", x=row[k])',
        'say("{x:" + spec + "}", x=float(row[k]) * 1.1)',
        "unembedding",
        "no source",
        options=CARDS,
    ),
    Lie(
        "a card's answers lie over one another",
        CARD,
        "x += wide + GAP * size",
        "x += 0.4 * wide",
        "unembedding",
        "overlap",
        options=CARDS,
    ),
]
