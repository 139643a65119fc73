"""Segmenters of the demo's two birds, one after the other and side by side: seconds, their ratio, and equal weights.

Beside it, of one training in this process: how much of the processors' time is the first thread's. With two threads
that is about how long it takes undisturbed, which tells what a second thread gains also where the machine is busy.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import torch

from subsong.core.files import hash_file
from subsong.projects.demo import make_demo
from subsong.projects.project import Project
from subsong.projects.run import run_project
from subsong.projects.steps.side_by_side import limited_threads
from subsong.recipes.run import train

_NUM_EPOCHS = 3


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project, _ = make_demo(Path(folder) / "demo")
        run_project(project, only="song")
        train_shortly(project, 1, Path(folder) / "first")  # what is imported does not count
        for threads in sorted({1, torch.get_num_threads()}):
            measure_threads(project, threads, Path(folder) / f"threads{threads}")
        seconds, models = zip(
            *(measure_jobs(project, jobs, Path(folder) / f"jobs{jobs}") for jobs in (1, 2)), strict=True
        )
        print(
            f"one after the other {seconds[0]:.1f} s, side by side {seconds[1]:.1f} s ({seconds[0] / seconds[1]:.2f} x)"
        )
        print("the same weights" if models[0] == models[1] else "OTHER WEIGHTS")


def measure_threads(project: Project, num_threads: int, root: Path) -> None:
    """Print the processor time of a short training, of all threads and of the first."""
    start = time.process_time(), time.thread_time()
    train_shortly(project, num_threads, root)
    all_s, first_s = time.process_time() - start[0], time.thread_time() - start[1]
    print(f"{num_threads} threads: {all_s:.1f} s of processor time, {first_s:.1f} of it in the first", flush=True)


def train_shortly(project: Project, num_threads: int, root: Path) -> None:
    """Train the first bird's segmenter for a few epochs, in so many threads."""
    overrides = {"training.num_epochs": _NUM_EPOCHS, "training.figure_epochs": None, "results_at_end": False}
    store = project.steps_dir / "song" / "bird1" / "store"
    with limited_threads(num_threads):
        train("song-segmenter", data=store, overrides={**overrides, "training.device": "cpu"}, root=root)


def measure_jobs(project: Project, jobs: int, folder: Path) -> tuple[float, list[str]]:
    """Return how long the segmenters took in a copy of the project, and the hashes of their weights."""
    shutil.copytree(project.path, folder)
    copy = Project(folder / project.file.name, project.config.model_copy(update={"jobs": jobs}))
    start = time.perf_counter()
    run_project(copy, only="segmenter")
    seconds = time.perf_counter() - start
    return seconds, sorted(hash_file(path) for path in copy.runs_dir.glob("segmenter-*/model/model.safetensors"))


if __name__ == "__main__":
    main()
