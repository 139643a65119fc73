"""Score a trained VAE of checklists: its likelihood, and how well it completes lists, beside what is simple.

From each list a share of its species is hidden, the model is shown the rest, and must rank what is hidden above what
was not found. Unknown cells are neither shown nor ranked nor counted.

Legend: N = lists, B = lists of a batch, D = species, L = latent dimensions.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.checklist_splits import BLOCKED, RANDOM
from subsong.datasets.checklists import ChecklistDataset
from subsong.evaluation.calibration import compute_brier, compute_calibration_curve, compute_calibration_error
from subsong.evaluation.community import compute_bernoulli_likelihood, compute_multinomial_likelihood
from subsong.evaluation.completion import (
    compute_hidden_share,
    find_candidates,
    hide_species,
    score_completion,
)
from subsong.evaluation.nearest_lists import fit_nearest_lists
from subsong.evaluation.species_baselines import (
    EASE_L2,
    SpeciesBaseline,
    count_cooccurrence,
    fit_ease,
    fit_item_cosine,
    fit_pca,
    fit_prevalence,
    select_ease_l2,
)
from subsong.evaluation.species_scores import compute_species_auc
from subsong.evaluation.store import EvaluationWriter, open_writer
from subsong.inference.checklists import TrainedChecklistVae, unweigh_missing, weigh_missing
from subsong.inference.results import RESULTS_NAME, Metric, Results, write_results
from subsong.inference.scoring import (
    EvaluationOptions,
    build_elbo_metrics,
    build_importance_metric,
    gather_results,
    score_losses,
)
from subsong.models.likelihoods import BernoulliConfig, MultinomialConfig
from subsong.training.validation import ScoredBatch, collect_validation

log = logging.getLogger(__name__)

_UNIT = "nats per list"
MODEL = "model"
"""What the model is called beside the baselines."""

COVARIATE = "covariate_"
"""Before the names of covariates among the items of the store."""

COMPLETION = {
    "ndcg_100": "Order of the first 100 suggestions, at most 1 (NDCG@100); higher is better.",
    "recall_20": "Hidden species among the first 20 suggestions (Recall@20); higher is better.",
    "auc": "How often a hidden species outranks one not found, 0.5 by chance; higher is better.",
}


class _Cells(NamedTuple):
    """What was found, hidden and known of the lists, bool, shape (N, D); candidates are what may be suggested.

    `hidden_share` is how much of each list is hidden, shape (N, 1): of short lists more than was asked for.
    """

    presence: np.ndarray
    hidden: np.ndarray
    candidates: np.ndarray
    known: np.ndarray | None
    hidden_share: np.ndarray


def evaluate_checklists(
    model: TrainedChecklistVae,
    data: ChecklistDataset,
    folder: Path,
    options: EvaluationOptions,
    train: ChecklistDataset | None = None,
    hidden_share: float = 0.2,
) -> Results:
    """Score a VAE of checklists and write the evaluation store, with ``results.json``, to `folder`.

    Parameters
    ----------
    model
        A trained VAE of checklists.
    data
        What is scored, in the model's columns (`TrainedChecklistVae.prepare`). Where ``items`` has a column ``part``
        with two values (lists from known places, and from places that are new), completion is scored for each.
    folder
        Of the store; replaced when the new one is whole.
    options
        See `EvaluationOptions`.
    train
        The training lists, which the baselines are fitted to; without them there are none.
    hidden_share
        Share of each list's species that is hidden for completion. Probabilities are those of being there although
        not shown, given the share that was in truth hidden of the list: one species at least, so more of short lists.
    """
    if len(data) == 0:
        raise SubsongError(f"the {options.split} split is empty: there is nothing to evaluate")
    metadata = {"split": options.split, "seed": options.seed, "hidden_share": hidden_share}
    with open_writer(folder, len(data), metadata) as writer:
        validation = collect_validation(_complete(model, data, options, hidden_share), len(data), writer)
        cells = _read_cells(writer, data, hidden_share)
        metrics = build_elbo_metrics(validation, _UNIT)
        baselines = [] if train is None else fit_baselines(train, model.latent_dim, options.seed)
        if options.num_importance_samples:
            bound_N = model.score_importance(data, options.num_importance_samples, options.seed, options.batch_size)
            writer.add_losses({"importance_bound": bound_N})
            metric = build_importance_metric(bound_N, options.num_importance_samples, _UNIT)
            metrics["importance_weighted"] = metric._replace(baselines=_score_prevalence(model, cells, baselines))
        metrics |= _score_completion(model, writer, cells, baselines, _find_parts(data))
        results = gather_results(options.split, len(data), metrics, validation)
        write_results(writer.partial_path / RESULTS_NAME, results)
        covariates = data.covariates.rename(lambda name: f"{COVARIATE}{name}")
        writer.close(pl.concat([data.items, covariates], how="horizontal"), results.values())
    return results


def _complete(
    model: TrainedChecklistVae, data: ChecklistDataset, options: EvaluationOptions, hidden_share: float
) -> Iterator[ScoredBatch]:
    """Yield the scored batches, with what was hidden of each list and how every species was scored then."""
    for scored in score_losses(model, data, options):
        batch: Any = data.fetch(scored.rows_B)
        presence_BD = find_present(batch.target.numpy(), None if batch.mask is None else batch.mask.numpy())
        hidden_BD = hide_species(presence_BD, hidden_share, options.seed, scored.rows_B)
        share_B1 = compute_hidden_share(presence_BD, hidden_BD, hidden_share)
        completed_BD = model.score_missing(presence_BD & ~hidden_BD, batch.covariates.numpy(), share_B1)
        outputs = {**scored.outputs, "hidden": hidden_BD, "completion": completed_BD}
        if batch.mask is not None:
            outputs["known"] = batch.mask.numpy()
        yield scored._replace(outputs=outputs)


def find_present(target_ND: np.ndarray, known_ND: np.ndarray | None) -> np.ndarray:
    """Return True where a species was found for certain, shape (N, D)."""
    found_ND: np.ndarray = target_ND > 0
    return found_ND if known_ND is None else found_ND & known_ND


def _read_cells(writer: EvaluationWriter, data: ChecklistDataset, hidden_share: float) -> _Cells:
    known, hidden = data.known(), np.array(writer.output("hidden"))
    presence = find_present(writer.output("target"), known)
    candidates = find_candidates(presence, hidden, known)
    return _Cells(presence, hidden, candidates, known, compute_hidden_share(presence, hidden, hidden_share))


def fit_baselines(train: ChecklistDataset, num_components: int, seed: int) -> list[SpeciesBaseline]:
    """Return the baselines, fitted to the training lists; PCA with as many components as the model has dimensions."""
    presence, unknown = train.presence(), train.unknown
    counts = count_cooccurrence(presence, unknown)
    try:
        l2 = select_ease_l2(presence, unknown, seed=seed)
    except SubsongError as error:
        log.warning("%s; its default is taken", error)
        l2 = EASE_L2
    return [
        fit_prevalence(counts),
        fit_item_cosine(counts),
        fit_ease(counts, l2),
        fit_pca(counts, min(num_components, *presence.shape)),
        fit_nearest_lists(presence, unknown),
    ]


def _find_parts(data: ChecklistDataset) -> dict[str, np.ndarray]:
    """Return name -> rows of the parts to score: both kinds of the test, or all lists under no name."""
    if "part" in data.items.columns and set(data.items["part"]) == {RANDOM, BLOCKED}:
        return {name: (data.items["part"] == name).to_numpy() for name in (RANDOM, BLOCKED)}
    return {"": np.ones(len(data), bool)}


def _score_prevalence(
    model: TrainedChecklistVae, cells: _Cells, baselines: Sequence[SpeciesBaseline]
) -> dict[str, float]:
    """Return the negative log-likelihood of whole lists under baselines that give probabilities, nats."""
    losses = {}
    for baseline in baselines:
        if baseline.is_probability:
            scores_ND = baseline.score(cells.presence)
            losses[baseline.name] = -float(
                score_likelihood(model.likelihood, scores_ND, cells.presence, cells.known).mean()
            )
    return losses


def score_likelihood(
    likelihood: BernoulliConfig | MultinomialConfig,
    scores_ND: np.ndarray,
    presence_ND: np.ndarray,
    known_ND: np.ndarray | None,
) -> np.ndarray:
    """Return the log-likelihood of each list in nats, shape (N,), given probabilities (or shares) of species."""
    if isinstance(likelihood, BernoulliConfig):
        return compute_bernoulli_likelihood(scores_ND, presence_ND, known_ND)
    with np.errstate(divide="ignore"):
        return compute_multinomial_likelihood(np.log(scores_ND), presence_ND, known_ND)


def _score_completion(
    model: TrainedChecklistVae,
    writer: EvaluationWriter,
    cells: _Cells,
    baselines: Sequence[SpeciesBaseline],
    parts: dict[str, np.ndarray],
) -> dict[str, Metric]:
    """Return how well hidden species are found, by the model and the baselines, for each part of the lists."""
    completion_ND = np.array(writer.output("completion"))
    shown_ND = cells.presence & ~cells.hidden
    scores = {}
    for method in (None, *baselines):
        name = MODEL if method is None else method.name
        found = score_completion(
            completion_ND if method is None else method.score(shown_ND), cells.hidden, cells.candidates
        )
        scores[name] = dict(zip(COMPLETION, found, strict=True))
        # Kept list by list, so that differences can be tested and drawn with their uncertainty.
        writer.add_losses({name_column(metric, name): values_N for metric, values_N in scores[name].items()})
    metrics = {}
    for part, rows in parts.items():
        for metric, note in COMPLETION.items():
            means = {name: _mean_finite(values[metric][rows]) for name, values in scores.items()}
            metrics[_join(metric, part)] = Metric(means.pop(MODEL), "", note, means)
        metrics |= _score_cells(model, completion_ND, cells, baselines, (part, rows))
    return metrics


def _score_cells(
    model: TrainedChecklistVae,
    completion_ND: np.ndarray,
    cells: _Cells,
    baselines: Sequence[SpeciesBaseline],
    part: tuple[str, np.ndarray],
) -> dict[str, Metric]:
    """Return the numbers that look at what was not shown cell by cell: likelihood, calibration, AUC by species."""
    name, rows = part
    hidden, candidates, share_N1 = cells.hidden[rows], cells.candidates[rows], cells.hidden_share[rows]
    likelihood, completion = model.likelihood, completion_ND[rows]
    whole = {baseline.name: baseline.score(hidden) for baseline in baselines if baseline.is_probability}
    predictions = {name: weigh_missing(likelihood, values, share_N1) for name, values in whole.items()}
    predictions[MODEL], whole[MODEL] = completion, unweigh_missing(likelihood, completion, share_N1)

    def compare(score: Any, unit: str, note: str, scored: Mapping[str, np.ndarray] = predictions) -> Metric:
        values = {name: float(score(values_ND)) for name, values_ND in scored.items()}
        return Metric(values.pop(MODEL), unit, note, values)

    metrics = {
        "completion_loss": compare(
            lambda values: -score_likelihood(likelihood, values, hidden, candidates).mean(),
            _UNIT,
            "Negative log-likelihood of what was not shown, given what was; lower is better.",
        ),
        "species_auc": compare(
            lambda values: _mean_finite(compute_species_auc(values, hidden, candidates)),
            "",
            "Mean over species: how often a list that hides it scores it higher than one that lacks it.",
            whole,
        ),
    }
    if isinstance(likelihood, BernoulliConfig):
        metrics["brier"] = compare(
            lambda values: compute_brier(values, hidden, candidates),
            "",
            "Mean squared error of probabilities; lower is better.",
        )
        metrics["calibration_error"] = compare(
            lambda values: compute_calibration_error(compute_calibration_curve(values, hidden, candidates)),
            "",
            "Mean gap between predicted and observed frequency, in ten bins of equal mass; lower is better.",
        )
    return {_join(metric, name): value for metric, value in metrics.items()}


def _join(name: str, part: str) -> str:
    return f"{name}_{part}" if part else name


def name_column(metric: str, method: str) -> str:
    """Return the name of a column of the store, such as ``auc`` or ``auc_item_cosine``."""
    return metric if method == MODEL else f"{metric}_{method.lower().replace(' ', '_')}"


def _mean_finite(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")
