"""A model with random weights that hears sounds in noise, now and then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tests.inference.annotating.tiny import CLASSES, build_network

from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.segmenter import TrainedSegmenter
from subsong.models.portable import ModelDescription
from subsong.sources.audio import write_audio
from subsong.sources.spectrograms import SpectrogramConfig

RATE_HZ = 8000
FRAMES = SpectrogramConfig(
    window_size=160, hop_size=80, low_hz=200.0, high_hz=3500.0, num_freq_bins=12, log_low=0.0, log_high=9.0,
    remove_mean=False,
)  # fmt: skip


def build_model(overlap: bool = False) -> TrainedSegmenter:
    preprocessing = {
        "kind": "song",
        "sample_rate_hz": RATE_HZ,
        "spectrogram": FRAMES.model_dump(mode="json"),
        "classes": [one._asdict() for one in CLASSES],
        "decoding": DecodingOptions(fill_gap_s=0.01).model_dump(mode="json"),
    }
    description = ModelDescription("song-segmenter", {}, preprocessing, [one.name for one in CLASSES])
    return TrainedSegmenter(build_network(overlap), description, torch.device("cpu"))


def write_sound(path: Path, duration_s: float = 4.0, rate_hz: int = RATE_HZ, seed: int = 0) -> Path:
    """Write noise whose level changes every 50 ms."""
    rng = np.random.default_rng(seed)
    num = round(duration_s * rate_hz)
    level = np.repeat(10.0 ** rng.uniform(-4.5, -0.5, num // (rate_hz // 20) + 1), rate_hz // 20)[:num]
    write_audio(path, (0.2 * level * rng.standard_normal(num)).clip(-1, 1).astype(np.float32), rate_hz)
    return path
