"""Segmenting a folder of recordings: one annotation file each, and a page that shows what was done."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.config_files import read_config
from subsong.core.errors import SubsongError
from subsong.core.files import PARTIAL_SUFFIX, read_json, remove_partial_files, write_json
from subsong.core.overrides import Overrides
from subsong.recipes.annotation_files import name_files
from subsong.recipes.segmenters import FileSegments, Segmenter, build_segmenter
from subsong.recipes.segmenting_options import Segmenting
from subsong.recipes.segmenting_page import write_segmentation_page
from subsong.sources.annotations.read import write_annotations
from subsong.sources.annotations.table import build_annotations
from subsong.sources.audio import find_audio
from subsong.sources.segmentation.presets import get_preset

log = logging.getLogger(__name__)

MANIFEST_NAME = "segmentation.json"
REPORT_NAME = "segmentation.html"
_COLUMNS = {
    "recording": pl.String,
    "annotations": pl.String,
    "status": pl.String,
    "num_segments": pl.Int64,
    "num_at_edge": pl.Int64,
    "num_dropped": pl.Int64,
    "problem": pl.String,
}


class SegmentedFolder(NamedTuple):
    """What was done.

    Attributes
    ----------
    recordings
        One row a recording: ``recording`` (relative to the source), ``annotations`` (relative to the output),
        ``status`` (found, kept or left out), ``num_segments``, ``num_at_edge`` (of these, touch an end of the
        recording), ``num_dropped`` (too short or too long), and ``problem``; numbers of what was kept are null.
    report_path
        The page; None where there is none.
    """

    recordings: pl.DataFrame
    report_path: Path | None


class _Outcome(NamedTuple):
    """What became of one recording; see `SegmentedFolder`."""

    status: str
    num_segments: int | None = None
    num_at_edge: int | None = None
    num_dropped: int | None = None
    problem: str | None = None


def segment_folder(
    source: str | Path,
    out: str | Path,
    preset: str = "finch",
    overrides: Overrides | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> SegmentedFolder:
    """Segment recordings by amplitude, or by likeness to exemplars, and write one annotation file each.

    Parameters
    ----------
    source
        A recording, or a folder of recordings at any depth.
    out
        Folder of the annotation files, laid out like `source`.
    preset
        Settings of segmentation by amplitude to start from; see `subsong.sources.segmentation.presets`.
    overrides
        ``{"amplitude.min_gap_s": 0.004}``, ``{"exemplars": "motifs/"}``; see `Segmenting`.
    overwrite
        Do again what was done before. If not, files that are there stay, so that a stopped run goes on where it was.
    progress
        Called with recordings done and recordings in all.

    Raises
    ------
    SubsongError
        When there are no recordings, the exemplars make no template, `out` holds something else or was made with other
        settings, or (in strict mode) a recording cannot be used.
    """
    source, out = Path(source).expanduser(), Path(out).expanduser()
    config = read_config(Segmenting, overrides=overrides, base={"amplitude": get_preset(preset).config.model_dump()})
    root = source if source.is_dir() else source.parent
    outputs = _name_outputs([path.relative_to(root).as_posix() for path in find_audio(source)], config)
    segment_file = build_segmenter(config)
    manifest = {"source": str(root.resolve()), "preset": preset, **config.model_dump(mode="json")}
    _claim_folder(out, manifest, list(outputs.values()), overwrite)
    rows = []
    for number, (name, output) in enumerate(outputs.items()):
        _tell(progress, number, len(outputs))
        rows.append((name, output, *_segment_one(root, name, out / output, config, segment_file)))
    _tell(progress, len(outputs), len(outputs))
    table = pl.DataFrame(rows, schema=_COLUMNS, orient="row")
    report_path = out / REPORT_NAME if config.num_excerpts else None
    if report_path is not None:
        write_segmentation_page(report_path, root, table, preset, config, segment_file)
    return SegmentedFolder(table, report_path)


def _tell(progress: Callable[[int, int], None] | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _segment_one(root: Path, name: str, path: Path, config: Segmenting, segment_file: Segmenter) -> _Outcome:
    """Segment a recording and write its annotations, unless they are there."""
    if path.exists():
        return _Outcome("kept")
    try:
        found = segment_file(root / name)
    except SubsongError as error:
        problem = str(error) if name in str(error) else f"{name}: {error}"
        if config.mode == "strict":
            raise SubsongError(problem) from error
        log.warning("left out: %s", problem)
        return _Outcome("left out", problem=problem)
    write_annotations(path, _build_table(name, found, config), config.annotation_format)
    return _Outcome("found", len(found.segments), int(found.at_edge.sum()), found.num_dropped)


def _build_table(name: str, found: FileSegments, config: Segmenting) -> pl.DataFrame:
    onset_s, offset_s = found.segments.T
    # Of the formats we write, ours alone has a place for scores.
    scores = found.scores if config.annotation_format == "csv" else None
    return build_annotations(
        recording=[name] * len(onset_s), onset_s=onset_s, offset_s=offset_s, label=config.label, score=scores
    )


def _name_outputs(names: list[str], config: Segmenting) -> dict[str, str]:
    """Return recording -> annotation file, both relative to their folders."""
    end = ".csv" if config.annotation_format == "csv" else None
    return name_files(names, config.annotation_format, end)


def _claim_folder(out: Path, manifest: dict[str, object], outputs: list[str], overwrite: bool) -> None:
    """Make the folder ours, unless it holds something else, and note in it what is done.

    What is to be done again is removed before the new settings are noted, so that a run that is stopped in between
    never takes files of other settings for its own.
    """
    manifest_path = out / MANIFEST_NAME
    if manifest_path.is_file():
        remove_partial_files(out)
        if read_json(manifest_path) != manifest and not overwrite:
            raise SubsongError(
                f"{out} was made from other recordings or with other settings (see {manifest_path}): choose another "
                "--out, or --overwrite"
            )
    elif out.exists() and any(not entry.name.endswith(PARTIAL_SUFFIX) for entry in _list_folder(out)):
        raise SubsongError(f"{out} holds something else than segments found before: choose a new or empty folder")
    if overwrite:
        for output in outputs:
            (out / output).unlink(missing_ok=True)
    write_json(manifest_path, manifest)


def _list_folder(out: Path) -> Iterator[Path]:
    if not out.is_dir():
        raise SubsongError(f"{out} is a file: expected the name of a folder")
    return out.iterdir()
