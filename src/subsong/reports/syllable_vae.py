"""What the report of a VAE of syllables adds: spectrograms and their reconstructions, walks, latent maps.

Read from the run folder alone: the evaluation store and the model; recordings and training data are not needed.
"""

from __future__ import annotations

from pathlib import Path

from subsong.evaluation.store import Evaluation
from subsong.inference.model import TrainedVae
from subsong.inference.results import Results
from subsong.reports.content import ReportContent
from subsong.reports.picture_vae import Look, add_picture_figures
from subsong.reports.spectrogram_figures import colour_spectrograms

SYLLABLES = Look("Spectrograms", "syllables", "nats per syllable", colour_spectrograms)


def add_syllable_figures(
    content: ReportContent, model: TrainedVae, evaluation: Evaluation, results: Results, figure_dir: Path, seed: int = 0
) -> ReportContent:
    """Return `content` with key figures and the figures of a syllable VAE, which are also saved to `figure_dir`."""
    return add_picture_figures(content, model, evaluation, results, figure_dir, seed, SYLLABLES)
