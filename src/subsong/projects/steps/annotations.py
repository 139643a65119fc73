"""Step ``annotations``: what people say of one bird, as one table, and where they looked."""

from __future__ import annotations

from functools import partial

from subsong.core.files import write_json
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.step import ALL, Outputs, Step, Work
from subsong.sources.annotations.read import write_annotations

TABLE_NAME, STRETCHES_NAME, NAMES_NAME = "annotations.csv", "looked_at.csv", "looked_at.json"


def name_annotations(bird: BirdInputs) -> str:
    """Return the name of the step."""
    return f"annotations/{bird.folder}"


def build_annotations_step(bird: BirdInputs) -> Step:
    """Return the step that gathers the annotations of a bird.

    It writes ``annotations.csv``; ``looked_at.csv``, the stretches whose annotations are complete, where these are not
    whole recordings; and ``looked_at.json``, the recordings that were looked at with a hash of each.
    """
    return Step(
        name_annotations(bird),
        f"gather annotations of {bird.name}",
        version=1,
        settings={},
        files={
            f"annotations of {bird.name}": bird.annotations_hash,
            f"annotated recordings of {bird.name}": bird.hash_recordings(bird.looked_at),
        },
        needs={},
        make=partial(_gather, bird=bird),
    )


def _gather(work: Work, bird: BirdInputs) -> Outputs:
    paths = [work.folder / TABLE_NAME, work.folder / NAMES_NAME]
    write_annotations(paths[0], bird.annotations, "csv")
    write_json(paths[1], {recording.name: bird.hashes[recording.name] for recording in bird.looked_at})
    if bird.stretches.height:
        paths.append(work.folder / STRETCHES_NAME)
        write_annotations(paths[-1], bird.stretches, "csv")
    return {ALL: paths}
