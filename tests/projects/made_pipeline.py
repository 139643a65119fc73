"""A small project with networks so small that all steps take seconds; they learn next to nothing."""

from __future__ import annotations

from pathlib import Path

from tests.projects.made_project import make_project

from subsong.projects.project import Project
from subsong.projects.run import run_project

SEGMENTER = (
    "{settings: {training.num_epochs: 2, training.figure_epochs: null, training.batch_size: 8, data.chunk_s: 0.25, "
    "data.num_chunks: 16, results_at_end: false, decoding_search: null, model.frontend: {kind: frequency, channels: "
    "[4, 8], strides: [4, 2], feature_dim: 16}, model.tcn: {channels: 8, dilations: [1, 2], num_stacks: 1}}, recipe: "
    "song-segmenter}"
)
MAP = (
    "{recipe: syllable-vae, data: {features: false, spectrogram.num_freq_bins: 16, spectrogram.num_time_bins: 16, "
    "spectrogram.high_hz: 7500}, settings: {training.num_epochs: 1, training.figure_epochs: null, "
    "training.watch.collapse: false, evaluation.num_importance_samples: 0, model.latent_dim: 2, model.architecture: "
    "{kind: residual, channels: [4, 4], num_blocks: [0, 0]}}}"
)


def make_small(folder: Path, **settings: str) -> Project:
    """Return a project of two birds whose steps are quick."""
    return make_project(folder, annotated=2, segmenter=SEGMENTER, map=MAP, device="cpu", **{"jobs": "1", **settings})


def list_statuses(project: Project, only: str | None = "segments") -> dict[str, str]:
    """Run a project and return what became of each step."""
    return {step.name: step.status for step in run_project(project, only=only).steps}
