"""Stretches of recordings with what was true above what was found, where the two differ most."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from subsong.evaluation.annotations.outcomes import CONFUSED, EXTRA, MISSED, PAIRED, UNJUDGED
from subsong.reports.style import BLUE, FULL_WIDTH_MM, INK, MUTED, ORANGE, PURPLE, VERMILLION, house_style, new_figure

OUTCOME_COLOURS = {PAIRED: BLUE, CONFUSED: PURPLE, MISSED: VERMILLION, EXTRA: ORANGE, UNJUDGED: MUTED}
_ROWS = {"truth": 1.0, "found": 0.0}
_HEIGHT = 0.62
_STRIP_MM, _EMPTY_MM = 21.0, 14.0
# Narrower than this share of the strip, a label has no room.
_MIN_LABELLED = 0.012


class Strip(NamedTuple):
    """A stretch of a recording: its name, seconds, and its rows of `AnnotationScores.matches`."""

    recording: str
    start_s: float
    stop_s: float
    matches: pl.DataFrame


def choose_strips(matches: pl.DataFrame, num_strips: int = 4, length_s: float | None = None) -> list[Strip]:
    """Return the stretch with most mistakes of each of the recordings with the largest share of mistakes.

    Parameters
    ----------
    matches
        As of `list_outcomes`.
    num_strips
        At most.
    length_s
        Of each strip; None: of some 25 annotations.
    """
    rows = matches.with_columns(
        pl.coalesce("truth_onset_s", "found_onset_s").alias("time"),
        pl.col("outcome").is_in([CONFUSED, MISSED, EXTRA]).alias("is_wrong"),
    )
    length_s = choose_length(rows) if length_s is None else length_s
    shares = rows.group_by("recording").agg(pl.col("is_wrong").sum().alias("num"), pl.col("is_wrong").mean())
    worst = shares.filter(pl.col("num") > 0).sort("is_wrong", "num", "recording", descending=[True, True, False])
    strips = []
    for recording in worst["recording"].head(num_strips):
        own = rows.filter(pl.col("recording") == recording)
        strips.append(take_strip(own, recording, _find_worst(own, length_s), length_s))
    return strips


def take_strip(matches: pl.DataFrame, recording: str, start_s: float, length_s: float) -> Strip:
    """Return a stretch of a recording, with the rows of `matches` that reach into it."""
    near = (pl.max_horizontal("truth_offset_s", "found_offset_s") >= start_s) & (
        pl.min_horizontal("truth_onset_s", "found_onset_s") <= start_s + length_s
    )
    return Strip(recording, start_s, start_s + length_s, matches.filter((pl.col("recording") == recording) & near))


def choose_length(rows: pl.DataFrame) -> float:
    """Return the time that 25 annotations take, between 0.5 s and 20 s; rows have a column ``time``."""
    gaps = rows.sort("recording", "time").select(pl.col("time").diff().over("recording")).to_series().drop_nulls()
    return float(np.clip(25 * float(gaps.median() or 0.0), 0.5, 20.0))  # type: ignore[arg-type]


def _find_worst(rows: pl.DataFrame, length_s: float) -> float:
    """Return where the stretch with most mistakes begins: a little before the first, within what is annotated."""
    times = np.sort(rows.filter("is_wrong")["time"].to_numpy())
    counts = np.searchsorted(times, times + 0.9 * length_s, side="right") - np.arange(len(times))
    end_s = float(rows.select(pl.max_horizontal("truth_offset_s", "found_offset_s").max()).item())
    return max(0.0, min(float(times[int(np.argmax(counts))]), end_s - 0.9 * length_s) - 0.05 * length_s)


@house_style()
def plot_strips(strips: list[Strip]) -> Figure:
    """Draw each stretch: truth above, found below; colours say what became of each."""
    figure = new_figure(FULL_WIDTH_MM, _EMPTY_MM + _STRIP_MM * len(strips))
    for axes, strip in zip(np.atleast_1d(figure.subplots(len(strips), 1)), strips, strict=True):
        draw_outcomes(axes, strip.matches, strip.stop_s - strip.start_s)
        axes.set_xlim(strip.start_s, strip.stop_s)
        axes.set_title(strip.recording)
    axes.set_xlabel("time in the recording (s)")
    used = {outcome for strip in strips for outcome in strip.matches["outcome"]}
    handles = [Patch(color=colour, label=name) for name, colour in OUTCOME_COLOURS.items() if name in used]
    figure.legend(handles=handles, loc="outside upper right", ncols=len(handles))
    return figure


def draw_outcomes(axes: Axes, matches: pl.DataFrame, length_s: float) -> None:
    """Draw rows of `AnnotationScores.matches`, truth above found; `length_s` decides which labels have room."""
    for row in matches.iter_rows(named=True):
        for side in _ROWS:
            if row[f"{side}_onset_s"] is not None:
                _draw_one(axes, row, side, length_s)
    axes.set_ylim(-0.5, 1.5)
    axes.set_yticks(list(_ROWS.values()), list(_ROWS))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_one(axes: Axes, row: dict[str, object], side: str, length_s: float) -> None:
    onset_s, offset_s = (float(row[f"{side}_{edge}_s"]) for edge in ("onset", "offset"))  # type: ignore[arg-type]
    colour, level = OUTCOME_COLOURS[str(row["outcome"])], _ROWS[side]
    if offset_s <= onset_s:
        axes.vlines(onset_s, level - _HEIGHT / 2, level + _HEIGHT / 2, color=colour, linewidth=1.0)
        return
    axes.barh(level, offset_s - onset_s, _HEIGHT, left=onset_s, color=colour, alpha=0.8, linewidth=0)
    label = str(row[f"{side}_label"])
    if offset_s - onset_s > _MIN_LABELLED * length_s * max(1, len(label)):
        axes.text((onset_s + offset_s) / 2, level, label, ha="center", va="center", size=6, color=INK, clip_on=True)
