"""Trajectories of a warped motif: traces of all renditions on one time, and how much they vary along it.

Legend: R = renditions, S = steps, K = components, L = latent dimensions.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl

from subsong.evaluation.along_motif import (
    MIN_RENDITIONS,
    AlongOptions,
    VariabilityContrast,
    compare_variability_along,
    describe_variability_along,
)
from subsong.inference.projection import fit_principal_axes, project
from subsong.inference.sequence_spectrograms import fetch_along
from subsong.inference.sequences import StackedRenditions
from subsong.reports.content import KeyFigure
from subsong.reports.drawn import Drawn
from subsong.reports.exploration.parts import Part
from subsong.reports.tables import format_number
from subsong.reports.trajectories.parts import Song
from subsong.reports.trajectories.songs import NUM_COMPONENTS
from subsong.reports.trajectories.spectrogram import TimedSpectrogram
from subsong.reports.trajectories.traces import plot_traces
from subsong.reports.trajectories.variability import plot_variability_along

_SECTION = "Along the motif"
_AXIS_NAME = "time of the motif, warped to the template (s)"
_MAX_PICTURED = 64
_MAX_CONTRASTED = 4


def draw_traces(song: Song, stacked: StackedRenditions) -> Part:
    """Draw the first components of all renditions over the time of the motif."""
    num_renditions, num_steps, latent_dim = stacked.latents_RSL.shape
    flat_NL = stacked.latents_RSL.reshape(-1, latent_dim).astype(np.float64)
    axes = fit_principal_axes(flat_NL, NUM_COMPONENTS)
    components_RSK = project(flat_NL, axes, NUM_COMPONENTS).reshape(num_renditions, num_steps, NUM_COMPONENTS)
    time_S = stacked.template_s + song.axis.window_s / 2
    classes_R = song.classes_M[stacked.sequences]
    explained_K = np.pad(axes.explained, (0, NUM_COMPONENTS - len(axes.explained)))
    names = (_AXIS_NAME, song.noun)
    figure = plot_traces(components_RSK, time_S, classes_R, _picture(song, stacked), explained_K, names)
    caption = (
        "Above, the mean spectrogram of the warped renditions. Below, the first principal components (share of the "
        f"variance in brackets) of {num_renditions:,} renditions, thin, and their mean, thick"
        f"{'' if song.by is None else f', for each {song.by}'}. Each value stands at the middle of its window of "
        f"{song.axis.window_s:g} s. Lines that lie on one another mean that the warp holds and song is stereotyped. "
        "Data: traces.csv (means and standard deviations)."
    )
    drawn = Drawn(_SECTION, "traces", "Latent traces", caption, figure)
    return Part((drawn,), {"traces.csv": _tabulate(components_RSK, time_S, classes_R)})


def draw_variability(song: Song, stacked: StackedRenditions) -> Part:
    """Draw how much renditions vary along the motif, and compare contexts where there are several."""
    names, counts = np.unique(song.classes_M[stacked.sequences], return_counts=True)
    kept = np.isin(song.classes_M[stacked.sequences], names[counts >= MIN_RENDITIONS])
    left_out = ", ".join(names[counts < MIN_RENDITIONS])
    warnings = [f"Too few renditions to speak of their variability: {left_out}."] if left_out else []
    if not kept.any():
        return Part(warnings=tuple(warnings))
    latents_RSL, contexts = stacked.latents_RSL[kept], song.classes_M[stacked.sequences][kept]
    units = _choose_units(contexts, stacked.renditions["source"].to_numpy()[kept])
    if units is None and song.by is not None:
        warnings.append(
            f"Not every {song.by} has three recordings that are its own: renditions were drawn and shuffled, not "
            "recordings, and intervals and p-values are too small where renditions of a recording are alike."
        )
    options = AlongOptions(song.centre, seed=song.seed)
    found = describe_variability_along(latents_RSL, contexts, units, options)
    known = names[counts >= MIN_RENDITIONS].tolist()
    pairs = list(combinations(known, 2)) if len(known) <= _MAX_CONTRASTED else []
    if len(known) > _MAX_CONTRASTED:
        warnings.append(
            f"{song.by} has {len(known)} values with enough renditions: up to {_MAX_CONTRASTED} are compared moment by "
            "moment, pair by pair; take the recordings of some of them to test a difference."
        )
    contrasts = [compare_variability_along(latents_RSL, contexts, pair, units, options) for pair in pairs]
    time_S = stacked.template_s + song.axis.window_s / 2
    steps = _add_time(found.steps, time_S)
    tables = {"variability_along.csv": steps, "variability.csv": found.overall}
    if contrasts:
        tables["contrast_along.csv"] = _add_time(pl.concat(contrast.steps for contrast in contrasts), time_S)
        tables["contrast.csv"] = pl.concat(contrast.overall for contrast in contrasts)
    shown = tables["contrast_along.csv"] if len(contrasts) == 1 else None
    figure = plot_variability_along(steps, found.overall, shown, _picture(song, stacked), _AXIS_NAME)
    caption = _describe(song, int(found.overall["num_compared"][0]), options, bool(contrasts), units is not None)
    drawn = Drawn(_SECTION, "variability_along", "Variability along the motif", caption, figure)
    return Part((drawn,), tables, tuple(map(_build_key, contrasts)), tuple(warnings))


def _picture(song: Song, stacked: StackedRenditions) -> TimedSpectrogram:
    """Return the mean spectrogram of the renditions, or of evenly chosen ones where there are many."""
    num_renditions = len(stacked.sequences)
    chosen = np.unique(np.linspace(0, num_renditions - 1, min(num_renditions, _MAX_PICTURED)).astype(np.int64))
    first_s, last_s = float(stacked.template_s[0]), float(stacked.template_s[-1])
    regions = song.plan.region_M[stacked.sequences[chosen]]
    image_FG = fetch_along(song.frames, song.axis, regions, first_s, last_s)
    return TimedSpectrogram(image_FG, first_s, last_s + song.axis.window_s, song.frequency_F)


def _tabulate(components_RSK: np.ndarray, time_S: np.ndarray, classes_R: np.ndarray) -> pl.DataFrame:
    """Return mean and standard deviation of each component, one row a context and step."""
    tables = []
    for name in np.unique(classes_R):
        mine_RSK = components_RSK[classes_R == name]
        columns = {
            f"component_{k + 1}_{what}": values_SK[:, k]
            for what, values_SK in (("mean", mine_RSK.mean(axis=0)), ("sd", mine_RSK.std(axis=0)))
            for k in range(components_RSK.shape[2])
        }
        tables.append(pl.DataFrame({"context": [str(name)] * len(time_S), "time_s": time_S, **columns}))
    return pl.concat(tables)


def _choose_units(contexts: np.ndarray, recordings: np.ndarray) -> np.ndarray | None:
    """Return the recordings, where each is of one context and each context has three at least, else None."""
    pairs = pl.DataFrame({"context": contexts, "recording": recordings}).unique()
    fewest = pairs.group_by("context").len()["len"].min()
    is_nested = pairs["recording"].n_unique() == pairs.height
    return recordings if is_nested and isinstance(fewest, int) and fewest >= MIN_RENDITIONS else None


def _add_time(steps: pl.DataFrame, time_S: np.ndarray) -> pl.DataFrame:
    return steps.with_columns(time_s=pl.Series(time_S[steps["step"].to_numpy()])).drop("step")


def _describe(song: Song, num_compared: int, options: AlongOptions, is_compared: bool, are_recordings: bool) -> str:
    centre = "the median of each coordinate" if options.centre == "median" else "the medoid"
    caption = (
        f"Variability index at each moment: the median squared distance of renditions from {centre} (Goffinet et al. "
        f"2021, figure 6e), of {num_compared} renditions each, so that it does not depend on how many there are; "
        f"{100 * options.level:.0f} % bootstrap bands over {'recordings' if are_recordings else 'renditions'}. Below, "
        "what sounds at the same time. "
    )
    if is_compared:
        caption += (
            f"A dot above marks a moment at which two {song.by}s differ (p below 0.05, corrected for all moments; "
            f"{options.num_permutations} permutations). Data: variability_along.csv, variability.csv, "
            "contrast_along.csv, contrast.csv."
        )
        return caption
    return f"{caption}Data: variability_along.csv, variability.csv."


def _build_key(contrast: VariabilityContrast) -> KeyFigure:
    row = contrast.overall.row(0, named=True)
    interval = f"difference {format_number(row['difference'], 3)} [{format_number(row['low'], 3)}, "
    interval += f"{format_number(row['high'], 3)}], p = {format_number(row['p_value'], 2)}, over the whole motif"
    percent = f"{100 * row['reduction']:.0f}".replace("-", "\N{MINUS SIGN}")
    return KeyFigure(f"less variable: {row['first']} than {row['second']}", percent, "%", interval)
