"""What ``subsong inspect`` says of folders that Subsong wrote (runs, models, projects, maps), and of pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from subsong.cli.inspecting_sounds import count_values
from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.core.yaml_files import load_yaml
from subsong.inference.load import load_model
from subsong.inference.poses import TrainedVunet
from subsong.inference.segmenter import TrainedSegmenter
from subsong.models.portable import find_model_folder
from subsong.projects.maps.folder import load_map
from subsong.projects.project import PROJECT_FILE, open_project
from subsong.projects.recordings import list_recordings
from subsong.recipes.listing import describe_run, list_runs
from subsong.sources.idx import find_idx_pairs
from subsong.sources.picture_folder import PICTURE_SUFFIXES, read_picture_folder
from subsong.sources.pictures import read_pictures
from subsong.training.run_folder import RunFolder

_NUM_SHOWN = 10


def is_run(path: Path) -> bool:
    """Whether a folder is a run."""
    run = RunFolder(path)
    return run.config_path.is_file() and (run.environment_path.is_file() or run.checkpoint_dir.is_dir())


def is_model(path: Path) -> bool:
    """Whether a folder is a portable model."""
    return (path / "model.safetensors").is_file()


def is_project(path: Path) -> bool:
    """Whether a path is the folder of a project, or its file."""
    if path.is_file() and path.suffix in (".yaml", ".yml"):
        with contextlib.suppress(SubsongError):
            return "recordings" in load_yaml(path).values
    return (path / PROJECT_FILE).is_file()


def holds_pictures(path: Path) -> bool:
    """Whether a folder holds a picture, or idx files of pictures."""
    if not path.is_dir():
        return False
    return bool(find_idx_pairs(path)) or any(one.suffix.lower() in PICTURE_SUFFIXES for one in path.rglob("*"))


def inspect_run(path: Path) -> list[str]:
    """Return how far a run has come, and what can be done with it."""
    row = describe_run(RunFolder(path))
    best = f", best loss {row.best_loss}" if row.best_loss else ""
    lines = [f"{path}: a run of {row.recipe}, {row.state}, {row.epochs} epochs{best}"]
    if row.next_step:
        lines.append(f"report: {path / row.next_step}" if row.next_step == "report.html" else f"next: {row.next_step}")
    return lines


def inspect_network(path: Path) -> list[str] | None:
    """Return what a segmenter or a model of poses takes and tells; None for a VAE, which has more to say."""
    found = find_model_folder(path)
    model = load_model(found, "cpu")
    if isinstance(model, TrainedSegmenter):
        told = ", ".join(f"{name} ({kind}s)" for name, kind in model.classes)
        rate = f"{model.sample_rate_hz:,} Hz, {count_noun(model.num_channels, 'channel')} at a time"
        use = f"annotate recordings: subsong predict {found} RECORDINGS --out FOLDER/"
        return [f"{found}: a model of song-segmenter, sound at {rate}", f"it tells {told}", use]
    if isinstance(model, TrainedVunet):
        shape = " x ".join(map(str, model.item_shape))
        return [f"{found}: a model of pose-vunet, pictures of {shape}", f"use it: subsong transfer {found} --help"]
    return None


def inspect_runs(path: Path) -> list[str] | None:
    """Return what runs a folder holds; None where there are none."""
    rows = list(list_runs(path))
    if not rows:
        return None
    shown = [f"  {row.name}: {row.recipe}, {row.state} {row.epochs}" for row in rows[-_NUM_SHOWN:]]
    return [f"{path}: {count_noun(len(rows), 'run')}", *shown, f"all of them: subsong runs list {path}"]


def inspect_project(path: Path) -> list[str]:
    """Return what a project has, and what to do next."""
    project = open_project(path)
    recordings = list_recordings(project)
    birds = sorted({one.bird for one in recordings})
    corrected = len(list(project.annotations_dir.rglob("*.csv"))) if project.annotations_dir.is_dir() else 0
    lines = [
        f"{path}: the project {project.name!r}, {count_noun(len(recordings), 'recording')} of "
        f"{count_noun(len(birds), 'bird')} ({', '.join(birds[:_NUM_SHOWN])}) in {project.recordings_dir}",
        f"annotated or corrected in the studio: {count_noun(corrected, 'recording')}",
    ]
    if project.report_path.is_file():
        lines.append(f"report: {project.report_path}")
    return [*lines, f"go on: subsong run {path}", f"look and correct: subsong studio {path}"]


def inspect_map(path: Path) -> list[str]:
    """Return what a map shows."""
    shown = load_map(path).description
    columns = ", ".join(column.name for column in shown.columns) or "none"
    lines = [f"{path}: a map of {shown.num_items:,} {shown.kind}, {shown.title!r}", f"columns: {columns}"]
    sound = "with sound" if shown.has_sound else "without sound"
    return [*lines, f"{sound}; look at it in the studio of its project (a map lies in PROJECT/maps/)"]


def inspect_pictures(path: Path) -> tuple[list[str], pl.DataFrame]:
    """Return what is to be said of a folder of pictures, and a table with a row a file, or a picture of idx files."""
    if find_idx_pairs(path):
        return _inspect_idx(path)
    table = pl.DataFrame([_look_at(one, path) for one in _find(path)], _PICTURE_SCHEMA, orient="row")
    good = table.filter(pl.col("problem").is_null())
    lines = [f"{path}: {count_noun(table.height, 'picture')}", *_describe_pictures(good)]
    for name, problem in table.filter(pl.col("problem").is_not_null()).select("picture", "problem").iter_rows():
        lines.append(f"cannot be read: {name} ({problem})")
    try:
        labels = read_picture_folder(path).items["label"].drop_nulls()
    except SubsongError as error:
        return [*lines, f"no dataset as it stands: {error}"], table
    if len(labels):
        lines.append(f"labels (sub-folders): {count_values(labels)}")
    return [*lines, f"train the textbook VAE: subsong train digits-vae --data {path}"], table


def _inspect_idx(path: Path) -> tuple[list[str], pl.DataFrame]:
    pictures = read_pictures(path)
    number, _, height, width = pictures.images.shape
    lines = [f"{path}: {count_noun(number, 'picture')} of {width} x {height} in idx files"]
    labels = pictures.items["label"].drop_nulls()
    lines += [f"labels: {count_values(labels)}"] if len(labels) else ["no labels"]
    return [*lines, f"train the textbook VAE: subsong train digits-vae --data {path}"], pictures.items


_PICTURE_SCHEMA = {
    "picture": pl.String,
    "format": pl.String,
    "size": pl.String,
    "mode": pl.String,
    "problem": pl.String,
}


def _find(path: Path) -> list[Path]:
    found = (one for one in path.rglob("*") if one.suffix.lower() in PICTURE_SUFFIXES and one.is_file())
    return sorted(one for one in found if not one.name.startswith("."))


def _look_at(path: Path, root: Path) -> tuple[str | None, ...]:
    from PIL import Image

    name = path.relative_to(root).as_posix()
    try:
        with Image.open(path) as image:
            image.load()
            return name, image.format, f"{image.width} x {image.height}", image.mode, None
    except (OSError, SyntaxError, ValueError) as error:
        return name, None, None, None, str(error).replace(str(path), name)


def _describe_pictures(table: pl.DataFrame) -> Iterator[str]:
    if not table.is_empty():
        yield "; ".join(f"{name}s: {count_values(table[name])}" for name in ("format", "size", "mode"))
