"""One step of learning on a text, and what a training run left behind. Importing this is cheap: torch comes with use.

from model.learning import step
trace = step(checkpoint, "The capital of Italy is Rome")
trace["losses"], trace["loss"]               # −log p of each true next word, and their mean
trace["grad.blocks.1.attn.W_Q"]              # beside every weight and every activation: the slope of the loss
trace["update.W_E"], trace["after.W_E"]      # what AdamW adds, and the weights then
trace["after.probs"], trace["after.loss"]    # the same text, run again
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.numbers.trace import Trace

if TYPE_CHECKING:
    from model.runs.checkpoints import Checkpoint

GRAD, UPDATE, AFTER = "grad.", "update.", "after."  # what stands before the names of a run


def step(checkpoint: Checkpoint | str, text: str) -> Trace:
    """One step of AdamW on one text, from fresh moments, by the settings of the checkpoint's training run.

    The trace of the text's run with, beside every weight and every activation X that it records, `grad.X`, the
    derivative of the loss; `truth` [position, vocab], 1 for the word that does come next; `losses` [position], −log p
    of that word in nats; `loss`, their mean; `grad_norm` and `clip`; `update.X` and `after.X` of every weight, and
    `after.X` of every tensor of the second run of the text. The loss is that of the text alone (what a recipe adds to
    it, `centring`, is left out). Computed in float64, recorded in float32.
    Raises UsageError for a text of one token and for a model that does not predict the next word."""
    from model.learning.backward import step_of

    return step_of(checkpoint, text)


def nudged(checkpoint: Checkpoint | str, text: str, name: str, index: tuple[int, ...], by: float) -> Trace:
    """The text's run with its `losses` and `loss` after one weight was moved by so much."""
    from model.learning.backward import nudged_run

    return nudged_run(checkpoint, text, name, index, by)


__all__ = ["AFTER", "GRAD", "UPDATE", "nudged", "step"]
