"""Counted work against what torch really does (its flop counter: two for each multiply-add)."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from model.net.cache import Cache
from model.net.config import ModelConfig
from model.net.transformer import build
from model.study.turns.work import PARTS, Work, afresh, kept
from tests.model.net.test_cache import KINDS, SIZES


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def model(request):
    return build(ModelConfig(**SIZES, **request.param)).eval()


def counted(call) -> float:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / 2


def test_a_pass_costs_what_torch_does(model):
    for length in (1, 5, 9):
        work = Work(model.config).grid([(0, length)])
        assert counted(lambda length=length: model(torch.arange(length))) == float(work.sum())


def test_a_loop_costs_what_torch_does_with_and_without_a_cache(model):
    tokens, work = torch.arange(9), Work(model.config)

    def again():
        for _, end in afresh(5, 5):
            model(tokens[:end])

    def on():
        cache = Cache(model)
        for start, end in kept(5, 5):
            cache.read(tokens[start:end])

    assert counted(again) == float(work.grid(afresh(5, 5)).sum())
    assert counted(on) == float(work.grid(kept(5, 5)).sum())
    assert counted(on) < counted(again)


def test_parts_add_up_to_what_a_token_costs(model):
    work = Work(model.config)
    parts = work.parts(7)
    assert parts.shape == (len(PARTS),)
    assert float(parts.sum()) == float(work.grid([(6, 7)]).sum())


def test_the_numbers_that_are_kept(model):
    cache = Cache(model)
    cache.read(torch.arange(4))
    assert cache.size == 4 * float(Work(model.config).kept)


def test_which_words_each_turn_reads():
    assert afresh(5, 3) == [(0, 5), (0, 6), (0, 7)]
    assert kept(5, 3) == [(0, 5), (5, 6), (6, 7)]
    once = Work(ModelConfig(**SIZES)).grid(kept(5, 3)).values
    assert ((once > 0).sum(axis=0) == 1).all() and once.shape == (3, 7)
