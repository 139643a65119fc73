"""Dividing windows into train, validation and test, so that no sound is in two of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.seeds import numpy_generator
from subsong.core.words import count_noun
from subsong.datasets.splits import assign_splits
from subsong.datasets.types import Splits
from subsong.datasets.windows.axes import WindowAxis
from subsong.datasets.windows.dataset import DrawnWindows, FixedWindows
from subsong.datasets.windows.drawing import Stretches, cut_in_time, draw_windows
from subsong.datasets.windows.frames import RegionFrames


class WindowCounts(NamedTuple):
    """How many windows.

    Attributes
    ----------
    train
        Drawn afresh for each epoch.
    held_out
        Drawn once for validation, and once for test.
    """

    train: int
    held_out: int


def build_window_splits(
    frames: RegionFrames,
    axis: WindowAxis,
    stretches: Stretches,
    counts: WindowCounts,
    split_by: str,
    fractions: Mapping[str, float],
    seed: int,
) -> Splits:
    """Divide regions and draw windows from each part.

    Parameters
    ----------
    frames, axis
        The spectrograms, and which moments the columns of a window show.
    stretches
        Where windows may begin.
    counts
        Windows of each part.
    split_by
        What stays together: ``recording``, ``region``, or a column of the regions; ``time`` cuts every region;
        ``split`` takes the part that the column of this name says; ``auto``: recording, region or time, the first of
        which there are enough.
    fractions
        Share of ``train``, ``validation`` and perhaps ``test``.
    seed
        Equal seeds give equal splits and equal windows.

    Raises
    ------
    SubsongError
        When the column is unknown, or there is too little for every part to have something.
    """
    split_by = _choose(frames, stretches, split_by, fractions)
    if split_by == "time":
        parts = dict(cut_in_time(stretches, axis.window_s, fractions))
    else:
        parts = _divide_regions(frames, stretches, split_by, fractions, seed)
    for name in fractions:
        if len(parts[name].region_M) == 0:
            raise SubsongError(
                f"dividing by {split_by} leaves {name} without a window of {axis.window_s:g} s: prepare more or longer "
                "regions, choose another data.split_by, or shorter windows"
            )
    train = DrawnWindows(frames, axis, parts["train"], counts.train, seed)
    held_out = {
        name: FixedWindows(
            frames, axis, draw_windows(part, counts.held_out, numpy_generator(seed, "held-out windows", name))
        )
        for name, part in parts.items()
        if name != "train"
    }
    return Splits(train, held_out["validation"], held_out.get("test"))


def _choose(frames: RegionFrames, stretches: Stretches, split_by: str, fractions: Mapping[str, float]) -> str:
    if split_by == "auto":
        num_recordings = frames.regions["source"][stretches.region_M].n_unique()
        num_regions = len(np.unique(stretches.region_M))
        if num_recordings >= len(fractions):
            return "recording"
        return "region" if num_regions >= len(fractions) else "time"
    known = ["recording", "region", "time", *frames.regions.columns]
    if split_by not in known:
        raise SubsongError(f"data.split_by is {split_by!r}; {did_you_mean(split_by, known)}")
    return split_by


def _divide_regions(
    frames: RegionFrames, stretches: Stretches, split_by: str, fractions: Mapping[str, float], seed: int
) -> dict[str, Stretches]:
    usable = np.unique(stretches.region_M)
    regions = frames.regions[usable]
    if split_by == "split":
        split_of = regions["split"].to_list()
    else:
        column = {"recording": "source", "region": None}.get(split_by, split_by)
        num_groups = len(usable) if column is None else regions[column].n_unique()
        if num_groups < len(fractions):
            raise SubsongError(
                f"{count_noun(num_groups, split_by)} cannot be divided into {', '.join(fractions)}: "
                "data.split_by=time cuts every region instead"
            )
        split_of = assign_splits(regions, fractions, seed, column).to_list()
    part_of = dict(zip(usable.tolist(), split_of, strict=True))
    parts_M = np.array([part_of[region] for region in stretches.region_M.tolist()])
    return {name: stretches.pick(parts_M == name) for name in fractions}
