"""From a model and a folder of recordings to stretches worth correcting, with proposals ready for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.inference.load import load_segmenter
from subsong.inference.segmenter import TrainedSegmenter, list_channels
from subsong.inference.suggesting.choosing import Suggestion, choose_stretches
from subsong.inference.suggesting.measuring import Stretch, measure_channel
from subsong.inference.tables import write_table
from subsong.recipes.suggesting_files import cut_stretches, find_proposals, write_looked_at, write_proposals
from subsong.recipes.suggesting_page import write_suggestions_page
from subsong.sources.annotations import FORMATS, build_annotations, empty_annotations
from subsong.sources.audio import Channel, find_audio, read_audio_info

log = logging.getLogger(__name__)

_EDGE_S = 0.02


class SuggestOptions(NamedTuple):
    """What to suggest, and how it is written.

    Attributes
    ----------
    stretch_s, total_s
        Length of a stretch, and of all together.
    format
        Of the proposals: a name of `FORMATS` that is written.
    cut
        Whether stretches are cut out as recordings of their own.
    device, trust
        As for `load_model`.
    """

    stretch_s: float = 5.0
    total_s: float = 60.0
    format: str = "csv"
    cut: bool = False
    device: str = "auto"
    trust: bool = False


class MeasuredFolder(NamedTuple):
    """The recordings of a folder by name, their stretches, and all that was found in them."""

    paths: dict[str, Path]
    stretches: list[Stretch]
    found: pl.DataFrame


class SuggestedFolder(NamedTuple):
    """What was written: the table of suggestions, where proposals lie, and how much sound was looked at."""

    table: pl.DataFrame
    proposals_path: Path
    num_recordings: int
    searched_s: float


def suggest_stretches(
    model_path: Path,
    source: Path,
    out: Path,
    options: SuggestOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SuggestedFolder:
    """Write the stretches of recordings that are worth correcting most, with proposals, into the folder `out`.

    Parameters
    ----------
    model_path
        A song-segmenter, or its run.
    source
        A recording, or a folder of them at any depth.
    out
        Gets ``suggestions.csv``, ``page.html``, and ``proposals/``, or with `cut` ``stretches/``.
    options
        How much, and in which format.
    progress
        Told how many recordings of how many were looked at.

    Raises
    ------
    SubsongError
        When the model is of another kind, `out` holds suggestions already, the format is not written, or no recording
        can be read.
    """
    options = options or SuggestOptions()
    _check(out, options)
    model = load_segmenter(model_path, options.device, options.trust)
    model.require_one_channel("'subsong suggest'")
    measured = measure_folder(model, source, options.stretch_s, progress)
    chosen = [
        one._replace(stretch=_round_out(one.stretch, measured))
        for one in choose_stretches(measured.stretches, options.total_s)
    ]
    table = build_table(chosen)
    write = cut_stretches if options.cut else write_proposals
    proposals_path = write(out, measured.paths, [one.stretch for one in chosen], measured.found, options.format)
    if not options.cut:
        write_looked_at(out / "looked_at.csv", [one.stretch for one in chosen])
    write_suggestions_page(out / "page.html", model, measured.paths, chosen, measured.found)
    # The table comes last: where it is, everything else is.
    write_table(out / "suggestions.csv", table)
    searched_s = sum(one.duration_s for one in measured.stretches)
    return SuggestedFolder(table, proposals_path, len(measured.paths), searched_s)


def measure_folder(
    model: TrainedSegmenter,
    source: Path,
    stretch_s: float,
    progress: Callable[[int, int], None] | None = None,
    channel: Channel = None,
) -> MeasuredFolder:
    """Return what a model makes of every stretch of recordings; one that cannot be read is named and left out.

    Parameters
    ----------
    model
        Which looks at each channel by itself.
    source
        A recording, or a folder of them at any depth.
    stretch_s
        Length of a stretch.
    progress
        Told how many recordings of how many were looked at.
    channel
        As for `TrainedSegmenter.annotate`.

    Raises
    ------
    SubsongError
        When no recording can be read.
    """
    paths = find_audio(source)
    root = source if source.is_dir() else source.parent
    measured, problems = MeasuredFolder({}, [], empty_annotations()), list[SubsongError]()
    tables = [empty_annotations()]
    for number, path in enumerate(paths):
        name = path.relative_to(root).as_posix()
        try:
            tables.append(_measure_recording(model, path, name, stretch_s, measured, channel))
        except SubsongError as error:
            log.warning("left out: %s", error)
            problems.append(error)
        if progress is not None:
            progress(number + 1, len(paths))
    if not measured.paths:
        raise problems[0]
    return measured._replace(found=pl.concat(tables))


def build_table(chosen: Sequence[Suggestion]) -> pl.DataFrame:
    """Return suggestions as a table, the best first."""
    rows = [
        (rank, one.stretch.recording, one.stretch.channel, one.stretch.start_s, one.stretch.stop_s, one.score,
         one.reason, one.stretch.num_proposals)
        for rank, one in enumerate(chosen, start=1)
    ]  # fmt: skip
    schema = {
        "rank": pl.Int64,
        "recording": pl.String,
        "channel": pl.Int64,
        "start_s": pl.Float64,
        "stop_s": pl.Float64,
        "score": pl.Float64,
        "reason": pl.String,
        "num_proposals": pl.Int64,
    }
    return pl.DataFrame(rows, schema, orient="row").with_columns(
        pl.col("start_s", "stop_s").round(6), pl.col("score").round(3)
    )


def _check(out: Path, options: SuggestOptions) -> None:
    written = [form.name for form in FORMATS if form.write]
    if options.format not in written:
        raise SubsongError(f"proposals are not written as {options.format!r}: {did_you_mean(options.format, written)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SubsongError(f"{out} is there already and may hold corrected annotations: choose another folder")


def _measure_recording(
    model: TrainedSegmenter, path: Path, name: str, stretch_s: float, measured: MeasuredFolder, channel: Channel
) -> pl.DataFrame:
    """Return the annotations found in a recording, and add its stretches to what was measured."""
    tables, stretches = [], list[Stretch]()
    for heard in list_channels(path, channel):
        part = measure_channel(model, path, name, heard, stretch_s)
        stretches += part.stretches
        tables.append(
            build_annotations(
                recording=[name] * len(part.found),
                channel=[heard.number] * len(part.found),
                onset_s=part.found.onset_s_N,
                offset_s=part.found.offset_s_N,
                label=[model.classes[number].name for number in part.found.class_N.tolist()],
                score=part.found.score_N,
                annotator=["subsong"] * len(part.found),
            )
        )
    measured.paths[name] = path
    measured.stretches.extend(stretches)
    return pl.concat(tables)


def _round_out(stretch: Stretch, measured: MeasuredFolder) -> Stretch:
    """Return a stretch with its ends moved out so far that they cut no proposal in two."""
    mine = measured.found.filter(
        pl.col("recording") == stretch.recording, pl.col("channel").eq_missing(stretch.channel)
    )
    start_s = _move_out(stretch.start_s, mine["onset_s"].to_numpy(), mine["offset_s"].to_numpy())
    # The other end is the same thing with time running backwards.
    stop_s = -_move_out(-stretch.stop_s, -mine["offset_s"].to_numpy(), -mine["onset_s"].to_numpy())
    end_s = read_audio_info(measured.paths[stretch.recording]).duration_s
    moved = stretch._replace(start_s=max(0.0, start_s), stop_s=min(end_s, stop_s))
    return moved._replace(num_proposals=find_proposals(mine, moved).height)


def _move_out(start_s: float, onset_s_N: np.ndarray, offset_s_N: np.ndarray) -> float:
    """Return a time before the sounds that a time cuts in two: a little, at most half way to the sound before."""
    is_cut_N = (onset_s_N < start_s) & (offset_s_N > start_s)
    if not is_cut_N.any():
        return start_s
    onset_s = float(onset_s_N[is_cut_N].min())
    before_s = float(offset_s_N[offset_s_N <= onset_s].max(initial=-np.inf))
    return max(onset_s - _EDGE_S, 0.5 * (onset_s + before_s))
