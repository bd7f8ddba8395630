"""What happens to models and texts on their way: links, pointers, adapters, odd values, line ends."""

import json
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from model import UsageError, load, run
from model.runs.sampling import generate
from model.text.subwords import Characters
from tests.model.families import test_gguf, test_nanogpt
from tests.model.families.foreign import TEXT, compute, model, write
from tests.model.families.test_refusals import refused


def changed(folder, **change):
    """Its config with some entries otherwise; None takes one out, "null" makes it null."""
    file = folder / "config.json"
    about = json.loads(file.read_text()) | change
    kept = {name: None if value == "null" else value for name, value in about.items() if value is not None}
    file.write_text(json.dumps(kept))
    return folder


# ── texts ────────────────────────────────────────────────────────────────────────────────────────
def test_a_text_is_read_as_it_was_typed():
    characters = Characters("\n\t abé")
    assert characters.encode("a\nb").ids == (3, 0, 4) and characters.encode(" a b ").ids == (2, 3, 2, 4, 2)
    assert characters.encode("\n").ids == (0,) and characters.encode("a\tb").tokens == ("a", "\t", "b")
    assert characters.encode("a\u200bb\u200f").ids == (3, 4), "marks that nobody can see are left out"
    with pytest.raises(UsageError, match="knows no"):
        characters.encode("e\u0301")  # an é of two signs is not the one sign


def test_one_text_has_one_encoding(tmp_path):
    """Dropout of pairs is for training."""
    file = tmp_path / "mine.gguf"
    test_gguf.write(file, test_gguf.llama(**test_gguf.SIZES))
    test_gguf.convert(file, tmp_path)
    about = json.loads((tmp_path / "tokenizer.json").read_text())
    about["model"]["dropout"] = 0.5
    (tmp_path / "tokenizer.json").write_text(json.dumps(about))
    file.unlink()
    read = load(tmp_path).tokenizer
    assert {read.encode(test_gguf.TEXT).ids for _ in range(20)} == {read.encode(test_gguf.TEXT).ids}


@pytest.mark.parametrize("pieces", [{"cat": 50}, {"cat": 40}])
def test_pieces_that_the_model_does_not_have_are_refused(pieces, tmp_path):
    folder = write("Llama 2", tmp_path / "mine")
    file = folder / "tokenizer.json"
    about = json.loads(file.read_text())
    size = json.loads((folder / "config.json").read_text())["vocab_size"]
    assert min(pieces.values()) >= size
    about["model"]["vocab"] |= pieces
    file.write_text(json.dumps(about))
    refused(folder, f"gives 'cat' the id .*, the model has {size}")


def test_each_end_ends_a_text(tmp_path):
    folder = write("Llama 2", tmp_path / "mine")
    turns = [turn.ranking[0] for turn in generate(load(folder), TEXT, 6, greedy=True)]
    changed(folder, eos_token_id=[1, int(turns[2])])
    ended = list(generate(load(folder), TEXT, 6, greedy=True))
    assert ended[-1].last and len(ended) == [int(t) for t in turns].index(int(turns[2])) + 1


# ── files and folders ────────────────────────────────────────────────────────────────────────────
def test_a_link_stands_where_it_stands(tmp_path):
    """What lies beside a link counts, not what lies beside the file that it leads to."""
    theirs, there = test_nanogpt.Theirs(True), tmp_path / "out"
    (tmp_path / "scratch").mkdir(), there.mkdir()
    kept = test_nanogpt.write(tmp_path / "scratch", theirs, True)
    (there / "ckpt.pt").symlink_to(kept / "ckpt.pt")
    other = dict(enumerate(reversed(test_nanogpt.CHARACTERS)))
    (there / "meta.pkl").write_bytes(pickle.dumps({"itos": other, "stoi": {c: k for k, c in other.items()}}))
    by_file, by_folder = load(there / "ckpt.pt"), load(there)
    assert by_file.tokenizer.encode("the").ids == by_folder.tokenizer.encode("the").ids
    assert by_file.tokenizer.encode("the").ids != load(kept).tokenizer.encode("the").ids


def test_a_gguf_in_a_cache_of_links(tmp_path):
    blob = tmp_path / "9f86d081"
    test_gguf.write(blob, test_gguf.llama(**test_gguf.SIZES))
    (tmp_path / "mine.gguf").symlink_to(blob)
    (tmp_path / "Loud.GGUF").symlink_to(blob)
    one = run(load(tmp_path / "mine.gguf"), test_gguf.TEXT)
    assert one.array("logits").tolist() == run(load(tmp_path / "Loud.GGUF"), test_gguf.TEXT).array("logits").tolist()
    refused(tmp_path, "several GGUF files, Loud.GGUF, mine.gguf: give the path of one")


def test_models_have_the_names_of_their_folders(tmp_path):
    names = ["Llama-3.1-8B", "Llama-3.2-1B"]
    assert [load(write("Llama 2", tmp_path / name)).name for name in names] == names


def test_a_gguf_beside_a_config_alone(tmp_path):
    test_gguf.write(tmp_path / "mine.gguf", test_gguf.llama(**test_gguf.SIZES))
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    assert load(tmp_path).config.d_model == 32


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 134\n"


@pytest.mark.parametrize(
    "content, words", [(POINTER, "git lfs pull"), ("half of it", "is it whole. Download it again")]
)
@pytest.mark.parametrize("name", ["model.safetensors", "mine.gguf", "ckpt.pt"])
def test_weights_that_are_none(name, content, words, tmp_path):
    folder = tmp_path / "mine"
    if name == "model.safetensors":
        write("Llama 2", folder)
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(content)
    refused(folder, words)


def test_what_is_no_folder_of_a_model(tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    refused(tmp_path, "adapter .LoRA.: merge it")
    folder = write("Llama 2", tmp_path / "mine")
    refused(folder / "model.safetensors", "single file: give the folder that it lies in")
    for name, words in (("", "no checkpoint ''"), ("meta-llama/Llama-3.2-1B", "must be downloaded first")):
        with pytest.raises(UsageError, match=words):
            load(name)


def test_a_sign_before_a_config_is_passed_over(tmp_path):
    folder = write("Llama 2", tmp_path / "mine")
    file = folder / "config.json"
    file.write_text(file.read_text(), encoding="utf-8-sig")
    assert load(folder).config.n_layers


# ── configs ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "kind, change, words",
    [
        (
            "Llama 2",
            {"rope_parameters": {"rope_type": "linear", "factor": 0, "rope_theta": 1e4}},
            "factor is 0, must be",
        ),
        ("Llama 2", {"rope_parameters": {"rope_theta": 0}}, "rope_theta is 0, must be a number above 0"),
        ("Llama 2", {"rms_norm_eps": -1}, "rms_norm_eps is -1"),
        ("Llama 2", {"rms_norm_eps": float("nan")}, "rms_norm_eps is nan"),
        ("Llama 2", {"rms_norm_eps": "1e-5"}, "rms_norm_eps is '1e-5'"),
        ("Llama 2", {"rope_scaling": [1], "rope_parameters": None}, "of another kind"),
        ("Llama 2", {"rope_parameters": "linear"}, "of another kind"),
        ("Llama 2", {"model_type": ["llama"]}, "of another kind|not supported"),
        ("GPT-2", {"layer_norm_epsilon": "1e-5"}, "layer_norm_epsilon is '1e-5'"),
        ("Qwen 2, windows", {"sliding_window": "null"}, "sliding_window is null"),
        ("Qwen 2", {"layer_types": ["sliding_attention"] * 4, "use_sliding_window": False}, "turns off|layer_types"),
        ("Gemma 2", {"sliding_window": "null"}, "sliding_window is null"),
        ("Gemma 2", {"final_logit_softcapping": "1.5"}, "final_logit_softcapping is '1.5'"),
        ("Gemma 3", {"attn_logit_softcapping": 2.0}, "attn_logit_softcapping 2.0 is not supported"),
        ("Gemma 3", {"sliding_window_pattern": 0, "layer_types": None}, "of another kind"),
        ("Gemma 3", {"rope_parameters": {"rope_type": "yarn"}}, "rope_parameters .* is not supported"),
        ("Gemma", {"hidden_act": "silu"}, "hidden_act 'silu' is not supported"),
    ],
)
def test_values_without_meaning_are_refused(kind, change, words, tmp_path):
    refused(changed(write(kind, tmp_path / "mine"), **change), words)


def test_the_first_files_of_gemma(tmp_path):
    folder = write("Gemma", tmp_path / "mine")
    whole = load(folder)
    old = load(changed(folder, hidden_act="gelu", hidden_activation="null"))
    assert old.config == whole.config


def test_mistral_has_a_window_unless_it_is_null(tmp_path):
    folder = write("Mistral", tmp_path / "mine")
    assert load(folder).config.window not in (None, 4096)
    assert load(changed(folder, sliding_window=None)).config.window == 4096
    assert load(changed(folder, sliding_window="null")).config.window is None


def test_entries_that_say_nothing_of_one_text(tmp_path):
    folder = write("GPT-2", tmp_path / "mine")
    whole = load(folder)
    more = dict(
        n_special=0, predict_special_tokens=True, tokenizer_class="GPT2Tokenizer", do_sample=True, max_length=50
    )
    assert load(changed(folder, **more, temperature=1.0, _attn_implementation_autoset=True)).config == whole.config
    gemma = write("Gemma 3", tmp_path / "gemma")
    assert load(changed(gemma, query_pre_attn_scalar=8.0)).config.score_size == 8


def test_the_bias_of_bert_that_is_saved_twice(tmp_path):
    folder = write("BERT", tmp_path / "mine")
    file = folder / "model.safetensors"
    held = load_file(file)
    bias = held.get("cls.predictions.bias", held.get("cls.predictions.decoder.bias"))
    same = held | {"cls.predictions.bias": bias.clone(), "cls.predictions.decoder.bias": bias.clone()}
    save_file(same, file)
    ids = run(load(folder), TEXT).ids
    torch.testing.assert_close(
        torch.tensor(run(load(folder), TEXT).array("logits")), compute(model("BERT"), ids).logits, atol=1e-4, rtol=1e-4
    )
    save_file(same | {"cls.predictions.decoder.bias": bias + 1}, file)
    refused(folder, "decoder.bias is not cls.predictions.bias")


# ── GGUF ─────────────────────────────────────────────────────────────────────────────────────────
def test_llama_3_takes_whole_words_first(tmp_path, monkeypatch):
    """A word of its list that no pair of pieces joins to (llama.cpp's pull request 7193)."""
    monkeypatch.setattr(test_gguf, "PIECES", [*test_gguf.PIECES, "cat"])
    theirs = test_gguf.llama(**test_gguf.SIZES)
    for pre, tokens in (("llama-bpe", ("cat",)), ("smollm", ("c", "a", "t"))):
        read = load(test_gguf.write(tmp_path / f"{pre}.gguf", theirs, pre=pre))
        shown = [token for token in read.tokenizer.encode("cat").tokens if token != "<|endoftext|>"]
        assert tuple(shown) == tokens


def test_an_end_that_is_added_to_a_text_is_refused(tmp_path, monkeypatch):
    from model.families import gguf

    theirs = test_gguf.llama(**test_gguf.SIZES)
    file = test_gguf.write(tmp_path / "mine.gguf", theirs)
    whole = gguf.tokenizer
    said = lambda held: whole(replace_values(held, add_eos_token=True))  # noqa: E731
    monkeypatch.setattr(gguf, "tokenizer", said)
    refused(file, "add_eos_token True is not supported")


def replace_values(entries, **values):
    entries.values = {**entries.values, **values}
    return entries


def test_a_head_that_does_not_divide_the_stream(tmp_path, monkeypatch):
    folder = test_nanogpt.write(tmp_path, test_nanogpt.Theirs(True), True)
    held = torch.load(folder / "ckpt.pt", weights_only=True)
    held["model_args"]["n_head"] = 5
    torch.save(held, folder / "ckpt.pt")
    refused(folder, "n_head 5 is not supported|of another kind")
