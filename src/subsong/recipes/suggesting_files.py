"""Proposals as files: annotations beside which recordings lie, or stretches cut out with theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import polars as pl

from subsong.inference.suggesting.measuring import Stretch
from subsong.sources.annotations import build_annotations, empty_annotations, sort_annotations, write_annotations
from subsong.sources.annotations.formats import find_format
from subsong.sources.audio import read_audio, read_audio_info, write_audio
from subsong.sources.audio.info import FULL_SCALES

_TABLE_NAME, _TABLE_FORMAT = "annotations.csv", "csv"
_LOOKED_AT = "looked at"


def find_proposals(found: pl.DataFrame, stretch: Stretch) -> pl.DataFrame:
    """Return the annotations in a stretch: segments that overlap it, and events."""
    onset_s, offset_s = pl.col("onset_s"), pl.col("offset_s")
    is_event = (onset_s == offset_s) & onset_s.is_between(stretch.start_s, stretch.stop_s)
    return found.filter(
        is_event | ((onset_s < stretch.stop_s) & (offset_s > stretch.start_s)),
        pl.col("recording") == stretch.recording,
        pl.col("channel").eq_missing(stretch.channel),
    )


def write_proposals(
    out: Path, paths: Mapping[str, Path], stretches: Sequence[Stretch], found: pl.DataFrame, format: str
) -> Path:
    """Write the proposals of stretches, with times of their recordings, into ``proposals``; return that folder.

    Our own format is one table; of others every recording has a file, called as it and in the same sub-folder.
    """
    folder = out / "proposals"
    tables = [empty_annotations(), *(find_proposals(found, stretch) for stretch in stretches)]
    table = sort_annotations(pl.concat(tables).unique(maintain_order=True))
    if format == _TABLE_FORMAT:
        write_annotations(folder / _TABLE_NAME, table, format)
        return folder
    for recording in dict.fromkeys(stretch.recording for stretch in stretches):
        path = folder / _name_file(recording, format)
        rate = read_audio_info(paths[recording]).sample_rate_hz
        write_annotations(path, _keep_plain(table.filter(pl.col("recording") == recording)), format, rate)
    return folder


def cut_stretches(
    out: Path, paths: Mapping[str, Path], stretches: Sequence[Stretch], found: pl.DataFrame, format: str
) -> Path:
    """Write stretches as recordings with their proposals beside them into ``stretches``; return that folder.

    Times are those of the stretches; their names say where they come from.
    """
    folder, tables = out / "stretches", [empty_annotations()]
    for stretch in stretches:
        name, source = f"{name_stretch(stretch)}.wav", paths[stretch.recording]
        info = read_audio_info(source)
        audio = read_audio(source, stretch.channel, stretch.start_s, stretch.stop_s)
        stored_as = "int16" if info.is_integer and info.full_scale <= FULL_SCALES["int16"] else "float32"
        write_audio(folder / name, audio.samples, audio.sample_rate_hz, stored_as)
        start_s = round(stretch.start_s * audio.sample_rate_hz) / audio.sample_rate_hz
        duration_s = len(audio.samples) / audio.sample_rate_hz
        proposals = find_proposals(found, stretch).with_columns(
            (pl.col("onset_s", "offset_s") - start_s).clip(0.0, duration_s),
            recording=pl.lit(name),
            channel=pl.lit(None, pl.Int64),
        )
        tables.append(proposals)
        if format != _TABLE_FORMAT:
            write_annotations(folder / _name_file(name, format), _keep_plain(proposals), format, audio.sample_rate_hz)
    if format == _TABLE_FORMAT:
        write_annotations(folder / _TABLE_NAME, sort_annotations(pl.concat(tables)), format)
    return folder


def write_looked_at(path: Path, stretches: Sequence[Stretch]) -> None:
    """Write the stretches themselves as annotations: ``subsong prepare song --within`` takes them as complete."""
    table = build_annotations(
        recording=[one.recording for one in stretches],
        channel=[one.channel for one in stretches],
        onset_s=[one.start_s for one in stretches],
        offset_s=[one.stop_s for one in stretches],
        label=[_LOOKED_AT] * len(stretches),
    )
    write_annotations(path, sort_annotations(table), _TABLE_FORMAT)


def _keep_plain(table: pl.DataFrame) -> pl.DataFrame:
    """Return annotations as people make them: programs for correcting them hold no scores, as only our table does."""
    return table.with_columns(score=pl.lit(None, pl.Float64), annotator=pl.lit(None, pl.String))


def _name_file(recording: str, format: str) -> str:
    """Return what an annotation file of a recording is called, so that it is found as the recording's."""
    suffix = find_format(format).suffixes[0]
    whole = recording if suffix == ".not.mat" else PurePosixPath(recording).with_suffix("").as_posix()
    return f"{whole}{suffix}"


def name_stretch(stretch: Stretch) -> str:
    """Return a file name without suffix that says where a stretch comes from.

    Examples
    --------
    ``day1/bird.wav`` from 5 s to 10 s is ``day1__bird__5.000-10.000s``.
    """
    stem = PurePosixPath(stretch.recording).with_suffix("").as_posix().replace("/", "__")
    channel = "" if stretch.channel is None else f"__channel{stretch.channel}"
    return f"{stem}{channel}__{stretch.start_s:.3f}-{stretch.stop_s:.3f}s"
