"""Noise that does not depend on how rows are divided."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from subsong.core.noise import ItemNoise, StepNoise

KINDS = ("normal", "uniform")


def step_noise(rows=None, step=3):
    return StepNoise(7, step, 8, rows)


@pytest.mark.parametrize("kind", KINDS)
def test_step_noise_is_the_same_however_the_rows_are_divided(kind):
    whole = step_noise()
    parts = [step_noise(torch.arange(0, 3)), step_noise(torch.arange(3, 8))]
    for shape in ((5,), (2, 3)):
        expected = getattr(whole, kind)(torch.empty(8, *shape))
        got = [getattr(part, kind)(torch.empty(n, *shape)) for part, n in zip(parts, (3, 5), strict=True)]
        assert torch.equal(torch.cat(got), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_step_noise_differs_between_steps_and_calls(kind):
    like = torch.empty(8, 4)
    first = step_noise(step=0)
    draws = [getattr(first, kind)(like), getattr(first, kind)(like), getattr(step_noise(step=1), kind)(like)]
    assert not any(torch.equal(draws[i], draws[j]) for i, j in ((0, 1), (0, 2), (1, 2)))


def test_step_noise_refuses_a_batch_of_another_number_of_rows():
    with pytest.raises(AssertionError, match="noise for 8 rows, asked for 5"):
        step_noise().normal(torch.empty(5, 2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_item_noise_depends_on_the_example_alone(kind, shape):
    order = torch.tensor([5, 2, 9, 0])
    together = ItemNoise(1, order)
    alone = [ItemNoise(1, order[i : i + 1]) for i in range(4)]
    for _ in range(2):
        expected = getattr(together, kind)(torch.empty(4, *shape))
        assert torch.equal(torch.cat([getattr(one, kind)(torch.empty(1, *shape)) for one in alone]), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_item_noise_differs_between_seeds_purposes_calls_and_examples(kind):
    like = torch.empty(2, 6)
    index = torch.arange(2)
    noise = ItemNoise(0, index)
    draws = [
        getattr(noise, kind)(like),
        getattr(noise, kind)(like),
        getattr(ItemNoise(1, index), kind)(like),
        getattr(ItemNoise(0, index, "samples"), kind)(like),
    ]
    rows = torch.cat(draws)
    assert len(torch.unique(rows, dim=0)) == len(rows) == 8


def test_item_noise_never_changes_between_versions():
    draws = ItemNoise(0, np.array([0, 7])).uniform(torch.empty(2, 2, dtype=torch.float64))
    expected = torch.tensor(
        [[0.8476377289099333, 0.21758411973502256], [0.9997076541374708, 0.9241743472218864]], dtype=torch.float64
    )
    assert torch.equal(draws, expected)


def test_item_noise_takes_arrays_and_no_rows():
    assert torch.equal(
        ItemNoise(0, np.arange(3)).normal(torch.empty(3, 2)), ItemNoise(0, torch.arange(3)).normal(torch.empty(3, 2))
    )
    assert ItemNoise(0, np.arange(0)).normal(torch.empty(0, 2)).shape == (0, 2)


@pytest.mark.parametrize("kind", ["step", "item"])
def test_normal_draws_have_the_moments_of_a_standard_normal(kind):
    noise = StepNoise(0, 0, 400) if kind == "step" else ItemNoise(0, torch.arange(400))
    draws = noise.normal(torch.empty(400, 500, dtype=torch.float64))
    assert draws.mean().abs() < 0.01
    assert abs(draws.std() - 1) < 0.01
    assert abs((draws**4).mean() - 3) < 0.06
    # Neighbouring examples and neighbouring positions are not related.
    assert abs((draws[1:] * draws[:-1]).mean()) < 0.01
    assert abs((draws[:, 1:] * draws[:, :-1]).mean()) < 0.01


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", ["step", "item"])
def test_uniform_draws_stay_below_one_in_every_precision(kind, dtype):
    noise = StepNoise(0, 0, 100) if kind == "step" else ItemNoise(0, torch.arange(100))
    draws = noise.uniform(torch.empty(100, 300, dtype=dtype))
    assert draws.dtype == dtype
    assert draws.min() >= 0
    assert draws.max() < 1
    assert abs(draws.double().mean() - 0.5) < 0.01


def test_no_draw_warns_of_overflow():
    with np.errstate(all="raise"):
        ItemNoise(2**62, torch.tensor([2**62, 0])).normal(torch.empty(2, 3))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_item_noise_is_the_same_on_another_device():
    index = torch.arange(4)
    here = ItemNoise(0, index).normal(torch.empty(4, 3))
    there = ItemNoise(0, index.cuda()).normal(torch.empty(4, 3, device="cuda"))
    assert torch.equal(there.cpu(), here)
