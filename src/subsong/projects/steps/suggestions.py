"""Step ``suggestions``: which stretches of the recordings are worth correcting next."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import polars as pl

from subsong.core.files import hash_file, read_json, write_json
from subsong.inference.tables import write_table
from subsong.projects.project import Project
from subsong.projects.steps.hashes import hash_value
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.places import show_recordings
from subsong.projects.steps.segmenter import name_segmenter
from subsong.projects.steps.segments import learns
from subsong.projects.steps.song import find_channel
from subsong.projects.steps.step import ALL, Outputs, Step, Work
from subsong.projects.steps.training import find_model

NAME, FILE_NAME = "suggestions", "suggestions.csv"
_KEYS_NAME = "measured.json"
_STRETCH_S, _TOTAL_S = 5.0, 60.0
_TYPES = {"channel": pl.Int64, "score": pl.Float64, "start_s": pl.Float64, "stop_s": pl.Float64}


def build_suggestions_step(project: Project, birds: Sequence[BirdInputs]) -> Step:
    """Return the step that writes the project's ``suggestions.csv``: a minute of each bird that has a segmenter."""
    learned = [bird for bird in birds if learns(bird)]
    return Step(
        NAME,
        "choose what to correct next",
        version=2,
        settings={"channel": find_channel(project)},
        files={f"recordings of {bird.name} to choose from": bird.hash_recordings(bird.unannotated) for bird in learned},
        needs={name_segmenter(bird): ALL for bird in learned},
        make=partial(_suggest, project=project, birds=learned),
        is_lenient=True,
    )


def _suggest(work: Work, project: Project, birds: Sequence[BirdInputs]) -> Outputs:
    there = [bird for bird in birds if name_segmenter(bird) in work.made]
    noted = work.last / _KEYS_NAME
    last = read_json(noted) if noted.is_file() else {}
    keys, tables = {}, []
    for bird in there:
        model_dir, path = find_model(project.steps_dir / name_segmenter(bird), project), Path(f"{bird.folder}.csv")
        model = hash_file(model_dir / "model.safetensors")
        keys[bird.folder] = hash_value([model, find_channel(project), bird.hash_recordings(bird.unannotated)])
        if last.get(bird.folder) == keys[bird.folder] and (work.last / path).is_file():
            shutil.copyfile(work.last / path, work.folder / path)
        else:
            write_table(work.folder / path, _choose(bird, model_dir, work, project))
        tables.append(pl.read_csv(work.folder / path, schema_overrides=_TYPES))
    write_json(work.folder / _KEYS_NAME, keys)
    table = pl.concat(tables).sort("score", descending=True, maintain_order=True)
    write_table(project.path / FILE_NAME, table.with_columns(rank=pl.int_range(1, pl.len() + 1)))
    return {ALL: [project.path / FILE_NAME]}


def _choose(bird: BirdInputs, model_dir: Path, work: Work, project: Project) -> pl.DataFrame:
    from subsong.inference.load import load_model
    from subsong.inference.segmenter import TrainedSegmenter
    from subsong.inference.suggesting.choosing import choose_stretches
    from subsong.recipes.suggesting import build_table, measure_folder

    model = load_model(model_dir, project.config.device)
    assert isinstance(model, TrainedSegmenter)
    model.require_one_channel("suggesting what to correct")
    shown = show_recordings(work.folder / "recordings", bird.unannotated, project.recordings_dir)
    tell = partial(work.tell, f"recordings of {bird.name} looked at")
    measured = measure_folder(model, shown, _STRETCH_S, tell, find_channel(project))
    shutil.rmtree(shown)
    return build_table(choose_stretches(measured.stretches, _TOTAL_S))
