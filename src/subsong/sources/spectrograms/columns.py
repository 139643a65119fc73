"""From the rows of STFT frames to the columns of images, and the normalisation of an image by itself.

Legend: N = images, K = frames of all images together, F = rows of an image, T = columns of an image, P = columns of all
images together.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from subsong.sources.spectrograms.plan import ImagePlan

_SMALLEST = 1e-12


def interpolate_columns(grey_KF: Tensor, plan: ImagePlan) -> Tensor:
    """Return images whose columns lie linearly between frames, clipped to [0, 1], shape (N, F, T).

    Parameters
    ----------
    grey_KF
        Frames at the image's frequencies, with black at 0 and white at 1, not clipped.
    plan
        Where the columns are. Those not inside are black.
    """
    last_N1 = plan.num_frames_N[:, None] - 1
    low_NT = np.minimum(np.floor(np.where(plan.inside_NT, plan.position_NT, 0.0)).astype(np.int64), last_N1)
    weight_NT = np.where(plan.inside_NT, plan.position_NT - low_NT, 0.0)
    pair_NT2 = np.stack([low_NT, np.minimum(low_NT + 1, last_N1)], axis=-1) + plan.first_frame_N[:, None, None]
    weight_NT2 = np.stack([plan.inside_NT - weight_NT, weight_NT], axis=-1)
    columns_PF = _add_pairs(grey_KF, pair_NT2, weight_NT2)
    # Turned as one matrix: torch is slow at turning each image by itself.
    rows = columns_PF.t().contiguous()
    return rows.view(-1, *plan.position_NT.shape).transpose(0, 1)


def interpolate_windows(grey_KF: Tensor, first_frame_N: np.ndarray, position_NT: np.ndarray) -> Tensor:
    """Return windows whose columns lie linearly between frames, clipped to [0, 1], contiguous, shape (N, F, T).

    A window depends on its own frames alone, bit for bit, whichever others are made with it.

    Parameters
    ----------
    grey_KF
        Frames at the image's frequencies, with black at 0 and white at 1, not clipped. Windows may share them.
    first_frame_N
        Index of the frame that the positions of each window count from, int64.
    position_NT
        Place of each column, in frames; any order. All lie between the first frame and the last that there is.
    """
    low_NT = np.floor(position_NT).astype(np.int64)
    weight_NT = position_NT - low_NT
    first_of_pair_NT = low_NT + first_frame_N[:, None]
    # A column on a frame looks at no other: the next may be another window's, or not be there.
    pair_NT2 = np.stack([first_of_pair_NT, first_of_pair_NT + (weight_NT > 0)], axis=-1)
    columns_PF = _add_pairs(grey_KF, pair_NT2, np.stack([1.0 - weight_NT, weight_NT], axis=-1))
    return columns_PF.view(*position_NT.shape, grey_KF.shape[1]).transpose(1, 2).contiguous()


def _add_pairs(grey_KF: Tensor, pair_NT2: np.ndarray, weight_NT2: np.ndarray) -> Tensor:
    """Return the weighted sum of two frames for each column, clipped to [0, 1], shape (P, F)."""
    columns_PF = torch.nn.functional.embedding_bag(
        torch.as_tensor(pair_NT2.reshape(-1, 2), device=grey_KF.device),
        grey_KF,
        per_sample_weights=torch.as_tensor(weight_NT2.reshape(-1, 2)).to(grey_KF),
        mode="sum",
    )
    return columns_PF.clamp_(0.0, 1.0)


def find_finite(grey_KF: Tensor, plan: ImagePlan) -> np.ndarray:
    """Return whether all frames of an image are numbers, shape (N,), bool."""
    broken_K = ~grey_KF.sum(dim=1).isfinite().cpu().numpy()
    # Counted from the start of the list, because images may share frames.
    num_broken = np.concatenate([[0], np.cumsum(broken_K)])
    finite_N: np.ndarray = num_broken[plan.first_frame_N + plan.num_frames_N] == num_broken[plan.first_frame_N]
    return finite_N


def normalize_within(images_NFT: Tensor, quantile: float) -> Tensor:
    """Return images less their own quantile, floored at 0 and divided by their maximum (AVA's within-syllable one)."""
    flat_NP = images_NFT.flatten(1)
    position = quantile * (flat_NP.shape[1] - 1)
    low, high = (
        flat_NP.kthvalue(int(place) + 1, dim=1).values for place in (math.floor(position), math.ceil(position))
    )
    floor_N = torch.lerp(low, high, position - math.floor(position))
    raised_NP = (flat_NP - floor_N[:, None]).clamp_(min=0.0)
    return (raised_NP / (raised_NP.amax(dim=1, keepdim=True) + _SMALLEST)).view_as(images_NFT)
