"""`clearhead preview`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from model.errors import UsageError
from studio.cli.options import (
    BOTH,
    COURSE,
    DEBUG,
    LESSON_OPTIONS,
    OWN_TEXT,
    SETTINGS,
    complete_lesson,
    entries,
    out,
    quality,
    with_options,
)
from studio.play.files import check_writable, short_hash, slug

# --token means another thing here: the word that others need.
CHOSEN = [option for name, option in LESSON_OPTIONS.items() if name != "token"]
SENTENCE = (4, 12)  # words of the text's own sentence that is shown where no other is asked for


@click.command(context_settings=SETTINGS)
@click.argument("lesson", default="attention", shell_complete=complete_lesson)
@with_options(COURSE, CHOSEN, [quality("lmh", default="m")], OWN_TEXT)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="An address of the network, or 0.0.0.0: others can watch."
)
@click.option("--port", type=click.IntRange(1, 65535), help="Default: the first free one from 8765 on.")
@click.option("--token", metavar="WORD", help="What others need to watch (default with --host: made up).")
@click.option(
    "--public-url",
    metavar="URL",
    help="The page's address where a proxy or tunnel leads here (JupyterHub, Codespaces …).",
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@out("Where saved files go (default: renders/).")
@with_options(DEBUG)
def preview(
    lesson: str,
    course: Path | None,
    quality: str,
    corpus: Path | None,
    minutes: float | None,
    tokenizer: str | None,
    host: str,
    port: int | None,
    token: str | None,
    public_url: str | None,
    no_browser: bool,
    out: Path | None,
    **chosen: Any,
) -> None:
    """Play a lesson in the browser, step by step, and change it live.

    With --corpus FILE a model is trained on that text meanwhile, and the lesson shows it as it becomes.
    """
    if chosen["theme"] == BOTH:
        raise UsageError("the preview shows one theme at a time: leave out --theme both, and change it in the page.")
    (entry,) = entries((lesson,), course=course)
    if corpus is None and (minutes or tokenizer):
        raise UsageError("--minutes and --tokenizer are for a model that is trained meanwhile: say --corpus FILE, too.")
    training = None
    if corpus is not None:
        if chosen.get("model") is not None:
            raise UsageError("--corpus trains the model that is shown: leave out --model.")
        training, sentence = _training(corpus, minutes or 10.0, tokenizer or "words", chosen["seed"] or 0)
        chosen["text"] = chosen["text"] or sentence
    chosen["questions"] = None if chosen["questions"] else chosen["questions"]  # its page asks, its film does not
    from studio.preview import serve

    serve(entry.id, chosen, host, port, token, not no_browser, quality, out, public_url, training)


def _training(corpus: Path, minutes: float, tokenizer: str, seed: int) -> tuple[dict[str, Any], str | None]:
    """What the trainer is ordered, and a sentence of the text. Raises UsageError where it cannot be read."""
    from model.paths import RENDERS
    from model.text.reading import read

    text = read(corpus)
    which = short_hash(f"{tokenizer} {seed} {minutes} {' '.join(text.documents)}")
    folder = RENDERS / "learning" / f"{slug(corpus.stem) or 'text'}-{which}"
    check_writable(folder)
    order = {"corpus": str(corpus.resolve()), "folder": str(folder), "tokenizer": tokenizer, "minutes": minutes}
    least, most = SENTENCE
    said = (document.split() for document in text.documents)
    return order | {"seed": seed}, next((" ".join(w) for w in said if least <= len(w) <= most), None)
