"""Stretches of sound with what was true, what was found, and the probabilities it was found by, one below the other.

Legend: K = frames, C = classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch

from subsong.core.seeds import numpy_generator
from subsong.datasets.song.store import SongStore
from subsong.inference.annotating.split_parts import SplitPart
from subsong.inference.annotating.tuning import PredictedRecording
from subsong.reports.annotation_scores.strips import (
    OUTCOME_COLOURS,
    Strip,
    choose_length,
    choose_strips,
    draw_outcomes,
    take_strip,
)
from subsong.reports.song_dataset.figures import draw_spectrogram
from subsong.reports.song_dataset.stretches import SongStretch, read_stretch
from subsong.reports.style import DENSITY_MAP, FULL_WIDTH_MM, house_style, new_figure
from subsong.sources.song_class import SongClass

_SPECTROGRAM_MM, _OUTCOMES_MM, _CLASS_MM, _EDGES_MM = 34.0, 13.0, 3.2, 22.0
_LEAST_SHOWN, _MOST_CLASSES = 0.1, 24


class Example(NamedTuple):
    """A stretch of a recording, all times in seconds of the recording.

    Attributes
    ----------
    title
        Why it is shown, and what it is of.
    stretch
        Sound and spectrogram.
    matches
        What became of the annotations in it: rows of `AnnotationScores.matches`.
    times_s_K, probabilities_KC
        Of each class, frame by frame.
    classes
        Their names.
    """

    title: str
    stretch: SongStretch
    matches: pl.DataFrame
    times_s_K: np.ndarray
    probabilities_KC: np.ndarray
    classes: tuple[str, ...]


def choose_examples(
    store: SongStore,
    parts: Sequence[SplitPart],
    predictions: Sequence[PredictedRecording],
    matches: pl.DataFrame,
    classes: Sequence[SongClass],
    seed: int = 0,
) -> list[Example]:
    """Return a random stretch, and those of two recordings with the largest share of mistakes.

    Parameters
    ----------
    store
        The sound.
    parts, predictions
        Parts of it and what a model says of them.
    matches
        As of `list_outcomes`; ``recording`` is the name of a part, times are from its beginning.
    classes
        What the model tells.
    seed
        Of the random stretch.
    """
    strips = [("A random stretch", _draw_strip(matches, seed))]
    strips += [("Where most is wrong", strip) for strip in choose_strips(matches, num_strips=2)]
    named = {part.name: (part, one) for part, one in zip(parts, predictions, strict=True)}
    names = tuple(one.name for one in classes)
    return [_build_example(store, title, strip, *named[strip.recording], names) for title, strip in strips]


def _draw_strip(matches: pl.DataFrame, seed: int) -> Strip:
    rows = matches.with_columns(pl.coalesce("truth_onset_s", "found_onset_s").alias("time"))
    row = rows.row(int(numpy_generator(seed, "example").integers(rows.height)), named=True)
    length_s = choose_length(rows)
    return take_strip(rows, row["recording"], max(0.0, row["time"] - length_s / 2), length_s)


def _build_example(
    store: SongStore, title: str, strip: Strip, part: SplitPart, one: PredictedRecording, classes: tuple[str, ...]
) -> Example:
    stop_s = min(strip.stop_s, part.duration_s)
    start_s = max(0.0, min(strip.start_s, stop_s - (strip.stop_s - strip.start_s)))
    stretch = read_stretch(store, part.recording, part.start_s + start_s, part.start_s + stop_s)
    first, stop = int(start_s / one.grid.hop_s), int(stop_s / one.grid.hop_s) + 1
    probabilities_KC = one.predictions.probabilities_KC[first:stop]
    times_s_K = part.start_s + (first + np.arange(len(probabilities_KC))) * one.grid.hop_s
    moved = strip.matches.with_columns(pl.col("^(truth|found)_(onset|offset)_s$") + part.start_s)
    return Example(f"{title}: {stretch.name}", stretch, moved, times_s_K, probabilities_KC, classes)


@house_style()
def plot_example(example: Example) -> Figure:
    """Draw the spectrogram above the true and the found annotations, above the probability of each class."""
    shown = _choose_classes(example)
    rows_mm = max(8.0, _CLASS_MM * len(shown))
    figure = new_figure(FULL_WIDTH_MM, _SPECTROGRAM_MM + _OUTCOMES_MM + rows_mm + _EDGES_MM)
    heights = (_SPECTROGRAM_MM, _OUTCOMES_MM, rows_mm)
    spectrogram, outcomes, probabilities = figure.subplots(3, 1, sharex=True, height_ratios=heights)
    stretch = example.stretch
    start_s, stop_s = stretch.start_s, stretch.start_s + len(stretch.samples_T) / stretch.sample_rate_hz
    draw_spectrogram(spectrogram, stretch)
    draw_outcomes(outcomes, example.matches, stop_s - start_s)
    picture = _draw_probabilities(probabilities, example, shown)
    probabilities.set_xlim(start_s, stop_s)
    probabilities.set_xlabel("time in the recording (s)")
    figure.colorbar(picture, ax=[probabilities], label="probability", aspect=8, pad=0.01).outline.set_visible(False)
    used = set(example.matches["outcome"])
    handles = [Patch(color=colour, label=name) for name, colour in OUTCOME_COLOURS.items() if name in used]
    figure.suptitle(example.title, x=0.01, ha="left", fontsize=8, fontweight="bold")
    figure.legend(handles=handles, loc="outside lower right", ncols=max(1, len(handles)))
    return figure


def _choose_classes(example: Example) -> list[int]:
    """Return the classes that are there or thought of, at most the 24 most probable, in their order."""
    highest_C = example.probabilities_KC.max(axis=0, initial=0.0)
    true = set(example.matches["truth_label"].drop_nulls())
    shown = [number for number, name in enumerate(example.classes) if name in true or highest_C[number] > _LEAST_SHOWN]
    kept = sorted(shown, key=lambda number: -float(highest_C[number]))[:_MOST_CLASSES]
    return sorted(kept) or [int(highest_C.argmax())]


def _draw_probabilities(axes: Axes, example: Example, shown: list[int]) -> AxesImage:
    half_s = 0.5 * (example.times_s_K[-1] - example.times_s_K[0]) / max(1, len(example.times_s_K) - 1)
    extent = (float(example.times_s_K[0] - half_s), float(example.times_s_K[-1] + half_s), len(shown) - 0.5, -0.5)
    values = example.probabilities_KC[:, shown].T
    picture = axes.imshow(
        np.where(values < 0.02, np.nan, values),
        cmap=DENSITY_MAP,
        vmin=0,
        vmax=1,
        aspect="auto",
        extent=extent,
        interpolation="nearest",
    )
    axes.set_yticks(range(len(shown)), [example.classes[number] for number in shown])
    axes.tick_params(axis="y", length=0)
    axes.set_ylabel("label")
    return picture
