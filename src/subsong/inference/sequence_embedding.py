"""Windows at every hop, embedded a part at a time: however long the recordings, one part is in memory.

Legend: N = windows, L = latent dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.progress import Progress
from subsong.datasets.windows.axes import WindowAxis
from subsong.datasets.windows.dataset import FixedWindows
from subsong.datasets.windows.drawing import Windows
from subsong.datasets.windows.frames import RegionFrames
from subsong.inference.model import TrainedVae
from subsong.inference.sequence_plan import SequencePlan
from subsong.inference.sequences import STEP_COLUMN, TEMPLATE_COLUMN, LatentSequences

_PART_SIZE = 1 << 14
_OF_REGIONS = ("onset_s", "offset_s", "first_frame", "num_frames")


class SequencePart(NamedTuple):
    """Consecutive windows.

    Attributes
    ----------
    items
        One row a window; of the same columns in every part.
    mean_NL, log_variance_NL
        Of the posterior, float32, shape (N, L).
    """

    items: pl.DataFrame
    mean_NL: np.ndarray
    log_variance_NL: np.ndarray


def embed_plan(
    model: TrainedVae,
    frames: RegionFrames,
    axis: WindowAxis,
    plan: SequencePlan,
    batch_size: int = 500,
    progress: Progress | None = None,
) -> Iterator[SequencePart]:
    """Yield the posterior of every window of a plan, in order; the same for any batch size.

    Parameters
    ----------
    model
        Of windows.
    frames
        Spectrograms of the regions.
    axis
        Which moments the columns of a window show.
    plan
        Where windows begin.
    batch_size
        Windows at a time.
    progress
        Told how many windows are embedded.
    """
    done = 0
    for step_N, windows in plan.iterate_parts(_PART_SIZE):
        items = _describe(frames, axis, step_N, windows)
        yield SequencePart(items, *model.encode(FixedWindows(frames, axis, windows), batch_size))
        done += len(step_N)
        if progress is not None:
            progress("windows embedded", done, plan.num_windows)


def collect_sequences(parts: Iterator[SequencePart], plan: SequencePlan) -> LatentSequences:
    """Return all parts of a plan as sequences in memory."""
    items, means, _ = zip(*parts, strict=True)
    offsets = np.concatenate([[0], np.cumsum(plan.num_windows_M)])
    return LatentSequences(pl.concat(items), np.concatenate(means), offsets)


def _describe(frames: RegionFrames, axis: WindowAxis, step_N: np.ndarray, windows: Windows) -> pl.DataFrame:
    """Return one row a window: where it is, and what is known of its region."""
    region_N, start_N = windows
    regions = frames.regions
    # A column that is empty for one part only must stay, or parts would not fit together.
    known = [name for name in regions.columns if regions[name].null_count() < regions.height]
    times_NT = axis.times(region_N, start_N)
    places = {STEP_COLUMN: step_N, "start_s": times_NT[:, 0], "stop_s": times_NT[:, -1]}
    if axis.start_column != "onset_s":
        places[TEMPLATE_COLUMN] = start_N
    of_regions = regions.select(name for name in known if name not in _OF_REGIONS)[region_N]
    return of_regions.with_columns(**places).select("source", "row", *places, pl.exclude("source", "row", *places))
