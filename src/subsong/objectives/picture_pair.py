"""The two pictures that a term of pictures compares: what the model expects, and the target.

Legend: B = examples, C, H, W = channels, height and width.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from subsong.core.errors import SubsongError


class PicturePair(NamedTuple):
    """Expected picture and target, float32, shape (B, C, H, W) each."""

    prediction_BCHW: Tensor
    target_BCHW: Tensor


def read_pictures(name: str, output: Any, batch: Any) -> PicturePair:
    """Return ``output.likelihood.mean`` and ``batch.target``.

    Parameters
    ----------
    name
        The term's kind, for the error.
    output, batch
        What the model returned, and for what.

    Raises
    ------
    SubsongError
        When they are no pictures of one shape; or when the batch has a mask, for a picture with holes has neither
        edges nor windows, and a term that took no notice would train on what was not observed.
    """
    prediction, target = output.likelihood.mean, batch.target
    if batch.mask is not None:
        raise SubsongError(
            f"loss term {name} compares whole pictures, but this batch has a mask: use reconstruction, l1 or l2, which "
            "leave out what was not observed"
        )
    if target.ndim != 4 or prediction.shape != target.shape:
        raise SubsongError(
            f"loss term {name} compares pictures of shape (examples, channels, height, width), but the model returned "
            f"{tuple(prediction.shape)} for a target of {tuple(target.shape)}"
        )
    return PicturePair(prediction.float(), target.float())


def full_precision(tensor: Tensor) -> torch.autocast:
    """Return the context in which products on this tensor's device are float32, whatever the run's precision.

    Variances are differences of nearly equal numbers, of which bfloat16 leaves nothing.
    """
    return torch.autocast(tensor.device.type, enabled=False)


def mean_over_picture(values: Tensor) -> Tensor:
    """Return the mean over all axes but the first, shape (B,)."""
    return values.flatten(1).mean(dim=1)
