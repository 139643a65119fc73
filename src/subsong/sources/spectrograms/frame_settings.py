"""What a network is shown of sound, grey frames or samples, and how the frames of a recording are opened.

Legend: R = channels shown together, S = samples.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from subsong.sources.spectrograms.config import SpectrogramConfig
from subsong.sources.spectrograms.frames import FrameMaker
from subsong.sources.spectrograms.recording_frames import FrameSource, RecordingFrames
from subsong.sources.spectrograms.sample_frames import SampleFrames, SampleFramesConfig

FrameSettings = SampleFramesConfig | SpectrogramConfig
ReadSamples = Callable[[int, int], np.ndarray]
"""``(first, stop)`` -> those samples of a recording in full scales, shape (S,), or (R, S) of several channels."""
FrameOpener = Callable[[int, ReadSamples], FrameSource]
"""Number of samples of a recording, and how they are read -> its frames."""


def build_frame_opener(settings: FrameSettings, sample_rate_hz: int, device: torch.device | str = "cpu") -> FrameOpener:
    """Return what opens the frames of recordings of one rate.

    Parameters
    ----------
    settings
        What a frame is.
    sample_rate_hz
        Of the recordings.
    device
        Where grey frames are computed.

    Raises
    ------
    SubsongError
        When the grey range is not set, or the recordings cannot hold the spectrogram's frequencies.
    """
    if isinstance(settings, SampleFramesConfig):
        return functools.partial(SampleFrames, settings, sample_rate_hz)
    return functools.partial(RecordingFrames, FrameMaker(settings, sample_rate_hz, device))


def count_rows(settings: FrameSettings) -> int:
    """Return F, the rows of a frame."""
    return settings.num_rows if isinstance(settings, SampleFramesConfig) else settings.num_freq_bins


def count_channels(settings: FrameSettings) -> int:
    """Return R, the channels of a recording that a frame shows together."""
    return settings.num_channels if isinstance(settings, SampleFramesConfig) else 1


def find_highest_hz(settings: FrameSettings, sample_rate_hz: int) -> float:
    """Return the highest frequency that frames show."""
    return 0.5 * sample_rate_hz if isinstance(settings, SampleFramesConfig) else settings.high_hz


def find_value_range(settings: FrameSettings) -> tuple[float, float] | None:
    """Return the smallest and largest value of a frame; None: samples have none."""
    return None if isinstance(settings, SampleFramesConfig) else (0.0, 1.0)


def describe_frames(settings: FrameSettings) -> dict[str, Any]:
    """Return the settings as plain values under their name, as a model folder keeps them."""
    name = "samples" if isinstance(settings, SampleFramesConfig) else "spectrogram"
    return {name: settings.model_dump(mode="json")}


def read_frame_settings(values: Mapping[str, Any]) -> FrameSettings:
    """Return the settings of `describe_frames` among other values.

    Raises
    ------
    pydantic.ValidationError
        When they are of another version.
    """
    if "samples" in values:
        return SampleFramesConfig.model_validate(values["samples"])
    return SpectrogramConfig.model_validate(values["spectrogram"])
