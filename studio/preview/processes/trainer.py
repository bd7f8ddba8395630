"""The trainer: a process that trains a model on a text of one's own, and shows it as it becomes.

`python -m studio.preview.processes.trainer SOCKET PARENT ORDER` connects to the server. Every few seconds it leaves
the model as it is as a checkpoint of its own, a folder that every lesson takes. It computes only while nobody else
wants to.
"""

from __future__ import annotations

import json
import math
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import ClearheadError
from studio.play.failures import plainly
from studio.preview.processes.forks import end_with_parent
from studio.preview.wire import Message, Wire

if TYPE_CHECKING:
    from model.training.own import OwnRun

TELL = 0.5  # seconds between two lines about how far it is
SNAPSHOT = 5.0  # seconds between two checkpoints that can be looked at
MOST = 40  # of them come so quickly; later ones the slower, the longer it has trained
PACE = 20  # steps of which the mean speed tells how long it will take


def main(address: str, parent: int, order: Message) -> None:
    """Train to the end, or until the server is gone."""
    end_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's business
    if not order.get("hurry"):
        stand_back()
    wire = Wire(address)
    wire.send({"role": "trainer", "pid": os.getpid()})
    try:
        Trainer(wire, order).train()
    except (ClearheadError, OSError) as error:
        wire.send({"event": "failed", "text": str(plainly(error) or error)})


def stand_back() -> None:
    """Let everybody else go first: the page, and those who draw."""
    os.nice(19)
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


class Trainer:
    """Tells {event: reading | began | progress | snapshot | paused | done | failed}, takes {order: pause | go}.

    order: corpus, tokenizer, minutes, seed, folder, and hurry where nobody draws beside it. In the folder: model/ is
    what is trained (as `clearhead train` has it), live/ the checkpoints that can be looked at."""

    def __init__(self, wire: Wire, order: Message):
        self.wire, self.order = wire, order
        self.folder = Path(order["folder"])
        self.begun, self.stood = time.monotonic(), 0.0  # seconds for which it was paused
        self.times: list[float] = []

    def train(self) -> None:
        from model.training.own import Wish, prepare, run_of

        self.wire.send({"event": "reading"})
        named = {name: self.order[name] for name in ("tokenizer", "minutes", "seed")}
        wish = Wish(Path(self.order["corpus"]), **named)
        prepared = prepare(wish)
        out = self.folder / "model"
        if (out / "model.safetensors").exists():
            return self.over(out)
        run = run_of(wish, prepared, out)
        self.wire.send({"event": "began", "step": run.step, "steps": run.recipe.steps, "curve": curve(run.history)})
        told, shown = 0.0, -math.inf
        for loss in self.steps(run):
            now = self.clock()
            self.times = [*self.times[-PACE:], now]
            if now - told > TELL:
                told = now
                self.tell(run, loss)
            if now - shown > max(SNAPSHOT, now / MOST):
                shown = now
                self.show(run)
        run.write(out)
        self.show(run)
        run.forget()
        self.wire.send({"event": "done"})

    def over(self, out: Path) -> None:
        """It was trained before."""
        history, about = (json.loads((out / file).read_text("utf-8")) for file in ("history.json", "config.json"))
        steps = about["training"]["steps"]
        self.wire.send({"event": "began", "step": steps, "steps": steps, "curve": curve(history)})
        self.wire.send({"event": "done"})

    def clock(self) -> float:
        """Seconds of training."""
        return time.monotonic() - self.begun - self.stood

    def steps(self, run: OwnRun) -> Iterator[float]:
        """The steps that are left, with their losses; the model before the first is shown, too."""
        if run.step == 0:
            self.show(run)
        for loss in run.steps():
            yield loss
            self.obey(run)

    def obey(self, run: OwnRun) -> None:
        """Hear what was ordered; paused, wait for more."""
        paused = False
        while paused or select.select([self.wire.socket], [], [], 0)[0]:
            began = time.monotonic()
            message = self.wire.receive()
            self.stood += time.monotonic() - began
            if message is None:
                run.keep()
                os._exit(0)
            if message["order"] == "pause" and not paused:
                run.keep()
                self.wire.send({"event": "paused"})
            paused = message["order"] == "pause"

    def tell(self, run: OwnRun, loss: float) -> None:
        pace = (self.times[-1] - self.times[0]) / max(1, len(self.times) - 1)
        left = (run.recipe.steps - run.step) * pace
        held = run.history["heldout"]
        heldout = [held["step"][-1], held["loss"][-1]] if held["step"] else None
        self.wire.send({"event": "progress", "step": run.step, "loss": loss, "left": left, "heldout": heldout})

    def show(self, run: OwnRun) -> None:
        """Leave the model as it is as a checkpoint: made beside its place, then moved there."""
        place = self.folder / "live" / f"step-{run.step:06d}"
        if not place.exists():
            run.publish(place)
        self.wire.send({"event": "snapshot", "step": run.step, "folder": str(place), "sample": run.sample()})


def curve(history: dict[str, Any]) -> Message:
    """The losses so far, of a run that goes on."""
    held = history["heldout"]
    return {
        "train": [list(pair) for pair in zip(history["step"], history["loss"], strict=True)],
        "heldout": [list(pair) for pair in zip(held["step"], held["loss"], strict=True)],
    }


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]))
