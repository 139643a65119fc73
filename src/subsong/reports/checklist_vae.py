"""What the report of a VAE of checklists adds: completion beside baselines, calibration, maps of lists and species.

Read from the run folder alone: the evaluation store and the model; the training data are not needed.

Legend: N = lists, D = species, L = latent dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from subsong.core.files import read_json
from subsong.datasets.checklist_splits import BLOCKED, RANDOM
from subsong.evaluation.calibration import compute_calibration_curve
from subsong.evaluation.community import compute_effort_correlation
from subsong.evaluation.completion import compute_hidden_share, find_candidates
from subsong.evaluation.species_scores import compute_species_auc
from subsong.evaluation.store import Evaluation
from subsong.inference.checklists import TrainedChecklistVae, unweigh_missing
from subsong.inference.evaluate_checklists import COMPLETION, COVARIATE, MODEL, find_present, name_column
from subsong.inference.results import Metric, Results
from subsong.models.likelihoods import BernoulliConfig
from subsong.reports.checklist_examples import build_completion_examples, plot_completion_examples
from subsong.reports.checklist_maps import plot_class_map, plot_value_map
from subsong.reports.checklist_survey import plot_attrition, plot_effort_correlation
from subsong.reports.checklists import SplitScores, plot_calibration, plot_completion_scores, plot_species_scores
from subsong.reports.content import KeyFigure, ReportContent
from subsong.reports.drawn import Drawn, save_drawn
from subsong.reports.latent import compute_pca, compute_umap, plot_kl_per_dimension
from subsong.reports.species_map import plot_species_map
from subsong.sources.checklists import ATTRITION_SCHEMA
from subsong.training.run_folder import RunFolder

_NUM_EXAMPLES = 4
_MAX_CLASSES = 40
_CLASS_COLUMNS = ("habitat", "label", "state", "county")
_VALUE_NAMES = {"ndcg_100": "NDCG@100", "recall_20": "Recall@20", "auc": "AUC"}
_PART_TITLES = {
    RANDOM: "new lists of known places (random split)",
    BLOCKED: "new places (blocked split)",
    "": "held-out lists",
}
_KEY_METRICS = ("ndcg_100", "recall_20", "auc", "importance_weighted", "active_units", "calibration_error")


class _Scored(NamedTuple):
    """What the evaluation kept, dense, shape (N, D) each, and its table of lists."""

    presence: np.ndarray
    hidden: np.ndarray
    candidates: np.ndarray
    completion: np.ndarray
    latents_NL: np.ndarray
    lists: pl.DataFrame


def add_checklist_figures(
    content: ReportContent,
    model: TrainedChecklistVae,
    evaluation: Evaluation,
    results: Results,
    run: RunFolder,
    seed: int = 0,
) -> ReportContent:
    """Return `content` with key figures and the figures of a VAE of checklists, also saved to the run's figures."""
    scored = _read(evaluation)
    figures = save_drawn(_draw(model, scored, results, run, seed), run.figure_dir)
    return content._replace(
        summary=_summarise(results),
        key_figures=tuple(_key_figures(results)),
        figures=(*figures, *content.figures),
    )


def _read(evaluation: Evaluation) -> _Scored:
    known = np.array(evaluation.output("known")) if "known" in evaluation.output_names else None
    presence, hidden = find_present(evaluation.output("target"), known), np.array(evaluation.output("hidden"))
    return _Scored(
        presence,
        hidden,
        find_candidates(presence, hidden, known),
        np.array(evaluation.output("completion")),
        np.array(evaluation.output("latent_mean")),
        evaluation.losses,
    )


def _draw(model: TrainedChecklistVae, scored: _Scored, results: Results, run: RunFolder, seed: int) -> Iterator[Drawn]:
    yield from _draw_completion(model, scored, results, seed)
    yield from _draw_maps(model, scored, results, seed)
    yield from _draw_survey(scored, run)


def _draw_completion(model: TrainedChecklistVae, scored: _Scored, results: Results, seed: int) -> Iterator[Drawn]:
    section = "What else is here?"
    caption = (
        "Of each list a share of the species was hidden, the model was shown the rest and ranked all others. Mean over "
        "lists, with 95 % bootstrap intervals (over groups of lists, where there are such); the hidden species are the "
        "same for every method."
    )
    figure = plot_completion_scores(dict(_split_scores(scored.lists, results)), seed)
    yield Drawn(section, "completion", "Hidden species found", caption, figure)
    rows = _choose_examples(scored)
    shown = scored.presence & ~scored.hidden
    examples = build_completion_examples(
        scored.lists["item_list"].gather(rows).to_list(),
        _name_species(model),
        *(cells[rows] for cells in (scored.completion, shown, scored.hidden, scored.candidates)),
    )
    caption = "Lists of middling length: what the model was shown, where it ranked what was hidden, what it suggests."
    yield Drawn(section, "completion_examples", "Completed lists", caption, plot_completion_examples(examples))
    if isinstance(model.likelihood, BernoulliConfig):
        curve = compute_calibration_curve(scored.completion, scored.hidden, scored.candidates, 15, "square_root")
        caption = (
            "Of all species the model gave 20 %, one in five should have been hidden; only cells that were not shown."
        )
        figure = plot_calibration({MODEL: curve}, scored.completion[scored.candidates])
        yield Drawn(section, "calibration", "Calibration of probabilities", caption, figure)
    share_N1 = compute_hidden_share(scored.presence, scored.hidden)
    whole_ND = unweigh_missing(model.likelihood, scored.completion, share_N1)
    auc_D = compute_species_auc(whole_ND, scored.hidden, scored.candidates)
    caption = "For each species: how often a list that hides it is scored higher for it than a list that lacks it."
    figure = plot_species_scores(scored.presence.mean(axis=0), {MODEL: auc_D})
    yield Drawn(section, "species_auc", "Common and rare species", caption, figure)


def _split_scores(lists: pl.DataFrame, results: Results) -> Iterator[tuple[str, SplitScores]]:
    """Yield title and scores of each part of the lists."""
    for part, title in _PART_TITLES.items():
        name = f"auc_{part}" if part else "auc"
        if name not in results.metrics:
            continue
        rows = lists.filter(pl.col("item_part") == part) if part else lists
        methods = [MODEL, *results.metrics[name].baselines]
        values = {
            _VALUE_NAMES[metric]: {method: rows[name_column(metric, method)].to_numpy() for method in methods}
            for metric in COMPLETION
        }
        # Lists of one place are alike: an interval over lists would be too narrow.
        groups = rows["item_split_group"].to_numpy() if "item_split_group" in rows.columns else None
        yield title, SplitScores(values, groups)


def _choose_examples(scored: _Scored) -> np.ndarray:
    """Return rows of lists about as long as the median of those that hide something."""
    rows = np.flatnonzero(scored.hidden.any(axis=1))
    richness = scored.presence[rows].sum(axis=1)
    nearest = np.argsort(np.abs(richness - np.median(richness)), kind="stable")[:_NUM_EXAMPLES]
    return rows[nearest]


def _draw_maps(model: TrainedChecklistVae, scored: _Scored, results: Results, seed: int) -> Iterator[Drawn]:
    section, latents = "Latent map", scored.latents_NL
    pca = compute_pca(latents)
    axis_names = _name_axes(pca.explained)
    richness = scored.presence.sum(axis=1).astype(np.float64)
    classes = next((name for name in _CLASS_COLUMNS if _is_class(scored.lists, f"item_{name}")), None)
    maps = {"pca": (pca.coordinates, np.arange(len(latents)), axis_names, "first two principal components")}
    umap = compute_umap(latents, seed)
    maps["umap"] = (umap.coordinates, umap.indices, ("", ""), "UMAP: neighbours stay neighbours, distances mean little")
    for kind, (points, rows, names, words) in maps.items():
        if classes is not None:
            labels = scored.lists[f"item_{classes}"].gather(rows).to_list()
            figure = plot_class_map(points, labels, axis_names=names)
            caption = f"Posterior means of {len(points):,} lists on their {words}, coloured by {classes}."
            yield Drawn(section, f"map_{classes}_{kind}", f"Lists by {classes}: {kind.upper()}", caption, figure)
        caption = f"Posterior means of {len(points):,} lists on their {words}, coloured by the number of species found."
        figure = plot_value_map(points, richness[rows], "species on the list", axis_names=names)
        yield Drawn(section, f"map_richness_{kind}", f"Lists by richness: {kind.upper()}", caption, figure)
    species = compute_pca(model.embed_species())
    caption = "Rows of the decoder's last layer: species near each other are expected on the same lists."
    figure = plot_species_map(
        species.coordinates,
        _name_species(model),
        scored.presence.mean(axis=0),
        axis_names=_name_axes(species.explained),
    )
    yield Drawn(section, "map_species", "Species", caption, figure)
    caption = "What each latent dimension costs, and tells; inactive ones have a posterior that is the prior."
    figure = plot_kl_per_dimension(np.array(results.kl_per_dimension), np.array(results.active), units="nats per list")
    yield Drawn(section, "kl_per_dimension", "Information in each dimension", caption, figure)


def _name_species(model: TrainedChecklistVae) -> list[str]:
    return [name or key for key, name in model.species.select("key", "name").rows()]


def _name_axes(explained: np.ndarray) -> tuple[str, str]:
    first, second = (f"component {number + 1} ({100 * share:.0f} %)" for number, share in enumerate(explained[:2]))
    return first, second


def _is_class(lists: pl.DataFrame, column: str) -> bool:
    return column in lists.columns and 1 < lists[column].drop_nulls().n_unique() <= _MAX_CLASSES


def _draw_survey(scored: _Scored, run: RunFolder) -> Iterator[Drawn]:
    section = "Effort and filters"
    prefix = f"item_{COVARIATE}"
    covariates = scored.lists.select(pl.col(f"^{prefix}.*$").name.map(lambda name: name.removeprefix(prefix)))
    if covariates.width:
        caption = (
            "Rank correlation of latent dimensions with how, when and where people looked. Where effort stands out, "
            "the map shows duration as much as habitat: give the covariate to the decoder (data.covariates)."
        )
        figure = plot_effort_correlation(compute_effort_correlation(scored.latents_NL, covariates))
        yield Drawn(section, "effort", "Latents and effort", caption, figure)
    environment: Any = read_json(run.environment_path)
    attrition = pl.DataFrame(environment["data"].get("attrition", []), schema=ATTRITION_SCHEMA)
    if attrition.height > 1:
        caption = "Lists and species that each step of reading left."
        yield Drawn(section, "attrition", "What was left out", caption, plot_attrition(attrition))


def _summarise(results: Results) -> tuple[str, ...]:
    parts = [part for part in ("", RANDOM, BLOCKED) if _name(part, "ndcg_100") in results.metrics]
    sentences = [_compare(results.metrics[_name(part, "ndcg_100")], _PART_TITLES[part]) for part in parts]
    active = int(results.metrics["active_units"].value)
    return (*sentences, f"{active} of {len(results.active)} latent dimensions are active.")


def _name(part: str, metric: str) -> str:
    return f"{metric}_{part}" if part else metric


def _compare(metric: Metric, title: str) -> str:
    text = f"On {title} the model ranks hidden species with an NDCG@100 of {metric.value:.3f}"
    if not metric.baselines:
        return f"{text}."
    best = max(metric.baselines, key=lambda name: metric.baselines[name])
    prevalence = _say_prevalence(metric.baselines)
    return f"{text}; the best baseline, {best}, reaches {metric.baselines[best]:.3f}{prevalence}."


def _say_prevalence(baselines: Mapping[str, float]) -> str:
    return f", prevalence alone {baselines['prevalence']:.3f}" if "prevalence" in baselines else ""


def _key_figures(results: Results) -> Iterator[KeyFigure]:
    for metric in _KEY_METRICS:
        for part in ("", RANDOM, BLOCKED):
            name = _name(part, metric)
            if name in results.metrics:
                found = results.metrics[name]
                value = int(found.value) if metric == "active_units" else found.value
                yield KeyFigure(name.replace("_", " "), value, found.unit, found.note)
