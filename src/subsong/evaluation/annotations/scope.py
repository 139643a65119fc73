"""What is compared with what: the rows of both sets that can be used, place by place, and the time that is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.evaluation.annotations.options import ScoringOptions
from subsong.sources.annotations.check import check_segments
from subsong.sources.annotations.losses import UNLABELLED

ANY_LABEL = "any sound"
_MAX_NAMED = 3
_PLACE_COLUMNS = ("recording", "channel")


class Scope(NamedTuple):
    """What is compared.

    A *place* is a recording, or one of its channels where both sets name the channel of every row.

    Attributes
    ----------
    recordings
        Names, sorted.
    place_recording
        Number of the recording of each place, int64, shape (G,).
    truth, found
        Sorted rows; columns ``recording``, ``channel``, ``place``, ``onset_s``, ``offset_s``, ``label``, ``kind``
        (segment or event), ``score``. Where labels do not count, ``label`` is kept and ``class`` is the same for all.
    windows
        Where the truth is complete: ``place``, ``onset_s``, ``offset_s``; None: everywhere.
    classes
        What ``class`` counts from 0.
    durations_s
        Of each recording, NaN where it is not known.
    uses_labels
        Whether labels count.
    warnings
        What a reader has to know.
    """

    recordings: tuple[str, ...]
    place_recording: np.ndarray
    truth: pl.DataFrame
    found: pl.DataFrame
    windows: pl.DataFrame | None
    classes: tuple[str, ...]
    durations_s: np.ndarray
    uses_labels: bool
    warnings: tuple[str, ...]


def build_scope(
    found: pl.DataFrame,
    truth: pl.DataFrame,
    options: ScoringOptions,
    durations_s: Mapping[str, float],
    windows: pl.DataFrame | None,
    recordings: Sequence[str] | None,
) -> Scope:
    """Return what is compared; see `subsong.evaluation.annotations.scores.score_annotations`.

    Raises
    ------
    SubsongError
        When the sets have no recording in common, or a label of ``within`` marks nothing.
    """
    names = tuple(sorted(set(truth["recording"] if recordings is None else recordings)))
    warnings = [*_warn_of_people(truth, "truth"), *_warn_of_people(found, "found annotations")]
    warnings += _warn_of_recordings(found, truth, names)
    if options.within:
        truth, found, marked = _take_marks(truth, found, options.within)
        windows = marked if windows is None else pl.concat([windows, marked])
    truth, found = (_use(table, names, durations_s, what, warnings) for table, what in _name_sets(truth, found))
    uses_labels = _decide_labels(truth, found, options.use_labels, warnings)
    by_channel = all(table["channel"].null_count() == 0 for table in (truth, found))
    places = _list_places(truth, found, names, by_channel)
    classes = tuple(sorted({*truth["label"], *found["label"]})) if uses_labels else (ANY_LABEL,)
    return Scope(
        names,
        places["recording"].replace_strict(list(names), list(range(len(names))), return_dtype=pl.Int64).to_numpy(),
        _number(truth, places, by_channel, classes),
        _number(found, places, by_channel, classes),
        None if windows is None else _place_windows(windows, places, by_channel),
        classes,
        np.array([durations_s.get(name, np.nan) for name in names], np.float64),
        uses_labels,
        tuple(warnings),
    )


def _name_sets(truth: pl.DataFrame, found: pl.DataFrame) -> list[tuple[pl.DataFrame, str]]:
    return [(truth, "truth"), (found, "found annotations")]


def _warn_of_people(table: pl.DataFrame, what: str) -> list[str]:
    people = table.filter(pl.col("annotator").is_not_null()).group_by("recording")
    several = people.agg(pl.col("annotator").unique().sort()).filter(pl.col("annotator").list.len() > 1)
    several = several.sort("recording")
    if not several.height:
        return []
    return [
        f"In the {what}, {count_noun(several.height, 'recording')} such as {several['recording'][0]} were annotated by "
        f"{' and '.join(several['annotator'][0])}: their annotations are taken together; give the file of one of them."
    ]


def _warn_of_recordings(found: pl.DataFrame, truth: pl.DataFrame, names: Sequence[str]) -> list[str]:
    in_found, in_truth = set(found["recording"]), set(truth["recording"])
    if in_found and in_truth and not in_found & set(names):
        raise SubsongError(
            f"the two sets have no recording in common: the truth is of {_name_some(in_truth)}, the found annotations "
            f"are of {_name_some(in_found)}; give annotations of the same recordings"
        )
    lacking, unjudged = set(names) & in_truth - in_found, in_found - set(names)
    said = []
    if lacking:
        said.append(
            f"{count_noun(len(lacking), 'recording')} of the truth, with nothing found: all of it counts as missed "
            f"({_name_some(lacking)})."
        )
    if unjudged:
        num_rows = found.filter(pl.col("recording").is_in(sorted(unjudged))).height
        said.append(
            f"{count_noun(len(unjudged), 'recording')} with found annotations ({num_rows:,}) but no truth: left out "
            f"({_name_some(unjudged)})."
        )
    return said


def _name_some(names: set[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(sorted(names)[:_MAX_NAMED]) + more


def _take_marks(
    truth: pl.DataFrame, found: pl.DataFrame, patterns: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return both sets without the labels that mark where the truth is complete, and what they mark."""
    labels = sorted({*truth["label"].drop_nulls()})
    marks = [label for label in labels if any(fnmatchcase(label, pattern) for pattern in patterns)]
    for pattern in patterns:
        if not any(fnmatchcase(label, pattern) for label in labels):
            raise SubsongError(
                f"the truth has no label {pattern!r} that could mark where it is complete: it has {', '.join(labels)}"
            )
    is_mark = pl.col("label").is_in(marks).fill_null(False)
    return truth.filter(~is_mark), found.filter(~is_mark), truth.filter(is_mark)


def _use(
    table: pl.DataFrame, names: Sequence[str], durations_s: Mapping[str, float], what: str, warnings: list[str]
) -> pl.DataFrame:
    """Return the rows that can be compared, cut to their recordings; those that cannot be are counted in a warning."""
    # What reaches past an end is cut there, by however much: it was meant to be a sound.
    checked = check_segments(table.filter(pl.col("recording").is_in(names)), durations_s, float("inf"), True)
    dropped = checked.problems.filter(pl.col("problem").str.ends_with("; dropped"))
    if dropped.height:
        recording, onset_s, problem = dropped.select("recording", "onset_s", "problem").row(0)
        warnings.append(
            f"{count_noun(dropped.height, 'row')} of the {what} cannot be used, such as that of {recording} at "
            f"{onset_s:g} s: {problem}."
        )
    return checked.kept.with_columns(pl.col("label").fill_null(UNLABELLED))


def _decide_labels(truth: pl.DataFrame, found: pl.DataFrame, wanted: bool | None, warnings: list[str]) -> bool:
    if wanted is not None:
        return wanted
    in_truth, in_found = set(truth["label"]), set(found["label"])
    if {UNLABELLED} in (in_truth, in_found):
        return False
    if in_truth & in_found or not in_found:
        return True
    warnings.append(
        f"The sets have no label in common ({_name_some(in_truth)}; {_name_some(in_found)}): labels are not compared."
    )
    return False


def _list_places(truth: pl.DataFrame, found: pl.DataFrame, names: Sequence[str], by_channel: bool) -> pl.DataFrame:
    """Return ``recording``, ``channel`` (null where channels do not count) and ``place``."""
    rows = pl.concat([truth.select(_PLACE_COLUMNS), found.select(_PLACE_COLUMNS)])
    if not by_channel:
        rows = rows.with_columns(pl.lit(None, pl.Int64).alias("channel"))
    silent = sorted(set(names) - set(rows["recording"]))
    empty = pl.DataFrame({"recording": silent, "channel": [None] * len(silent)}, schema=rows.schema)
    places = pl.concat([rows, empty]).unique().sort(_PLACE_COLUMNS)
    return places.with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))


def _number(table: pl.DataFrame, places: pl.DataFrame, by_channel: bool, classes: Sequence[str]) -> pl.DataFrame:
    """Return the rows with their place, kind and class, sorted."""
    rows = _join_places(table, places, by_channel)
    kind = pl.when(pl.col("offset_s") > pl.col("onset_s")).then(pl.lit("segment")).otherwise(pl.lit("event"))
    numbers = pl.Enum(classes)
    label = pl.col("label") if len(classes) != 1 or classes[0] != ANY_LABEL else pl.lit(ANY_LABEL)
    rows = rows.with_columns(kind.alias("kind"), label.cast(numbers).to_physical().cast(pl.Int64).alias("class"))
    rows = rows.sort("place", "onset_s", "offset_s", "label", "score", maintain_order=True)
    return rows.select("recording", "channel", "place", "onset_s", "offset_s", "label", "class", "kind", "score")


def _join_places(table: pl.DataFrame, places: pl.DataFrame, by_channel: bool) -> pl.DataFrame:
    keys = list(_PLACE_COLUMNS) if by_channel else ["recording"]
    return table.join(places.select(*keys, "place"), on=keys, how="inner", maintain_order="left", nulls_equal=True)


def _place_windows(windows: pl.DataFrame, places: pl.DataFrame, by_channel: bool) -> pl.DataFrame:
    """Return the windows of each place; one that names no channel is of all channels of its recording."""
    rows = windows.filter(pl.col("offset_s") > pl.col("onset_s")).select(*_PLACE_COLUMNS, "onset_s", "offset_s")
    joined = rows.join(places, on="recording", suffix="_place")
    if by_channel:
        joined = joined.filter(pl.col("channel").is_null() | (pl.col("channel") == pl.col("channel_place")))
    return joined.select("place", "onset_s", "offset_s").unique().sort("place", "onset_s", "offset_s")
