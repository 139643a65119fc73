"""Preparing the renditions of a motif, and aligning them again: finding, frames, warps, and the figure to judge by."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import polars as pl

from subsong.core.config_files import read_config
from subsong.core.errors import SubsongError
from subsong.core.overrides import Overrides, parse_overrides
from subsong.core.progress import Progress
from subsong.core.words import count_noun
from subsong.datasets.motifs.aligning import MotifSong, align_motifs, score_alignment
from subsong.datasets.motifs.anchors import read_anchors
from subsong.datasets.motifs.building import PreparedMotifs, build_motifs
from subsong.datasets.motifs.reading import MotifReading
from subsong.datasets.motifs.store import WARP_NAME, load_motifs
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.warps.anchors import score_anchors, search_by_anchors
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.cross_validation import build_candidates, choose_warp, cross_validate_warps
from subsong.datasets.warps.files import write_warp
from subsong.datasets.warps.warp import null_warp
from subsong.inference.tables import write_table
from subsong.recipes.left_out import describe_left_out
from subsong.reports.style import save_figure
from subsong.reports.warps import plot_alignment, plot_warp_search
from subsong.sources.spectrograms import compute_image_frequencies, get_window_preset

FIGURE_NAME, SEARCH_NAME, SEARCH_FIGURE_NAME = "warp.png", "search.csv", "search.png"
Search = Literal["none", "cross-validation", "anchors"]


def prepare_motifs(
    source: str | Path,
    out: str | Path,
    preset: str = "finch",
    overrides: Overrides | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    num_workers: int | None = None,
) -> PreparedMotifs:
    """Turn recordings into a store of aligned renditions of a motif, whole or not at all.

    Parameters
    ----------
    source
        A folder of recordings, or one recording.
    out
        Folder of the store; beside it stand ``audit.csv``, ``skipped.csv``, ``regions.csv`` and ``warp``, which holds
        the warps and ``warp.png``.
    preset
        Spectrogram settings to start from; see `subsong.sources.spectrograms.presets`.
    overrides
        ``{"motif": "abcde", "warp.kind": "piecewise"}``; see `MotifReading`. Without a motif every recording is one
        rendition.
    overwrite
        Replace the store that is there.
    progress
        Told what is done, how much of it is done and how much there is.
    num_workers
        Parts at a time; None: one a processor. Changes no number.

    Returns
    -------
    What was written, what was left out, how it was read, and how well renditions are aligned.

    Raises
    ------
    SubsongError
        When nothing can be read, the motif does not occur, or the store cannot be written; nothing that was there is
        lost.
    """
    base = {"spectrogram": get_window_preset(preset).model_dump()}
    reading = read_config(MotifReading, overrides=_imply_piecewise(overrides, ("warp",)), base=base)
    prepared = build_motifs(source, out, reading, WritingOptions(overwrite, progress, num_workers))
    draw_alignment(prepared.path)
    return prepared


class WarpedMotifs(NamedTuple):
    """How a store of motifs was aligned again.

    Attributes
    ----------
    path
        Folder of the warp, inside the store.
    config
        The warp that was fitted.
    before, after
        How well the template describes the renditions with the former warp and with this one; see `score_alignment`.
    candidates
        What a search tried, one row a warp with its scores; None without a search.
    anchor_errors_ms
        How far anchors are apart: ``none`` (as they were sung), ``before`` and ``after``; empty without anchors.
    """

    path: Path
    config: WarpConfig
    before: pl.DataFrame
    after: pl.DataFrame
    candidates: pl.DataFrame | None
    anchor_errors_ms: dict[str, float]


def warp_motifs(
    store: str | Path,
    overrides: Overrides | None = None,
    search: Search = "none",
    anchors: str | Path | None = None,
    progress: Progress | None = None,
) -> WarpedMotifs:
    """Align the renditions of a store again, with another warp.

    Parameters
    ----------
    store
        Made by `prepare_motifs`. Its ``warp`` is replaced, whole or not at all.
    overrides
        ``{"num_knots": 2}``; see `WarpConfig`. What is not named stays as it was; with another kind it is as usual.
    search
        none: this warp; cross-validation: the simplest one that describes held-out renditions about as well as the
        best; anchors: the one that brings the anchors together best. A search tries kinds, knots and penalties, and
        keeps all other settings.
    anchors
        Moments marked in some renditions (see `read_anchors`): scored with any search.
    progress
        Told what is done, how much of it is done and how much there is.

    Raises
    ------
    SubsongError
        When there is no such store, a setting does not exist, or a search lacks what it needs.
    """
    if search == "anchors" and anchors is None:
        raise SubsongError("a search by anchors needs some: name a file of marks inside motifs with anchors")
    motifs, tell = load_motifs(store), progress or (lambda *_: None)
    song, former = motifs.read_song(), motifs.alignment
    config = _read_warp(former.config, overrides)
    anchors_NA = None if anchors is None else read_anchors(anchors, song.regions, song.base)
    config, candidates = _search(song, config, search, anchors_NA, tell)
    fitted = align_motifs(song, config)
    path = write_warp(Path(store).expanduser() / WARP_NAME, fitted, config, song.base)
    if candidates is not None:
        write_table(path / SEARCH_NAME, candidates)
        if search == "cross-validation":
            save_figure(plot_warp_search(candidates), path / SEARCH_FIGURE_NAME)
    draw_alignment(store)
    errors_ms = {}
    if anchors_NA is not None:
        warps = {"none": null_warp(len(song.song_NTF)), "before": former.fitted.warp, "after": fitted.warp}
        errors_ms = {name: score_anchors(warp, anchors_NA, song.base.duration_s) for name, warp in warps.items()}
    before, after = score_alignment(song, former.fitted), score_alignment(song, fitted)
    return WarpedMotifs(path, config, before, after, candidates, errors_ms)


def _read_warp(former: WarpConfig, overrides: Overrides | None) -> WarpConfig:
    return read_config(WarpConfig, overrides=_imply_piecewise(overrides), base=former.model_dump())


def _imply_piecewise(overrides: Overrides | None, warp: tuple[str, ...] = ()) -> Overrides | None:
    """Return overrides of a warp, whose place is `warp`: who sets knots alone means a piecewise warp."""
    named = {override.path: override.value for override in parse_overrides(overrides)}
    settings = {path[-1] for path in named if path[:-1] == warp}
    if isinstance(named.get(warp), Mapping):
        settings |= set(named[warp])
    if "num_knots" not in settings or "kind" in settings:
        return overrides
    kind = ".".join((*warp, "kind"))
    if isinstance(overrides, Mapping):
        return {**overrides, kind: "piecewise"}
    texts = [overrides] if isinstance(overrides, str) else list(overrides or ())
    return [*texts, f"{kind}=piecewise"]


def _search(
    song: MotifSong, config: WarpConfig, search: Search, anchors_NA: np.ndarray | None, tell: Progress
) -> tuple[WarpConfig, pl.DataFrame | None]:
    """Return the warp that a search chose, and what it tried."""
    if search == "none":
        return config, None
    candidates = build_candidates(base=config)

    def tell_tried(done: int, total: int) -> None:
        tell("trying warps", done, total)

    if search == "anchors":
        assert anchors_NA is not None
        found = search_by_anchors(song.song_NTF, anchors_NA, song.base.duration_s, candidates, tell_tried)
        return found.best, found.table
    # What is held out for the final test has no say in the choice.
    is_seen_N = (song.regions["split"] != "test").to_numpy()
    table = cross_validate_warps(song.song_NTF[is_seen_N], candidates, progress=tell_tried)
    return choose_warp(table), table


def draw_alignment(store: str | Path) -> Path:
    """Draw the alignment of a store of motifs, beside its warps; return the file."""
    motifs = load_motifs(store)
    path = Path(store).expanduser() / WARP_NAME / FIGURE_NAME
    frequencies_hz_F = compute_image_frequencies(motifs.reading.spectrogram)
    save_figure(plot_alignment(motifs.read_song(), motifs.alignment.fitted, frequencies_hz_F), path)
    return path


def add_motif(overrides: Sequence[str] | None, motif: str | None) -> list[str]:
    """Return overrides of the command line with the motif among them: a text, or a list as YAML has it."""
    if motif is None:
        return list(overrides or ())
    # A label may look like a number.
    text = motif if motif.lstrip().startswith("[") else json.dumps(motif)
    return [*(overrides or ()), f"motif={text}"]


def describe_motifs(prepared: PreparedMotifs) -> list[str]:
    """Return what a store of motifs holds, and what was left out, in lines for people."""
    usable = prepared.audit.filter("usable").height
    splits = ", ".join(
        f"{count:,} {split}" for split, count in prepared.scores.select("split", "num_renditions").rows()
    )
    lines = [
        f"{prepared.path}: {count_noun(prepared.num_renditions, 'rendition')} from "
        f"{prepared.num_recordings:,} of {count_noun(usable, 'recording')} ({splits})",
        f"described by the template: {describe_scores(prepared.scores)}",
    ]
    if prepared.reading.motif is None:
        lines.append("no motif was named: every recording is one rendition")
    lines += describe_left_out(prepared.path, prepared.audit.height - usable, prepared.skipped)
    return [*lines, f"look at {prepared.path / WARP_NAME / FIGURE_NAME}"]


def describe_warp(warped: WarpedMotifs) -> list[str]:
    """Return which warp was fitted and what it changed, in lines for people."""
    knots = f" with {count_noun(warped.config.num_knots, 'knot')}" if warped.config.kind == "piecewise" else ""
    lines = [
        f"{warped.path}: {warped.config.kind} warp{knots}, warp_penalty {warped.config.warp_penalty:g}",
        f"described by the template, with the former warp: {describe_scores(warped.before)}",
        f"described by the template, with this warp: {describe_scores(warped.after)}",
    ]
    if warped.anchor_errors_ms:
        errors = warped.anchor_errors_ms
        lines.append(
            f"anchors are apart by {errors['none']:.2f} ms as sung, {errors['before']:.2f} ms with the former warp, "
            f"{errors['after']:.2f} ms with this one"
        )
    return [*lines, f"look at {warped.path / FIGURE_NAME}"]


def describe_scores(scores: pl.DataFrame) -> str:
    """Return how well a template describes the renditions of each split, before and after alignment."""
    return ", ".join(
        f"{split} {before:.1%} unaligned, {after:.1%} aligned"
        for split, before, after in scores.select("split", "before", "after").iter_rows()
    )
