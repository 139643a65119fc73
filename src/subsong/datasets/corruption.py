"""Corruption of inputs during training: the model sees less than it is asked about.

The numbers come from the step's `Noise`, so a resumed run corrupts alike. Targets are never touched.

Legend: B = rows of this (micro-)batch on this device, D = entries of one row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal, Protocol

import torch
from pydantic import Field
from torch import Tensor

from subsong.core.config import ConfigBase, ImportedPart
from subsong.core.noise import Noise
from subsong.datasets.types import Batch

ValueRange = tuple[float, float]


class Corruption(Protocol):
    """Something that returns a corrupted copy of an input and leaves the input alone."""

    def __call__(self, input: Tensor, noise: Noise) -> Tensor:
        """Return a tensor of the shape of `input`, (B, ...)."""
        ...


class GaussianNoise:
    """Add normal noise and clip to the range of the values.

    Parameters
    ----------
    std
        Standard deviation, in the units of the input.
    value_range
        Smallest and largest value, or None for no clipping.

    Notes
    -----
    On inputs of only 0 and 1, a small `std` destroys nothing (a threshold gets the input back) and, clipped, it shifts
    the mean of both: use masking there.
    """

    def __init__(self, std: float, value_range: ValueRange | None) -> None:
        self._std, self._value_range = std, value_range

    def __call__(self, input: Tensor, noise: Noise) -> Tensor:
        """Return the input with noise added, shape (B, ...)."""
        noisy = torch.add(input, noise.normal(input), alpha=self._std)
        return noisy if self._value_range is None else noisy.clamp_(*self._value_range)


class Masking:
    """Set a share of the entries, each drawn by itself, to one value.

    Parameters
    ----------
    fraction
        Probability of an entry to be masked.
    value
        What it is set to.
    per_row
        Draw each row's own probability between 0 and `fraction`: a model then learns from rows that miss little and
        from rows that miss much.
    """

    def __init__(self, fraction: float, value: float, per_row: bool = False) -> None:
        self._fraction, self._value, self._per_row = fraction, value, per_row

    def __call__(self, input: Tensor, noise: Noise) -> Tensor:
        """Return the input with entries masked, shape (B, ...)."""
        if not self._per_row:
            return input.masked_fill(noise.uniform(input) < self._fraction, self._value)
        row = input.reshape(len(input), -1)[:, :1].reshape(-1, *[1] * (input.ndim - 1))
        return input.masked_fill(noise.uniform(input) < self._fraction * noise.uniform(row), self._value)


class Gain:
    """Make whole rows brighter or darker: what louder and quieter recordings are in pictures of log magnitude.

    Parameters
    ----------
    spread
        Standard deviation of what is added to a row, in the units of the input.
    value_range
        Smallest and largest value, or None for no clipping.
    """

    def __init__(self, spread: float, value_range: ValueRange | None) -> None:
        self._spread, self._value_range = spread, value_range

    def __call__(self, input: Tensor, noise: Noise) -> Tensor:
        """Return the input with one number added to each row, shape (B, ...)."""
        row = input.reshape(len(input), -1)[:, :1].reshape(-1, *[1] * (input.ndim - 1))
        shifted = input + self._spread * noise.normal(row)
        return shifted if self._value_range is None else shifted.clamp_(*self._value_range)


class Swap:
    """Replace a share of the entries, each drawn by itself, by the same entry of another row of the batch.

    The partner is drawn for each entry anew and is never the row itself, so every feature keeps its distribution
    while the ties between features are broken. A batch of one row stays as it is.

    Parameters
    ----------
    fraction
        Probability of an entry to be replaced.

    Notes
    -----
    Partners come from the rows at hand. Where a step's rows are divided over devices or micro-batches, which entries
    are replaced does not depend on the division, but by what does.
    """

    def __init__(self, fraction: float) -> None:
        self._fraction = fraction

    def __call__(self, input: Tensor, noise: Noise) -> Tensor:
        """Return the input with entries swapped, shape (B, ...)."""
        num_rows = len(input)
        # Both are drawn also where they are not needed: the stream must not depend on the number of rows at hand.
        is_swapped, place = noise.uniform(input) < self._fraction, noise.uniform(input)
        if num_rows < 2:
            return input.clone()
        # Rounding in low precision may reach the end of the range.
        offset = (place * (num_rows - 1)).long().clamp_(max=num_rows - 2) + 1
        own_row = torch.arange(num_rows, device=input.device).view(-1, *[1] * (input.ndim - 1))
        return torch.where(is_swapped, input.gather(0, (own_row + offset) % num_rows), input)


class GaussianConfig(ConfigBase):
    """Normal noise, clipped to the range of the values."""

    kind: Literal["gaussian"] = "gaussian"
    std: float = Field(gt=0, description="Standard deviation, in the units of the input.")


class GainConfig(ConfigBase):
    """Whole examples made brighter or darker, clipped to the range of the values."""

    kind: Literal["gain"] = "gain"
    spread: float = Field(gt=0, description="Standard deviation of what is added to an example.")


class MaskingConfig(ConfigBase):
    """Entries set to one value."""

    kind: Literal["masking"] = "masking"
    fraction: float = Field(ge=0, le=1, description="Share of the entries.")
    value: float = Field(default=0.0, description="What they are set to.")
    per_row: bool = Field(False, description="Draw each example's own share between 0 and fraction.")


class SwapConfig(ConfigBase):
    """Entries replaced by those of other rows of the batch."""

    kind: Literal["swap"] = "swap"
    fraction: float = Field(ge=0, le=1, description="Share of the entries.")


CorruptionConfig = Annotated[
    GaussianConfig | GainConfig | MaskingConfig | SwapConfig | ImportedPart, Field(discriminator="kind")
]


def build_corruption(
    configs: Sequence[CorruptionConfig], value_range: ValueRange | None
) -> Callable[[Batch, Noise], Batch]:
    """Return a function that corrupts the input of a batch, by each of `configs` in turn.

    Parameters
    ----------
    configs
        May be empty: then batches pass as they are. A user's own (``kind: import``) is called with its arguments once
        and must return a `Corruption`.
    value_range
        Smallest and largest value of the input, or None where it has no bounds.
    """
    corruptions = [_build_one(config, value_range) for config in configs]

    def corrupt(batch: Batch, noise: Noise) -> Batch:
        if not corruptions:
            return batch
        corrupted = batch.input
        for corruption in corruptions:
            corrupted = corruption(corrupted, noise)
        return batch._replace(input=corrupted)

    return corrupt


def _build_one(config: CorruptionConfig, value_range: ValueRange | None) -> Corruption:
    match config:
        case GaussianConfig():
            return GaussianNoise(config.std, value_range)
        case GainConfig():
            return Gain(config.spread, value_range)
        case MaskingConfig():
            return Masking(config.fraction, config.value, config.per_row)
        case SwapConfig():
            return Swap(config.fraction)
        case ImportedPart():
            imported: Corruption = config.load()(**config.arguments)
            return imported
