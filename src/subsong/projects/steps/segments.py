"""Step ``segments``: all sounds of one bird, those that people annotated and those that were found beside them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from subsong.core.files import atomic_file, read_json, write_json
from subsong.inference.tables import write_table
from subsong.projects.project import Project
from subsong.projects.steps.annotations import name_annotations
from subsong.projects.steps.hashes import hash_value
from subsong.projects.steps.inputs import BirdInputs
from subsong.projects.steps.places import show_recordings
from subsong.projects.steps.segmenter import name_segmenter
from subsong.projects.steps.song import find_channel
from subsong.projects.steps.step import ALL, Outputs, Step, Work
from subsong.projects.steps.training import find_model
from subsong.sources.annotations.read import read_annotations
from subsong.sources.annotations.table import empty_annotations, sort_annotations

if TYPE_CHECKING:
    from subsong.sources.audio import Channel

TABLE_NAME, TIMES_NAME = "segments.parquet", "times.parquet"
TIMES, LABELS = "times", "labels"
"""Parts of the output: when sounds are, and what they are called."""
TIME_COLUMNS = ("recording", "channel", "onset_s", "offset_s")
IS_ANNOTATED = "is_annotated"
_FOUND_NAME, _KEYS_NAME = "found", "found.json"


def name_segments(bird: BirdInputs) -> str:
    """Return the name of the step."""
    return f"segments/{bird.folder}"


def build_segments_step(project: Project, bird: BirdInputs) -> Step:
    """Return the step that finds the sounds of a bird in what nobody looked at.

    It writes ``segments.parquet`` (an annotation table, with the column ``is_annotated``), ``times.parquet`` (the same
    without what they are called), and the proposals of each recording into the project's ``proposals/``.
    """
    return Step(
        name_segments(bird),
        f"find the sounds of {bird.name}",
        version=2,
        settings=_describe(project, bird),
        files={f"recordings of {bird.name} to look for sounds in": bird.hash_recordings(bird.unannotated)},
        needs={name_annotations(bird): ALL, **({name_segmenter(bird): ALL} if learns(bird) else {})},
        make=partial(_find, project=project, bird=bird),
    )


def learns(bird: BirdInputs) -> bool:
    """Whether a segmenter is trained for a bird: something is annotated, and something is not."""
    return bool(bird.annotations.height and bird.unannotated)


def _describe(project: Project, bird: BirdInputs) -> dict[str, Any]:
    config = project.config
    if learns(bird) or not bird.unannotated:
        return {"channel": find_channel(project)}
    return {"channel": config.channel, **config.segmentation.model_dump(mode="json")}


def _find(work: Work, project: Project, bird: BirdInputs) -> Outputs:
    found = _predict(work, project, bird) if learns(bird) else _cut_by_amplitude(work, project, bird)
    proposals = _write_proposals(project, found)
    tables = [empty_annotations(), *(read_annotations(path, "csv") for path in found.values())]
    table = join_segments(bird, pl.concat(tables))
    paths = [work.folder / TABLE_NAME, work.folder / TIMES_NAME]
    write_table(paths[0], table)
    write_table(paths[1], table.select(TIME_COLUMNS))
    return {LABELS: paths[:1], TIMES: paths[1:], "proposals": proposals}


def _predict(work: Work, project: Project, bird: BirdInputs) -> dict[str, Path]:
    """Return the file of what was found in each recording; those of the last time stay where nothing changed."""
    from subsong.recipes.annotating import AnnotatingOptions, annotate_tasks, read_settings
    from subsong.recipes.annotating_jobs import Task

    model_dir = find_model(project.steps_dir / name_segmenter(bird), project)
    channel = find_channel(project)
    settings = read_settings(model_dir, AnnotatingOptions(channel=channel, device=project.config.device))
    keys = _name_keys(model_dir, bird, settings.decoding.model_dump(mode="json"), channel)
    _keep_found(work, keys)
    write_json(work.folder / _KEYS_NAME, keys)
    tasks = [Task(one.path, one.name, work.folder / _FOUND_NAME / f"{one.name}.csv") for one in bird.unannotated]
    kept = {task.name for task in tasks if task.out_path.is_file()}
    annotate_tasks(tasks, kept, settings, 1, lambda done, total: work.tell("sound annotated (s)", done, total))
    return {task.name: task.out_path for task in tasks if task.out_path.is_file()}


def _name_keys(model_dir: Path, bird: BirdInputs, decoding: dict[str, Any], channel: Channel) -> dict[str, str]:
    """Return for each recording what its annotations depend on."""
    from subsong.core.files import hash_file

    model = hash_file(model_dir / "model.safetensors")
    return {one.name: hash_value([model, decoding, channel, bird.hashes[one.name]]) for one in bird.unannotated}


def _keep_found(work: Work, keys: Mapping[str, str]) -> None:
    """Take over what the last time found in recordings that are the same, with a model that is the same."""
    noted = work.last / _KEYS_NAME
    last: Mapping[str, str] = read_json(noted) if noted.is_file() else {}
    for name, key in keys.items():
        old, new = (folder / _FOUND_NAME / f"{name}.csv" for folder in (work.last, work.folder))
        if last.get(name) == key and old.is_file() and not new.is_file():
            new.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(new) as file:
                file.write(old.read_bytes())


def _cut_by_amplitude(work: Work, project: Project, bird: BirdInputs) -> dict[str, Path]:
    from subsong.recipes.segmenting import segment_folder

    if not bird.unannotated:
        return {}
    step = project.config.segmentation
    shown, out = work.folder / "recordings", work.folder / _FOUND_NAME
    show_recordings(shown, bird.unannotated, project.recordings_dir)
    given = {"channel": project.config.channel, "num_excerpts": 0, **step.settings}
    done = segment_folder(shown, out, step.preset, given, False, partial(work.tell, "recordings segmented"))
    shutil.rmtree(shown)
    rows = done.recordings.select("recording", "annotations").rows()
    return {name: out / file for name, file in rows if (out / file).is_file()}


def _write_proposals(project: Project, found: Mapping[str, Path]) -> list[Path]:
    """Write what was found where the studio looks for it; a file that says the same already is left as it is."""
    paths = []
    for name, source in found.items():
        path, content = project.proposals_dir / f"{name}.csv", source.read_bytes()
        if not path.is_file() or path.read_bytes() != content:
            with atomic_file(path) as file:
                file.write(content)
        paths.append(path)
    return paths


def join_segments(bird: BirdInputs, found: pl.DataFrame) -> pl.DataFrame:
    """Return what people annotated, and beside it what was found where nobody looked, without points in time."""
    middle_s = 0.5 * (pl.col("onset_s") + pl.col("offset_s"))
    numbered = found.with_row_index("_row").with_columns(_middle_s=middle_s)
    stretches = bird.stretches.select(
        "recording", pl.col("onset_s").alias("_start_s"), pl.col("offset_s").alias("_stop_s")
    )
    inside = numbered.join(stretches, on="recording").filter(
        pl.col("_middle_s").is_between(pl.col("_start_s"), pl.col("_stop_s"))
    )
    outside = found.filter(~pl.int_range(pl.len()).is_in(inside["_row"].to_list()))
    said, heard = (
        table.with_columns(pl.lit(value).alias(IS_ANNOTATED))
        for table, value in ((bird.annotations, True), (outside, False))
    )
    return sort_annotations(pl.concat([said, heard])).filter(pl.col("offset_s") > pl.col("onset_s"))
