"""Step ``picture``: the map as the studio shows it, in ``maps/syllables``."""

from __future__ import annotations

from functools import partial

import polars as pl

from subsong.inference.embeddings import read_embedding
from subsong.projects.project import Project
from subsong.projects.steps import clusters, embedding, layout, syllables
from subsong.projects.steps import map as map_step
from subsong.projects.steps.step import ALL, Outputs, Step, Work
from subsong.projects.steps.training import find_model

NAME, MAP_NAME = "picture", "syllables"


def build_map_folder_step(project: Project) -> Step:
    """Return the step that draws every sound at its place, coloured by its type."""
    return Step(
        NAME,
        "draw the map",
        version=2,
        settings={"name": project.name},
        files={},
        needs=dict.fromkeys((map_step.NAME, syllables.NAME, embedding.NAME, layout.NAME, clusters.NAME), ALL),
        make=partial(_draw, project=project),
    )


def _draw(work: Work, project: Project) -> Outputs:
    from subsong.projects.maps.building import MapOptions, build_map
    from subsong.projects.maps.layout import load_layout

    items = read_embedding(project.embeddings_dir / embedding.FILE_NAME).items
    types = pl.read_csv(project.embeddings_dir / clusters.FILE_NAME, infer_schema=False)
    said = [name for name in ("label", "score", "is_annotated") if name in items.columns]
    more = items.select(said).with_columns(types[clusters.CLUSTER_COLUMN])
    out = project.maps_dir / MAP_NAME
    build_map(
        project,
        find_model(project.steps_dir / map_step.NAME, project),
        project.steps_dir / syllables.NAME / syllables.STORE_NAME,
        out,
        MapOptions(title=f"Sounds of {project.name}", device=project.config.device),
        more,
        load_layout(project.steps_dir / layout.NAME / layout.FOLDER_NAME),
        work.tell,
    )
    return {ALL: sorted(path for path in out.iterdir() if path.is_file())}
