"""Proposals by amplitude, in one stretch of one channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from subsong.core.config_files import read_config
from subsong.core.errors import SubsongError
from subsong.projects.config import SegmentationStep
from subsong.projects.documents.edits import NewProposal, Propose
from subsong.studio.annotations.answers import describe_change
from subsong.studio.annotations.handlers import Handlers
from subsong.studio.annotations.queries import ThresholdBody
from subsong.studio.answers import answer_json, read_body

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from starlette.requests import Request
    from starlette.responses import Response

    from subsong.sources.audio import AudioReader
    from subsong.sources.segmentation.config import AmplitudeSegmentation
_COMMON = (
    *("low_hz", "high_hz", "peak_threshold", "boundary_threshold", "dip_threshold"),
    *("threshold_fractions", "min_gap_s", "min_duration_s", "max_duration_s"),
)
_SOURCE = "threshold"


class ThresholdRoutes(Handlers):
    """Handlers of the requests for proposals by amplitude."""

    def fields(self, request: Request) -> Response:
        """Answer what can be set, as a tree that a form is made of, with what the project begins with."""
        from subsong.sources.segmentation.config import AmplitudeSegmentation
        from subsong.studio.work.schema import TreeMaker

        settings = build_settings(self._context.project.config.segmentation, {})
        tree = TreeMaker([(key,) for key in _COMMON]).make(AmplitudeSegmentation, settings.model_dump(mode="json"))
        return answer_json({"what": "threshold", "description": AmplitudeSegmentation.__doc__, "tree": tree})

    def propose(self, request: Request) -> Response:
        """Propose segments in a stretch; proposals that were there in it give way."""
        body = read_body(request, ThresholdBody)
        recording = self._context.find_recording(body.recording)
        settings = build_settings(self._context.project.config.segmentation, body.settings)
        stretch, segments_N2 = find_segments_in(recording.path, body, settings)
        proposals = [
            NewProposal(onset_s=onset, offset_s=offset, label=body.label, channel=body.channel)
            for onset, offset in segments_N2.tolist()
        ]
        edit = Propose(
            annotations=tuple(proposals),
            source=_SOURCE,
            start_s=stretch[0],
            stop_s=stretch[1],
            channel=body.channel,
        )
        author = body.author or self._context.author
        change = self._context.documents.apply(recording.name, None, edit, author)
        return answer_json({**describe_change(change), "num_found": len(proposals)})


def build_settings(step: SegmentationStep, settings: Mapping[str, Any]) -> AmplitudeSegmentation:
    """Return the settings of a project, others in their place where some are given.

    Raises
    ------
    SubsongError
        When one is not known, or cannot be: one sentence.
    """
    from subsong.recipes.segmenting_options import Segmenting
    from subsong.sources.segmentation.config import AmplitudeSegmentation
    from subsong.sources.segmentation.presets import get_preset

    base = {"amplitude": get_preset(step.preset).config.model_dump()}
    own = read_config(Segmenting, overrides=step.settings, base=base).amplitude
    # What was typed into a form is text, as behind --set.
    written = [f"{key}={value}" for key, value in settings.items() if isinstance(value, str)]
    plain = {key: value for key, value in settings.items() if not isinstance(value, str)}
    half = read_config(AmplitudeSegmentation, overrides=written, base=own.model_dump())
    return read_config(AmplitudeSegmentation, overrides=plain, base=half.model_dump())


def find_segments_in(
    path: Path, body: ThresholdBody, settings: AmplitudeSegmentation
) -> tuple[tuple[float, float], np.ndarray]:
    """Return the stretch that was looked at, in seconds, and its segments, float64, shape (N, 2).

    Raises
    ------
    SubsongError
        When the recording cannot be read, has no such channel, or the stretch lies outside of it.
    """
    from subsong.sources.audio import open_audio
    from subsong.sources.segmentation.amplitude import segment_recording

    with open_audio(path, body.channel) as reader:
        rate_hz = reader.info.sample_rate_hz
        start = round(body.start_s * rate_hz)
        end = reader.info.num_samples if body.stop_s is None else round(body.stop_s * rate_hz)
        stop = min(end, reader.info.num_samples)
        if stop <= start:
            raise SubsongError(
                f"the stretch from {body.start_s:g} s should end after that, and within the recording "
                f"({reader.info.num_samples / rate_hz:g} s)"
            )
        found = segment_recording(_StretchReader(reader, start, stop), settings)
    return (start / rate_hz, stop / rate_hz), found.segments + start / rate_hz


class _StretchReader:
    """A stretch of a recording, read like a whole one."""

    def __init__(self, reader: AudioReader, start: int, stop: int) -> None:
        from subsong.sources.segmentation.reading import ArrayInfo

        self._reader, self._start = reader, start
        self.info = ArrayInfo(reader.info.sample_rate_hz, stop - start)

    def read(self, start: int, stop: int, /) -> np.ndarray:
        """Return samples counted from the begin of the stretch."""
        return self._reader.read(self._start + start, self._start + min(stop, self.info.num_samples))
