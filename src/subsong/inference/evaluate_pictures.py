"""Score a trained VAE of pictures: losses and outputs of every example into a store, and numbers with baselines.

Legend: N = examples, L = latent dimensions, C, H, W = channels, height and width.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.types import Dataset
from subsong.evaluation.baselines import (
    compute_cross_entropy,
    compute_neighbour_accuracy,
    fit_mean,
    reconstruct_by_pca,
)
from subsong.evaluation.pictures import compute_l1, compute_psnr, compute_ssim
from subsong.evaluation.store import open_writer
from subsong.inference.model import TrainedVae
from subsong.inference.results import RESULTS_NAME, Metric, Results, write_results
from subsong.inference.scoring import (
    EvaluationOptions,
    build_elbo_metrics,
    build_importance_metric,
    gather_results,
    score_losses,
)
from subsong.models.likelihoods import BernoulliConfig
from subsong.training.validation import Validation, collect_validation

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]
_NUM_FITTED = 10_000
"""Training examples that baselines are fitted to, at most."""
_MAX_FITTED_VALUES = 2**25
"""And values of these examples, where pictures are large."""


def evaluate_pictures(
    model: TrainedVae,
    data: Dataset,
    folder: Path,
    options: EvaluationOptions,
    train: Dataset | None = None,
    unit: str = "nats per picture",
) -> Results:
    """Score a VAE of pictures and write the evaluation store, with ``results.json``, to `folder`.

    Parameters
    ----------
    model
        A trained VAE of pictures (C, H, W), or (H, W).
    data
        What is scored, at least one example.
    folder
        Of the store; replaced when the new one is whole.
    options
        See `EvaluationOptions`.
    train
        The training examples, which the baselines are fitted to; without them there are none.
    unit
        Of what is counted in nats.
    """
    if len(data) == 0:
        raise SubsongError(f"the {options.split} split is empty: there is nothing to evaluate")
    items = getattr(data, "items", None)
    with open_writer(folder, len(data), {"split": options.split, "seed": options.seed}) as writer:
        validation = collect_validation(score_losses(model, data, options), len(data), writer)
        arrays = {name: np.array(writer.output(name)) for name in ("target", "reconstruction")}
        metrics = build_elbo_metrics(validation, unit)
        if options.num_importance_samples:
            bound_N = model.score_importance(data, options.num_importance_samples, options.seed, options.batch_size)
            writer.add_losses({"importance_bound": bound_N})
            metrics["importance_weighted"] = build_importance_metric(bound_N, options.num_importance_samples, unit)
        metrics |= _picture_metrics(model, arrays["target"], arrays["reconstruction"], train, unit)
        metrics |= _label_metrics(model, validation, items, train)
        results = gather_results(options.split, len(data), metrics, validation)
        write_results(writer.partial_path / RESULTS_NAME, results)
        writer.close(items, results.values())
    return results


def _picture_metrics(
    model: TrainedVae, target: np.ndarray, reconstruction: np.ndarray, train: Dataset | None, unit: str
) -> dict[str, Metric]:
    """Return distances between pictures and reconstructions, with those of the mean picture and of PCA."""
    shape = target.shape if target.ndim == 4 else (len(target), 1, *target.shape[1:])
    target_NCHW, reconstruction_NCHW = target.reshape(shape), reconstruction.reshape(shape)
    predictions = {"model": reconstruction_NCHW, **_predict_baselines(model, target_NCHW, train)}
    scores: dict[str, tuple[Score, str, str]] = {
        "l1": (compute_l1, "", "Mean absolute difference of values in [0, 1]; lower is better."),
        "psnr": (compute_psnr, "dB", "Peak signal-to-noise ratio; higher is better."),
        "ssim": (compute_ssim, "", "Structural similarity, at most 1; higher is better."),
    }
    if isinstance(model.module.likelihood, BernoulliConfig):
        note = "Bernoulli cross-entropy at the posterior mean, which pays nothing for the code; lower is better."
        scores["cross_entropy"] = (_flat_cross_entropy, unit, note)
    return {name: _compare(predictions, target_NCHW, *score) for name, score in scores.items()}


def _compare(predictions: dict[str, np.ndarray], target: np.ndarray, function: Score, unit: str, note: str) -> Metric:
    values = {name: _mean_finite(function(target, prediction)) for name, prediction in predictions.items()}
    return Metric(values.pop("model"), unit, note, values)


def _flat_cross_entropy(target: np.ndarray, prediction: np.ndarray) -> np.ndarray:
    return compute_cross_entropy(target.reshape(len(target), -1), prediction.reshape(len(target), -1))


def _mean_finite(values_N: np.ndarray) -> float:
    """Return the mean over the pictures where the score exists (a perfect picture has no finite PSNR)."""
    finite = values_N[np.isfinite(values_N)]
    return float(finite.mean()) if len(finite) else float("nan")


def _predict_baselines(model: TrainedVae, target_NCHW: np.ndarray, train: Dataset | None) -> dict[str, np.ndarray]:
    if train is None:
        return {}
    train_ND = _fetch_some(train)[1].reshape(-1, int(np.prod(model.item_shape)))
    target_ND = target_NCHW.reshape(len(target_NCHW), -1)
    mean_ND = np.broadcast_to(fit_mean(train_ND), target_ND.shape)
    pca_ND = np.clip(reconstruct_by_pca(train_ND, target_ND, model.latent_dim), 0.0, 1.0)
    return {
        "mean picture": mean_ND.reshape(target_NCHW.shape),
        f"PCA {model.latent_dim}": pca_ND.reshape(target_NCHW.shape),
    }


def _fetch_some(train: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and pictures of evenly spread training examples."""
    num_values = int(train.fetch(np.arange(1)).target[0].numel())
    num_fitted = min(_NUM_FITTED, max(1, _MAX_FITTED_VALUES // num_values), len(train))
    rows = np.unique(np.linspace(0, len(train) - 1, num_fitted).astype(np.int64))
    return rows, train.fetch(rows).target.numpy()


def _label_metrics(
    model: TrainedVae, validation: Validation, items: pl.DataFrame | None, train: Dataset | None
) -> dict[str, Metric]:
    """Return how well labels can be read off neighbours in the latent space, where labels are known."""
    train_items = getattr(train, "items", None)
    if train is None or not (_has_labels(items) and _has_labels(train_items)):
        return {}
    assert items is not None
    assert train_items is not None
    rows, pictures = _fetch_some(train)
    train_labels, labels = train_items["label"].to_numpy()[rows], items["label"].to_numpy()
    latents_NL = validation.latents["latent_mean"]
    accuracy = compute_neighbour_accuracy(model.embed(pictures), train_labels, latents_NL, labels)
    majority = float((labels == items["label"].mode().sort()[0]).mean())
    note = f"Label agrees with that of most of 10 neighbours among {len(rows):,} training codes; higher is better."
    return {"neighbour_accuracy": Metric(accuracy, "", note, {"most frequent label": majority})}


def _has_labels(items: pl.DataFrame | None) -> bool:
    """Tell whether every example has a label, and there is more than one to tell apart."""
    if items is None or "label" not in items.columns:
        return False
    return items["label"].null_count() == 0 and items["label"].n_unique() > 1
