"""Where windows may lie: the regions of AVA's ROI files, each with its recording, as far as frames can be computed.

Legend: R = regions.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.interop.ava.recordings import read_segment_file
from subsong.sources.audio import read_audio_info
from subsong.sources.spectrograms import SpectrogramConfig, check_sample_rate, find_whole_frames

log = logging.getLogger(__name__)

_ROUNDING_S = 1e-9


class Recording(NamedTuple):
    """A recording of one channel.

    Attributes
    ----------
    path
        Its file.
    sample_rate_hz
        Its own.
    duration_s
        Length in seconds.
    frames
        Numbers of the frames whose STFT window lies wholly inside it, on the grid of `FrameMaker`.
    """

    path: str
    sample_rate_hz: int
    duration_s: float
    frames: range


def read_rois(
    audio_filenames: Sequence[str], roi_filenames: Sequence[str], config: SpectrogramConfig, window_s: float
) -> pl.DataFrame:
    """Return the regions that hold a window, one row each, see `describe_regions`.

    Parameters
    ----------
    audio_filenames, roi_filenames
        Recordings, and the ROI file of each, at the same place of both lists.
    config
        What a spectrogram is.
    window_s
        Regions shorter than this are left out; the log counts them.

    Raises
    ------
    SubsongError
        When a file is missing or damaged, a recording has several channels or a rate too low, the lists differ in
        length, or no region is left.
    """
    if len(audio_filenames) != len(roi_filenames):
        raise SubsongError(
            f"{count_noun(len(audio_filenames), 'recording')} and {count_noun(len(roi_filenames), 'ROI file')} were "
            "given: expected one ROI file for each recording, in the same order"
        )
    recordings = read_recordings(audio_filenames, config)
    rois = [read_segment_file(path) for path in roi_filenames]
    regions = describe_regions(recordings, rois, config)
    is_long_R = (regions["offset_s"] - regions["onset_s"]).to_numpy() >= window_s - _ROUNDING_S
    if not is_long_R.any():
        raise SubsongError(
            f"none of {count_noun(len(is_long_R), 'region')} in {count_noun(len(roi_filenames), 'ROI file')} holds a "
            f"window of {window_s:g} s{_name_longest(regions, is_long_R)}: give longer regions, or a smaller "
            "window_length"
        )
    if not is_long_R.all():
        log.warning(
            "%d of %d regions are shorter than the window of %g s and are left out%s",
            (~is_long_R).sum(), len(is_long_R), window_s, _name_longest(regions, is_long_R),
        )  # fmt: skip
    return regions.filter(is_long_R)


def read_recordings(audio_filenames: Sequence[str], config: SpectrogramConfig) -> list[Recording]:
    """Return what recordings say of themselves; the log says when their sample rates differ.

    Raises
    ------
    SubsongError
        When a file is missing or damaged, has several channels, or a rate too low for the spectrogram.
    """
    recordings = [_read_recording(path, config) for path in audio_filenames]
    rates = sorted({recording.sample_rate_hz for recording in recordings})
    if len(rates) > 1:
        log.warning(
            "the recordings have sample rates of %s Hz: times are right, each is read at its own, but a window of "
            "nperseg samples is of another duration in each",
            ", ".join(map(str, rates)),
        )
    return recordings


def describe_regions(
    recordings: Sequence[Recording], segments: Sequence[np.ndarray], config: SpectrogramConfig
) -> pl.DataFrame:
    """Return one row a region, as `RegionFrames` needs them.

    Parameters
    ----------
    recordings
        The recordings.
    segments
        Of each, onsets and offsets in seconds, shape (regions, 2).
    config
        What a spectrogram is.

    Returns
    -------
    ``source`` (path of the recording), ``recording`` (its place in the list), ``row`` (of the region in its file),
    ``onset_s`` and ``offset_s``, cut to where frames are made of sound alone (half an STFT window from the ends of the
    recording), ``sample_rate_hz``, ``first_frame`` and ``num_frames``.
    """
    rows = [
        (recording.path, number, row, *_find_frames(recording, onset, offset, config.hop_size))
        for number, (recording, segments_R2) in enumerate(zip(recordings, segments, strict=True))
        for row, (onset, offset) in enumerate(segments_R2.tolist())
    ]
    schema = {
        "source": pl.String, "recording": pl.Int64, "row": pl.Int64, "onset_s": pl.Float64, "offset_s": pl.Float64,
        "sample_rate_hz": pl.Int64, "first_frame": pl.Int64, "num_frames": pl.Int64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema, orient="row")


def _read_recording(path: str, config: SpectrogramConfig) -> Recording:
    info = read_audio_info(path)
    if info.num_channels != 1:
        raise SubsongError(f"{path} has {info.num_channels} channels: AVA's calls read recordings of one channel")
    try:
        check_sample_rate(config, info.sample_rate_hz)
    except SubsongError as error:
        raise SubsongError(f"{path}: {error}") from error
    return Recording(path, info.sample_rate_hz, info.duration_s, find_whole_frames(info.num_samples, config))


def _find_frames(
    recording: Recording, onset_s: float, offset_s: float, hop_size: int
) -> tuple[float, float, int, int, int]:
    """Return the ends of a region that can be shown, the rate, the first frame it needs and how many."""
    frames, per_s = recording.frames, recording.sample_rate_hz / hop_size
    onset_s, offset_s = max(onset_s, frames.start / per_s), min(offset_s, (frames.stop - 1) / per_s)
    if not onset_s <= offset_s:
        return onset_s, onset_s, recording.sample_rate_hz, frames.start, 0
    first = max(int(np.floor(onset_s * per_s)), frames.start)
    last = min(int(np.ceil(offset_s * per_s)), frames.stop - 1)
    return onset_s, offset_s, recording.sample_rate_hz, first, last - first + 1


def _name_longest(regions: pl.DataFrame, is_long_R: np.ndarray) -> str:
    """Return words for the longest of those too short, which tells how far off they are."""
    if not len(regions):
        return ""
    short = regions.filter(~is_long_R).with_columns(duration_s=pl.col("offset_s") - pl.col("onset_s"))
    longest = short.sort("duration_s", maintain_order=True).row(-1, named=True)
    name = Path(longest["source"]).name
    return f" (the longest of them: row {longest['row']} of {name}, {longest['duration_s']:.3f} s)"
