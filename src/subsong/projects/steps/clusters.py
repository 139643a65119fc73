"""Step ``clusters``: the map is divided into types of sounds."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from subsong.inference.embeddings import read_embedding
from subsong.inference.tables import write_table
from subsong.projects.project import Project
from subsong.projects.steps import embedding
from subsong.projects.steps.places import BIRD_COLUMN
from subsong.projects.steps.step import ALL, Outputs, Step, Work

NAME, FILE_NAME = "clusters", "clusters.csv"
CLUSTER_COLUMN = "cluster"
_TOLD = ("recording", "channel", "onset_s", "offset_s", BIRD_COLUMN, "label", CLUSTER_COLUMN)


def build_clusters_step(project: Project) -> Step:
    """Return the step that writes ``embeddings/clusters.csv``, one row a sound in the order of the embedding."""
    return Step(
        NAME,
        "find types of sounds",
        version=1,
        settings={"seed": project.config.seed, **project.config.clusters.model_dump(mode="json")},
        files={},
        needs={embedding.NAME: ALL},
        make=partial(_cluster, project=project),
    )


def _cluster(work: Work, project: Project) -> Outputs:
    from subsong.projects.maps.clusters import cluster_embedding

    found = read_embedding(project.embeddings_dir / embedding.FILE_NAME)
    items = found.items.rename({"source": "recording"})
    labels = items["label"].to_list() if "label" in items.columns else None
    clusters = cluster_embedding(
        np.asarray(found.latents_NL), items[BIRD_COLUMN].to_list(), project.config.clusters, project.config.seed, labels
    )
    table = items.with_columns(pl.Series(CLUSTER_COLUMN, clusters, pl.String))
    path = project.embeddings_dir / FILE_NAME
    write_table(path, table.select([name for name in _TOLD if name in table.columns]))
    return {ALL: [path]}
