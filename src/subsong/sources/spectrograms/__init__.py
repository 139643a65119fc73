"""Segments of recordings -> spectrogram images: many at once, on any device.

`config` says what an image is, `presets` has settings for some animals, `log_range` chooses the grey values from the
data, `maker` makes images, `recording` the spectrogram of a whole recording, `frames` what windows are made of later,
`sample_frames` raw sound in the places of frames, `frame_settings` either of them.
The others are its parts, in the order of the signal: `axes`, `status` and `plan` work on times alone; `tapers` and
`stft` on samples; `columns` on frames.
"""

from subsong.sources.spectrograms.axes import (
    compute_image_frequencies,
    compute_image_times,
    hz_to_mel,
    mel_to_hz,
)
from subsong.sources.spectrograms.columns import interpolate_windows
from subsong.sources.spectrograms.config import SpectrogramConfig, check_sample_rate
from subsong.sources.spectrograms.frame_settings import (
    FrameOpener,
    FrameSettings,
    build_frame_opener,
    count_channels,
    count_rows,
    describe_frames,
    find_highest_hz,
    find_value_range,
    read_frame_settings,
)
from subsong.sources.spectrograms.frames import FrameMaker, find_whole_frames
from subsong.sources.spectrograms.log_range import fit_range
from subsong.sources.spectrograms.maker import SpectrogramBatch, SpectrogramMaker
from subsong.sources.spectrograms.plan import compute_reach
from subsong.sources.spectrograms.presets import PRESETS, get_preset, get_window_preset
from subsong.sources.spectrograms.recording import LogSpectrogram, compute_log_spectrogram
from subsong.sources.spectrograms.recording_frames import FrameGrid, FrameSource, RecordingFrames
from subsong.sources.spectrograms.sample_frames import SampleFrames, SampleFramesConfig
from subsong.sources.spectrograms.status import SegmentStatus

__all__ = [
    "PRESETS",
    "FrameGrid",
    "FrameMaker",
    "FrameOpener",
    "FrameSettings",
    "FrameSource",
    "LogSpectrogram",
    "RecordingFrames",
    "SampleFrames",
    "SampleFramesConfig",
    "SegmentStatus",
    "SpectrogramBatch",
    "SpectrogramConfig",
    "SpectrogramMaker",
    "build_frame_opener",
    "check_sample_rate",
    "compute_image_frequencies",
    "compute_image_times",
    "compute_log_spectrogram",
    "compute_reach",
    "count_channels",
    "count_rows",
    "describe_frames",
    "find_highest_hz",
    "find_value_range",
    "find_whole_frames",
    "fit_range",
    "get_preset",
    "get_window_preset",
    "hz_to_mel",
    "interpolate_windows",
    "mel_to_hz",
    "read_frame_settings",
]
