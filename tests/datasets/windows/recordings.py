"""Recordings for the tests of windows: noise, with clicks at known samples where they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from subsong.datasets.windows.reading import WindowReading
from subsong.sources.audio import write_audio

RATE_HZ = 32_000
SPECTROGRAM: dict[str, Any] = {"num_freq_bins": 24, "num_time_bins": 25, "max_duration_s": 0.1, "high_hz": 8000.0}


def read(**settings: Any) -> WindowReading:
    """Return small pictures of whole recordings, or as said."""
    spectrogram = SPECTROGRAM | settings.pop("spectrogram", {})
    chosen = {"regions": "recordings", "stored_as": "float32", **settings}
    return WindowReading.model_validate({"spectrogram": spectrogram, **chosen})


def write_noise(path: Path, duration_s: float = 2.0, clicks: Iterable[int] = (), rate_hz: int = RATE_HZ) -> np.ndarray:
    """Write noise with an offset, and one loud sample at each of `clicks`; return the samples."""
    generator = np.random.default_rng(sum(path.name.encode()))
    samples = generator.normal(0.01, 0.003, round(duration_s * rate_hz)).astype(np.float32)
    samples[list(clicks)] = 0.9
    path.parent.mkdir(parents=True, exist_ok=True)
    write_audio(path, samples, rate_hz)
    return samples


def annotate(path: Path, segments: Sequence[tuple[float, float, str]]) -> None:
    """Write the annotations of the recording `path` beside it, as Audacity's labels."""
    lines = [f"{onset:.6f}\t{offset:.6f}\t{label}\n" for onset, offset, label in segments]
    path.with_suffix(".txt").write_text("".join(lines))
