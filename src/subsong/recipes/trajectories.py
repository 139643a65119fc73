"""Latent trajectories: how song moves through the latent space of a model of windows, as figures, tables and one page.

Legend: N = windows, M = sequences.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
import polars as pl

from subsong import __version__
from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import atomic_folder, write_json
from subsong.core.progress import Progress
from subsong.core.seeds import numpy_generator
from subsong.core.words import count_noun
from subsong.evaluation.variability import Centre
from subsong.inference.load import load_window_model
from subsong.inference.projection import fit_projection
from subsong.inference.sequence_embedding import (
    collect_sequences,
    embed_plan,
)
from subsong.inference.sequence_plan import DEFAULT_HOP_S, SequencePlan, check_hop, plan_sequences
from subsong.inference.sequences import LatentSequences, stack_renditions
from subsong.inference.strands import fit_strands
from subsong.inference.windows import TrainedWindowVae
from subsong.recipes.part_pages import PROJECTION_DIR, REPORT_NAME
from subsong.recipes.result_folders import check_result_folder
from subsong.recipes.trajectories_page import write_trajectories
from subsong.reports.exploration.parts import Part
from subsong.reports.trajectories.motifs import draw_traces, draw_variability
from subsong.reports.trajectories.parts import ALL, Layout, Song
from subsong.reports.trajectories.songs import draw_maps, draw_stretch
from subsong.sources.spectrograms.axes import compute_image_frequencies

MANIFEST_NAME = "trajectories.json"
_FORMAT = "subsong-trajectories-1"
_MAX_FITTED = 8000
_MAX_CLASSES = 12
_UNKNOWN = "not known"
LayoutKind = Literal["umap", "pca", "strands"]


class TrajectoryOptions(NamedTuple):
    """What is drawn, and how.

    Attributes
    ----------
    by
        Column of the recordings or regions whose values are compared, such as context or session.
    kinds
        Maps that trajectories are drawn over.
    hop_s
        From one window to the next.
    max_windows
        Of longer song, whole regions are drawn at random until there are so many windows.
    centre
        Of the variability index.
    seed
        Of every random draw.
    batch_size
        Windows at a time; changes no number.
    """

    by: str | None = None
    kinds: Sequence[LayoutKind] = ("umap", "strands")
    hop_s: float = DEFAULT_HOP_S
    max_windows: int = 20_000
    centre: Centre = "median"
    seed: int = 0
    batch_size: int = 500


class Trajectories(NamedTuple):
    """What was drawn.

    Attributes
    ----------
    report_path
        The page.
    items
        One row a window: where it is, its places on the maps (``umap_1``, ...).
    num_sequences
        Regions, or renditions of a motif.
    warnings
        As on the page.
    """

    report_path: Path
    items: pl.DataFrame
    num_sequences: int
    warnings: tuple[str, ...]


def draw_trajectories(
    model_path: str | Path,
    data_path: str | Path,
    out: str | Path = "trajectories",
    options: TrajectoryOptions | None = None,
    overwrite: bool = False,
    device: str = "auto",
    progress: Progress | None = None,
) -> Trajectories:
    """Draw how song moves through the latent space.

    Parameters
    ----------
    model_path
        A model of windows (shotgun-vae) or of warped windows (warped-shotgun-vae), or its run.
    data_path
        Recordings, or a dataset of windows or motifs.
    out
        Folder of the page, the figures (PNG and PDF), the tables behind them and the maps.
    options
        What is drawn.
    overwrite
        Replace the trajectories that are there.
    device
        As for `load_model`.
    progress
        Told what is done, how much of it is done and how much there is.

    Raises
    ------
    SubsongError
        When the model is of another family, no region holds a window, `by` is no column that compares anything, or
        `out` holds something else; nothing that was there is lost.
    """
    options, out, data_path = options or TrajectoryOptions(), Path(out).expanduser(), Path(data_path).expanduser()
    tell = progress or _tell_nobody
    _check_kinds(options.kinds)
    check_result_folder(out, MANIFEST_NAME, "trajectories", (data_path,), overwrite)
    model = load_window_model(Path(model_path), device)
    song, warnings = _embed(model, data_path, options, tell)
    layouts = _lay_out(song.sequences, options, tell)
    parts = _draw(song, layouts, tell)
    all_warnings = (*warnings, *(text for part in parts for text in part.warnings))
    items = _add_places(song.sequences.items, layouts)
    described = {
        "model": Path(model_path).name,
        "data": data_path.name,
        **options._asdict(),
        "num_sequences": song.sequences.num_sequences,
        "num_windows": items.height,
        "window_s": model.window_s,
        "latent_dim": model.latent_dim,
        "subsong": __version__,
    }
    with atomic_folder(out) as folder:
        write_json(folder / MANIFEST_NAME, {"format": _FORMAT, **described})
        for layout in layouts:
            layout.projection.save(folder / PROJECTION_DIR / layout.name)
        write_trajectories(folder, song, items, parts, all_warnings, described)
    return Trajectories(out / REPORT_NAME, items, song.sequences.num_sequences, all_warnings)


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Pass over what is done."""


def _check_kinds(kinds: Sequence[str]) -> None:
    known = get_args(LayoutKind)
    for kind in kinds:
        if kind not in known:
            raise SubsongError(f"no map is called {kind!r}; {did_you_mean(kind, known)}")


def _embed(
    model: TrainedWindowVae, data_path: Path, options: TrajectoryOptions, tell: Progress
) -> tuple[Song, list[str]]:
    """Return the sequences with what they are compared by, and what a reader has to know of it."""
    frames, axis = model.open_windows(data_path)
    check_hop(options.hop_s, frames.sample_s)
    plan = plan_sequences(axis, options.hop_s)
    classes_R = _read_classes(frames.regions, options.by)
    chosen, warnings = _choose_sequences(plan, options)
    plan, more = _cut(plan.pick(chosen), options.max_windows)
    parts = embed_plan(model, frames, axis, plan, options.batch_size, tell)
    sequences = collect_sequences(parts, plan)
    frequency_F = compute_image_frequencies(model.reading.spectrogram)
    classes_M = classes_R[plan.region_M]
    return (
        Song(sequences, plan, frames, axis, frequency_F, options.by, classes_M, options.seed, options.centre),
        [*warnings, *more],
    )


def _read_classes(regions: pl.DataFrame, by: str | None) -> np.ndarray:
    """Return what each region is compared by, text."""
    if by is None:
        return np.full(regions.height, ALL)
    if by not in regions.columns:
        raise SubsongError(f"the regions have no column {by!r} to compare by: {did_you_mean(by, regions.columns)}")
    values = regions[by].cast(pl.String).fill_null(_UNKNOWN)
    if not 2 <= values.n_unique() <= _MAX_CLASSES:
        raise SubsongError(
            f"column {by!r} has {count_noun(values.n_unique(), 'value')}: expected 2 to {_MAX_CLASSES} to compare; "
            "choose another --by"
        )
    return values.to_numpy().astype(str)


def _choose_sequences(plan: SequencePlan, options: TrajectoryOptions) -> tuple[np.ndarray, list[str]]:
    """Return which sequences are drawn, ascending: all of them, or as many as make `max_windows`."""
    num_sequences = len(plan.region_M)
    if plan.num_windows <= options.max_windows:
        return np.arange(num_sequences), []
    order = numpy_generator(options.seed, "trajectories").permutation(num_sequences)
    num_chosen = max(1, int((np.cumsum(plan.num_windows_M[order]) <= options.max_windows).sum()))
    warning = (
        f"{num_chosen:,} of {num_sequences:,} regions were drawn at random (seed {options.seed}), as all of them have "
        f"{plan.num_windows:,} windows: more with a larger hop, or with --max-windows."
    )
    return np.sort(order[:num_chosen]), [warning]


def _cut(plan: SequencePlan, max_windows: int) -> tuple[SequencePlan, list[str]]:
    """Return a plan of no more than `max_windows`: of a longer region the beginning, which is then all there is."""
    if plan.num_windows <= max_windows:
        return plan, []
    seconds = max_windows * plan.hop_s
    warning = f"The region is longer than is drawn: only its first {seconds:g} s, {max_windows:,} windows."
    return plan._replace(num_windows_M=np.array([max_windows])), [warning]


def _lay_out(sequences: LatentSequences, options: TrajectoryOptions, tell: Progress) -> list[Layout]:
    layouts, latents_NL = [], sequences.latents_NL
    for done, kind in enumerate(options.kinds):
        tell("maps drawn", done, len(options.kinds))
        if kind == "strands":
            projection = fit_strands(latents_NL, sequences.offsets, options.seed)
            places_N2 = projection.coordinates
        else:
            order = numpy_generator(options.seed, "map of windows").permutation(len(latents_NL))
            projection = fit_projection(latents_NL[np.sort(order[:_MAX_FITTED])], kind, options.seed)
            places_N2 = projection.transform(latents_NL)
        layouts.append(Layout(kind, projection, places_N2))
    tell("maps drawn", len(options.kinds), len(options.kinds))
    return layouts


def _draw(song: Song, layouts: Sequence[Layout], tell: Progress) -> list[Part]:
    num_parts = 3 if song.is_warped else 2
    tell("figures drawn", 0, num_parts)
    parts = [draw_maps(song, layouts)]
    tell("figures drawn", 1, num_parts)
    if song.is_warped:
        stacked = stack_renditions(song.sequences)
        parts.append(draw_traces(song, stacked))
        tell("figures drawn", 2, num_parts)
        parts.append(draw_variability(song, stacked))
    else:
        parts.append(draw_stretch(song))
    tell("figures drawn", num_parts, num_parts)
    return parts


def _add_places(items: pl.DataFrame, layouts: Sequence[Layout]) -> pl.DataFrame:
    columns = [
        pl.Series(f"{layout.name}_{axis + 1}", layout.places_N2[:, axis]) for layout in layouts for axis in range(2)
    ]
    return items.hstack(columns)
