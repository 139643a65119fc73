"""Annotations while predictions come in: what is decided is given out, and what is held is bounded.

Legend: K = frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from subsong.inference.annotating.decoding import DecodedAnnotations, decode
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.silences import count_silent_frames, find_last_run, find_quiet
from subsong.inference.annotating.streaming import FramePredictions, join_predictions
from subsong.models.segmenter import ClassLayout
from subsong.sources.spectrograms.recording_frames import FrameGrid

SECTION_FRAMES = 2**19


def decode_stream(
    runs: Iterable[FramePredictions],
    layout: ClassLayout,
    grid: FrameGrid,
    options: DecodingOptions,
    section: int = SECTION_FRAMES,
) -> Iterator[DecodedAnnotations]:
    """Yield the annotations of a recording in order, as `decode` gives them, from runs that follow each other.

    Parameters
    ----------
    runs
        Predictions from the first frame of the recording on; any lengths give the same annotations.
    layout, grid, options
        See `decode`.
    section
        Frames of a section of the recording.

    Notes
    -----
    Predictions are held until a silence after which nothing can change what was before it. A section without one, sound
    that does not pause for minutes, ends what is held: there, at a multiple of `section`, a sound is cut in two that
    touch. So no more than two sections are ever held, and where a sound is cut does not depend on the runs.
    """
    held, has_paused, num_quiet = list[FramePredictions](), False, 0
    needed = count_silent_frames(options, grid.hop_s)
    for run in _split_at_sections(runs, section):
        held.append(run)
        # Silence that began before the run, as far as it is held.
        quiet_K = np.concatenate([np.ones(num_quiet, dtype=bool), find_quiet(run, layout, options)])
        silence, num_quiet = find_last_run(quiet_K, needed), _count_at_end(quiet_K)
        if silence is not None:
            num_kept = len(quiet_K) - (silence.start + silence.stop) // 2
            joined, has_paused, num_quiet = join_predictions(held), True, min(num_quiet, num_kept)
            yield decode(joined.cut(0, len(joined) - num_kept), layout, grid, options)
            held = [joined.cut(len(joined) - num_kept)]
        if (run.first_frame + len(run)) % section == 0:
            if not has_paused:
                yield decode(join_predictions(held), layout, grid, options)
                held = []
            has_paused, num_quiet = False, 0
    if held:
        yield decode(join_predictions(held), layout, grid, options)


def _split_at_sections(runs: Iterable[FramePredictions], section: int) -> Iterator[FramePredictions]:
    """Yield the runs in parts that lie in one section each."""
    for run in runs:
        start = 0
        while start < len(run):
            stop = min(len(run), start + section - (run.first_frame + start) % section)
            yield run.cut(start, stop)
            start = stop


def _count_at_end(is_true_K: np.ndarray) -> int:
    """Return how many values at the end are true."""
    is_false = np.flatnonzero(~is_true_K)
    return len(is_true_K) - 1 - int(is_false[-1]) if len(is_false) else len(is_true_K)
