"""Scoring one set of annotation files against another: read, compared, written as tables and a page, printed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import polars as pl

from subsong import __version__
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_folder, write_json
from subsong.evaluation.annotations.counting import CRITERIA
from subsong.evaluation.annotations.options import ScoringOptions
from subsong.evaluation.annotations.reading import AnnotationSet, RecordingLengths, align_names, read_lengths, read_set
from subsong.evaluation.annotations.scores import AnnotationScores, score_annotations
from subsong.inference.tables import write_table
from subsong.recipes.console import open_console
from subsong.recipes.result_folders import check_result_folder
from subsong.reports.annotation_scores.page import describe_amounts, write_scores_page
from subsong.reports.annotation_scores.words import describe_criterion, describe_score

SCORES_NAME = "scores.json"
REPORT_NAME = "index.html"
FORMAT = "subsong-annotation-scores-1"
_FILES = {
    SCORES_NAME: "all scores with intervals, settings and warnings, for programs",
    "per_class.csv": "precision, recall and F1 of each label",
    "per_recording.csv": "every score of each recording",
    "matches.csv": "each pair, each missed and each extra annotation, with its times",
    "confusion.csv": "how often each true label was found as each",
    "curves.csv": "the data behind the curves",
}
_MIN_WIDTH = 100


class ScoredFiles(NamedTuple):
    """The scores, and the page that shows them; None where nothing was to be written."""

    scores: AnnotationScores
    report_path: Path | None


def evaluate_annotations(
    found: str | Path,
    against: str | Path,
    out: str | Path | None = None,
    recordings: str | Path | None = None,
    options: ScoringOptions | None = None,
    common_only: bool = False,
    overwrite: bool = False,
) -> ScoredFiles:
    """Score annotation files against others, of any tools and formats.

    Parameters
    ----------
    found, against
        The annotations to score, and those held for true: each a file, or a folder of files.
    out
        Folder of the tables and the page; None: nothing is written.
    recordings
        The recordings, or a folder of them: annotations are found by their names, and silence counts in frame errors.
    options
        What agrees with what. A value of ``within`` that is a file or folder is read as annotations that mark where
        the truth is complete; any other is a label of the truth.
    common_only
        Leave out recordings of the truth that `found` has nothing of; if not, all of their annotations are missed.
    overwrite
        Replace the scores that are there.

    Raises
    ------
    SubsongError
        When annotations cannot be read, the sets have nothing in common, or `out` holds something else.
    """
    found_path, truth_path = (Path(path).expanduser() for path in (found, against))
    out_path = None if out is None else Path(out).expanduser()
    options = options or ScoringOptions()
    if out_path is not None:
        check_result_folder(out_path, SCORES_NAME, "scores", (found_path, truth_path), overwrite)
    lengths = None if recordings is None else read_lengths(Path(recordings).expanduser())
    truth = read_set(truth_path, lengths)
    heard = align_names(read_set(found_path, lengths), truth, found_path)
    _check_common(heard, truth, found_path, truth_path)
    windows, patterns = _read_windows(options.within, truth, lengths)
    names = [name for name in truth.recordings if not common_only or name in set(heard.recordings)]
    scores = score_annotations(
        heard.table,
        truth.table,
        options.model_copy(update={"within": patterns}),
        {} if lengths is None else lengths.durations_s,
        windows,
        names,
    )
    left_out = len(truth.recordings) - len(names)
    if left_out:
        said = f"{left_out} of {len(truth.recordings)} recordings of the truth have nothing found and are left out."
        scores = scores._replace(warnings=(*scores.warnings, said))
    if out_path is None:
        return ScoredFiles(scores, None)
    described = {"found": str(found), "against": str(against), "recordings": recordings and str(recordings)}
    title = f"{found_path.name} against {truth_path.name}"
    with atomic_folder(out_path) as folder:
        write_scores(folder, scores, title, {**described, **options.model_dump(mode="json"), "subsong": __version__})
    return ScoredFiles(scores, out_path / REPORT_NAME)


def _check_common(found: AnnotationSet, truth: AnnotationSet, found_path: Path, truth_path: Path) -> None:
    if found.table.height and not set(found.recordings) & set(truth.recordings):
        raise SubsongError(
            f"{found_path} (of {found.recordings[0]!r}, {len(found.recordings)} in all) and {truth_path} (of "
            f"{truth.recordings[0]!r}, {len(truth.recordings)} in all) have no recording in common: names must fit, "
            "folders and suffixes aside"
        )


def _read_windows(
    within: Sequence[str], truth: AnnotationSet, lengths: RecordingLengths | None
) -> tuple[pl.DataFrame | None, tuple[str, ...]]:
    """Return the windows of files, None where there are none, and what is left: labels of the truth."""
    paths = [Path(value).expanduser() for value in within if Path(value).expanduser().exists()]
    tables = [align_names(read_set(path, lengths), truth, path).table for path in paths]
    patterns = tuple(value for value in within if not Path(value).expanduser().exists())
    return (pl.concat(tables) if tables else None), patterns


def write_scores(
    folder: Path,
    scores: AnnotationScores,
    title: str,
    described: Mapping[str, object],
    more_files: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write scores as JSON, tables and a page into a folder.

    Parameters
    ----------
    folder
        Where they go, beside what is there.
    scores
        What is written.
    title
        Names the two sets.
    described
        Settings and versions.
    more_files
        What else lies in the folder -> what it is, for the page.
    """
    write_json(folder / SCORES_NAME, {"format": FORMAT, **described, **_to_plain(scores)})
    for name in ("per_class", "per_recording", "matches", "confusion", "curves"):
        write_table(folder / f"{name}.csv", getattr(scores, name).with_columns(pl.selectors.float().fill_nan(None)))
    write_scores_page(folder / REPORT_NAME, scores, title, described, {**_FILES, **more_files})


def _to_plain(scores: AnnotationScores) -> dict[str, Any]:
    """Return what programs want to know as plain values; what could not be computed is null."""
    parts = {"scores": scores.summary, "timing": scores.timing}
    named = {
        name: {str(row.pop(next(iter(row)))): _clean(row) for row in table.to_dicts()} for name, table in parts.items()
    }
    return {
        "uses_labels": scores.uses_labels,
        "num_recordings": len(scores.per_recording),
        "interval": f"95 % bootstrap over {scores.interval_units}",
        **named,
        "warnings": list(scores.warnings),
    }


def _clean(row: dict[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(v, float) and math.isnan(v) else v for name, v in row.items()}


def print_scores(scores: AnnotationScores) -> None:
    """Print the scores as a compact table, with what a reader has to know below it."""
    from rich.table import Table

    table = Table(title=describe_amounts(scores), box=None, title_justify="left")
    for column in ("", "precision", "recall", "F1", "95 %"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    rows = {row["score"]: row for row in scores.summary.to_dicts()}
    for criterion in (*(criterion.name for criterion in CRITERIA), "frame"):
        if f"{criterion}_f1" in rows:
            values = [_format(rows[f"{criterion}_{part}"]["value"]) for part in ("precision", "recall", "f1")]
            interval = _format_interval(rows[f"{criterion}_f1"])
            table.add_row(describe_criterion(criterion, scores.options), *values, interval)
    console = open_console(_MIN_WIDTH)
    console.print(table)
    for score in ("frame_error", "frame_error_in_sound", "syllable_error_rate"):
        if score in rows:
            row = rows[score]
            name, unit = describe_score(score, scores.options)
            interval = _format_interval(row, 100)
            more = f" ({interval})" if interval else ""
            console.print(f"{name}: {_format(100 * row['value'], 2)} {unit}{more}", highlight=False)
    for row in scores.timing.iter_rows(named=True):
        console.print(
            f"{row['edge']}: median error {row['median_ms']:+.2f} ms, median size {row['median_abs_ms']:.2f} ms, "
            f"95 % below {row['p95_abs_ms']:.2f} ms",
            highlight=False,
        )


def _format(value: float, digits: int = 3) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _format_interval(row: Mapping[str, float], scale: float = 1.0) -> str:
    if math.isnan(row["low"]):
        return ""
    digits = 2 if scale > 1 else 3
    return f"{scale * row['low']:.{digits}f} to {scale * row['high']:.{digits}f}"
