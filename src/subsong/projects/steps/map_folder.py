"""Step ``picture``: the map as the studio shows it, in ``maps/syllables``."""

from __future__ import annotations

from functools import partial

import polars as pl

from subsong.inference.embeddings import read_embedding
from subsong.projects.project import Project
from subsong.projects.steps import clusters, embedding, syllables
from subsong.projects.steps import map as map_step
from subsong.projects.steps.step import ALL, Outputs, Step, Work
from subsong.projects.steps.training import find_model

NAME, MAP_NAME = "picture", "syllables"


def build_map_folder_step(project: Project) -> Step:
    """Return the step that lays the map out and draws every sound."""
    return Step(
        NAME,
        "draw the map",
        version=1,
        settings={"seed": project.config.seed, "name": project.name},
        files={},
        needs={map_step.NAME: ALL, syllables.NAME: ALL, embedding.NAME: ALL, clusters.NAME: ALL},
        make=partial(_draw, project=project),
    )


def _draw(work: Work, project: Project) -> Outputs:
    from subsong.projects.maps.building import MapOptions, build_map

    found = read_embedding(project.embeddings_dir / embedding.FILE_NAME)
    types = pl.read_csv(project.embeddings_dir / clusters.FILE_NAME, infer_schema=False)
    said = [name for name in ("label", "score", "is_annotated") if name in found.items.columns]
    more = found.items.select(said).with_columns(types[clusters.CLUSTER_COLUMN])
    out = project.maps_dir / MAP_NAME
    build_map(
        project,
        find_model(project.steps_dir / map_step.NAME, project),
        project.steps_dir / syllables.NAME / syllables.STORE_NAME,
        out,
        MapOptions(title=f"Sounds of {project.name}", seed=project.config.seed, device=project.config.device),
        more,
        found.latents_NL,
        work.tell,
    )
    return {ALL: sorted(path for path in out.iterdir() if path.is_file())}
