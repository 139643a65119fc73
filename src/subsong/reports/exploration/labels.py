"""Whether the latents know the labels that people gave.

Legend: N = items.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.seeds import numpy_generator
from subsong.evaluation.neighbours import compute_precision_at, predict_held_out_labels
from subsong.inference.embeddings import TABLE_COLUMN
from subsong.reports.content import KeyFigure
from subsong.reports.drawn import Drawn
from subsong.reports.exploration.figures import plot_shares
from subsong.reports.exploration.parts import Part, Sample
from subsong.reports.latent import sort_labels

NUM_NEIGHBOURS = 10
LABEL_COLUMN = "label"
_NUM_FOLDS = 10
_SECTION = "Labels"


class ToldLabels(NamedTuple):
    """What the neighbours say.

    Attributes
    ----------
    part
        For the page.
    told
        The label of each item by its neighbours, text, None where it has no label itself, shape (N,).
    """

    part: Part
    told: np.ndarray


def get_labels(items: pl.DataFrame) -> np.ndarray | None:
    """Return the label of each item, text or None, shape (N,); None when there are not two different ones."""
    if LABEL_COLUMN not in items.columns or items[LABEL_COLUMN].drop_nulls().n_unique() < 2:
        return None
    return items[LABEL_COLUMN].cast(pl.String).to_numpy()


def explore_labels(sample: Sample, labels: np.ndarray) -> ToldLabels:
    """Tell each item's label from its neighbours in other recordings, and compare.

    Parameters
    ----------
    sample
        The items.
    labels
        As of `get_labels`.
    """
    known = np.array([label is not None for label in labels])
    names, latents_NL = labels[known].astype(str), sample.latents_NL[known]
    groups, where = _choose_groups(sample, known)
    told = predict_held_out_labels(latents_NL, names, groups, NUM_NEIGHBOURS)
    precision_N = compute_precision_at(latents_NL, names, NUM_NEIGHBOURS, groups)
    per_label, counts = _tabulate(names, told, precision_N), _count_pairs(names, told)
    all_told = np.full(len(labels), None, dtype=object)
    all_told[known] = told
    keys = _build_keys(per_label, where)
    caption = (
        f"Each row: the items of one label, by the label that most of their {NUM_NEIGHBOURS} nearest neighbours in "
        f"{where} have, in percent. Large numbers off the diagonal are labels that the latents do not tell "
        "apart, or labels given in error (items.csv names each item). Data: confusion.csv, labels.csv."
    )
    drawn = Drawn(_SECTION, "confusion", "Labels told from neighbours", caption, plot_shares(counts, ("label", "told")))
    part = Part((drawn,), {"labels.csv": per_label, "confusion.csv": counts}, keys, _warn(sample))
    return ToldLabels(part, all_told)


def _choose_groups(sample: Sample, known: np.ndarray) -> tuple[np.ndarray, str]:
    """Return what is held out together, and how its complement is called."""
    if sample.recordings is not None and len(np.unique(sample.recordings[known])) > 1:
        return sample.recordings[known], "other recordings"
    order = numpy_generator(sample.seed, "label folds").permutation(int(known.sum()))
    return order % _NUM_FOLDS, f"the {_NUM_FOLDS - 1} other random tenths"


def _warn(sample: Sample) -> tuple[str, ...]:
    warnings = []
    if sample.recordings is None:
        warnings.append(
            "The items are of one recording, or do not say of which: labels are told from neighbours of the same "
            "recording, which flatters the latents."
        )
    if TABLE_COLUMN in sample.items.columns:
        warnings.append(
            "Labels of all tables are taken as one set: where a label means another syllable in another bird, explore "
            "each table by itself."
        )
    return tuple(warnings)


def _tabulate(names: np.ndarray, told: np.ndarray, precision_N: np.ndarray) -> pl.DataFrame:
    """Return one row a label: how many of its items are told right, and how pure their neighbourhoods are."""
    rows = [
        (
            label,
            int((names == label).sum()),
            float((told[names == label] == label).mean()),
            float((names[told == label] == label).mean()) if (told == label).any() else None,
            float(np.nanmean(precision_N[names == label])) if np.isfinite(precision_N[names == label]).any() else None,
        )
        for label in sort_labels(names)
    ]
    numbers = dict.fromkeys(("told_right", "right_when_told", f"precision_at_{NUM_NEIGHBOURS}"), pl.Float64)
    return pl.DataFrame(rows, {"label": pl.String, "num_items": pl.Int64, **numbers}, orient="row")


def _count_pairs(names: np.ndarray, told: np.ndarray) -> pl.DataFrame:
    """Return one row a label and told label, all pairs: ``label``, ``told``, ``num_items``."""
    labels = sort_labels(names)
    rows = [(one, other, int(((names == one) & (told == other)).sum())) for one in labels for other in labels]
    return pl.DataFrame(rows, {"label": pl.String, "told": pl.String, "num_items": pl.Int64}, orient="row")


def _build_keys(per_label: pl.DataFrame, where: str) -> tuple[KeyFigure, ...]:
    sizes = per_label["num_items"].to_numpy()
    accuracy = float(np.average(per_label["told_right"].to_numpy(), weights=sizes))
    precision = per_label.drop_nulls(f"precision_at_{NUM_NEIGHBOURS}")
    mean = float(np.average(precision[f"precision_at_{NUM_NEIGHBOURS}"], weights=precision["num_items"]))
    guessed = sizes.max() / sizes.sum()
    return (
        KeyFigure(
            "labels told right",
            accuracy,
            explanation=f"by {NUM_NEIGHBOURS} neighbours in {where}, over {len(sizes)} labels; always guessing the "
            f"most frequent gives {guessed:.2f}",
        ),
        KeyFigure(
            f"precision at {NUM_NEIGHBOURS}",
            mean,
            explanation=f"share of the {NUM_NEIGHBOURS} nearest in {where} that have the item's own label",
        ),
    )
