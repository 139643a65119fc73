"""Columns between frames: the part that windows sharing one spectrogram use as well."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from subsong.sources.spectrograms.columns import find_finite, interpolate_columns, normalize_within
from subsong.sources.spectrograms.plan import ImagePlan

# Two windows on the frames 0-3 and 2-5 of one recording.
SHARED = ImagePlan(
    first_frame_N=np.array([0, 2]),
    num_frames_N=np.array([4, 4]),
    position_NT=np.array([[0.0, 0.5, 2.25, 3.0], [-1.0, 0.0, 1.5, 2.999]]),
    inside_NT=np.array([[True, True, True, True], [False, True, True, True]]),
)


def test_columns_lie_linearly_between_frames_that_images_may_share() -> None:
    frames_KF = torch.stack([torch.arange(6) / 10, torch.ones(6)], dim=1)
    images_NFT = interpolate_columns(frames_KF, SHARED)
    expected = torch.tensor([[0.0, 0.05, 0.225, 0.3], [0.0, 0.2, 0.35, 0.4999]])
    torch.testing.assert_close(images_NFT[:, 0], expected)
    torch.testing.assert_close(images_NFT[:, 1], torch.tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0]]))


def test_values_beyond_black_and_white_are_clipped_between_frames() -> None:
    frames_KF = torch.tensor([[-1.0], [2.0], [0.0], [0.0], [0.0], [0.0]])
    assert interpolate_columns(frames_KF, SHARED)[0, 0].tolist() == pytest.approx([0.0, 0.5, 0.0, 0.0])


@pytest.mark.parametrize(("frame", "finite"), [(0, [False, True]), (3, [False, False]), (5, [True, False])])
def test_a_broken_frame_breaks_the_images_that_need_it(frame: int, finite: list[bool]) -> None:
    frames_KF = torch.zeros(6, 2)
    frames_KF[frame, 1] = torch.nan
    assert find_finite(frames_KF, SHARED).tolist() == finite


@pytest.mark.parametrize("quantile", [0.0, 0.02, 0.5, 0.97])
def test_the_quantile_that_is_subtracted_is_numpys(quantile: float) -> None:
    images = torch.rand(3, 10, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    raised = np.maximum(images.numpy() - np.quantile(images.numpy(), quantile, axis=(1, 2), keepdims=True), 0.0)
    expected = raised / raised.max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(normalize_within(images, quantile).numpy(), expected, atol=1e-9)
