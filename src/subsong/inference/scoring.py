"""What every evaluation of a VAE has in common: its options, its bound on the likelihood, its latents.

Legend: N = examples, L = latent dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from subsong.datasets.types import Dataset
from subsong.evaluation.latents import compute_active_units, compute_kl_per_dimension
from subsong.inference.model import TrainedVae
from subsong.inference.results import Metric, Results
from subsong.objectives.objective import build_objective
from subsong.objectives.terms import KlTerm, ReconstructionTerm
from subsong.training.task import ModelTask
from subsong.training.validation import ScoredBatch, SplitScorer, Validation


class EvaluationOptions(NamedTuple):
    """How to evaluate.

    Attributes
    ----------
    split
        Name of the data, for the record.
    seed
        Of the noise.
    batch_size
        Examples at a time; changes no number.
    num_importance_samples
        Draws an example for the importance-weighted bound; 0 leaves it out.
    """

    split: str
    seed: int = 0
    batch_size: int = 500
    num_importance_samples: int = 100


def score_losses(model: TrainedVae, data: Dataset, options: EvaluationOptions) -> Iterator[ScoredBatch]:
    """Yield losses (reconstruction and KL, both of weight 1) and outputs of the data, batch by batch."""
    objective = build_objective({"reconstruction": ReconstructionTerm(), "kl": KlTerm()}, num_steps=1)
    scorer = SplitScorer(ModelTask(model.module, objective), options.seed, options.batch_size, model.device)
    return scorer.score_batches(model.module, data, scorer.blocks(len(data)))


def build_elbo_metrics(validation: Validation, unit: str) -> dict[str, Metric]:
    """Return the evidence lower bound and its two parts."""
    losses = validation.losses
    return {
        "negative_elbo": Metric(losses["loss"], unit, "Bound on -log p(x), from one draw; lower is better."),
        "reconstruction": Metric(losses["reconstruction"], unit, "Its first part: -log p(x | z)."),
        "kl": Metric(losses["kl"], unit, "Its second part: what the code costs."),
    }


def build_importance_metric(bound_N: np.ndarray, num_samples: int, unit: str) -> Metric:
    """Return the importance-weighted bound."""
    note = f"Tighter bound on -log p(x), from {num_samples} draws; lower is better."
    return Metric(float(-bound_N.mean()), unit, note)


def gather_results(split: str, num_items: int, metrics: dict[str, Metric], validation: Validation) -> Results:
    """Return all numbers, with those of the latents added."""
    mean_NL, log_variance_NL = validation.latents["latent_mean"], validation.latents["latent_log_variance"]
    active_L = compute_active_units(mean_NL)
    note = f"Latent dimensions, of {len(active_L)}, whose posterior mean varies over the data (variance above 0.01)."
    metrics = {**metrics, "active_units": Metric(float(active_L.sum()), "", note)}
    kl_L = compute_kl_per_dimension(mean_NL, log_variance_NL)
    return Results(split, num_items, metrics, kl_L.tolist(), active_L.tolist())
