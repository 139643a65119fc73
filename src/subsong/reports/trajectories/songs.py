"""Trajectories of any song: over the map of all windows, as strands, and as traces of one stretch.

Legend: N = windows, M = sequences, S = steps, K = components.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from subsong.core.words import count_noun
from subsong.inference.projection import fit_principal_axes, project
from subsong.inference.sequence_spectrograms import fetch_along
from subsong.reports.drawn import Drawn
from subsong.reports.exploration.parts import Part
from subsong.reports.trajectories.maps import Paths, plot_paths_by_class, plot_paths_by_time
from subsong.reports.trajectories.parts import Layout, Song
from subsong.reports.trajectories.spectrogram import TimedSpectrogram
from subsong.reports.trajectories.traces import plot_traces

NUM_COMPONENTS = 3
_SECTION = "Over the map"
_MAX_PATHS = 200
_LONGEST_S = 4.0
_TITLES = {"umap": "UMAP", "pca": "Principal components", "strands": "Strands"}
_CAPTIONS = {
    "umap": "{shown}, each a thin line, on their way over the UMAP of all windows (grey points). Neighbours on the "
    "map are neighbours in the latent space; jumps and distances mean little.",
    "pca": "{shown}, each a thin line, on their way along the first two principal components of all windows (grey "
    "points). Distances mean what they are, but what lies along the other components is not seen.",
    "strands": "{shown}, each a thin line, laid out by UMAP with the distance between successive windows "
    "multiplied by 0.001 (Goffinet et al. 2021, figure 7): each stays one thread, and threads that run beside one "
    "another sing alike. Where threads part, song differs.",
}


def draw_maps(song: Song, layouts: Sequence[Layout]) -> Part:
    """Draw sequences on each map, coloured by time, and by what is compared."""
    drawn_M = _choose(song.sequences.num_sequences)
    rows = np.concatenate([np.arange(*song.sequences.offsets[m : m + 2]) for m in drawn_M])
    offsets = np.concatenate([[0], np.cumsum(np.diff(song.sequences.offsets)[drawn_M])])
    time_N, figures = song.compute_times()[rows], []
    what = "time of the motif (s)" if song.is_warped else "time since the region began (s)"
    shown = count_noun(song.sequences.num_sequences, song.noun)
    if len(drawn_M) < song.sequences.num_sequences:
        shown = f"{len(drawn_M)} of {shown}"
    for layout in layouts:
        background = layout.places_N2[:0] if layout.name == "strands" else layout.places_N2
        paths = Paths(layout.places_N2[rows], offsets, background, _name_axes(layout))
        caption = f"{_CAPTIONS[layout.name].format(shown=shown)} Data: windows.parquet, {layout.name}_1 and _2."
        title, figure = f"{_TITLES[layout.name]}, by time", plot_paths_by_time(paths, time_N, what)
        figures.append(Drawn(_SECTION, f"{layout.name}_by_time", title, f"{caption} Coloured by {what}.", figure))
        if song.by is not None:
            title = f"{_TITLES[layout.name]}, by {song.by}"
            figure = plot_paths_by_class(paths, song.classes_M[drawn_M], song.noun)
            figures.append(Drawn(_SECTION, f"{layout.name}_by_{song.by}", title, caption, figure))
    return Part(tuple(figures))


def draw_stretch(song: Song) -> Part:
    """Draw the first components of one stretch of song, below its spectrogram."""
    sequences = song.sequences
    number = int(np.diff(sequences.offsets).argmax())
    first, last = sequences.offsets[number : number + 2]
    last = min(last, first + max(2, int(_LONGEST_S / song.plan.hop_s)))
    axes = fit_principal_axes(sequences.latents_NL.astype(np.float64), NUM_COMPONENTS)
    values_SK = project(sequences.latents_NL[first:last], axes, NUM_COMPONENTS)
    start_S = song.plan.locate(np.arange(first, last))[1].start_N
    region = song.plan.region_M[[number]]
    image_FG = fetch_along(song.frames, song.axis, region, start_S[0], start_S[-1])
    picture = TimedSpectrogram(image_FG, start_S[0], start_S[-1] + song.axis.window_s, song.frequency_F)
    time_S = start_S + song.axis.window_s / 2
    explained_K = np.pad(axes.explained, (0, NUM_COMPONENTS - len(axes.explained)))
    source = str(sequences.items["source"][int(first)])
    names = (f"time of {source} (s)", song.noun)
    figure = plot_traces(values_SK[None], time_S, song.classes_M[[number]], picture, explained_K, names)
    caption = (
        f"The first principal components of the windows (share of the variance in brackets) along {source}, each "
        f"value at the middle of its window of {song.axis.window_s:g} s. Data: stretch.csv."
    )
    columns = {f"component_{k + 1}": values_SK[:, k] for k in range(NUM_COMPONENTS)}
    table = pl.DataFrame({"time_s": time_S, **columns})
    return Part((Drawn("Over time", "stretch", "One stretch of song", caption, figure),), {"stretch.csv": table})


def _choose(num_sequences: int) -> np.ndarray:
    """Return which sequences are drawn, evenly chosen where there are too many for lines to be told apart."""
    return np.unique(np.linspace(0, num_sequences - 1, min(num_sequences, _MAX_PATHS)).astype(np.int64))


def _name_axes(layout: Layout) -> tuple[str, str]:
    if layout.projection.axes is None:
        return "", ""
    shares = np.pad(layout.projection.axes.explained, (0, 2))
    return f"component 1 ({100 * shares[0]:.0f} %)", f"component 2 ({100 * shares[1]:.0f} %)"
