"""AVA's parameter dictionaries, read as our configurations.

AVA computes on the numbers of the file as they are, int16 mostly; so do these configurations, with a scale of 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.segmentation.config import AmplitudeSegmentation
from subsong.sources.spectrograms import SpectrogramConfig

_NORMALIZE_QUANTILE = 0.02


def get_parameter(p: Mapping[str, Any], name: str) -> Any:
    """Return a value of one of AVA's dictionaries; raises SubsongError when it is not there."""
    if name not in p:
        raise SubsongError(f"the parameters lack {name!r}: {did_you_mean(name, map(str, p))}")
    return p[name]


def build_spectrogram_config(
    p: Mapping[str, Any], max_dur: float | None = None, remove_dc_offset: bool = True
) -> SpectrogramConfig:
    """Return the definition of a spectrogram image that AVA's ``get_spec`` follows.

    Parameters
    ----------
    p
        ``nperseg``, ``noverlap``, ``min_freq``, ``max_freq``, ``spec_min_val``, ``spec_max_val``, ``mel``,
        ``time_stretch``, ``within_syll_normalize``, ``num_freq_bins``, ``num_time_bins`` and ``max_dur``; and
        ``normalize_quantile``, 0.02 where it is not given.
    max_dur
        In place of ``p["max_dur"]``.
    remove_dc_offset
        Whether the segment's mean is subtracted.

    Raises
    ------
    SubsongError
        When a parameter is missing; names it.
    """
    window_size = int(get_parameter(p, "nperseg"))
    return SpectrogramConfig(
        window_size=window_size,
        hop_size=window_size - int(get_parameter(p, "noverlap")),
        low_hz=get_parameter(p, "min_freq"),
        high_hz=get_parameter(p, "max_freq"),
        frequency_axis="mel" if get_parameter(p, "mel") else "linear",
        num_freq_bins=get_parameter(p, "num_freq_bins"),
        num_time_bins=get_parameter(p, "num_time_bins"),
        max_duration_s=get_parameter(p, "max_dur") if max_dur is None else max_dur,
        stretch="ava" if get_parameter(p, "time_stretch") else "none",
        edges="silence",
        amplitude_scale=1.0,
        log_low=get_parameter(p, "spec_min_val"),
        log_high=get_parameter(p, "spec_max_val"),
        remove_mean=remove_dc_offset,
        within_normalize=get_parameter(p, "within_syll_normalize"),
        normalize_quantile=p.get("normalize_quantile", _NORMALIZE_QUANTILE),
    )


def build_segmentation_config(p: Mapping[str, Any]) -> AmplitudeSegmentation:
    """Return the segmentation that AVA's ``get_onsets_offsets`` does.

    Parameters
    ----------
    p
        ``nperseg``, ``noverlap``, ``min_freq``, ``max_freq``, ``spec_min_val``, ``spec_max_val``, ``th_1``, ``th_2``,
        ``th_3``, ``min_dur``, ``max_dur``, ``softmax``, ``temperature`` and ``smoothing_timescale``.

    Raises
    ------
    SubsongError
        When a parameter is missing; names it.
    """
    window_size, is_softmax = int(get_parameter(p, "nperseg")), bool(get_parameter(p, "softmax"))
    return AmplitudeSegmentation(
        window_size=window_size,
        hop_size=window_size - int(get_parameter(p, "noverlap")),
        low_hz=get_parameter(p, "min_freq"),
        high_hz=get_parameter(p, "max_freq"),
        trace="softmax" if is_softmax else "sum",
        amplitude_scale=1.0,
        log_low=get_parameter(p, "spec_min_val"),
        log_high=get_parameter(p, "spec_max_val"),
        temperature=get_parameter(p, "temperature") if is_softmax else 0.5,
        smoothing_s=get_parameter(p, "smoothing_timescale"),
        boundary_threshold=get_parameter(p, "th_1"),
        dip_threshold=get_parameter(p, "th_2"),
        peak_threshold=get_parameter(p, "th_3"),
        min_duration_s=get_parameter(p, "min_dur"),
        max_duration_s=get_parameter(p, "max_dur"),
    )
