"""With AVA's settings the images are AVA's: compared with its definition, one segment at a time in SciPy."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from tests.sources.spectrograms.ava_reference import compute_image, name_as_ava
from tests.sources.spectrograms.sounds import RATE_HZ, make_noise

from subsong.sources.spectrograms import SegmentStatus, SpectrogramConfig, SpectrogramMaker, get_preset

AVA = get_preset("ava-finch").model_copy(update={"num_freq_bins": 40, "num_time_bins": 50})
SEGMENTS_S = np.array(
    [
        [0.1, 0.16],
        [0.11, 0.31],  # fills the image
        [0.5, 0.9],  # longer than the image
        [0.0, 0.05],
        [0.03123, 0.047399],  # hardly longer than one window
        [1.95, 2.0],
        [1.9, 2.1],  # goes on after the end
        [-0.02, 0.05],  # starts before the recording
        [1.00001, 1.07773],
    ]
)


def reference(samples: np.ndarray, segments_s: np.ndarray, config: SpectrogramConfig, rate_hz: int) -> np.ndarray:
    audio = samples.astype(np.float64) * config.amplitude_scale
    return np.stack([compute_image(t1, t2, audio, name_as_ava(config), rate_hz) for t1, t2 in segments_s.tolist()])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"stretch": "ava"},
        {"frequency_axis": "linear"},
        {"hop_size": 100, "window_size": 400},
        {"hop_size": 37, "window_size": 301, "stretch": "ava"},
        {"within_normalize": True, "normalize_quantile": 0.77},
        {"num_freq_bins": 300, "num_time_bins": 17},
        {"low_hz": 0.0, "high_hz": 16_000.0, "frequency_axis": "linear"},
        {"amplitude_scale": 1.0, "log_low": -8.0, "log_high": -3.9},
    ],
)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-5)])
def test_images_are_those_of_the_definition(changes: dict, dtype: torch.dtype, tolerance: float) -> None:
    config = SpectrogramConfig.model_validate(AVA.model_dump() | changes)
    samples = make_noise()
    batch = SpectrogramMaker(config, RATE_HZ, dtype=dtype).compute(samples, SEGMENTS_S)
    expected = reference(samples, SEGMENTS_S, config, RATE_HZ)
    assert expected.std() > 0.05
    np.testing.assert_allclose(batch.images_NFT.numpy(), expected, rtol=0, atol=tolerance)


def test_a_segment_shorter_than_a_window_is_black_and_said_to_be_too_short() -> None:
    batch = SpectrogramMaker(AVA, RATE_HZ).compute(make_noise(), np.array([[0.1, 0.1159], [0.1, 0.116]]))
    assert batch.status_N.tolist() == [SegmentStatus.TOO_SHORT, SegmentStatus.SHOWN]
    assert batch.images_NFT.amax((1, 2)).gt(0).tolist() == [False, True]


@pytest.mark.parametrize(
    ("folder", "preset", "rate_hz"),
    [("bengalese_finch_sober", "ava-finch", 32_000), ("mouse_usv_amvoc", "ava-mouse", 250_000)],
)
def test_real_syllables_agree_in_single_precision(real_data: Path, folder: str, preset: str, rate_hz: int) -> None:
    with open(real_data / folder / "segments.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    name = rows[0]["audio_file"]
    segments_s = np.array([[row["onset_s"], row["offset_s"]] for row in rows if row["audio_file"] == name], dtype=float)
    samples, _ = soundfile.read(real_data / folder / name, dtype="float32")
    images = SpectrogramMaker(get_preset(preset), rate_hz).compute(samples, segments_s).images_NFT.numpy()
    expected = reference(samples, segments_s, get_preset(preset), rate_hz)
    np.testing.assert_allclose(images, expected, rtol=0, atol=1e-5)
