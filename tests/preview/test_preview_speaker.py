"""The speaker's window beside the page, in a real browser."""

import pytest

from tests.preview.browsing import wait_for

pytestmark = pytest.mark.slow


def test_the_speakers_window_shows_notes_and_moves_the_stage(open_page, page, preview):
    page.press("Home")
    page.rest(0)
    speaker = open_page(preview.url + "?view=notes")
    speaker.first_picture()
    speaker.press("PageDown")
    wait_for(lambda: page.place["step"] == 1, what="the stage")
    wait_for(lambda: speaker.place["step"] == 1, what="the speaker's window")
    wait_for(lambda: speaker.text("next-name") == "Move")
    speaker.press("3")
    wait_for(lambda: speaker.text("notes-text") == "Say that they move.", what="the notes")
    assert page.place["step"] == 2
    speaker.press("m")
    speaker.page.locator("#steps-list button").nth(1).click()
    wait_for(lambda: page.place["step"] == 1, what="the stage, moved by the list")


def test_the_speakers_window_counts_steps_that_become_known_later(open_page, page, preview):
    speaker = open_page(preview.url + "?view=notes")
    speaker.first_picture()
    page.press("1")
    page.rest(0)
    session = page.shown[0]
    file, gate = preview.lesson(), preview.folder / "gate"  # the lesson goes on while that file is there
    good = file.read_text()
    gate.touch()
    try:
        file.write_text(
            good.replace(
                '        with self.step("Queries"',
                f'        while not __import__("os").path.exists({str(gate)!r}):\n            pass\n'
                '        with self.step("Queries"',
            )
        )
        session = page.first_picture(after=session)[0]
        gate.unlink()
        page.js("clearhead.change({text: 'A dog ran'})")  # begins before all is known; an edit waits for that
        for each in (page, speaker):
            each.first_picture(after=session)
        assert len(speaker.place["steps"]) < 3
        page.press("End")  # the lesson's, though its last step is not known yet
        gate.touch()
        for each in (page, speaker):  # the speaker's window follows, and stands at the beginning until it does
            wait_for(lambda each=each: each.place["step"] == 2, what="the end of the lesson")
        page.press("Home")
        wait_for(lambda: speaker.place["step"] == 0, what="the beginning")
        assert len(speaker.planned()["steps"]) == 3 and speaker.place["step"] == 0
        assert speaker.text("speaker-step") == "1 of 3" and speaker.text("next-name") == "Queries"
    finally:
        session = page.shown[0]
        file.write_text(good)
        session = page.first_picture(after=session)[0]
        page.js("clearhead.change({text: 'The cat sat'})")
        page.first_picture(after=session)


def test_dragging_the_scrubber_is_told_in_moderation(open_page, page, preview):
    """300 places in 3 seconds: the page is not shut out for it, and the server knows the last one."""
    page.planned()
    page.press("1")
    page.rest(0)
    wait_for(lambda: page.js("clearhead.leads"), what="the lead")
    box = page.page.locator("#scrubber").bounding_box()
    page.js("window.before = clearhead.link.socket")
    page.page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    page.page.mouse.down()
    # By script: a browser gives a page no more of its own moves than it paints pictures.
    page.js(
        """({x, width}) => new Promise((done) => {
        let i = 0;
        const timer = setInterval(() => {
            const part = ++i < 300 ? (i * 37 % 90) / 100 : 0.93;
            const move = new PointerEvent('pointermove', {clientX: x + part * width, bubbles: true});
            document.getElementById('scrubber').dispatchEvent(move);
            if (i === 300) { clearInterval(timer); done(); }
        }, 10);
    })""",
        box,
    )
    page.page.wait_for_timeout(300)
    assert page.js("clearhead.link.socket === window.before && clearhead.link.socket.readyState === 1"), (
        "it was cut off"
    )
    last = page.place
    other = open_page(preview.url)
    other.first_picture()
    assert last["step"] == 2 and (other.place["step"], other.place["frame"]) == (2, last["frame"])
    page.page.mouse.up()
