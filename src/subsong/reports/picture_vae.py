"""What the report of a VAE of pictures adds: reconstructions, samples, walks, the latent map.

Read from the run folder alone: the evaluation store and the model; the training data are not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.evaluation.store import Evaluation
from subsong.inference.model import TrainedVae
from subsong.inference.results import Metric, Results
from subsong.reports.content import KeyFigure, ReportContent
from subsong.reports.drawn import Drawn, save_drawn
from subsong.reports.latent import compute_pca, compute_umap, plot_kl_per_dimension, plot_latent_map
from subsong.reports.pictures import plot_interpolation, plot_latent_walk, plot_reconstructions, plot_samples

_NUM_SHOWN, _NUM_SAMPLES, _NUM_PAIRS, _NUM_STEPS, _MAX_WALKS = 24, 48, 6, 9, 10
_WALK_END = 2.5
_KEY_METRICS = ("negative_elbo", "importance_weighted", "active_units", "ssim", "neighbour_accuracy")


class Look(NamedTuple):
    """How examples are called and drawn.

    Attributes
    ----------
    section
        Title of what shows examples.
    nouns
        What several are called.
    unit
        Of what is counted in nats.
    to_pictures
        Examples (N, ...) -> pictures (N, C, H, W), the first row at the top.
    """

    section: str = "Pictures"
    nouns: str = "pictures"
    unit: str = "nats per picture"
    to_pictures: Callable[[np.ndarray], np.ndarray] = np.asarray


_PICTURES = Look()


def add_picture_figures(
    content: ReportContent,
    model: TrainedVae,
    evaluation: Evaluation,
    results: Results,
    figure_dir: Path,
    seed: int = 0,
    look: Look = _PICTURES,
) -> ReportContent:
    """Return `content` with key figures and the figures of a picture VAE, which are also saved to `figure_dir`."""
    figures = save_drawn(_draw(model, evaluation, results, seed, look), figure_dir)
    return content._replace(
        summary=_summarise(results, look),
        key_figures=tuple(_key_figure(name, results.metrics[name]) for name in _KEY_METRICS if name in results.metrics),
        figures=(*figures, *content.figures),
    )


def _draw(model: TrainedVae, evaluation: Evaluation, results: Results, seed: int, look: Look) -> Iterator[Drawn]:
    yield from _draw_pictures(model, evaluation, seed, look)
    yield from _draw_walks(model, evaluation, results, look)
    yield from _draw_maps(evaluation, results, seed, look)


def _draw_pictures(model: TrainedVae, evaluation: Evaluation, seed: int, look: Look) -> Iterator[Drawn]:
    outputs = (evaluation.output(name)[:_NUM_SHOWN] for name in ("target", "reconstruction"))
    target, reconstruction = (look.to_pictures(np.array(output)) for output in outputs)
    caption = (
        f"The first {len(target)} {look.nouns} of the {evaluation.manifest['split']} split (above) and what the model "
    )
    yield Drawn(
        look.section,
        "reconstructions",
        "Reconstructions",
        caption + "makes of them (below).",
        plot_reconstructions(target, reconstruction),
    )
    caption = f"Expected {look.nouns} of codes drawn from the prior: what the model believes the data look like."
    samples = look.to_pictures(model.sample(_NUM_SAMPLES, seed))
    yield Drawn(look.section, "samples", "Samples", caption, plot_samples(samples))


def _draw_walks(model: TrainedVae, evaluation: Evaluation, results: Results, look: Look) -> Iterator[Drawn]:
    order = np.argsort(results.kl_per_dimension)[::-1]
    shown = [int(d) for d in order if results.active[d]][:_MAX_WALKS] or [int(order[0])]
    values_S = np.linspace(-_WALK_END, _WALK_END, _NUM_STEPS)
    caption = (
        "One row a latent dimension, the most informative first; all others stay at zero. Columns give its value in "
        "standard deviations of the prior."
    )
    walked = _draw_rows(model.walk(shown, values_S), look)
    walk = plot_latent_walk(walked, values_S, [str(dimension) for dimension in shown])
    yield Drawn("Latent space", "latent_walk", "A walk along each dimension", caption, walk)
    pairs = _choose_pairs(evaluation)
    if len(pairs):
        target = evaluation.output("target")
        ways = model.interpolate(np.array(target[pairs[:, 0]]), np.array(target[pairs[:, 1]]), _NUM_STEPS)
        caption = "From one reconstruction to another, along the sphere of the latent space."
        figure = plot_interpolation(_draw_rows(ways, look))
        yield Drawn("Latent space", "interpolation", f"Between two {look.nouns}", caption, figure)


def _draw_rows(examples: np.ndarray, look: Look) -> np.ndarray:
    """Return rows of examples (rows, steps, ...) as pictures."""
    rows, steps = examples.shape[:2]
    pictures = look.to_pictures(examples.reshape(rows * steps, *examples.shape[2:]))
    return pictures.reshape(rows, steps, *pictures.shape[1:])


def _choose_pairs(evaluation: Evaluation) -> np.ndarray:
    """Return rows of pairs of pictures, of different labels where these are known, shape (pairs, 2)."""
    num_items = len(evaluation)
    labels = _labels(evaluation)
    if labels is None:
        rows = np.arange(min(num_items, 2 * _NUM_PAIRS) // 2 * 2)
        return rows.reshape(-1, 2)
    _, firsts = np.unique(labels, return_index=True)
    firsts = np.sort(firsts)[: 2 * _NUM_PAIRS]
    return firsts[: len(firsts) // 2 * 2].reshape(-1, 2)


def _labels(evaluation: Evaluation) -> np.ndarray | None:
    losses = evaluation.losses
    if "item_label" not in losses.columns or losses["item_label"].null_count():
        return None
    return losses["item_label"].to_numpy()


def _draw_maps(evaluation: Evaluation, results: Results, seed: int, look: Look) -> Iterator[Drawn]:
    latents_NL = np.array(evaluation.output("latent_mean"))
    labels = _labels(evaluation)
    pca = compute_pca(latents_NL)
    shares = [f"component {number + 1} ({share:.0%})".replace("%", " %") for number, share in enumerate(pca.explained)]
    caption = "Posterior means on their first two principal components, with the share of variance each explains."
    figure = plot_latent_map(pca.coordinates, labels, axis_names=(shares[0], shares[1]))
    yield Drawn("Latent space", "latent_pca", "Latent map: PCA", caption, figure)
    umap = compute_umap(latents_NL, seed)
    caption = (
        f"Posterior means of {len(umap.indices):,} {look.nouns}. Neighbours on the map are neighbours in the latent "
        "space; distances between clusters and their sizes mean little."
    )
    figure = plot_latent_map(umap.coordinates, None if labels is None else labels[umap.indices])
    yield Drawn("Latent space", "latent_umap", "Latent map: UMAP", caption, figure)
    caption = "What each latent dimension costs, and tells; inactive ones have a posterior that is the prior."
    figure = plot_kl_per_dimension(np.array(results.kl_per_dimension), np.array(results.active), units=look.unit)
    yield Drawn("Latent space", "kl_per_dimension", "Information in each dimension", caption, figure)


def _summarise(results: Results, look: Look) -> tuple[str, ...]:
    elbo, active = results.metrics["negative_elbo"].value, int(results.metrics["active_units"].value)
    return (
        f"On the {results.num_items:,} {look.nouns} of the {results.split} split the negative evidence lower bound is "
        f"{elbo:.2f} {look.unit}.",
        f"{active} of {len(results.active)} latent dimensions are active.",
    )


def _key_figure(name: str, metric: Metric) -> KeyFigure:
    value = int(metric.value) if name == "active_units" else metric.value
    return KeyFigure(name.replace("_", " "), value, metric.unit, metric.note)
