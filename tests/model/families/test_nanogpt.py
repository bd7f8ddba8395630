"""nanoGPT's checkpoints against `transformers`' GPT-2 with exact GELU, and pickles that would run code."""

import pickle

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from model import UsageError, load, run
from model.errors import ClearheadError
from model.families import nanogpt
from tests.model.families.foreign import tokenizer
from tests.model.numbers.test_making import check_that_every_number_says_how_it_was_made

CHARACTERS = "\n abcdefghijklmnopqrstuvwxyz"
ARGS = dict(n_layer=2, n_head=3, n_embd=12, block_size=16, vocab_size=len(CHARACTERS), dropout=0.2)
TEXT = "the old dog"


class Theirs(nn.Module):
    """The model of nanoGPT's model.py, in its names."""

    def __init__(self, bias: bool):
        super().__init__()
        d = ARGS["n_embd"]
        linear = [("attn.c_attn", d, 3 * d), ("attn.c_proj", d, d), ("mlp.c_fc", d, 4 * d), ("mlp.c_proj", 4 * d, d)]
        self.values = {"wte.weight": torch.randn(ARGS["vocab_size"], d), "wpe.weight": torch.randn(16, d)}
        for name in ["ln_f", *(f"h.{k}.ln_{n}" for k in (0, 1) for n in (1, 2))]:
            self.values |= {f"{name}.weight": torch.rand(d) + 0.5} | ({f"{name}.bias": torch.randn(d)} if bias else {})
        for k in (0, 1):
            for name, into, out in linear:
                self.values[f"h.{k}.{name}.weight"] = torch.randn(out, into) / 3
                if bias:
                    self.values[f"h.{k}.{name}.bias"] = torch.randn(out) / 3

    def state(self, prefix: str) -> dict:
        tied = {"lm_head.weight": self.values["wte.weight"]}
        return {f"{prefix}transformer.{name}": one for name, one in self.values.items()} | tied

    def normed(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.values[f"{name}.weight"], self.values.get(f"{name}.bias"))

    def linear(self, x, name):
        return F.linear(x, self.values[f"{name}.weight"], self.values.get(f"{name}.bias"))

    def forward(self, ids):
        x = self.values["wte.weight"][ids] + self.values["wpe.weight"][: len(ids)]
        for k in (0, 1):
            three = self.linear(self.normed(x, f"h.{k}.ln_1"), f"h.{k}.attn.c_attn").split(12, dim=-1)
            q, k_, v = (one.view(len(ids), 3, 4).transpose(0, 1) for one in three)
            z = F.scaled_dot_product_attention(q, k_, v, is_causal=True).transpose(0, 1).reshape(len(ids), 12)
            x = x + self.linear(z, f"h.{k}.attn.c_proj")
            x = x + self.linear(
                F.gelu(self.linear(self.normed(x, f"h.{k}.ln_2"), f"h.{k}.mlp.c_fc")), f"h.{k}.mlp.c_proj"
            )
        return self.normed(x, "ln_f") @ self.values["wte.weight"].T


def write(folder, theirs, bias, prefix=""):
    args = ARGS | {"bias": bias}
    held = {"model": theirs.state(prefix), "model_args": args, "iter_num": 5, "best_val_loss": torch.tensor(1.5)}
    torch.save(
        held | {"optimizer": {"state": {0: {"step": torch.tensor(5.0)}}}, "config": {"wandb": False}},
        folder / "ckpt.pt",
    )
    itos = dict(enumerate(CHARACTERS))
    meta = {"vocab_size": len(itos), "itos": itos, "stoi": {char: place for place, char in itos.items()}}
    (folder / "meta.pkl").write_bytes(pickle.dumps(meta))
    return folder


@pytest.mark.parametrize("bias, prefix", [(True, ""), (False, "_orig_mod.")])
def test_nanogpt(bias, prefix, tmp_path):
    torch.manual_seed(3)
    theirs = Theirs(bias)
    folder = write(tmp_path, theirs, bias, prefix)
    trace = run(load(folder), TEXT)
    assert trace.ids == tuple(CHARACTERS.index(char) for char in TEXT) and trace.tokens == tuple(TEXT)
    expected = theirs(torch.tensor(trace.ids))
    assert abs(torch.from_numpy(trace.array("logits").copy()) - expected).max() <= 1e-4 * abs(expected).max()
    check_that_every_number_says_how_it_was_made(trace, 6)
    assert load(folder / "ckpt.pt").hash == load(folder).hash
    with pytest.raises(UsageError, match="knows no 'T'"):
        run(load(folder), "The dog")


def test_without_characters_a_tokenizer_is_asked_for(tmp_path):
    folder = write(tmp_path, Theirs(True), True)
    (folder / "meta.pkl").unlink()
    with pytest.raises(ClearheadError, match="neither meta.pkl nor tokenizer.json"):
        load(folder)
    tokenizer(False).save(str(folder / "tokenizer.json"))
    assert run(load(folder), "the old dog").tokens == ("the", "old", "dog")


class Bomb:
    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return (open, (str(self.file), "w"))


@pytest.mark.parametrize("place", ["ckpt.pt", "as zip", "meta.pkl"])
def test_a_pickle_that_would_run_code_is_refused(place, tmp_path):
    folder = write(tmp_path, Theirs(True), True)
    bomb = {"model": {}, "model_args": ARGS, "itos": Bomb(tmp_path / "boom"), "vocab_size": 3}
    if place == "as zip":
        torch.save(bomb, folder / "ckpt.pt")
    else:
        (folder / place).write_bytes(pickle.dumps(bomb))
    with pytest.raises(ClearheadError, match="nothing else is unpickled|which is never called") as caught:
        load(folder)
    assert "\n" not in str(caught.value) and not (tmp_path / "boom").exists()


@pytest.mark.parametrize(
    "meta, words",
    [
        ({"itos": {0: "a"}}, "does not hold 28 characters"),
        ({"itos": dict.fromkeys(range(28), "ab")}, "'ab' is not a character"),
        ([1, 2], "does not hold 28 characters"),
    ],
)
def test_characters_that_are_none(meta, words, tmp_path):
    (folder := write(tmp_path, Theirs(True), True)).joinpath("meta.pkl").write_bytes(pickle.dumps(meta))
    with pytest.raises(ClearheadError, match=words):
        load(folder)


def test_other_checkpoints_of_torch(tmp_path):
    torch.save({"weights": torch.ones(3)}, tmp_path / "ckpt.pt")
    with pytest.raises(ClearheadError, match="not a checkpoint of nanoGPT"):
        load(tmp_path)
    folder = write(tmp_path, Theirs(True), True)
    held = torch.load(folder / "ckpt.pt", weights_only=True)
    held["model_args"]["rotary"] = True
    torch.save(held, folder / "ckpt.pt")
    with pytest.raises(ClearheadError, match="model_args: rotary = True is not supported"):
        load(folder)
    assert nanogpt.FILE == "ckpt.pt"
