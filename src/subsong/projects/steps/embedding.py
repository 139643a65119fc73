"""Step ``embedding``: the place of every sound on the map, with what it is called."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import polars as pl

from subsong.core.files import atomic_file
from subsong.inference.tables import write_codes
from subsong.projects.project import Project
from subsong.projects.steps import map as map_step
from subsong.projects.steps import syllables
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.segments import IS_ANNOTATED, LABELS, TABLE_NAME, name_segments
from subsong.projects.steps.step import ALL, Outputs, Step, Work
from subsong.projects.steps.training import find_model

NAME, FILE_NAME = "embedding", "syllables.parquet"
CODES, CODES_NAME = "codes", "codes.npy"
"""The part of the output that does not tell what sounds are called: latent codes, shape (sounds, dimensions)."""
_SAID = ("label", "score", "annotator", IS_ANNOTATED)


def build_embedding_step(project: Project, birds: Sequence[BirdInputs]) -> Step:
    """Return the step that writes ``embeddings/syllables.parquet``, one row a sound."""
    return Step(
        NAME,
        "place sounds on the map",
        version=2,
        settings={},
        files={},
        needs={syllables.NAME: ALL, map_step.NAME: ALL, **{name_segments(bird): LABELS for bird in birds}},
        make=partial(_embed, project=project, birds=birds),
        is_lenient=True,
    )


def _embed(work: Work, project: Project, birds: Sequence[BirdInputs]) -> Outputs:
    from subsong.inference.load import load_vae
    from subsong.recipes.catalogue import load_recipe

    model = load_vae(find_model(project.steps_dir / map_step.NAME, project), project.config.device)
    recipe = load_recipe(model.description.recipe)
    dataset = recipe.read_data(project.steps_dir / syllables.NAME / syllables.STORE_NAME, model)
    there = [name_segments(bird) for bird in birds if name_segments(bird) in work.made]
    said = pl.concat([pl.read_parquet(project.steps_dir / name / TABLE_NAME) for name in there])
    path = project.embeddings_dir / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    codes_NL = model.embed(dataset)
    write_codes(path, add_labels(dataset.items, said), codes_NL)
    with atomic_file(work.folder / CODES_NAME) as file:
        np.save(file, codes_NL, allow_pickle=False)
    return {ALL: [path], CODES: [work.folder / CODES_NAME]}


def add_labels(items: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Return the items of a store of sounds with the label, score and annotator of each.

    Parameters
    ----------
    items
        Columns ``source``, ``channel``, ``onset_s``.
    said
        An annotation table of the same sounds. Offsets that lay beyond a recording's end were moved when the store was
        made, so that the onset tells which is which.
    """
    keys = ["source", "channel", "onset_s"]
    named = said.rename({"recording": "source"}).select(*keys, *_SAID).unique(keys, keep="first", maintain_order=True)
    bare = items.drop([name for name in _SAID if name in items.columns])
    return bare.join(named, on=keys, how="left", nulls_equal=True, maintain_order="left")
