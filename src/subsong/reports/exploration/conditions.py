"""Conditions compared (individuals, sessions, birds): how far apart they lie, and how much each varies.

Legend: N = items.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.core.words import count_noun
from subsong.evaluation.mmd import MmdMatrix, compute_mmd_matrix
from subsong.evaluation.variability import compare_variability
from subsong.reports.comparison_figures import plot_mmd_matrix, plot_variability
from subsong.reports.content import KeyFigure
from subsong.reports.drawn import Drawn
from subsong.reports.exploration.parts import Part, Sample

_NUM_PERMUTATIONS = 999
_SIGNIFICANT = 0.05


def compare_values(sample: Sample, by: str, values: np.ndarray) -> Part:
    """Compare the values of a column.

    Parameters
    ----------
    sample
        The items.
    by
        The column.
    values
        Of each item, text or None, shape (N,).
    """
    names, counts = np.unique(values[values != None].astype(str), return_counts=True)  # noqa: E711  each by itself
    if (counts >= 2).sum() < 2:
        return Part(warnings=(f"Too few items of each {by} were explored to compare them.",))
    kept = np.isin(values.astype(str), names[counts >= 2]) & (values != None)  # noqa: E711
    latents_NL, conditions = sample.latents_NL[kept], values[kept].astype(str)
    recordings = None if sample.recordings is None else sample.recordings[kept]
    units = _choose_units(conditions, recordings)
    matrix = compute_mmd_matrix(
        latents_NL, conditions, num_permutations=_NUM_PERMUTATIONS, units=units, seed=sample.seed
    )
    variability = compare_variability(latents_NL, conditions, seed=sample.seed)
    section = f"By {by}"
    drawn = (
        Drawn(
            section, "mmd", "How far apart", _describe_matrix(matrix, by, units is not None), plot_mmd_matrix(matrix)
        ),
        Drawn(section, "variability", "How varied", _describe_variability(by), plot_variability(variability)),
    )
    tables = {"mmd.csv": matrix.to_table(), "variability.csv": variability}
    warnings = [f"Not compared: {name}, of which one item only was explored." for name in names[counts < 2]]
    if units is None:
        warnings.append(
            f"Not every {by} has two recordings that are its own: items were shuffled, not recordings, and p-values "
            "are too small where items of a recording are alike."
        )
    return Part(drawn, tables, (_build_key(matrix, by),), tuple(warnings))


def describe_labels(sample: Sample, labels: np.ndarray) -> Part:
    """Say how much the renditions of each label vary; nothing where no label has two.

    Parameters
    ----------
    sample
        The items.
    labels
        As of `get_labels`.
    """
    known = np.array([label is not None for label in labels])
    names = labels[known].astype(str)
    if np.unique(names, return_counts=True)[1].max() < 2:
        return Part()
    variability = compare_variability(sample.latents_NL[known], names, seed=sample.seed)
    caption = (
        "Variability index of each label (number of its items in brackets): the median squared distance of its "
        "renditions from their centre, with 95 % bootstrap intervals. A large one is a variable syllable, or two kinds "
        "under one label. Data: variability_by_label.csv."
    )
    drawn = Drawn("Labels", "variability_by_label", "How varied each label is", caption, plot_variability(variability))
    return Part((drawn,), {"variability_by_label.csv": variability})


def compare_within_labels(sample: Sample, values: np.ndarray, labels: np.ndarray) -> Part:
    """Return the table of how much each label varies within each value: repertoires may differ between values.

    Parameters
    ----------
    sample
        The items.
    values, labels
        Of each item, text or None, shape (N,).
    """
    tables = []
    for label in sorted({str(label) for label in labels if label is not None}):
        rows = (labels == label) & (values != None)  # noqa: E711  each by itself
        names = values[rows].astype(str)
        if len(names) and np.unique(names, return_counts=True)[1].max() >= 2:
            table = compare_variability(sample.latents_NL[rows], names, seed=sample.seed)
            tables.append(table.select(pl.lit(label).alias("label"), pl.all()))
    return Part(tables={"variability_within_labels.csv": pl.concat(tables)}) if tables else Part()


def _choose_units(conditions: np.ndarray, recordings: np.ndarray | None) -> np.ndarray | None:
    """Return the recordings, where each is of one condition and each condition has two at least, else None."""
    if recordings is None:
        return None
    pairs = pl.DataFrame({"condition": conditions, "recording": recordings}).unique()
    is_nested = pairs["recording"].n_unique() == len(pairs)
    fewest = pairs.group_by("condition").len()["len"].min()
    return recordings if is_nested and isinstance(fewest, int) and fewest >= 2 else None


def _describe_matrix(matrix: MmdMatrix, by: str, are_recordings: bool) -> str:
    shuffled = "recordings" if are_recordings else "items"
    return (
        f"Maximum mean discrepancy of the latents of every two values of {by} (Gaussian kernel of width "
        f"{matrix.bandwidth:.3g}, the median distance of two items), like ones together: 0 when they are distributed "
        f"alike. A dot marks pairs that differ (false discovery rate below {_SIGNIFICANT}; {_NUM_PERMUTATIONS} "
        f"permutations of {shuffled}). Data: mmd.csv."
    )


def _describe_variability(by: str) -> str:
    return (
        f"Variability index of each {by} (number of its items in brackets): the median squared distance of items from "
        "their centre, with 95 % bootstrap intervals. It holds all kinds of syllables, so that a larger repertoire "
        "varies more; where there are labels, variability_within_labels.csv compares like with like. Data: "
        "variability.csv."
    )


def _build_key(matrix: MmdMatrix, by: str) -> KeyFigure:
    num = len(matrix.names)
    num_pairs, num_differ = num * (num - 1) // 2, int((matrix.q_values < _SIGNIFICANT).sum()) // 2
    return KeyFigure(
        f"pairs of {by} that differ",
        f"{num_differ} of {num_pairs:,}",
        explanation=f"by MMD, false discovery rate below {_SIGNIFICANT}, among {count_noun(num, 'value')}",
    )
