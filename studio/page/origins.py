"""What the page says of numbers that no run recorded."""

from __future__ import annotations

from model.numbers import origins
from model.numbers.tree import Origin


def told(origin: Origin | None) -> str:
    """Where a given number comes from, in a few words; empty where its name says all."""
    match origin:
        case origins.Chosen():
            return "chosen for this lesson"
        case origins.Constant():
            return "a constant"
        case origins.Setting(field):
            return f"{field}, a setting of the model"
        case origins.Step(field):
            return f"{field}, a setting of the optimizer"
        case origins.Drawn(seed, draw):
            return f"draw {draw} of a random generator (PCG64), seed {seed}"
        case origins.Normal(seed):
            return f"draws of a random generator (PCG64), seed {seed}, normally distributed"
        case origins.Published(model, field):
            return f"{field} of {model}, as its authors published it"
        case origins.Stored():
            return "counted in the file of weights"
        case origins.Measured():
            return "measured on the checkpoint"
        case origins.Logged():
            return "written down while the model was trained"
        case origins.Scored(_, steps):
            return f"measured on {len(steps)} snapshots of the training"
        case origins.Axes():
            return "principal axes of those rows"
    return ""
