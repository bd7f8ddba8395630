"""What of the renders is kept in git stays small: every clone gets it."""

import json

import pytest

from model.paths import ROOT
from scenes import course
from studio.page import again
from studio.page.document import Document
from tests.gallery import CLIPS, PAGE

GALLERY = sorted((ROOT / "renders/gallery").iterdir())
# A page has the film of its whole lesson in it and every number: one is kept, so that it can be tried without a render.
MOST = {".gif": 1_000_000, ".html": 5_000_000}
SHOWN = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))
PAGES = [file for file in GALLERY if file.suffix == ".html"]


@pytest.mark.parametrize("file", GALLERY, ids=lambda file: file.name)
def test_a_picture_has_less_than_a_megabyte_and_a_page_less_than_five(file):
    assert file.suffix in MOST and 0 < file.stat().st_size < MOST[file.suffix]
    assert file.stem.partition("-")[0] in {entry.id for entry in course()}
    assert f"renders/gallery/{file.name})" in SHOWN, "nobody sees it"


def test_every_picture_has_a_way_to_be_made_again():
    assert {file.name for file in GALLERY} == {f"{name}.gif" for name in CLIPS} | {PAGE}


def test_every_clip_is_of_a_step_that_there_is():
    for name, clip in CLIPS.items():
        if not clip.options:  # else of a film that is not kept
            film = json.loads((ROOT / f"tests/golden/films/{name}-usual-16x9.json").read_text(encoding="utf-8"))
            assert clip.step in film["shots"], name


def test_a_page_has_the_scripts_of_today():
    """Its own film and numbers in the page of today: text, style and scripts must be the same."""
    for file in PAGES:
        page = again.read(file.read_text(encoding="utf-8"))
        now = Document(page.about["title"], page.film, page.stills, page.about, page.numbers, page.table, light=False)
        assert not list(again.differences(page, now)), f"make it again: python -m tests.gallery {file.name}"


def test_there_is_one_page_and_it_loads_nothing():
    (page,) = PAGES
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text and "<video" in text
    assert not [bad for bad in ('src="http', 'href="http', 'src="/', "@import", "/home/", "/work/") if bad in text]
