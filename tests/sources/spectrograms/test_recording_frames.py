"""The frames of a recording: every sample is covered, and any stretch is the same as in the whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from subsong.sources.spectrograms.config import SpectrogramConfig
from subsong.sources.spectrograms.frames import FrameMaker
from subsong.sources.spectrograms.recording_frames import FrameGrid, RecordingFrames

CONFIG = SpectrogramConfig(
    window_size=64, hop_size=32, low_hz=500.0, high_hz=3000.0, num_freq_bins=9, log_low=0.0, log_high=8.0,
    remove_mean=False,
)  # fmt: skip


def build(num_samples: int, config: SpectrogramConfig = CONFIG) -> RecordingFrames:
    samples_S = np.random.default_rng(0).standard_normal(num_samples).astype(np.float32) * 0.1
    return RecordingFrames(FrameMaker(config, 8000), num_samples, lambda first, stop: samples_S[first:stop])


@pytest.mark.parametrize(("num_samples", "num_frames"), [(0, 0), (1, 1), (16, 1), (17, 2), (48, 2), (49, 3), (320, 11)])
def test_frames_cover_every_sample_and_no_more(num_samples: int, num_frames: int) -> None:
    grid = FrameGrid(32, 8000, num_samples)
    assert grid.num_frames == num_frames
    if num_samples:
        assert (grid.num_frames - 1) * 32 + 16 >= num_samples > (grid.num_frames - 2) * 32 + 16


def test_times_are_those_of_the_samples_and_lie_within_the_recording() -> None:
    grid = FrameGrid(32, 8000, 100)
    np.testing.assert_allclose(grid.to_seconds(np.array([-0.5, 1.0, 1.5, 3.5])), [0.0, 0.004, 0.006, 100 / 8000])


@pytest.mark.parametrize("num_samples", [1, 20, 63, 1000])
def test_any_stretch_is_that_of_the_whole(num_samples: int) -> None:
    source = build(num_samples)
    num_frames = source.grid.num_frames
    whole_KF = source.read(0, num_frames)
    assert whole_KF.shape == (num_frames, 9)
    assert whole_KF.isfinite().all()
    for first in range(0, num_frames, 3):
        stop = min(first + 3, num_frames)
        torch.testing.assert_close(source.read(first, stop), whole_KF[first:stop], rtol=0.0, atol=1e-6)


def test_inner_frames_are_those_of_the_frame_maker() -> None:
    source, maker = build(1000), FrameMaker(CONFIG, 8000)
    samples_S = np.random.default_rng(0).standard_normal(1000).astype(np.float32) * 0.1
    torch.testing.assert_close(source.read(2, 9), maker.compute(samples_S, range(2, 9)).clamp(0.0, 1.0))


def test_a_mean_that_is_known_at_the_end_only_cannot_be_removed() -> None:
    with pytest.raises(ValueError, match="remove_mean"):
        build(100, CONFIG.model_copy(update={"remove_mean": True}))
