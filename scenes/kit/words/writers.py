"""What writes into the residual stream, as it is called on screen."""

from __future__ import annotations

from scenes.kit.ground.say import Said, say

SHORT = {"attention": "attn"}
WHOLE = {"embed": "word", "pos_embed": "position", "ln_final.b": "last norm", "b_U": "bias"}
PARTS = {"attn_out": "attention", "mlp_out": "MLP", "resid_mid": "attention", "resid_post": "MLP"}


def name_of(tensor: str, short: bool = False) -> Said:
    """What a write, or the stop behind it, is called: "MLP 3" for blocks.3.mlp_out and blocks.3.resid_post."""
    if not tensor.startswith("blocks.") or tensor.endswith("resid_pre"):
        return say(WHOLE.get(tensor, "start"))
    _, layer, part = tensor.split(".")
    name = PARTS[part]
    return say((SHORT.get(name, name) if short else name) + " {l}", l=int(layer))


__all__ = ["name_of"]
