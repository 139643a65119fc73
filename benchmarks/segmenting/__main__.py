"""Song segmenters trained on some recordings and scored on others, with 95 % intervals, clean and with noise.

Every set by the default of ``subsong train song-segmenter`` and what ``sets.py`` says; folds are pooled, so that each
recording that is scored is scored once. White noise is 10 and 0 dB below the mean power of the annotated sounds.

``python -m benchmarks.segmenting [SET ...] [seconds=S] [KEY=VALUE ...]``; needs SUBSONG_DATA. With seconds=30, no more
than that of recordings is learned from, validation included.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.segmenting.running import annotate, of_recordings, train_fold
from benchmarks.segmenting.sets import DATA, SETS, Fold, SongSet
from subsong.evaluation.annotations.options import ScoringOptions
from subsong.evaluation.annotations.scores import AnnotationScores, score_annotations
from subsong.sources.audio import read_audio_info

NOISES_DB = {"clean": None, "noise at 10 dB": 10.0, "noise at 0 dB": 0.0}
SHOWN = ("onset_f1", "iou_f1", "event_f1", "frame_f1", "frame_error", "syllable_error_rate")


def main() -> None:
    names = [argument for argument in sys.argv[1:] if "=" not in argument]
    overrides = dict(argument.split("=", 1) for argument in sys.argv[1:] if "=" in argument)
    seconds = float(overrides.pop("seconds", "inf"))
    for song_set in SETS:
        if not names or song_set.name in names:
            run_set(song_set, seconds, overrides)


def run_set(song_set: SongSet, seconds: float, overrides: dict[str, str]) -> None:
    """Train and score every fold of a set, and print the pooled scores."""
    folds = [shorten(song_set, fold, seconds) for fold in song_set.list_folds(song_set.read_files())]
    found = dict[tuple[str, str], list[pl.DataFrame]]()
    train_s, start_s = 0.0, time.process_time()
    for fold in folds:
        with tempfile.TemporaryDirectory() as folder:
            trained = train_fold(song_set, fold.train, Path(folder), overrides)
            train_s += trained.train_s
            for noise, level_db in NOISES_DB.items():
                table = annotate(trained.model, song_set, fold, level_db, Path(folder))
                for part, recordings in fold.tests.items():
                    rows = table.filter(pl.col("recording").is_in(list(recordings)))
                    found.setdefault((part, noise), []).append(rows)
    each = f"{train_s / len(folds):.0f} s of training each ({time.process_time() - start_s:.0f} s of processors in all)"
    print(f"{song_set.name}: {len(folds)} fold(s), {each}", flush=True)
    for (part, noise), tables in found.items():
        recordings = [name for fold in folds for name in fold.tests[part]]
        for person in song_set.people or (None,):
            scores = score(song_set, pl.concat(tables), recordings, person)
            print(f"  {part}{f' against {person}' if person else ''}, {noise}: {describe(scores)}")
            for asked in song_set.asked if noise == "clean" else ():
                sign = "<=" if asked.at_most else ">="
                value = scores.summary.filter(pl.col("score") == asked.score)["value"]
                print(
                    f"    {asked.score} {value[0] if len(value) else float('nan'):.4f} (asked {sign} {asked.value:g})"
                )
    sys.stdout.flush()


def shorten(song_set: SongSet, fold: Fold, seconds: float) -> Fold:
    """Return the fold with the first recordings to train on that together last no more than `seconds`."""
    lengths_s = [read_audio_info(DATA / song_set.folder / name).duration_s for name in fold.train]
    num = int((np.cumsum(lengths_s) <= seconds).sum())
    return fold._replace(train=fold.train[: max(num, 1)])


def score(song_set: SongSet, found: pl.DataFrame, recordings: list[str], person: str | None) -> AnnotationScores:
    """Score what was found in recordings against the annotations of the set, all or by one person."""
    truth = song_set.read_segments().filter(of_recordings(recordings))
    is_mark = pl.any_horizontal(False, *(pl.col("label") == label for label in song_set.within))
    if person is not None:
        recordings = truth.filter(pl.col("annotator") == person)["recording"].unique(maintain_order=True).to_list()
        truth = truth.filter(of_recordings(recordings) & ((pl.col("annotator") == person) | is_mark))
    if song_set.labels is not None:
        truth = truth.filter(pl.col("label").is_in(list(song_set.labels)) | is_mark)
    durations_s = {name: read_audio_info(DATA / song_set.folder / name).duration_s for name in recordings}
    within = tuple(label for label in song_set.within if (truth["label"] == label).any())
    options = ScoringOptions(use_labels=song_set.use_labels, within=within)
    found = found.filter(of_recordings(recordings))
    windows = song_set.list_complete(recordings)
    scores = score_annotations(found, truth, options, durations_s, windows, recordings)
    if song_set.regions is None or windows is None:
        return scores
    # Sequences are compared whole: of what is found, that which lies where somebody listened.
    whole = score_annotations(_keep_heard(found, windows), truth, options, durations_s, None, recordings)
    sequences = whole.summary.filter(pl.col("score") == "syllable_error_rate")
    return scores._replace(summary=pl.concat([scores.summary, sequences]))


def _keep_heard(found: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Return what is found that touches a window of its recording."""
    ends = windows.select("recording", start_s="onset_s", end_s="offset_s")
    touching = found.with_row_index("row").join(ends, on="recording")
    touching = touching.filter((pl.col("onset_s") < pl.col("end_s")) & (pl.col("offset_s") > pl.col("start_s")))
    return found[touching["row"].unique(maintain_order=True)]


def describe(scores: AnnotationScores) -> str:
    """Return the main scores with their intervals in a line."""
    rows = {row["score"]: row for row in scores.summary.to_dicts()}
    return ", ".join(
        f"{name} {rows[name]['value']:.4f} ({rows[name]['low']:.3f}-{rows[name]['high']:.3f})"
        for name in SHOWN
        if name in rows
    )


if __name__ == "__main__":
    main()
