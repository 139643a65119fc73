"""Step ``layout``: where every sound lies on the map. It depends on their codes, not on what they are called."""

from __future__ import annotations

from functools import partial

import numpy as np

from subsong.projects.project import Project
from subsong.projects.steps import embedding
from subsong.projects.steps.step import ALL, Outputs, Step, Work

NAME, FOLDER_NAME = "layout", "places"
_NOUN = "syllable"


def build_layout_step(project: Project) -> Step:
    """Return the step that lays the map out, in ``places`` (see `save_layout`)."""
    return Step(
        NAME,
        "lay the map out",
        version=1,
        settings={"seed": project.config.seed},
        files={},
        needs={embedding.NAME: embedding.CODES},
        make=partial(_lay_out, project=project),
    )


def _lay_out(work: Work, project: Project) -> Outputs:
    from subsong.projects.maps.layout import lay_out, save_layout

    codes_NL = np.load(project.steps_dir / embedding.NAME / embedding.CODES_NAME, allow_pickle=False)
    save_layout(lay_out(codes_NL, _NOUN, "umap", None, project.config.seed), work.folder / FOLDER_NAME)
    return {ALL: sorted(path for path in (work.folder / FOLDER_NAME).rglob("*") if path.is_file())}
