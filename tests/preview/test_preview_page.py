"""The preview's page in a real browser."""

import json

import numpy as np
import pytest

from scenes.lesson.options import ASPECTS
from scenes.lesson.runs import words_known
from tests.preview.browsing import likeness, wait_for

pytestmark = pytest.mark.slow


def test_the_lesson_pauses_at_each_step_and_space_never_skips(page):
    page.press("Home")
    page.rest(0)
    for key in (" ", " "):
        page.press(key)
    assert page.place["step"] == 0 and not page.place["playing"]
    page.press("r")
    wait_for(
        lambda: page.place["playing"] and page.place["frame"] < page.place["steps"][0]["frames"] - 5, what="the replay"
    )
    page.press(" ")
    at = page.place
    assert not at["playing"]
    page.page.wait_for_timeout(300)
    assert page.place["frame"] == at["frame"]
    page.press(" ")
    page.rest(0)


@pytest.mark.parametrize("keys", [("PageDown", "PageUp"), ("ArrowRight", "ArrowLeft")])
def test_a_clicker_moves_forwards_and_backwards(page, keys):
    page.press("Home")
    page.planned()
    page.press(keys[0])
    wait_for(lambda: page.place["step"] == 1)
    page.press(keys[1])
    wait_for(lambda: page.place["step"] == 0)
    page.press("End")
    page.rest(2)
    page.press("2")
    wait_for(lambda: page.place["step"] == 1)


def test_the_caption_is_the_question_and_then_its_answer(page):
    page.press("Home")
    page.rest(0)
    page.planned()
    page.listen("spoken")
    page.press("3")
    page.rest(2)
    wait_for(lambda: page.heard[-2:] == ["Step 3, Move. Where do they go?", "They move."], 5, "question and answer")
    page.press("r")
    wait_for(lambda: page.heard[-2:] == ["Where do they go?", "They move."], 20, "both once more")


def test_a_loop_begins_again(page):
    page.press("Home")
    page.planned()
    page.press("l")
    wait_for(lambda: page.place["frame"] > 10)
    wait_for(lambda: page.place["frame"] < 8 and page.place["playing"], what="the loop's second turn")
    page.press("l")
    page.rest(0)


def test_a_new_sentence_is_on_screen(page):
    page.press("Home")
    session = page.rest(0)[0]
    page.press("t")
    page.page.keyboard.type("The dog saw the bird")
    page.press("Enter")
    page.first_picture(after=session)
    page.rest(0)
    page.page.wait_for_timeout(300)
    wait_for(lambda: page.js("clearhead.player.about.chosen.text") == "The dog saw the bird")
    assert page.text("spoken").endswith("5 words.")
    first = page.pixels()
    page.js("clearhead.change({text: 'The cat sat'})")
    page.first_picture(after=page.shown[0])
    page.rest(0)
    assert likeness(first, page.pixels()) < 40


def test_known_words_are_offered_as_the_last_one_is_typed(page):
    offered = "[...document.querySelectorAll('#known option')].map(o => o.value)"
    page.press("t")
    page.page.keyboard.type("The dog OL")
    continued = [word for word in words_known("tiny") if word.lower().startswith("ol")]
    assert page.js(offered) == [f"The dog OL{word[2:]}" for word in continued[:8]] and continued
    page.page.keyboard.type("xyz")
    assert page.js(offered) == []
    assert page.js("document.getElementById('text').list.id") == "known"
    page.press("Escape")


def test_a_text_that_cannot_be_shown_leaves_the_picture(page):
    page.press("Home")
    session = page.rest(0)[0]
    page.js("clearhead.change({text: 'word '.repeat(60)})")
    wait_for(lambda: "tokens" in page.text("banner"), what="the banner")
    assert page.shown[0] == session
    page.js("clearhead.change({text: 'The cat sat'})")
    page.first_picture(after=session)
    wait_for(lambda: not page.page.locator("#banner").is_visible())


def test_a_second_model_is_chosen_and_one_that_cannot_be_is_told(page):
    page.js("clearhead.change({lesson: 'compare'})")
    session = page.first_picture(after=page.shown[0])[0]
    second = page.page.locator("#panel [name=other_model]")
    wait_for(lambda: second.count() == 1, what="the field")
    page.press("o")
    second.select_option("tiny-none")
    session = page.first_picture(after=session)[0]
    wait_for(lambda: "A is tiny, B is tiny-none" in page.text("spoken"), what="two models")
    second.select_option("tiny")
    wait_for(lambda: "one model" in page.text("banner"), what="the banner")
    page.js("clearhead.change({lesson: 'small', other_model: null})")
    page.first_picture(after=session)
    wait_for(lambda: second.count() == 0, what="a lesson without")


def test_a_stack_is_chosen_and_an_unknown_word_is_named(page):
    stacks = "[...document.querySelectorAll('#panel [name=stack] option')].map(o => o.value)"
    session = page.shown[0]
    assert page.js(stacks) == [], "tiny has one"
    page.js("clearhead.change({model: 'translator', text: null})")
    session = page.first_picture(after=session)[0]
    assert page.js(stacks) == ["encoder", "decoder"] and page.text("spoken").endswith("13 words.")
    page.press("o")
    page.page.locator("#panel [name=stack]").select_option("decoder")
    page.first_picture(after=session)
    wait_for(lambda: page.text("spoken").endswith("16 words."), what="the French")
    page.press("Escape")
    page.press("t")
    page.page.keyboard.press("Control+a")
    page.page.keyboard.type("The anim")
    offered = page.js("[...document.querySelectorAll('#known option')].map(o => o.value)")
    assert "The animal" in offered, "what the encoder reads"
    page.page.keyboard.type("l is old.")
    page.press("Enter")
    wait_for(lambda: "“animl” (nearest: animal" in page.text("banner"), what="the banner")
    page.js("clearhead.change({model: 'tiny', text: null})")
    wait_for(lambda: page.text("spoken").endswith("3 words."), what="the lesson's own text and model")


def test_options_have_the_lessons_controls_and_valid_ranges(page):
    page.press("o")
    names = page.js("[...document.querySelectorAll('#panel select')].map(s => s.name)")
    assert {"lesson", "layer", "head", "token", "theme", "aspect"} <= set(names) and "temperature" not in names
    from model import run

    chosen = page.js("clearhead.player.about.chosen")
    trace = run("tiny", chosen["text"])
    sizes = {"layer": trace.config.n_layers, "head": trace.config.n_heads, "token": len(trace.tokens)}
    for name, size in sizes.items():
        words = page.js(f"[...document.querySelector('#panel [name={name}]').options].map(o => o.textContent)")
        assert words[0] == f"auto ({chosen[name]})" and [int(word.split()[0]) for word in words[1:]] == [*range(size)]
    assert page.js("[...document.querySelector('#panel [name=aspect]').options].map(o => o.value)") == [*ASPECTS]
    session = page.shown[0]
    page.press("Escape")
    page.page.locator("#panel [name=theme]").select_option("day")
    page.first_picture(after=session)
    wait_for(lambda: page.pixels()[2, 2].min() > 240, what="a white background")
    page.page.locator("#panel [name=theme]").select_option("night")
    page.first_picture(after=session + 1)


def test_where_a_lesson_samples_temperature_and_seed_can_be_set(page):
    page.planned()
    session = page.shown[0]
    page.press("o")
    page.page.locator("#panel [name=lesson]").select_option("overview")
    session = page.first_picture(after=session)[0]
    fields = page.page.locator("#panel input[type=number]")
    wait_for(
        lambda: [fields.nth(k).get_attribute("name") for k in range(fields.count())] == ["seed", "temperature"],
        what="both fields",
    )
    assert page.planned()["steps"][7]["name"] == "Sample"
    before = [step["caption"] for step in page.place["steps"]]
    page.page.locator("#panel [name=temperature]").fill("0.2")
    page.press("Tab")
    session = page.first_picture(after=session)[0]
    page.page.locator("#panel [name=seed]").fill("5")
    page.press("Tab")
    page.first_picture(after=session)
    steps = page.planned()["steps"]
    from scenes import course
    from scenes.lesson import Options
    from studio.play.picture import Picture
    from studio.play.session import Job, perform

    (entry,) = [e for e in course() if e.id == "overview"]
    expected = perform(Job(entry, Options(temperature=0.2, seed=5), Picture.of("l"))).steps
    captions = [step["caption"] for step in steps]  # as they begin: the question, where a step asks
    assert captions == [step.lines[0].text for step in expected] and captions != before
    page.page.locator("#panel [name=temperature]").fill(
        "-1"
    )  # out of range: the browser says so, and nothing is asked for
    page.press("Tab")
    page.page.wait_for_timeout(300)
    assert page.js("clearhead.player.about.chosen.temperature") == 0.2
    session = page.shown[0]
    page.page.locator("#panel [name=lesson]").select_option("small")
    page.first_picture(after=session)


def test_a_change_of_head_stays_at_the_step(page):
    page.planned()
    page.press("2")
    page.rest(1)
    session = page.shown[0]
    page.js("clearhead.change({head: 1})")
    assert page.first_picture(after=session)[1] == 1
    page.js("clearhead.change({head: null})")
    page.first_picture(after=session + 1)


def test_saving_a_file_shows_it_at_the_same_step(page, preview):
    """Hot reload: an error is told with file and line over the last good picture; its repair clears it."""
    page.planned()
    page.press("2")
    page.rest(1)
    session, before = page.shown[0], page.pixels()
    file = preview.lesson()
    good = file.read_text()
    try:
        file.write_text(good.replace("rows=8)", "rows=8, nonsense=1)"))
        wait_for(lambda: page.page.locator("#banner").is_visible(), 40, "the banner")
        line = 1 + good[: good.index("grid = TensorGrid(")].count("\n")
        assert page.text("banner-where") == f"scenes/lessons/small/lesson.py:{line}" and "nonsense" in page.text(
            "banner-text"
        )
        assert page.shown[0] == session and np.array_equal(page.pixels(), before)
        page.press("ArrowRight")  # what is there still plays
        page.rest(2)
        page.press("ArrowLeft")
        page.rest(1)
        file.write_text(good.replace("class Small(", "class Small(("))
        wait_for(lambda: "SyntaxError" in page.text("banner-text"), 40, "the syntax error")
        file.write_text(good.replace("rows=8)", "rows=2)"))
        shown = page.first_picture(after=session)
        assert shown[1] == 1
        wait_for(lambda: not page.page.locator("#banner").is_visible())
        page.rest(1)
        assert likeness(page.pixels(), before) < 30
    finally:
        session = page.shown[0]
        file.write_text(good)
        page.first_picture(after=session)


def test_a_click_tells_the_traces_number(page):
    page.planned()
    page.press("2")
    page.rest(1)
    wait_for(lambda: page.js("(clearhead.reader.readings || []).length") > 0, what="readings")
    readings = page.js("clearhead.reader.readings")
    cell = next(r for r in readings if "d_head=2" in r["numbers"][0]["source"])
    box = page.page.locator("#picture").bounding_box()
    x, y = np.mean(cell["area"], axis=0)
    page.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    card = page.page.locator("#card").inner_text()
    from model import run

    about = page.js("clearhead.player.about")
    layer, head = about["chosen"]["layer"], about["chosen"]["head"]
    q = run("tiny", about["chosen"]["text"])[f"blocks.{layer}.attn.q"][head]
    assert f"blocks.{layer}.attn.q[" in card and "d_head=2" in card
    position = int(cell["numbers"][0]["source"].split("position=")[1].split(",")[0])
    assert float(card.split()[0].replace("−", "-")) == pytest.approx(float(q.values[position, 2]), rel=1e-5)
    assert f"= Σ of {run('tiny', 'a').config.d_model} products: ln1.normalized[position={position}," in card, (
        "and how it was made"
    )
    page.press("ArrowRight")  # with a card open the arrows go from number to number
    assert page.place["step"] == 1 and "d_head=3" in page.page.locator("#card").inner_text()
    page.press("Escape")
    page.page.mouse.click(box["x"] + 5, box["y"] + 5)
    wait_for(lambda: page.place["step"] == 2, what="a click beside the numbers to go on")


def test_pictures_gifs_and_videos_are_saved_with_a_link(page, preview):
    page.planned()
    page.press("3")
    page.rest(2)
    shown = page.pixels()
    page.press("s")
    for what, kind, seconds in (("picture", "image/png", 20), ("gif", "image/gif", 120), ("video", "video/mp4", 120)):
        page.page.locator(f"[data-save={what}]").click()
        link = page.page.locator("#saved a").nth({"picture": 0, "gif": 1, "video": 2}[what])
        wait_for(link.count, seconds, what)
        answer = page.page.request.get(preview.url + link.get_attribute("href").lstrip("/"))
        assert answer.status == 200 and answer.headers["content-type"].startswith(kind)
        assert (preview.renders.parent / link.inner_text()).read_bytes() == answer.body()
    from PIL import Image

    picture = next(preview.renders.glob("small/small-03-move-*.png"))
    large = np.array(Image.open(picture).convert("RGB").resize((1280, 720), Image.Resampling.BOX))
    assert likeness(large, shown) > 28
    page.press("Escape")


def test_a_cancelled_touch_lets_the_scrubber_go(page):
    page.planned()
    page.press("1")
    page.rest(0)
    box = page.page.locator("#scrubber").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.page.mouse.move(box["x"] + 0.9 * box["width"], middle)
    page.page.mouse.down()
    assert page.place["step"] == 2
    page.js("document.getElementById('scrubber').dispatchEvent(new PointerEvent('pointercancel'))")
    page.page.mouse.move(box["x"] + 5, middle)
    assert page.place["step"] == 2 and not page.place["playing"]
    page.page.mouse.up()


def test_a_click_that_waits_for_readings_ends_with_its_place(page):
    page.planned()
    page.js("clearhead.on_readings = () => {}")  # the answers do not come
    page.press("1")
    page.rest(0)
    box = page.page.locator("#picture").bounding_box()
    page.page.mouse.click(box["x"] + 5, box["y"] + 5)
    assert page.js("Boolean(clearhead.reader.waiting)")
    page.js("delete clearhead.on_readings; clearhead.player.go(1)")
    page.rest(1)
    wait_for(lambda: page.js("(clearhead.reader.readings || []).length") > 0, what="readings")
    assert page.place["step"] == 1


def test_drawing_is_not_said_of_a_place_that_was_left(page):
    page.planned()
    assert (
        page.js("(player => { player.stalled = true; player.go(0); return player.stalled; })(clearhead.player)")
        is False
    )


def test_reduced_motion_shows_the_steps_end(open_page, preview):
    page = open_page(preview.url, reduced_motion="reduce")
    page.first_picture()
    page.js("clearhead.link.send({type: 'lead'})")
    page.planned()
    page.press("2")
    assert page.place["step"] == 1 and not page.place["playing"]
    page.rest(1)


def test_all_controls_can_be_reached_and_named(page):
    """Keyboard only: every control gets the focus in turn, has a name, and shows that it has the focus."""
    page.press("Escape")
    seen = []
    for _ in range(30):
        page.press("Tab")
        seen.append(
            page.js("""(() => {
            const e = document.activeElement, s = getComputedStyle(e);
            const name = (e.ariaLabel || e.textContent || e.labels?.[0]?.textContent || '').trim();
            return [e.id, name, s.outlineStyle, parseFloat(s.outlineWidth)]; })()""")
        )
    ids = {id for id, *_ in seen}
    assert {"scrubber", "back", "play", "next", "steps", "text", "speed", "change", "take", "help", "full"} <= ids
    for id, name, style, width in seen:
        if id:
            assert name, f"#{id} has no name"
            assert style == "solid" and width >= 2, f"#{id} does not show the focus"


@pytest.mark.parametrize("size", [(1280, 720), (390, 844), (844, 390)])
def test_contrast_and_fit(open_page, preview, size):
    """No text with less than 4.5 : 1, nothing outside the window, fingers find the buttons."""
    page = open_page(preview.url, viewport={"width": size[0], "height": size[1]})
    page.first_picture()
    found = page.js("""(() => {
        const rgb = (c) => c.match(/[\\d.]+/g).map(Number);
        const linear = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        const lum = (c) => { const [r, g, b] = c.map(linear); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const back = (e) => {
            for (; e; e = e.parentElement) {
                const c = rgb(getComputedStyle(e).backgroundColor);
                if (c.length < 4 || c[3] > 0.9) return c;
            }
            return [11, 12, 15]; };
        const out = [];
        for (const e of document.querySelectorAll('#bar *, #hint, #caption, #waiting')) {
            const box = e.getBoundingClientRect();
            if (!box.width || e.closest('.unseen, [hidden]')) continue;
            const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
            const [a, b] = [lum(rgb(getComputedStyle(e).color)), lum(back(e))].sort((x, y) => y - x);
            const contrast = text || e.matches('input') ? (a + 0.05) / (b + 0.05) : 99;
            const height = e.matches('button') ? box.height : 99;
            out.push([e.tagName + '#' + e.id, contrast, box.left, box.right, box.bottom, height]);
        }
        return out; })()""")
    for name, ratio, left, right, bottom, height in found:
        assert ratio >= 4.5, f"{name}: {ratio:.1f}"
        assert left >= -1 and right <= size[0] + 1 and bottom <= size[1] + 1, name
        assert height >= 28, name
    picture = page.page.locator("#picture").bounding_box()
    assert picture["width"] >= 0.5 * min(size[0], size[1] * 16 / 9), "the stage comes first"
    assert picture["y"] >= 0 and picture["y"] + picture["height"] <= size[1]
    assert json.dumps(found)
