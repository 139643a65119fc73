"""Frames within a graph are those of a recording."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from subsong.inference.onnx.frames import build_frames
from subsong.sources.spectrograms import SampleFramesConfig, SpectrogramConfig, build_frame_opener

RATE_HZ = 32_000
BASE = {"num_freq_bins": 20, "log_low": -1.0, "log_high": 6.0, "remove_mean": False}
SAMPLES = (np.random.default_rng(3).standard_normal(6000) * np.geomspace(1e-3, 1.0, 6000)).astype(np.float32)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"window_size": 511, "hop_size": 200},
        {"window_size": 384, "hop_size": 256, "window": "multitaper"},
        {"window_size": 5, "hop_size": 5, "frequency_axis": "mel"},
        {"low_hz": 0.0, "high_hz": 16_000.0},
    ],
    ids=["default", "odd window", "tapers", "tiny window", "all frequencies"],
)
def test_grey_frames_are_those_of_a_recording(settings: dict[str, Any]) -> None:
    config = SpectrogramConfig(**{**BASE, **settings})
    before = config.window_size // 2
    opened = build_frame_opener(config, RATE_HZ)(len(SAMPLES), lambda first, stop: SAMPLES[first:stop])
    expected_KF = opened.read(0, 20)
    samples_S = torch.from_numpy(np.pad(SAMPLES, (before, 0)))[: 19 * config.hop_size + config.window_size + 1]
    found_FK = build_frames(config, RATE_HZ)(samples_S)
    assert 0.05 < expected_KF.mean() < 0.95
    np.testing.assert_allclose(found_FK.T, expected_KF, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("hop_size", [1, 16, 25])
def test_frames_of_samples_are_those_of_a_recording(hop_size: int) -> None:
    config = SampleFramesConfig(hop_size=hop_size, level=0.1)
    opened = build_frame_opener(config, RATE_HZ)(len(SAMPLES), lambda first, stop: SAMPLES[first:stop])
    padded_S = torch.from_numpy(np.pad(SAMPLES, (hop_size // 2, 0)))
    found_FK = build_frames(config, RATE_HZ)(padded_S)
    assert found_FK.shape == (hop_size, len(padded_S) // hop_size)
    torch.testing.assert_close(found_FK.T[:50], opened.read(0, 50))


def test_the_mean_of_a_recording_cannot_be_known() -> None:
    with pytest.raises(ValueError, match="set remove_mean false"):
        build_frames(SpectrogramConfig(**{**BASE, "remove_mean": True}), RATE_HZ)
