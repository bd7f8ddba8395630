"""A model that is being trained while it is looked at: the trainer's process as the server sees it, and its snapshots.

The lesson goes to the newest snapshot, or to the one that was picked, whenever the leader's page stands still. While
the leader waits for a picture, training stands: it would slow the drawing even where it takes only idle processors."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from asyncio import StreamReader, StreamWriter, TimerHandle, get_running_loop
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from model.errors import UsageError
from studio.preview.sessions.controller import Controller
from studio.preview.sessions.pool import ProcessPool
from studio.preview.wire import Message, packed, receive

POINTS = 240  # of a curve that a page draws
LONGEST = 2.0  # seconds for which training stands because of one picture
LOST = "The training process has gone; “Go on” takes it up where it last saved."


@dataclass
class Learning:
    """What is trained (`order`: see processes/trainer.py), how far it is, and which snapshot is looked at.

    tell(message) sends to all pages. state: reading, training, paused, done or failed."""

    order: Message
    pool: ProcessPool
    controller: Controller
    tell: Callable[[Message], None]
    state: str = "reading"
    why: str = ""
    step: int = 0
    steps: int = 0
    left: float | None = None  # seconds
    train: list[list[float]] = field(default_factory=list)  # (step, loss)
    heldout: list[list[float]] = field(default_factory=list)
    snapshots: dict[int, Message] = field(default_factory=dict)  # step → folder, sample
    picked: int | None = None  # the step of the snapshot to be looked at; None: always the newest
    free: bool = False  # whether another model was chosen than these
    process: subprocess.Popen[bytes] | None = None
    writer: StreamWriter | None = None
    waits: bool = False  # whether the leader waits for a picture
    standing: TimerHandle | None = None  # lets the trainer go on, if nothing else does

    def start(self) -> None:
        """Begin, or go on. Snapshots of a run that goes on are there already."""
        self.pool.roles["trainer"] = self.connected
        self.controller.hurry = self.make_way
        self.state, self.why = "reading", ""
        for folder in sorted(Path(self.order["folder"]).glob("live/step-*/")):
            step = int(folder.name.removeprefix("step-"))
            self.snapshots.setdefault(step, {"folder": str(folder), "sample": ""})
        arguments = [self.pool.address, str(os.getpid()), json.dumps(self.order)]
        command = [sys.executable, "-m", "studio.preview.processes.trainer", *arguments]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)

    def stop(self) -> None:
        self.let_go()
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    # ── making way ───────────────────────────────────────────────────────────────────────────────
    def make_way(self, waits: bool) -> None:
        """Have the trainer stand from when the leader waits for a picture until it is there, or does not come for long.

        It is killed with the server, which ends it even while it stands."""
        if waits == self.waits:
            return
        self.waits = waits
        if not waits:
            self.let_go()
        elif self.process is not None and self.state == "training":  # before, it measures how fast this machine is
            self.process.send_signal(signal.SIGSTOP)
            self.standing = get_running_loop().call_later(LONGEST, self.let_go)

    def let_go(self) -> None:
        """Have the trainer go on, if it stands."""
        if self.standing is not None and self.process is not None:
            self.standing.cancel()
            self.standing = None
            self.process.send_signal(signal.SIGCONT)

    # ── what is heard from the trainer ───────────────────────────────────────────────────────────
    async def connected(self, hello: Message, reader: StreamReader, writer: StreamWriter) -> None:
        self.writer = writer
        while (message := await receive(reader)) is not None:
            self.hear(message[0])
        self.writer = None
        if self.process is not None:
            self.process.wait()
        if self.state in ("reading", "training", "paused"):
            self.state, self.why = "failed", LOST
            self.tell(self.told())

    def hear(self, event: Message) -> None:
        kind = event["event"]
        if kind == "began":
            self.state, self.step, self.steps = "training", event["step"], event["steps"]
            self.train, self.heldout = event["curve"]["train"], event["curve"]["heldout"]
            self.snapshots = {step: told for step, told in self.snapshots.items() if step <= self.step}
            self.picked = self.picked if self.picked in self.snapshots else None
        elif kind == "progress":
            self.step, self.left = event["step"], event["left"]
            self.train.append([event["step"], round(event["loss"], 4)])
            if event["heldout"] is not None and event["heldout"] not in self.heldout:
                self.heldout.append(event["heldout"])
        elif kind == "snapshot":
            self.snapshots[event["step"]] = {"folder": event["folder"], "sample": event["sample"]}
        elif kind in ("paused", "done"):
            self.state, self.left = kind, None
        elif kind == "failed":
            self.state, self.why = "failed", event["text"]
        self.follow()
        self.tell(self.told())

    # ── what pages ask for ───────────────────────────────────────────────────────────────────────
    def ask(self, what: str, step: int | None = None) -> None:
        """pause, go (on), newest (is followed from now on), show (the snapshot of `step`, and stay there).

        Raises UsageError for a snapshot that is not there."""
        if what == "show":
            if step not in self.snapshots:
                raise UsageError(f"There is no snapshot of step {step}.")
            self.picked, self.free = step, False
            self.follow()
        elif what == "newest":
            self.picked, self.free = None, False
            self.follow()
        elif what == "go" and self.writer is None and self.state == "failed":
            self.start()
        elif self.writer is not None and self.state in ("training", "paused"):
            self.writer.write(packed({"order": what}))
            self.state = "training" if what == "go" else self.state
        self.tell(self.told())

    def follow(self) -> None:
        """Go to the snapshot that is wanted, if nothing moves and nothing else is being prepared."""
        controller = self.controller
        at_rest = controller.current is not None and controller.next is None and not controller.place.playing
        at_rest = at_rest and not controller.held()
        step = max(self.snapshots, default=None) if self.picked is None else self.picked
        if at_rest and not self.free and step is not None and self.shown != step:
            controller.swap_model(self.snapshots[step]["folder"])

    @property
    def newest(self) -> bool:
        """Whether always the newest snapshot is shown."""
        return self.picked is None and not self.free

    @property
    def shown(self) -> int | None:
        """The step of the snapshot that is on, or is being prepared."""
        controller = self.controller
        selection = controller.next.target.selection if controller.next else controller.selection
        model = selection.options.get("model")
        return next((step for step, told in self.snapshots.items() if told["folder"] == model), None)

    def told(self) -> Message:
        """All that a page needs to know."""
        named = ("state", "why", "step", "steps", "left", "newest", "shown")
        return {
            "type": "learning",
            "text": Path(self.order["corpus"]).name,
            **{name: getattr(self, name) for name in named},
            "train": thinned(self.train),
            "heldout": thinned(self.heldout),
            "snapshots": sorted(self.snapshots),
            "sample": self.sample(),
        }

    def sample(self) -> str:
        """What the model that is looked at writes, else the newest one."""
        step = max(self.snapshots, default=None) if self.shown is None else self.shown
        return "" if step is None else str(self.snapshots[step]["sample"])


def thinned(points: list[list[float]]) -> list[list[float]]:
    """At most so many points of a curve, evenly chosen, the last one among them."""
    every = -(-len(points) // POINTS) or 1
    return points[::-1][::every][::-1]
