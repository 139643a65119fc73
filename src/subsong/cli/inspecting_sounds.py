"""What ``subsong inspect`` says of raw recordings and of annotation files: what is there, what is wrong, what next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun, describe_duration
from subsong.interop.annotation_files import GatheredAnnotations, gather_annotations, holds_annotations
from subsong.sources.annotations import check_segments
from subsong.sources.audio import (
    AUDIO_SUFFIXES,
    AudioAudit,
    audit_recordings,
    build_audit_table,
    find_audio,
    read_audio_info,
)

_NUM_SHOWN = 10
_ARRAY_SUFFIXES = (".npy", ".npz", ".mat", ".h5", ".hdf5")


def holds_recordings(path: Path) -> bool:
    """Whether a path is a recording by its name, or a folder with one."""
    if path.is_file():
        return path.suffix.lower() in AUDIO_SUFFIXES
    found = [one for one in path.rglob("*") if one.suffix.lower() in AUDIO_SUFFIXES and not one.name.startswith(".")]
    return any(one.suffix.lower() not in _ARRAY_SUFFIXES or _is_sound(one) for one in found)


def _is_sound(path: Path) -> bool:
    """Whether a file of arrays holds a recording: many hold anything else."""
    try:
        read_audio_info(path)
    except SubsongError:
        return False
    return True


def inspect_recordings(path: Path) -> tuple[list[str], pl.DataFrame]:
    """Return what is to be said of recordings, in lines, and the table of their audit."""
    from subsong.cli.progress import show_stages

    with show_stages() as tell:
        audits = audit_recordings(
            find_audio(path), channel="all", progress=lambda done, total: tell("reading recordings", done, total)
        )
    root = path if path.is_dir() else path.parent
    table = build_audit_table(audits, root)
    lines = [*_describe(path, table), *_list_findings(audits, root)]
    if not (path.is_dir() and holds_annotations(path)):
        return [*lines, "no annotations beside them", *_advise(path, has_annotations=False)], table
    try:
        gathered = gather_annotations(path, "lenient")
    except SubsongError as error:
        return [*lines, f"annotations: {error}", *_advise(path, has_annotations=False)], table
    lines += [*_describe_annotations(gathered), *_compare(gathered.table, table)]
    return [*lines, *_advise(path, not gathered.table.is_empty())], table


def inspect_annotations(path: Path) -> tuple[list[str], pl.DataFrame]:
    """Return what is to be said of annotations without recordings, and their table."""
    gathered = gather_annotations(path, "lenient")
    return [*_describe_annotations(gathered), f"one table of them: subsong import {path}"], gathered.table


def _describe(path: Path, table: pl.DataFrame) -> Iterator[str]:
    known = table.filter(pl.col("duration_s").is_not_null())
    durations = known["duration_s"]
    said = f"{path}: {count_noun(table.height, 'recording')}"
    if known.is_empty():
        yield f"{said}, none of which can be read"
        return
    low, middle, high = (durations.quantile(share) for share in (0.0, 0.5, 1.0))
    span = f"{low:.3g} to {high:.3g} s, median {middle:.3g} s"
    yield f"{said}, {describe_duration(float(durations.sum()))} in all ({span})"
    suffixes = table["recording"].str.extract(r"\.([^.]*)$").str.to_lowercase()
    yield f"formats: {count_values(suffixes)}; numbers: {count_values(known['stored_as'])}"
    yield f"sample rates (Hz): {count_values(known['sample_rate_hz'])}; channels: {count_values(known['num_channels'])}"


def _list_findings(audits: Sequence[AudioAudit], root: Path) -> Iterator[str]:
    """Yield a line for each recording that cannot be used, and one for each kind of lesser finding."""
    lesser: dict[str, list[str]] = {}
    unusable = [audit for audit in audits if not audit.is_usable]
    for audit in unusable[:_NUM_SHOWN]:
        yield f"cannot be used: {audit.path.relative_to(root).as_posix()} ({audit.findings[0].message})"
    if len(unusable) > _NUM_SHOWN:
        yield f"cannot be used: {len(unusable) - _NUM_SHOWN} others (--out TABLE.csv lists all)"
    for audit in audits:
        for finding in audit.findings if audit.is_usable else ():
            lesser.setdefault(finding.kind, []).append(f"{audit.path.relative_to(root).as_posix()}: {finding.message}")
    for kind, found in sorted(lesser.items()):
        more = f", and {count_noun(len(found) - 1, 'other')}" if len(found) > 1 else ""
        yield f"{kind}: {found[0]}{more}"
    if not unusable and not lesser:
        yield "none is silent, clipped or damaged"


def _describe_annotations(gathered: GatheredAnnotations) -> Iterator[str]:
    table = gathered.table
    files = ", ".join(f"{count_noun(number, 'file')} ({name})" for name, number in gathered.formats.items())
    num_events = table.filter(pl.col("onset_s") == pl.col("offset_s")).height
    kinds = f"{count_noun(table.height - num_events, 'segment')}, {count_noun(num_events, 'event')}"
    yield f"annotations: {kinds} in {files}"
    if not table.is_empty():
        yield f"labels: {count_values(table['label'].fill_null('(none)'))}"
    yield from (f"annotations that cannot be read: {message}" for message in gathered.damaged[:_NUM_SHOWN])


def _compare(annotations: pl.DataFrame, audit: pl.DataFrame) -> Iterator[str]:
    """Yield what does not fit between annotations and recordings."""
    durations = {name: duration for name, duration in audit.select("recording", "duration_s").iter_rows() if duration}
    unknown = sorted(set(annotations["recording"]) - set(audit["recording"]))
    checked = check_segments(annotations.filter(pl.col("recording").is_in(list(durations))), durations, 0.02, True)
    kinds = checked.problems.with_columns(kind=pl.col("problem").str.replace_all(r"[\d.]+", "..."))
    for recording, onset_s, problem, number in (
        kinds.group_by("kind", maintain_order=True)
        .agg(pl.first("recording", "onset_s", "problem"), pl.len())
        .drop("kind")
        .iter_rows()
    ):
        yield f"look at this: {count_noun(number, 'annotation')}: {problem}, such as {recording} at {onset_s:.3f} s"
    annotated = set(annotations["recording"])
    without = [name for name in audit["recording"] if name not in annotated]
    if without:
        yield f"recordings without annotations: {len(without):,}, such as {without[0]}"
    if unknown:
        yield f"annotations of recordings that are not there: {len(unknown):,}, such as {unknown[0]}"


def _advise(path: Path, has_annotations: bool) -> Iterator[str]:
    folder = path if path.is_dir() else path.parent
    yield f"look and annotate: subsong studio {folder}"
    yield (
        "everything in one command: subsong config init project --out project.yaml, put "
        f"'recordings: {folder}' into it, then subsong run project.yaml"
    )
    if has_annotations:
        yield f"a network that annotates: subsong prepare song {path}; a map: subsong prepare syllables {path}"
    else:
        yield f"find sounds by loudness: subsong segment {path}"


def count_values(values: pl.Series) -> str:
    """Return the most frequent values with how often each is there."""
    counts = values.drop_nulls().value_counts(sort=True)
    shown = ", ".join(f"{value} ({number:,})" for value, number in counts.head(_NUM_SHOWN).iter_rows())
    return shown if counts.height <= _NUM_SHOWN else f"{shown} and {counts.height - _NUM_SHOWN} others"
