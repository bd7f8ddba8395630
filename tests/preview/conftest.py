"""A preview of its own for each module, and a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.preview.browsing import ARGS, CHROMIUM, Page, Preview
from tests.preview.pages import rendered


@pytest.fixture(scope="module")
def browser():
    sync = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Chromium (Debian package chromium)")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def preview(tmp_path_factory):
    preview = Preview(tmp_path_factory.mktemp("preview"))
    yield preview
    preview.stop()


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """One step of a lesson as a page, with its film."""
    return rendered(tmp_path_factory.mktemp("page"))


@pytest.fixture
def open_page(browser):
    """open_page(url, **context options) → Page; closed at the end, and nothing may have gone wrong in it."""
    pages = []

    def open_page(url: str, **how) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 720}} | how))
        pages.append((context, Page(context.new_page(), url)))
        return pages[-1][1]

    yield open_page
    problems = [problem for _, page in pages for problem in page.problems]
    for context, _ in pages:
        context.close()
    assert not problems


@pytest.fixture
def page(open_page, preview):
    page = open_page(preview.url)
    page.first_picture()
    return page
