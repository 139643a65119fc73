"""From a recording's file to its segments, whichever way they are found.

Legend: N = segments, K = frames or placements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.recipes.segmenting_options import Segmenting
from subsong.sources.audio import AudioInfo, find_audio, open_audio, read_audio
from subsong.sources.audio.truncation import describe_truncation
from subsong.sources.segmentation.amplitude import segment_recording
from subsong.sources.segmentation.template import Template, fit_template, segment_recording_by_template


class FileSegments(NamedTuple):
    """What was found in a recording, and by which trace.

    Attributes
    ----------
    segments
        Onsets and offsets in seconds, shape (N, 2).
    at_edge
        Whether each touches an end of the recording, shape (N,).
    scores
        Likeness to the template, shape (N,); None for segments by amplitude.
    num_dropped
        How many were left out as too short or too long.
    trace, trace_times
        What was cut, and its seconds, shape (K,).
    trace_name
        What the trace is, with its unit.
    thresholds
        Name -> height.
    """

    segments: np.ndarray
    at_edge: np.ndarray
    scores: np.ndarray | None
    num_dropped: int
    trace: np.ndarray
    trace_times: np.ndarray
    trace_name: str
    thresholds: Mapping[str, float]


Segmenter = Callable[[Path], FileSegments]


def build_segmenter(config: Segmenting) -> Segmenter:
    """Return what segments a file: by likeness to the exemplars where there are some, else by amplitude.

    Raises
    ------
    SubsongError
        When the exemplars cannot be read or make no template.
    """
    if config.exemplars is None:
        return lambda path: _segment_by_amplitude(path, config)
    template = _load_template(config.exemplars.expanduser(), config)
    return lambda path: _segment_by_template(path, template, config)


def _load_template(exemplars: Path, config: Segmenting) -> Template:
    paths = find_audio(exemplars)
    sounds = [read_audio(path, config.channel, sample_rate_hz=config.sample_rate_hz) for path in paths]
    rate_hz = sounds[0].sample_rate_hz
    for path, sound in zip(paths, sounds, strict=True):
        if sound.sample_rate_hz != rate_hz:
            raise SubsongError(
                f"{path} has {sound.sample_rate_hz} Hz and {paths[0]} has {rate_hz} Hz: exemplars need one sample rate"
            )
    return fit_template([sound.samples for sound in sounds], rate_hz, config.template)


def _check_whole(info: AudioInfo) -> None:
    """Refuse a recording without sound, or one whose end is missing: decoders read both without a word."""
    if info.num_samples == 0:
        raise SubsongError(f"{info.path} holds no samples, only a header: take it out")
    missing = describe_truncation(info.path)
    if missing is not None:
        raise SubsongError(f"{info.path} is cut short ({missing}): copy it again")


def _segment_by_amplitude(path: Path, config: Segmenting) -> FileSegments:
    with open_audio(path, config.channel, config.sample_rate_hz) as reader:
        _check_whole(reader.info)
        found = segment_recording(reader, config.amplitude)
    name = "level (dB)" if config.amplitude.trace == "level" else config.amplitude.trace
    thresholds = found.thresholds._asdict()
    return FileSegments(
        found.segments, found.at_edge, None, len(found.dropped), found.trace, found.trace_times, name, thresholds
    )


def _segment_by_template(path: Path, template: Template, config: Segmenting) -> FileSegments:
    with open_audio(path, config.channel, config.sample_rate_hz) as reader:
        _check_whole(reader.info)
        found = segment_recording_by_template(reader, template, config.template)
    at_edge_N = np.zeros(len(found.segments), bool)
    return FileSegments(
        found.segments,
        at_edge_N,
        found.scores,
        0,
        found.trace,
        found.trace_times,
        "correlation",
        {"threshold": found.threshold},
    )
