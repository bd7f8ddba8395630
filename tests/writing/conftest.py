"""A lesson of one's own in the folder of the pages, short and small; a cache of its own for each file of tests."""

import pytest

LESSON = '''
from manim import FadeIn

from scenes.kit import TokenRow
from scenes.lesson import AttentionLesson


class Brief(AttentionLesson):
    """Two short steps."""

    def construct(self):
        with self.step("Words", "Here are {n} words.", n=len(self.words)):
            self.tokens = self.stage.fit(TokenRow(self.trace.tokens, size=0.6, width=self.stage.width, lines=3))
            self.play(FadeIn(self.tokens), run_time=0.5)
        with self.step("Move", ask="Where do they go?", keep=(self.tokens,)):
            self.play(self.tokens.animate.shift((-0.2, 0, 0)), run_time=1)
            self.answer("They go to the left.")
'''


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLEARHEAD_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a lesson of one's own, brief.py."""
    made = tmp_path_factory.mktemp("pages")
    (made / "brief.py").write_text(LESSON, encoding="utf-8")
    return made
