"""What a store of annotated song holds, class by class, and what is worrying before a network is trained on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.datasets.song.splitting import count_by_split, list_missing
from subsong.datasets.song.store import SongStore
from subsong.datasets.song.stretches import intersect_stretches
from subsong.datasets.store_writing import SKIPPED_NAME

_FEW_RECORDINGS, _FEW_EXAMPLES, _RARE_SHARE = 3, 10, 0.02
_SPLITS = ("train", "validation", "test")


def count_classes(store: SongStore) -> pl.DataFrame:
    """Return one row a class, the most frequent first.

    Returns
    -------
    pl.DataFrame
        ``label``, ``kind``, ``num_annotations``, ``num_recordings``, ``total_s`` (sum of durations; 0 for events),
        ``share`` (of all labelled time), ``min_s``, ``median_s``, ``max_s`` (durations), and ``num_train``,
        ``num_validation``, ``num_test`` (by the annotations' middles).
    """
    duration = pl.col("offset_s") - pl.col("onset_s")
    counted = store.annotations.group_by("label", "kind").agg(
        pl.len().alias("num_annotations"),
        pl.col("source").n_unique().alias("num_recordings"),
        duration.sum().alias("total_s"),
        duration.min().alias("min_s"),
        duration.median().alias("median_s"),
        duration.max().alias("max_s"),
    )
    counted = counted.with_columns(share=pl.col("total_s") / measure_labelled_s(store))
    by_split = count_by_split(store.parts, store.annotations)
    for name in _SPLITS:
        in_split = by_split.filter(pl.col("split") == name).select("label", pl.col("num").alias(f"num_{name}"))
        counted = counted.join(in_split, on="label", how="left").with_columns(pl.col(f"num_{name}").fill_null(0))
    first = ("label", "kind", "num_annotations", "num_recordings", "total_s", "share")
    ordered = counted.select(*first, pl.exclude(*first))
    return ordered.sort("num_annotations", "label", descending=[True, False])


def measure_recorded_s(store: SongStore) -> float:
    """Return how long all recordings are together, channels counted once, in seconds."""
    lengths = store.recordings.unique("source")["num_samples"]
    return float(lengths.sum()) / store.sample_rate_hz


def measure_labelled_s(store: SongStore) -> float:
    """Return how much of that has complete annotations, in seconds, channels counted once."""
    firsts = store.recordings.with_row_index("number").unique("source", keep="first", maintain_order=True)["number"]
    return sum(float(np.diff(store.find_labelled(number)).sum()) for number in firsts) / store.sample_rate_hz


def measure_splits(store: SongStore) -> pl.DataFrame:
    """Return ``split``, ``num_recordings``, ``duration_s`` and ``labelled_s`` of each split, channels counted once.

    ``labelled_s`` is how much of it has complete annotations.
    """
    places = store.parts.unique(["source", "first_sample"], keep="first", maintain_order=True)
    bounds = places.select("recording", "first_sample", "stop_sample").iter_rows()
    num_labelled = [
        int(np.diff(intersect_stretches(np.array([[first, stop]]), store.find_labelled(number))).sum())
        for number, first, stop in bounds
    ]
    labelled_s = pl.Series("labelled_s", num_labelled, pl.Float64) / store.sample_rate_hz
    duration = (pl.col("stop_s") - pl.col("start_s")).sum().alias("duration_s")
    counted = (
        places.with_columns(labelled_s)
        .group_by("split")
        .agg(pl.col("source").n_unique().alias("num_recordings"), duration, pl.col("labelled_s").sum())
    )
    return counted.sort(pl.col("split").replace_strict(_SPLITS, range(len(_SPLITS))))


def find_concerns(store: SongStore) -> list[str]:
    """Return what may make training or its measurement fail, in sentences; what is worst comes first."""
    classes, concerns = count_classes(store), list_missing(store.parts, store.annotations)
    concerns += [
        f"{row['label']!r} has only {count_noun(row['num_train'], 'annotation')} in training"
        for row in classes.filter(pl.col("num_train").is_between(1, _FEW_EXAMPLES - 1)).iter_rows(named=True)
    ]
    return [*concerns, *_find_balance_concerns(classes), *_find_recording_concerns(store)]


def _find_balance_concerns(classes: pl.DataFrame) -> list[str]:
    most = classes.row(0, named=True)
    rare = classes.filter(pl.col("num_annotations") < _RARE_SHARE * most["num_annotations"])["label"].to_list()
    if not rare:
        return []
    names = ", ".join(map(repr, rare))
    return [f"{names} occur less than {_RARE_SHARE:.0%} as often as {most['label']!r}: train with balanced chunks"]


def _find_recording_concerns(store: SongStore) -> list[str]:
    sources = store.recordings["source"].unique(maintain_order=True)
    concerns = []
    if len(sources) <= _FEW_RECORDINGS:
        concerns.append(
            f"there {'is' if len(sources) == 1 else 'are'} only {count_noun(len(sources), 'recording')}: "
            "what is measured tells little of other recordings, days or individuals"
        )
    bare = sources.filter(~sources.is_in(store.annotations["source"].implode()))
    # Where only stretches are labelled, the rest of a recording is not taught as background.
    if len(bare) and store.labelled is None:
        concerns.append(
            f"nothing is annotated in {count_noun(len(bare), 'recording')}, such as {bare[0]}: all of it counts as "
            "background"
        )
    without = _count_unannotated(store.path / SKIPPED_NAME)
    if without:
        concerns.append(
            f"{count_noun(without, 'recording')} had no annotations and {'is' if without == 1 else 'are'} left out: "
            f"see {store.path / SKIPPED_NAME}, or --set unannotated=background"
        )
    return concerns


def _count_unannotated(path: Path) -> int:
    if not path.is_file():
        return 0
    try:
        reasons = pl.read_csv(path, columns=["reason"], schema_overrides={"reason": pl.String})["reason"]
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SubsongError(f"{path} is damaged: copy it again or prepare the dataset again") from error
    return int((reasons == "the recording has no annotations").sum())
