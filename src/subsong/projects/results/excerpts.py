"""Which stretches of a bird's recordings are shown, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.projects.project import Project
from subsong.projects.recordings import Recording
from subsong.projects.results.contents import ProjectResults
from subsong.sources.audio import read_audio, read_audio_info

if TYPE_CHECKING:
    from subsong.reports.project.excerpts import Excerpt

_SHOWN_S, _BEFORE_S = 3.0, 0.3


def choose_excerpts(
    project: Project,
    recordings: Sequence[Recording],
    results: ProjectResults,
    sounds: pl.DataFrame | None,
    seed: int,
) -> list[Excerpt]:
    """Return a stretch of what people annotated of a bird, and one of what a model found; fewer where there is less.

    Parameters
    ----------
    project
        Says which channel is heard.
    recordings
        Of one bird.
    results
        What was given and found, and the truth.
    sounds
        As of `name_sounds`: the types of sounds; None without a map.
    seed
        Of the choice.
    """
    by_name = {one.name: one for one in recordings}
    excerpts = []
    for title, table in (("Annotated by people", results.given), ("Found by the segmenter", results.found)):
        own = table.filter(pl.col("recording").is_in(list(by_name)))
        if own.height:
            bird = recordings[0].bird
            row = own.row(int(numpy_generator(seed, "excerpt", title, bird).integers(own.height)), named=True)
            excerpt = _read(project, by_name[row["recording"]], row["onset_s"], title, _list_sets(results, sounds))
            excerpts += [] if excerpt is None else [excerpt]
    return excerpts


def _list_sets(results: ProjectResults, sounds: pl.DataFrame | None) -> dict[str, pl.DataFrame]:
    """Return who says what, in the order in which it is drawn."""
    sets = {"given": results.given, "found": results.found}
    if sounds is not None:
        sets["type"] = sounds.select("recording", "onset_s", "offset_s", label="type")
    return sets if results.truth is None else {**sets, "truth": results.truth}


def _read(
    project: Project, recording: Recording, around_s: float, title: str, sets: Mapping[str, pl.DataFrame]
) -> Excerpt | None:
    """Return a stretch; None where the recording cannot be read any more."""
    from subsong.reports.project.excerpts import Excerpt
    from subsong.reports.song_dataset.stretches import build_stretch

    try:
        last_s = read_audio_info(recording.path).duration_s - _SHOWN_S
        start_s = max(0.0, min(around_s - _BEFORE_S, last_s))
        audio = read_audio(recording.path, project.config.channel, start_s, start_s + _SHOWN_S)
    except SubsongError:
        return None
    stop_s = start_s + len(audio.samples) / audio.sample_rate_hz
    rows = {}
    for name, table in sets.items():
        is_here = (
            (pl.col("recording") == recording.name) & (pl.col("offset_s") >= start_s) & (pl.col("onset_s") < stop_s)
        )
        own = table.filter(is_here)
        if own.height:
            rows[name] = own
    name = f"{recording.name}, {start_s:.2f} to {stop_s:.2f} s"
    return Excerpt(title, build_stretch(name, audio.samples, audio.sample_rate_hz, start_s), rows)
