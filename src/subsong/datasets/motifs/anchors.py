"""Moments marked by hand in some renditions, such as the onsets of syllables: what warps are judged by.

Legend: N = renditions, A = anchors (moments of the motif), M = marks.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.datasets.warps.time_base import TimeBase
from subsong.sources.annotations import find_annotations

# A hand marks the first onset a little before it, too.
_TOLERANCE_S = 0.02
log = logging.getLogger(__name__)


def read_anchors(path: str | Path, regions: pl.DataFrame, base: TimeBase) -> np.ndarray:
    """Read marks of any format of annotations; of segments the onsets count.

    Parameters
    ----------
    path
        A file, or a folder of files named like the recordings.
    regions
        The renditions of a store: ``source``, ``row``, ``motif_onset_s`` and ``motif_offset_s`` among their columns.
    base
        Their time base.

    Returns
    -------
    When each moment happens in each rendition, in fractions of the time base, shape (N, A); NaN where nobody marked
    it. Marks with labels, no label twice in a rendition, are told apart by label; others by their order.

    Raises
    ------
    SubsongError
        When there are no such marks, or renditions have different numbers of marks without labels.
    """
    path = Path(path).expanduser()
    sources = regions["source"].unique(maintain_order=True).to_list()
    table = find_annotations(sources, ".", path).table.sort("recording", "onset_s", maintain_order=True)
    marks = _assign(table, regions)
    num_outside = table.height - marks.height
    if marks.is_empty():
        raise SubsongError(
            f"{path} marks no moment inside the {count_noun(regions.height, 'rendition')} of the dataset"
        )
    if num_outside:
        log.warning("%s: %d of %d marks lie in no rendition and are not used", path, num_outside, table.height)
    names = _name_anchors(path, marks, regions)
    columns = list(dict.fromkeys(names))
    anchors_NA = np.full((regions.height, len(columns)), np.nan)
    region_M = marks["region"].to_numpy()
    seconds_M = marks["onset_s"].to_numpy() - regions["motif_onset_s"].to_numpy()[region_M]
    anchors_NA[region_M, [columns.index(name) for name in names]] = base.to_fraction(seconds_M)
    return anchors_NA


def _assign(table: pl.DataFrame, regions: pl.DataFrame) -> pl.DataFrame:
    """Return the marks that lie in a rendition, with ``region``: that whose middle is nearest."""
    numbered = regions.with_row_index("region").select("region", "source", "motif_onset_s", "motif_offset_s")
    marks = table.select("recording", "onset_s", "label").with_row_index("mark").drop_nulls("onset_s")
    pairs = marks.join(numbered, left_on="recording", right_on="source")
    first_s, last_s = pl.col("motif_onset_s") - _TOLERANCE_S, pl.col("motif_offset_s") + _TOLERANCE_S
    pairs = pairs.filter(pl.col("onset_s").is_between(first_s, last_s))
    away_s = (pl.col("onset_s") - (first_s + last_s) / 2).abs()
    nearest = pairs.sort(away_s, maintain_order=True).unique("mark", keep="first", maintain_order=True)
    return nearest.sort("mark").select("region", "onset_s", "label")


def _name_anchors(path: Path, marks: pl.DataFrame, regions: pl.DataFrame) -> Sequence[str]:
    """Return which anchor each mark is of."""
    labelled = marks["label"].null_count() == 0 and not marks.select("region", "label").is_duplicated().any()
    if labelled:
        return marks["label"].to_list()
    counts = marks.group_by("region", maintain_order=True).len().rows()
    usual = Counter(count for _, count in counts).most_common(1)[0][0]
    for region, count in counts:
        if count != usual:
            source, row = regions.select("source", "row").row(region)
            raise SubsongError(
                f"{path} has {count_noun(count, 'mark')} in rendition {row} of {source}, and {usual} in most others: "
                "mark the same moments in each, or label every mark with the moment it is of"
            )
    order = marks.select(pl.int_range(pl.len()).over("region").cast(pl.String))
    return order.to_series().to_list()
