"""What the report of a VAE of syllables adds: spectrograms and their reconstructions, walks, latent maps.

Read from the run folder alone: the evaluation store and the model; recordings and training data are not needed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from subsong.evaluation.store import Evaluation
from subsong.inference.model import TrainedVae
from subsong.inference.results import Results
from subsong.reports.content import ReportContent
from subsong.reports.picture_vae import Look, add_picture_figures


def draw_spectrograms(images_NFT: np.ndarray) -> np.ndarray:
    """Return spectrograms (N, F, T) as pictures (N, 1, F, T), low frequencies at the bottom, clipped to [0, 1]."""
    pictures: np.ndarray = np.clip(images_NFT[:, None, ::-1], 0.0, 1.0)
    return pictures


SYLLABLES = Look("Spectrograms", "syllables", "nats per syllable", draw_spectrograms)


def add_syllable_figures(
    content: ReportContent, model: TrainedVae, evaluation: Evaluation, results: Results, figure_dir: Path, seed: int = 0
) -> ReportContent:
    """Return `content` with key figures and the figures of a syllable VAE, which are also saved to `figure_dir`."""
    return add_picture_figures(content, model, evaluation, results, figure_dir, seed, SYLLABLES)
