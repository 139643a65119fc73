"""Step ``map``: a network learns the map of sounds. It sees when and how they sound, not what they are called."""

from __future__ import annotations

from functools import partial

from subsong.projects.project import Project
from subsong.projects.steps import syllables
from subsong.projects.steps.hashes import FileHashes
from subsong.projects.steps.step import ALL, Step
from subsong.projects.steps.training import describe_training, hash_recipe, train_step

NAME = "map"


def build_map_step(project: Project, hashes: FileHashes) -> Step:
    """Return the step that trains the map."""
    training = project.config.map
    return Step(
        NAME,
        "train the map",
        version=1,
        settings=describe_training(project, training),
        files=hash_recipe(project, training, hashes.hash),
        needs={syllables.NAME: ALL},
        make=partial(
            train_step,
            project=project,
            training=training,
            data=project.steps_dir / syllables.NAME / syllables.STORE_NAME,
            name=NAME,
        ),
    )
