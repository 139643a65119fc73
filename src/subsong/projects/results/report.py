"""One page about a project, which needs nothing but itself, with the figures and tables behind it.

``report.html``, ``figures/`` (PNG and PDF) and ``tables/`` (CSV) in the project's folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.file_names import build_file_stems
from subsong.core.files import atomic_file, atomic_folder
from subsong.datasets.syllables.metadata import join_metadata
from subsong.inference.tables import write_table
from subsong.projects.maps.folder import load_map
from subsong.projects.project import Project
from subsong.projects.recordings import Recording
from subsong.projects.results import figures
from subsong.projects.results.contents import ProjectResults
from subsong.projects.results.figures import draw_all, draw_bird
from subsong.projects.results.page import TABLES_DIR, build_page
from subsong.projects.results.scoring import score_clusters, score_found
from subsong.projects.results.tables import (
    count_birds,
    count_days,
    count_transitions,
    describe_recordings,
    describe_types,
    name_sounds,
)
from subsong.sources.audio import read_audio_info

if TYPE_CHECKING:
    from subsong.reports.drawn import Drawn

__all__ = ["ProjectResults", "write_project_report"]
_DPI = 200


def write_project_report(
    project: Project, recordings: Sequence[Recording], results: ProjectResults, seed: int = 0
) -> Path:
    """Write the report of a project.

    Parameters
    ----------
    project
        In whose folder it goes.
    recordings
        All of the project's.
    results
        What the steps found.
    seed
        Of the examples that are shown.

    Returns
    -------
    Path
        The page; ``figures/`` and ``tables/`` stand beside it, each whole or not at all.

    Raises
    ------
    SubsongError
        When the map is damaged, or the folder cannot be written to.
    """
    durations_s = _measure(recordings, results.durations_s)
    sounds = None if results.embedding is None else name_sounds(results.embedding)
    sounds = None if sounds is None or not sounds.height else sounds
    tables = _build_tables(project, recordings, results, sounds, durations_s)
    drawn = _draw(project, recordings, results, sounds, tables.get("days"), seed)
    _write_tables(project.path / TABLES_DIR, tables)
    _write_figures(project.figures_dir, drawn)
    page = build_page(project, _warn(results, tables["birds"].height), tables, drawn)
    with atomic_file(project.report_path, "w") as file:
        file.write(page)
    return project.report_path


def _warn(results: ProjectResults, num_birds: int) -> ProjectResults:
    """Return the results with a word about what is not drawn."""
    if num_birds <= figures.MAX_BIRDS:
        return results
    said = f"Figures are of the first {figures.MAX_BIRDS} of {num_birds} birds; tables are of all."
    return results._replace(warnings=(*results.warnings, said))


def _measure(recordings: Sequence[Recording], known_s: Mapping[str, float]) -> dict[str, float]:
    """Return the length of each recording that can be read, in seconds."""
    found = {}
    for one in recordings:
        try:
            found[one.name] = known_s[one.name] if one.name in known_s else read_audio_info(one.path).duration_s
        except SubsongError:
            continue
    return found


def _build_tables(
    project: Project,
    recordings: Sequence[Recording],
    results: ProjectResults,
    sounds: pl.DataFrame | None,
    durations_s: Mapping[str, float],
) -> dict[str, pl.DataFrame]:
    """Return the tables by name; those that have nothing to say are left out."""
    described = describe_recordings(recordings, results, durations_s)
    days = count_days(described, _read_metadata(project, recordings))
    tables: dict[str, pl.DataFrame | None] = {"recordings": described, "birds": count_birds(described), "days": days}
    if sounds is not None:
        types = describe_types(sounds)
        tables["types"] = types
        tables["transitions"] = _count_all_transitions(sounds, types)
    if results.truth is not None:
        tables |= _score(recordings, results, sounds, durations_s)
    return {name: table for name, table in tables.items() if table is not None}


def _score(
    recordings: Sequence[Recording],
    results: ProjectResults,
    sounds: pl.DataFrame | None,
    durations_s: Mapping[str, float],
) -> dict[str, pl.DataFrame | None]:
    """Compare with the truth what was found in recordings that nobody annotated, and the types of all sounds."""
    assert results.truth is not None
    birds = {one.name: one.bird for one in recordings}
    known = {*birds} & {*results.truth["recording"]}
    judged = known - {*results.annotated}
    found = score_found(results.truth, results.found, birds, durations_s, judged) if judged else None
    is_on_map = sounds is not None and bool(known & {*sounds["recording"]})
    types = score_clusters(results.truth, sounds) if is_on_map and sounds is not None else None
    return {"scores": found, "cluster_scores": types}


def _read_metadata(project: Project, recordings: Sequence[Recording]) -> pl.DataFrame:
    root = project.recordings_dir
    names = pl.DataFrame({"source": [one.name for one in recordings]})
    return join_metadata(names, root if root.is_dir() else root.parent, ())


def _count_all_transitions(sounds: pl.DataFrame, types: pl.DataFrame) -> pl.DataFrame:
    parts = []
    for (bird,), own in types.group_by("bird", maintain_order=True):
        counted = count_transitions(sounds.filter(pl.col("bird") == bird), own["type"].to_list())
        parts.append(counted.select(pl.lit(bird).alias("bird"), pl.all()).filter(pl.col("num_items") > 0))
    return pl.concat(parts)


def _draw(
    project: Project,
    recordings: Sequence[Recording],
    results: ProjectResults,
    sounds: pl.DataFrame | None,
    days: pl.DataFrame | None,
    seed: int,
) -> list[Drawn]:
    images = None if results.map_path is None else load_map(results.map_path).images
    by_bird: dict[str, list[Recording]] = {}
    for one in sorted(recordings, key=lambda one: one.bird):
        by_bird.setdefault(one.bird, []).append(one)
    drawn = list(draw_all(sounds, days))
    for own in list(by_bird.values())[: figures.MAX_BIRDS]:
        drawn += draw_bird(project, own, results, sounds, images, seed)
    # Birds may be called as no file can be.
    names = build_file_stems([one.name for one in drawn], "picture")
    return [one._replace(name=name) for one, name in zip(drawn, names, strict=True)]


def _write_tables(path: Path, tables: Mapping[str, pl.DataFrame]) -> None:
    with atomic_folder(path) as folder:
        for name, table in tables.items():
            write_table(folder / f"{name}.csv", table)


def _write_figures(path: Path, drawn: Sequence[Drawn]) -> None:
    from subsong.reports.style import save_figure

    for one in drawn:
        # What is drawn three times need not be laid out three times.
        engine = one.figure.get_layout_engine()
        if engine is not None:
            engine.execute(one.figure)
            one.figure.set_layout_engine("none")
    with atomic_folder(path) as folder:
        for one in drawn:
            for suffix in (".png", ".pdf"):
                save_figure(one.figure, folder / f"{one.name}{suffix}", _DPI)
