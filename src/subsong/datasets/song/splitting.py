"""Dividing annotated recordings into train, validation and test, so that nothing leaks and no class is forgotten."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.seeds import numpy_generator
from subsong.core.words import count_noun
from subsong.datasets.song.cutting import CutRecording, Cutting, Piece, cut_recordings
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.stratifying import choose_options

PART_SCHEMA = {
    "source": pl.String,
    "channel": pl.Int64,
    "first_sample": pl.Int64,
    "stop_sample": pl.Int64,
    "start_s": pl.Float64,
    "stop_s": pl.Float64,
    "split": pl.String,
}
_AUTO_COLUMNS = ("individual", "session", "day", "date")
_FEW, _SOME, _FREQUENT = 3, 10, 10
_WORST_SHARE = 0.5
_SPLIT_NAMES = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
log = logging.getLogger(__name__)


class SongSplits(NamedTuple):
    """Which sound belongs to which split.

    Attributes
    ----------
    parts
        One row a stretch of a recording and channel; columns `PART_SCHEMA`.
    how
        What was done, in words.
    concerns
        Which classes a split has none of, in words; also logged.
    """

    parts: pl.DataFrame
    how: str
    concerns: tuple[str, ...]


def divide_song(recordings: pl.DataFrame, annotations: pl.DataFrame, reading: SongReading) -> SongSplits:
    """Divide recordings.

    Parameters
    ----------
    recordings
        One row a recording and channel: ``source``, ``channel``, ``sample_rate_hz``, ``num_samples``, and whatever a
        table of the recordings says of each.
    annotations
        ``source``, ``onset_s``, ``offset_s``, ``label``.
    reading
        How; channels of a recording always stay together.

    Raises
    ------
    SubsongError
        When a column is unknown, there is too little for every split to have something, or a class is left without
        an example to train on.
    """
    files = recordings.unique("source", maintain_order=True).sort("source")
    pieces, how = _divide(files, annotations, reading)
    parts = _list_parts(recordings, dict(zip(files["source"], pieces, strict=True)))
    concerns = _check_splits(parts, annotations, reading)
    for concern in concerns:
        log.warning("%s", concern)
    return SongSplits(parts, how, tuple(concerns))


def count_by_split(parts: pl.DataFrame, annotations: pl.DataFrame) -> pl.DataFrame:
    """Return ``label``, ``split`` and ``num``: how many annotations of each class have their middle in each split.

    A split that has none of a class has no row of it.
    """
    middle_s = (0.5 * (pl.col("onset_s") + pl.col("offset_s"))).alias("_middle_s")
    places = parts.select("source", "start_s", "stop_s", "split").unique()
    found = annotations.with_columns(middle_s).join(places, on="source", how="inner")
    is_in = (pl.col("_middle_s") >= pl.col("start_s")) & (pl.col("_middle_s") <= pl.col("stop_s"))
    return found.filter(is_in).group_by("label", "split").agg(pl.len().alias("num")).sort("label", "split")


def list_missing(parts: pl.DataFrame, annotations: pl.DataFrame) -> list[str]:
    """Return which classes each split that there is has none of, in sentences."""
    totals = annotations.group_by("label").len().sort("len", "label", descending=[True, False])
    counted, sentences = count_by_split(parts, annotations), []
    for name in parts["split"].unique(maintain_order=True).sort():
        lacking = totals.join(counted.filter(pl.col("split") == name), on="label", how="anti", maintain_order="left")
        if lacking.height:
            listed = ", ".join(f"{label!r} ({count_noun(num, 'annotation')})" for label, num in lacking.iter_rows())
            sentences.append(f"{name} has none of {listed}: what is measured on it says nothing of that")
    return sentences


def _divide(files: pl.DataFrame, annotations: pl.DataFrame, reading: SongReading) -> tuple[list[list[Piece]], str]:
    if reading.test_by is not None:
        return _divide_mixed(files, annotations, reading, reading.test_by)
    if reading.split_by == "time":
        return _cut(files, annotations, reading, reading.shares), "pieces of every recording (by time)"
    if reading.split_by == "split":
        return _take_given(files), "as the column 'split' says"
    if reading.split_by != "auto":
        split_of, _ = _assign(files, annotations, reading.split_by, reading.shares, reading.seed)
        return _take_whole(files, split_of), f"by {reading.split_by}"
    return _divide_automatically(files, annotations, reading)


def _divide_automatically(
    files: pl.DataFrame, annotations: pl.DataFrame, reading: SongReading
) -> tuple[list[list[Piece]], str]:
    """Take the coarsest groups that leave no frequent class out of any split and give each about its share."""
    shares = reading.shares
    if files.height <= _FEW:
        how = f"pieces of every recording (by time), as there {_say_few(files.height)}"
        return _cut(files, annotations, reading, shares), how
    counts = annotations.group_by("label").len().sort("label")
    is_frequent_C = (counts["len"] >= _FREQUENT).to_numpy()
    for column in (*(name for name in _AUTO_COLUMNS if name in files.columns), "recording"):
        groups = files["source"] if column == "recording" else files[column]
        if groups.null_count() or groups.n_unique() < len(shares):
            continue
        split_of, share_SC = _assign(files, annotations, column, shares, reading.seed)
        fraction_S = np.array(list(shares.values()))
        is_fair = bool((np.abs(share_SC[:, 0] / fraction_S - 1) <= _WORST_SHARE).all())
        is_complete = bool((share_SC[0, 1:] > 0).all())
        is_full = bool((share_SC[:, 1:][:, is_frequent_C] > 0).all())
        if is_complete and ((is_fair and is_full) or (column == "recording" and files.height > _SOME)):
            return _take_whole(files, split_of), f"by {column}"
    how = "pieces of every recording (by time), as whole ones would leave a split without some class"
    return _cut(files, annotations, reading, shares), how


def _say_few(num_recordings: int) -> str:
    return "is only 1 recording" if num_recordings == 1 else f"are only {num_recordings} recordings"


def _divide_mixed(
    files: pl.DataFrame, annotations: pl.DataFrame, reading: SongReading, test_by: str
) -> tuple[list[list[Piece]], str]:
    """Put whole groups aside for the test, and cut the others in time."""
    shares = dict(reading.shares)
    test_share = shares.pop("test")
    split_of, _ = _assign(files, annotations, test_by, {"rest": 1 - test_share, "test": test_share}, reading.seed)
    is_rest = files["source"].replace_strict(split_of) == "rest"
    rest = files.filter(is_rest)
    scaled = {name: share / (1 - test_share) for name, share in shares.items()}
    of_rest = dict(zip(rest["source"], _cut(rest, annotations, reading, scaled), strict=True))
    whole = _take_whole(files, split_of)
    pieces = [of_rest.get(source, own) for source, own in zip(files["source"], whole, strict=True)]
    return pieces, f"test by {test_by}, the rest by time"


def _assign(
    files: pl.DataFrame, annotations: pl.DataFrame, column: str, shares: Mapping[str, float], seed: int
) -> tuple[dict[str, str], np.ndarray]:
    """Return the split of each recording, and the share of sound and of each class that each split has."""
    group_of = _name_groups(files, column)
    groups = sorted(set(group_of.values()))
    if len(groups) < len(shares):
        raise SubsongError(
            f"{count_noun(len(groups), column)} cannot be divided into {', '.join(shares)}: --set split_by=time cuts "
            "every recording instead, or leave the test out with --set 'fractions={train: 0.8, validation: 0.2}'"
        )
    labels = annotations["label"].unique().sort().to_list()
    amount_GC = np.zeros((len(groups), 1 + len(labels)))
    number_of = {group: number for number, group in enumerate(groups)}
    for source, num_samples in files.select("source", "num_samples").iter_rows():
        amount_GC[number_of[group_of[source]], 0] += num_samples
    for source, label, num in annotations.group_by("source", "label").len().iter_rows():
        amount_GC[number_of[group_of[source]], 1 + labels.index(label)] += num
    # A group goes to one split whole: as many ways to divide it as there are splits.
    amount_GOSC = np.einsum("os,gc->gosc", np.eye(len(shares)), amount_GC)
    found = choose_options(amount_GOSC, np.array(list(shares.values())), numpy_generator(seed, "song groups"))
    names = list(shares)
    split_of = {source: names[found.option_U[number_of[group]]] for source, group in group_of.items()}
    return split_of, found.share_SC


def _name_groups(files: pl.DataFrame, column: str) -> dict[str, str]:
    if column == "recording":
        return {source: source for source in files["source"]}
    if column not in files.columns:
        known = ["auto", "time", "recording", *(name for name in files.columns if name != "source")]
        raise SubsongError(
            f"recordings cannot be divided by {column!r}: {did_you_mean(column, known)}; columns come from a table "
            "files.csv beside the recordings"
        )
    values = files[column].cast(pl.String)
    if values.null_count():
        nameless = files.filter(values.is_null())["source"]
        raise SubsongError(f"{nameless[0]} (one of {len(nameless)}) has no {column}: say it in files.csv")
    return dict(zip(files["source"], values, strict=True))


def _take_whole(files: pl.DataFrame, split_of: Mapping[str, str]) -> list[list[Piece]]:
    return [[Piece(0, num, split_of[source])] for source, num in files.select("source", "num_samples").iter_rows()]


def _take_given(files: pl.DataFrame) -> list[list[Piece]]:
    given = {source: name.lower() for source, name in _name_groups(files, "split").items()}
    for source, name in given.items():
        if name not in _SPLIT_NAMES:
            raise SubsongError(f"{source} has the split {name!r}: {did_you_mean(name, _SPLIT_NAMES)}")
    return _take_whole(files, {source: _SPLIT_NAMES[name] for source, name in given.items()})


def _cut(
    files: pl.DataFrame, annotations: pl.DataFrame, reading: SongReading, shares: Mapping[str, float]
) -> list[list[Piece]]:
    labels = annotations["label"].unique().sort().to_list()
    numbered = annotations.with_columns(_class=pl.col("label").replace_strict(labels, range(len(labels))))
    by_source = numbered.partition_by("source", as_dict=True)
    recordings = []
    for source, num_samples in files.select("source", "num_samples").iter_rows():
        rows = by_source.get((source,), numbered.clear())
        intervals_N2 = rows.select("onset_s", "offset_s").to_numpy()
        recordings.append(CutRecording(num_samples, intervals_N2, rows["_class"].to_numpy().astype(np.int64)))
    rate = int(files["sample_rate_hz"][0])
    cutting = Cutting(rate, reading.split_gap_s, reading.split_block_s)
    return cut_recordings(recordings, shares, len(labels), cutting, reading.seed)


def _list_parts(recordings: pl.DataFrame, pieces: Mapping[str, list[Piece]]) -> pl.DataFrame:
    rows = [
        (source, channel, piece.start, piece.stop, piece.start / rate, piece.stop / rate, piece.split)
        for source, channel, rate in recordings.select("source", "channel", "sample_rate_hz").iter_rows()
        for piece in pieces[source]
    ]
    return pl.DataFrame(rows, PART_SCHEMA, orient="row")


def _check_splits(parts: pl.DataFrame, annotations: pl.DataFrame, reading: SongReading) -> list[str]:
    """Refuse splits that leave nothing to train on; return what else is worrying."""
    names = list(reading.shares) if reading.split_by != "split" else ["train", "validation"]
    for name in names:
        if not (parts["split"] == name).any():
            raise SubsongError(
                f"the recordings are too few or too short to give {name} any sound: add recordings, choose a smaller "
                "split_gap_s or another split_by, or leave the test out with --set "
                "'fractions={train: 0.8, validation: 0.2}'"
            )
    counted = count_by_split(parts, annotations)
    present = {(label, split) for label, split, _ in counted.iter_rows()}
    totals = dict(annotations.group_by("label").len().sort("label").iter_rows())
    lacking = [label for label in totals if (label, "train") not in present]
    if lacking:
        raise SubsongError(_explain_lacking(lacking[0], totals[lacking[0]], annotations))
    return list_missing(parts, annotations)


def _explain_lacking(label: str, num: int, annotations: pl.DataFrame) -> str:
    sources = annotations.filter(pl.col("label") == label)["source"].unique().sort()
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    return (
        f"none of the {count_noun(num, 'annotation')} of {label!r} (in {sources[0]}{more}) is in training, so that it "
        f"cannot be learned: choose another split_by or seed, or leave the class out with --set ignore=[{label}]"
    )
