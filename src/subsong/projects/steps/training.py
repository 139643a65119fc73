"""Training as a step: the run goes on where it was interrupted, and what counts of it is the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from subsong.core.errors import SubsongError
from subsong.core.files import read_json, write_json
from subsong.projects.config import TrainingStep
from subsong.projects.project import Project
from subsong.projects.steps.earlier_runs import mark_run
from subsong.projects.steps.side_by_side import limited_threads
from subsong.projects.steps.step import ALL, Outputs, Work

_RUN_NAME = "run.json"
# What a model is; its card tells the day, too.
_MODEL_FILES = ("config.json", "labels.json", "model.safetensors", "preprocessing.json")


def describe_training(project: Project, training: TrainingStep) -> dict[str, Any]:
    """Return the settings a training step depends on."""
    return {"recipe": training.recipe, "seed": project.config.seed, **training.settings}


def hash_recipe(project: Project, training: TrainingStep, hash_file: Callable[[Path], str]) -> dict[str, str]:
    """Return the hash of the file a recipe is written in, if it is one."""
    file = project.find_beside(Path(training.recipe))
    return {f"recipe {training.recipe}": hash_file(file)} if file.is_file() else {}


def train_step(
    work: Work, project: Project, training: TrainingStep, data: Path, name: str, num_threads: int | None = None
) -> Outputs:
    """Train a model on a dataset, or go on with it, in a run of the project.

    Parameters
    ----------
    work
        Holds the name of the run.
    project
        Whose runs they are.
    training
        How.
    data
        The dataset, where it stays.
    name
        Of the run, behind which its time is written.
    num_threads
        Which PyTorch computes in; None: as many as it likes.
    """
    from subsong.recipes.configuring import resolve_config
    from subsong.recipes.fitting import fit_run
    from subsong.recipes.run import create_run
    from subsong.training.run_folder import open_run_folder

    noted = work.folder / _RUN_NAME
    path = _read_run(noted, project)
    if path is None:
        file = project.find_beside(Path(training.recipe))
        source = file if file.is_file() else training.recipe
        overrides = {"seed": project.config.seed, "training.device": project.config.device, **training.settings}
        _, config = resolve_config(source, data, overrides)
        path = create_run(config, name, project.runs_dir).path
        mark_run(path, name)
        write_json(noted, {"run": path.relative_to(project.path).as_posix()})
    if work.beside is not None:
        work.beside.fit(path, num_threads)
    else:
        with limited_threads(num_threads):
            fit_run(open_run_folder(path))
    model_dir = find_model(work.folder, project)
    return {ALL: [model_dir / file for file in _MODEL_FILES if (model_dir / file).is_file()]}


def find_model(folder: Path, project: Project) -> Path:
    """Return the model that a step trained.

    Raises
    ------
    SubsongError
        When its run is gone.
    """
    return find_run(folder, project) / "model"


def find_run(folder: Path, project: Project) -> Path:
    """Return the run of a step that trains, given the step's folder.

    Raises
    ------
    SubsongError
        When it is gone.
    """
    path = _read_run(folder / _RUN_NAME, project)
    if path is None:
        raise SubsongError(f"{folder / _RUN_NAME} names no run that is there: remove {folder} and run again")
    return path


def _read_run(noted: Path, project: Project) -> Path | None:
    if not noted.is_file():
        return None
    values: Mapping[str, str] = read_json(noted)
    path = project.path / values["run"]
    return path if (path / "config.yaml").is_file() else None
