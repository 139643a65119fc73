"""The pipeline on the demo's project: seconds by step, scores, and what a second run and one changed label cost.

Compared are the run of everything, the run after one changed label, and the one of nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from subsong.projects.demo import make_demo
from subsong.projects.documents.store import DocumentStore
from subsong.projects.project import Project, open_project
from subsong.projects.run import RunResult, run_project


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        project, aviary = make_demo(Path(folder) / "demo")
        assert aviary is not None
        made_s = time.perf_counter() - start
        first = run_project(project)
        all_s = time.perf_counter() - start
        print(f"{'recordings made':<22} {made_s:7.1f} s  ({aviary.duration_s / 60:.1f} min of sound)")
        for step in first.steps:
            print(f"{step.name:<22} {step.seconds:7.1f} s  {step.status}")
        print(f"{'the demo in all':<22} {all_s:7.1f} s")
        _print_scores(first)
        nothing_s = _time_second_run(project)
        print(f"{'a second run':<22} {nothing_s:7.1f} s  ({nothing_s / all_s:.4f} of the first; whole process)")
        change_label(project)
        start = time.perf_counter()
        again = [step.name for step in run_project(open_project(project.file)).steps if step.status != "kept"]
        again_s = time.perf_counter() - start
        print(
            f"{'after a changed label':<22} {again_s:7.1f} s  ({again_s / all_s:.2f} of the first): {', '.join(again)}"
        )


def change_label(project: Project) -> None:
    """Give the first annotation of the first annotated recording the label of the last one."""
    documents = DocumentStore(project)
    recording = "bird1/day01/bird1_day01_song001.wav"
    document = documents.load(recording)
    first, *_, last = document.annotations.values()
    edit = {"op": "change", "ids": [first.id], "values": {"label": last.label}}
    documents.apply(recording, document.revision, edit, "benchmark")


def _print_scores(result: RunResult) -> None:
    assert result.scores is not None
    for row in result.scores["found"]:
        print(f"F1 of sounds, both edges within 10 ms, {row['bird']}: {row['edges_f1']:.4f} of {row['num_true']}")
    for row in result.scores["clusters"]:
        print(f"adjusted mutual information of types and clusters, {row['bird']}: {row['ami']:.4f}")


def _time_second_run(project: Project) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "subsong", "run", str(project.file)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
