"""The sets of real song, who is trained on what, and who is scored.

Recordings that are scored are in no way seen before: neither to train, nor to choose an epoch or a threshold.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.sources.annotations.read import read_annotations
from subsong.sources.annotations.table import build_annotations
from subsong.sources.audio import read_audio_info

DATA = Path(os.environ.get("SUBSONG_DATA", "../shared/data"))
UNCLEAR, MAX_UNCLEAR = "0", 0.3
TRAINING_SHARE = 0.7


class Fold(NamedTuple):
    """Recordings to train on, and parts of others to score: name -> recordings."""

    train: tuple[str, ...]
    tests: Mapping[str, tuple[str, ...]]


class Asked(NamedTuple):
    """A score that was asked for: at least `value`, or at most."""

    score: str
    value: float
    at_most: bool = False


class SongSet(NamedTuple):
    """One set.

    Attributes
    ----------
    name
        What it is called here.
    folder
        Where it lies, with ``segments.csv`` and ``files.csv``.
    list_folds
        Recordings -> folds.
    asked
        What was asked of the pooled scores of all folds.
    use_labels
        Whether labels count.
    prepare, train
        Settings of ``prepare song`` and ``train song-segmenter`` beside the defaults.
    labels
        Labels that are sounds, None for all.
    within
        Labels that mark where the annotations are complete; none: everywhere.
    complete
        How the names of recordings begin that are annotated throughout although others are not.
    regions
        File that says which stretches are annotated; None: all.
    people
        Who is scored against, one by one; none: everybody together.
    """

    name: str
    folder: str
    list_folds: Callable[[pl.DataFrame], list[Fold]]
    asked: tuple[Asked, ...]
    use_labels: bool = False
    prepare: Mapping[str, object] = {}
    train: Mapping[str, object] = {}
    labels: tuple[str, ...] | None = None
    within: tuple[str, ...] = ()
    complete: str | None = None
    regions: str | None = None
    people: tuple[str, ...] = ()

    def read_segments(self) -> pl.DataFrame:
        """Return the annotations of the set, as a table of annotations."""
        return read_annotations(DATA / self.folder / "segments.csv")

    def list_complete(self, names: Sequence[str]) -> pl.DataFrame | None:
        """Return marks over what is annotated of recordings; None where that is everything."""
        if self.regions is not None:
            rows = pl.read_csv(DATA / self.folder / self.regions).filter(pl.col("audio_file").is_in(list(names)))
            ends = {"onset_s": rows["start_s"], "offset_s": rows["end_s"]}
            return build_annotations(recording=rows["audio_file"], **ends, label="complete")
        if self.complete is None:
            return None
        chosen = [name for name in names if name.startswith(self.complete)]
        stop_s = [read_audio_info(DATA / self.folder / name).duration_s for name in chosen]
        return build_annotations(recording=chosen, onset_s=[0.0] * len(chosen), offset_s=stop_s, label="complete")

    def read_files(self) -> pl.DataFrame:
        """Return the recordings of the set with what is known of them, without songs that nobody told apart."""
        files = pl.read_csv(DATA / self.folder / "files.csv", infer_schema=False)
        if not self.use_labels:
            return files
        unclear = pl.col("label").eq(UNCLEAR).mean() > MAX_UNCLEAR
        odd = self.read_segments().group_by("recording").agg(unclear).filter("label")["recording"]
        return files if self.folder.endswith("koumura") else files.filter(~pl.col("audio_file").is_in(odd.implode()))


def hold_out_each(files: pl.DataFrame) -> list[Fold]:
    """Return one fold a recording."""
    return hold_out_groups(files["audio_file"].to_list(), files["audio_file"].to_list())


def hold_out_groups(names: Sequence[str], groups: Sequence[str]) -> list[Fold]:
    """Return one fold a group of recordings."""
    folds = []
    for group in dict.fromkeys(groups):
        test = tuple(name for name, own in zip(names, groups, strict=True) if own == group)
        folds.append(Fold(tuple(name for name in names if name not in test), {"held out": test}))
    return folds


def hold_out_pairs(files: pl.DataFrame) -> list[Fold]:
    """Return folds of two recordings each, the longest with the shortest."""
    names = files.sort(pl.col("duration_s").cast(pl.Float64))["audio_file"].to_list()
    number = {name: min(place, len(names) - 1 - place) for place, name in enumerate(names)}
    return hold_out_groups(names, [str(number[name]) for name in names])


def split_days(bird: str, training_days: Sequence[str], other_day: str) -> Callable[[pl.DataFrame], list[Fold]]:
    """Return what divides a bird's recordings: most of some days to train, the others of them and a day to score."""

    def split(files: pl.DataFrame) -> list[Fold]:
        names = files.filter(pl.col("individual") == bird)["audio_file"].to_list()
        train: list[str] = []
        same: list[str] = []
        for day in training_days:
            of_day = sorted(name for name in names if f"/{day}/" in name)
            np.random.default_rng(7).shuffle(of_day)
            num_train = round(TRAINING_SHARE * len(of_day))
            train += of_day[:num_train]
            same += of_day[num_train:]
        other = tuple(name for name in names if f"/{other_day}/" in name)
        return [Fold(tuple(train), {"same days": tuple(same), "another day": other})]

    return split


def split_share(files: pl.DataFrame) -> list[Fold]:
    """Return one fold: most recordings to train, the others to score."""
    names = sorted(files["audio_file"].to_list())
    np.random.default_rng(7).shuffle(names)
    num_train = round(TRAINING_SHARE * len(names))
    return [Fold(tuple(names[:num_train]), {"same bird": tuple(names[num_train:])})]


FINCH = (Asked("frame_error", 0.015, True), Asked("syllable_error_rate", 0.01, True), Asked("onset_f1", 0.98))
SETS = (
    SongSet(
        "gy6or6",
        "bengalese_finch_sober",
        split_days("gy6or6", ("032312", "032412"), "032512"),
        FINCH,
        use_labels=True,
    ),
    SongSet(
        "bl26lb16",
        "bengalese_finch_sober",
        split_days("bl26lb16", ("042112",), "041912"),
        FINCH,
        use_labels=True,
    ),
    SongSet("Bird0", "bengalese_finch_koumura", split_share, FINCH, use_labels=True, regions="annotated_regions.csv"),
    SongSet("mouse", "mouse_usv_amvoc", hold_out_each, (Asked("iou_f1", 0.85), Asked("frame_f1", 0.9))),
    SongSet("juvenile", "zebra_finch_juveniles_whisperseg", hold_out_pairs, (Asked("onset_f1", 0.8),)),
    SongSet("meerkat", "meerkat_whisperseg", hold_out_each, (Asked("onset_f1", 0.65),)),
    SongSet(
        "fly",
        "fly_song_songexplorer",
        hold_out_each,
        (Asked("event_f1", 0.93),),
        prepare={"labels": ["mel-pulse"]},
        labels=("mel-pulse",),
        within=("ambient", "not_mel-pulse"),
        complete="2019",
        people=("person1", "person2", "person3"),
    ),
)
