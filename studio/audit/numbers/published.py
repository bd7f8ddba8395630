"""Sizes of models as their authors published them, copied from where they stand, and not from the lessons.

GPT-2 small: Radford et al. 2019, *Language Models are Unsupervised Multitask Learners*, table 2 (layers, d_model) and
§ 2.2–2.3 (vocabulary, context); heads: hparams.json of the released model. GPT-3: Brown et al. 2020, *Language Models
are Few-Shot Learners*, table 2.1 (layers, d_model, heads, d_head), § 2.1 (context; d_ff = 4 · d_model); its vocabulary
is that of GPT-2."""

SIZES: dict[str, dict[str, int]] = {
    "GPT-2 small": {
        "vocab_size": 50257,
        "n_ctx": 1024,
        "n_layers": 12,
        "d_model": 768,
        "n_heads": 12,
        "d_head": 768 // 12,
        "d_mlp": 4 * 768,
    },
    "GPT-3": {
        "vocab_size": 50257,
        "n_ctx": 2048,
        "n_layers": 96,
        "d_model": 12288,
        "n_heads": 96,
        "d_head": 128,
        "d_mlp": 4 * 12288,
    },
}

__all__ = ["SIZES"]
