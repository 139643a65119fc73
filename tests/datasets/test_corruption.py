"""Corruption: what it does to the input, that it is deterministic, and that it leaves the target alone."""

from __future__ import annotations

import pydantic
import pytest
import torch

from subsong.core.config import ConfigBase
from subsong.core.noise import StepNoise
from subsong.datasets.corruption import CorruptionConfig, GaussianNoise, Masking, Swap, build_corruption
from subsong.datasets.types import Batch

NUM_ROWS = 64
INPUT = torch.rand((NUM_ROWS, 1, 20, 20), generator=torch.Generator().manual_seed(0))


def test_rows_masked_by_their_own_share_differ_and_average_half_of_it() -> None:
    ones = torch.ones(NUM_ROWS, 500)
    share = 1 - Masking(0.6, 0.0, per_row=True)(ones, noise()).mean(dim=1)
    assert share.mean().item() == pytest.approx(0.3, abs=0.06)
    assert share.min() < 0.1
    assert 0.5 < share.max() < 0.7


def noise(step: int = 0) -> StepNoise:
    return StepNoise(0, step, NUM_ROWS)


ALL = [GaussianNoise(0.3, (0.0, 1.0)), Masking(0.4, 0.0), Swap(0.4), Masking(0.8, 0.0, per_row=True)]


@pytest.mark.parametrize("corruption", ALL, ids=lambda one: type(one).__name__)
def test_the_input_itself_is_left_alone(corruption):
    before = INPUT.clone()
    corrupted = corruption(INPUT, noise())
    assert torch.equal(INPUT, before)
    assert corrupted.shape == INPUT.shape
    assert not torch.equal(corrupted, INPUT)


@pytest.mark.parametrize("corruption", ALL, ids=lambda one: type(one).__name__)
def test_equal_steps_corrupt_alike(corruption):
    assert torch.equal(corruption(INPUT, noise(3)), corruption(INPUT, noise(3)))
    assert not torch.equal(corruption(INPUT, noise(3)), corruption(INPUT, noise(4)))


@pytest.mark.parametrize("corruption", ALL[:2], ids=lambda one: type(one).__name__)
def test_a_step_divided_over_devices_is_corrupted_as_one(corruption):
    whole = corruption(INPUT, noise())
    for rows in (torch.arange(0, NUM_ROWS, 2), torch.arange(1, NUM_ROWS, 2)):
        part = corruption(INPUT[rows], StepNoise(0, 0, NUM_ROWS, rows))
        assert torch.equal(part, whole[rows])


def test_swap_divided_over_devices_replaces_the_same_entries():
    rows = torch.arange(0, NUM_ROWS, 2)
    whole, part = Swap(0.4)(INPUT, noise()), Swap(0.4)(INPUT[rows], StepNoise(0, 0, NUM_ROWS, rows))
    assert torch.equal(part != INPUT[rows], (whole != INPUT)[rows])


def test_gaussian_noise_has_its_standard_deviation():
    difference = GaussianNoise(0.1, None)(INPUT, noise()) - INPUT
    assert difference.std().item() == pytest.approx(0.1, rel=0.02)
    assert difference.mean().item() == pytest.approx(0, abs=0.002)


def test_gaussian_noise_is_clipped_to_the_range():
    corrupted = GaussianNoise(5.0, (0.25, 0.75))(INPUT, noise())
    assert corrupted.min() == 0.25
    assert corrupted.max() == 0.75


@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
def test_masking_sets_its_share_of_the_entries(fraction):
    corrupted = Masking(fraction, -2.0)(INPUT, noise())
    masked = corrupted == -2
    assert masked.float().mean().item() == pytest.approx(fraction, abs=0.02)
    assert torch.equal(corrupted[~masked], INPUT[~masked])


@pytest.mark.parametrize("fraction", [0.0, 0.3, 1.0])
def test_swap_replaces_its_share_by_the_same_entry_of_another_row(fraction):
    corrupted = Swap(fraction)(INPUT, noise())
    # Rows differ everywhere, so a replaced entry is a changed one: a row is never its own partner.
    changed = corrupted != INPUT
    assert changed.float().mean().item() == pytest.approx(fraction, abs=0.02)
    is_from_column = (corrupted[:, None] == INPUT[None]).any(dim=1)
    assert is_from_column.all()


def test_swap_draws_all_other_rows_alike():
    rows = torch.arange(4.0)[:, None].expand(4, 3000).contiguous()
    corrupted = Swap(1.0)(rows, StepNoise(0, 0, 4))
    for row in range(4):
        counts = torch.bincount(corrupted[row].long(), minlength=4) / 3000
        assert counts[row] == 0
        assert counts[torch.arange(4) != row].tolist() == pytest.approx([1 / 3] * 3, abs=0.04)


def test_swap_leaves_a_single_row_as_it_is():
    assert torch.equal(Swap(1.0)(INPUT[:1], StepNoise(0, 0, 1)), INPUT[:1])


def test_a_row_is_never_its_own_partner_in_low_precision():
    # Draws near 1 are rounded to 1; whole numbers up to 256 are exact.
    low = torch.arange(100.0, dtype=torch.bfloat16)[:, None].expand(100, 2000).contiguous()
    assert (Swap(1.0)(low, StepNoise(0, 0, 100)) != low).all()


class Config(ConfigBase):
    corruption: list[CorruptionConfig]


def parse(*parts: dict) -> list:
    return Config(corruption=list(parts)).corruption


def batch_of(values: torch.Tensor) -> Batch:
    return Batch(torch.arange(len(values)), values, values)


def test_the_target_is_never_touched():
    corrupt = build_corruption(parse({"kind": "masking", "fraction": 0.5}), (0.0, 1.0))
    batch = batch_of(INPUT.clone())
    corrupted = corrupt(batch, noise())
    assert torch.equal(corrupted.target, INPUT)
    assert not torch.equal(corrupted.input, INPUT)
    assert corrupted.rows is batch.rows


def test_corruptions_are_applied_in_turn():
    parts = [{"kind": "gaussian", "std": 0.2}, {"kind": "swap", "fraction": 0.1}]
    corrupted = build_corruption(parse(*parts), (0.0, 1.0))(batch_of(INPUT), noise())
    draws = noise()
    assert torch.equal(corrupted.input, Swap(0.1)(GaussianNoise(0.2, (0.0, 1.0))(INPUT, draws), draws))


def test_without_corruption_a_batch_passes_as_it_is():
    batch = batch_of(INPUT)
    assert build_corruption([], None)(batch, noise()) is batch


def test_a_corruption_of_ones_own_comes_in_by_path(tmp_path):
    (tmp_path / "mine.py").write_text(
        "class Negate:\n"
        "    def __init__(self, factor):\n"
        "        self.factor = factor\n"
        "    def __call__(self, input, noise):\n"
        "        return -self.factor * input\n"
    )
    part = {"kind": "import", "target": f"{tmp_path / 'mine.py'}:Negate", "arguments": {"factor": 2}}
    assert torch.equal(build_corruption(parse(part), None)(batch_of(INPUT), noise()).input, -2 * INPUT)


@pytest.mark.parametrize(
    "part",
    [
        {"kind": "blur"},
        {"kind": "gaussian", "std": 0},
        {"kind": "masking", "fraction": 1.5},
        {"kind": "swap", "fraction": 0.1, "value": 3},
        {"kind": "swap"},
    ],
)
def test_a_wrong_config_is_refused(part):
    with pytest.raises(pydantic.ValidationError):
        parse(part)
