"""Raw sound in frames: each sample in its place, whatever is read with it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from subsong.sources.spectrograms import SampleFrames, SampleFramesConfig, SpectrogramConfig
from subsong.sources.spectrograms.frame_settings import describe_frames, read_frame_settings

SAMPLES = np.random.default_rng(0).standard_normal(103).astype(np.float32)


def open_frames(hop_size: int, level: float = 1.0) -> SampleFrames:
    config = SampleFramesConfig(hop_size=hop_size, level=level)
    return SampleFrames(config, 1000, len(SAMPLES), lambda first, stop: SAMPLES[first:stop])


@pytest.mark.parametrize("hop_size", [1, 2, 5, 16, 300])
def test_frames_hold_every_sample_once_in_order(hop_size: int) -> None:
    frames = open_frames(hop_size)
    sound = frames.read(0, frames.grid.num_frames).flatten().numpy()
    before = hop_size // 2
    np.testing.assert_array_equal(sound[before : before + len(SAMPLES)], SAMPLES)
    assert not sound[:before].any()
    assert not sound[before + len(SAMPLES) :].any()


@pytest.mark.parametrize("hop_size", [1, 7])
def test_stretches_are_parts_of_the_whole(hop_size: int) -> None:
    frames = open_frames(hop_size)
    whole = frames.read(0, frames.grid.num_frames)
    for first, stop in [(0, 1), (3, 9), (frames.grid.num_frames - 1, frames.grid.num_frames)]:
        assert torch.equal(frames.read(first, stop), whole[first:stop])


def test_a_frame_is_centred_where_that_of_a_spectrogram_is() -> None:
    np.testing.assert_array_equal(open_frames(4).read(5, 6)[0], SAMPLES[18:22])


def test_samples_are_in_units_of_the_level() -> None:
    np.testing.assert_array_equal(open_frames(1, level=0.25).read(10, 20)[:, 0], 4.0 * SAMPLES[10:20])


@pytest.mark.parametrize("settings", [SampleFramesConfig(hop_size=3), SpectrogramConfig(log_low=-1.0, log_high=2.0)])
def test_settings_come_back_as_they_were_written(settings: SampleFramesConfig | SpectrogramConfig) -> None:
    assert read_frame_settings({"other": 1, **describe_frames(settings)}) == settings
