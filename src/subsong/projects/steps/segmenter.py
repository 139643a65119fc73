"""Step ``segmenter``: a network learns from what people annotated of one bird."""

from __future__ import annotations

from functools import partial

from subsong.projects.project import Project
from subsong.projects.steps.hashes import FileHashes
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.song import STORE_NAME, name_song
from subsong.projects.steps.step import ALL, Step
from subsong.projects.steps.training import describe_training, hash_recipe, train_step


def name_segmenter(bird: BirdInputs) -> str:
    """Return the name of the step."""
    return f"segmenter/{bird.folder}"


def build_segmenter_step(project: Project, bird: BirdInputs, hashes: FileHashes, num_threads: int | None) -> Step:
    """Return the step that trains a bird's segmenter, in so many threads (None: as many as PyTorch likes)."""
    training = project.config.segmenter
    return Step(
        name_segmenter(bird),
        f"train the segmenter of {bird.name}",
        version=1,
        settings=describe_training(project, training),
        files=hash_recipe(project, training, hashes.hash),
        needs={name_song(bird): ALL},
        make=partial(
            train_step,
            project=project,
            training=training,
            data=project.steps_dir / name_song(bird) / STORE_NAME,
            name=f"segmenter-{bird.folder}",
            num_threads=num_threads,
        ),
        is_apart=True,
    )
