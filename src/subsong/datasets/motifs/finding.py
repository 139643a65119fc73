"""Finding the renditions of a motif among annotated segments, and telling those of odd tempo apart.

A motif is one label, where whole motifs are annotated, or a sequence of labels, where syllables are.

Legend: S = segments, L = labels of the motif.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun

_NUM_HINTS = 5
_ORDER = ("source", "channel", "annotator", "onset_s", "offset_s")


def find_renditions(segments: pl.DataFrame, motif: str | Sequence[str], max_gap_s: float) -> pl.DataFrame:
    """Return the renditions of a motif, one row each, by recording and onset.

    Parameters
    ----------
    segments
        Annotated segments: ``source``, ``row``, ``channel``, ``onset_s``, ``offset_s``, ``label``, ``annotator``, and
        whatever else; more columns are those of a rendition's first segment.
    motif
        A label, or the labels of consecutive syllables: ``"abcde"``, or ``["a1", "b", "c"]`` where labels are longer
        than a letter. A text that is itself a label means that label.
    max_gap_s
        Longest silence between two syllables of a rendition.

    Returns
    -------
    The columns of `segments`: ``onset_s`` of a rendition's first and ``offset_s`` of its last segment, ``label`` the
    motif, and ``row`` its number within the recording. Renditions do not share syllables: the leftmost is taken first.

    Raises
    ------
    SubsongError
        When the motif does not occur; names the sequences that occur most often.
    """
    ordered = segments.sort(_ORDER, maintain_order=True)
    labels = resolve_motif(motif, ordered["label"])
    first_R = _match(ordered, labels, max_gap_s)
    if len(first_R) == 0:
        raise SubsongError(_explain_absence(ordered, motif, labels, max_gap_s))
    renditions = ordered[first_R].with_columns(
        ordered["offset_s"][first_R + len(labels) - 1], pl.lit(name_motif(labels)).alias("label")
    )
    renditions = renditions.sort("source", "onset_s", "offset_s", maintain_order=True)
    return renditions.with_columns(pl.int_range(pl.len()).over("source").alias("row"))


def resolve_motif(motif: str | Sequence[str], known: pl.Series) -> tuple[str, ...]:
    """Return the labels a motif consists of: a text is a label where that occurs in `known`, else one a letter."""
    if isinstance(motif, str):
        return (motif,) if (known == motif).any() else tuple(motif)
    return tuple(motif)


def name_motif(labels: Sequence[str]) -> str:
    """Return the labels as one word, with blanks between labels of several letters."""
    return ("" if all(len(label) == 1 for label in labels) else " ").join(labels)


def divide_overlapping(renditions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the renditions that share no sound with one before them, and the others: annotated twice, by two people.

    Parameters
    ----------
    renditions
        Sorted by ``source`` and ``onset_s``; ``offset_s`` among their columns.
    """
    free_from_s: dict[str, float] = {}
    is_free = []
    for source, onset_s, offset_s in renditions.select("source", "onset_s", "offset_s").iter_rows():
        is_free.append(onset_s >= free_from_s.get(source, 0.0))
        if is_free[-1]:
            free_from_s[source] = offset_s
    is_free_R = pl.Series(is_free, dtype=pl.Boolean)
    return renditions.filter(is_free_R), renditions.filter(~is_free_R)


def divide_by_tempo(renditions: pl.DataFrame, max_tempo_change: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the renditions of usual duration, and the others with the column ``reason``.

    Parameters
    ----------
    renditions
        Columns ``onset_s`` and ``offset_s``.
    max_tempo_change
        How far a duration may be from the median, as a share of the median.
    """
    duration_s = renditions["offset_s"] - renditions["onset_s"]
    median_s = float(np.median(duration_s))
    is_odd = (duration_s - median_s).abs() > max_tempo_change * median_s
    reason = pl.format(
        f"is of odd tempo: it takes {{}} s, the median rendition {median_s:.3f} s (max_tempo_change is "
        f"{max_tempo_change:g})",
        duration_s.round(3),
    )
    return renditions.filter(~is_odd), renditions.with_columns(reason.alias("reason")).filter(is_odd)


def _match(segments: pl.DataFrame, labels: Sequence[str], max_gap_s: float) -> np.ndarray:
    """Return the number of each rendition's first segment; no segment belongs to two."""
    num_places = segments.height - len(labels) + 1
    if num_places < 1:
        return np.empty(0, np.int64)
    run_S, label_S = _number_runs(segments, max_gap_s), segments["label"]
    is_match = run_S[:num_places] == run_S[len(labels) - 1 :]
    for place, label in enumerate(labels):
        is_match &= (label_S == label).fill_null(False).to_numpy()[place : place + num_places]
    first_R, free_from = [], 0
    for first in np.flatnonzero(is_match).tolist():
        if first >= free_from:
            first_R.append(first)
            free_from = first + len(labels)
    return np.array(first_R, np.int64)


def _number_runs(segments: pl.DataFrame, max_gap_s: float) -> np.ndarray:
    """Return which run of consecutive syllables each segment belongs to, shape (S,); labels do not matter."""
    same = [pl.col(name).eq_missing(pl.col(name).shift()) for name in ("source", "channel", "annotator")]
    gap_s = pl.col("onset_s") - pl.col("offset_s").shift()
    goes_on = pl.all_horizontal(*same, gap_s <= max_gap_s).fill_null(False)
    return segments.select((~goes_on).cum_sum().alias("run"))["run"].to_numpy()


def _explain_absence(
    segments: pl.DataFrame, motif: str | Sequence[str], labels: Sequence[str], max_gap_s: float
) -> str:
    num_recordings = segments["source"].n_unique()
    where = f"{count_noun(segments.height, 'segment')} of {count_noun(num_recordings, 'recording')}"
    name = motif if isinstance(motif, str) else name_motif(motif)
    known = set(segments["label"].drop_nulls())
    unknown = [label for label in dict.fromkeys(labels) if label not in known]
    why = f" (nothing is labelled {', '.join(map(repr, unknown))})" if unknown else ""
    hints = [_list_frequent(segments, len(labels), max_gap_s), _try_longer_gaps(segments, labels)]
    return f"the motif {name!r} does not occur in {where}{why}; " + "; ".join(filter(None, hints))


def _list_frequent(segments: pl.DataFrame, length: int, max_gap_s: float) -> str:
    """Return the most frequent sequences of a length; where no run is so long, the most frequent runs."""
    labels = segments["label"].fill_null("?").to_list()
    ends = np.flatnonzero(np.diff(_number_runs(segments, max_gap_s), append=-1)) + 1
    starts = np.concatenate([[0], ends[:-1]])
    runs = [labels[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    sequences = [tuple(run[first : first + length]) for run in runs for first in range(len(run) - length + 1)]
    counts = Counter(sequences or map(tuple, runs)).most_common(_NUM_HINTS)
    listed = ", ".join(f"{name_motif(sequence)!r} ({count:,})" for sequence, count in counts)
    if length == 1:
        return f"the most frequent labels are {listed}"
    what = f"the most frequent {length} syllables in a row" if sequences else "the most frequent syllables in a row"
    return f"{what} with gaps up to max_gap_s = {max_gap_s:g}: {listed}"


def _try_longer_gaps(segments: pl.DataFrame, labels: Sequence[str]) -> str | None:
    """Return how often the motif occurs when gaps are no matter, and which gap lets half of these count."""
    first_R = _match(segments, labels, float("inf"))
    if len(first_R) == 0:
        return None
    gap_S = (segments["onset_s"].shift(-1) - segments["offset_s"]).to_numpy()
    longest_R = [gap_S[first : first + len(labels) - 1].max() for first in first_R]
    enough_s = np.ceil(100 * np.median(longest_R)) / 100
    times = count_noun(len(first_R), "time")
    return f"with longer gaps it occurs {times}: max_gap_s={enough_s:g} lets half of these count"
