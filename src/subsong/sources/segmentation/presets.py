"""Settings that were found to work, by animal, each with where they come from.

The published ones have fixed thresholds in units of 16-bit samples and suit recordings like those they were made for.
Ours find their thresholds from each recording; figures are onset F1 at 10 ms on annotated recordings that were used to
choose the settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.segmentation.config import AmplitudeSegmentation


class SegmentationPreset(NamedTuple):
    """Settings, and where they come from."""

    config: AmplitudeSegmentation
    source: str


_USV = {"window_size": 1024, "hop_size": 256, "low_hz": 30_000.0, "high_hz": 110_000.0}

PRESETS: Mapping[str, SegmentationPreset] = {
    "bengalese-finch": SegmentationPreset(
        AmplitudeSegmentation(),
        "ours: .984 on Koumura's Bird0, .969 and .911 on Sober's gy6or6 and bl26lb16",
    ),
    "finch": SegmentationPreset(
        AmplitudeSegmentation(threshold_fractions=(0.3, 0.3, 0.45), min_gap_s=0.005, min_duration_s=0.02),
        "ours: .971 on adult zebra finches, .779 on juveniles in noise, .984 on Koumura's Bengalese finch",
    ),
    "canary": SegmentationPreset(
        AmplitudeSegmentation(window_size=512, threshold_fractions=(0.35, 0.35, 0.5), min_duration_s=0.005),
        "ours: .979 on two canaries",
    ),
    "mouse": SegmentationPreset(
        AmplitudeSegmentation(**_USV, threshold_fractions=(0.15, 0.15, 0.3), min_duration_s=0.005, max_duration_s=0.5),
        "ours, 250 kHz: .800 on AMVOC's ultrasonic vocalisations",
    ),
    "ava-mouse": SegmentationPreset(
        AmplitudeSegmentation(
            **{**_USV, "hop_size": 512},
            trace="sum",
            smoothing_s=0.007,
            boundary_threshold=1.5,
            dip_threshold=2.0,
            peak_threshold=2.5,
            min_duration_s=0.03,
            max_duration_s=0.2,
        ),
        "documentation of AVA 0.3.1 (Goffinet et al. 2021, eLife 10:e67855), 250 kHz",
    ),
    "deer-mouse": SegmentationPreset(
        AmplitudeSegmentation(
            window_size=1024,
            hop_size=512,
            low_hz=20_000.0,
            high_hz=125_000.0,
            trace="sum",
            log_low=0.8,
            log_high=6.0,
            smoothing_s=0.00025,
            boundary_threshold=0.3,
            dip_threshold=0.3,
            peak_threshold=0.35,
            min_gap_s=0.004,
            min_duration_s=0.015,
            max_duration_s=1.0,
        ),
        "Jourjine et al. 2023 (Current Biology 33), Peromyscus pups, 250 kHz",
    ),
    "gerbil": SegmentationPreset(
        AmplitudeSegmentation(
            window_size=512,
            hop_size=256,
            low_hz=500.0,
            high_hz=62_500.0,
            trace="sum",
            # Published for files of floating-point samples.
            amplitude_scale=1.0,
            log_low=-8.0,
            log_high=-7.25,
            smoothing_s=0.007,
            boundary_threshold=2.0,
            dip_threshold=5.0,
            peak_threshold=2.0,
            min_duration_s=0.03,
            max_duration_s=0.3,
        ),
        "Peterson et al. 2023, gerbil families, 125 kHz",
    ),
}


def get_preset(name: str) -> SegmentationPreset:
    """Return the preset called `name`.

    Raises
    ------
    SubsongError
        When there is none; names the nearest.
    """
    if name not in PRESETS:
        raise SubsongError(f"no segmentation preset is called {name!r}; {did_you_mean(name, PRESETS)}")
    return PRESETS[name]
