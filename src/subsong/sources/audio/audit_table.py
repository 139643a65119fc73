"""The audit of many recordings: several at a time, strict or lenient, and as a table."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.audio.audit import AudioAudit, AuditedChannel, AuditOptions, audit_audio

_SCHEMA = {
    "recording": pl.String,
    "sample_rate_hz": pl.Int64,
    "num_channels": pl.Int64,
    "duration_s": pl.Float64,
    "stored_as": pl.String,
    "peak": pl.Float64,
    "rms_db": pl.Float64,
    "share_clipped": pl.Float64,
    "findings": pl.String,
    "usable": pl.Boolean,
}
_MOST_WORKERS = 8


def audit_recordings(
    paths: Sequence[str | Path],
    options: AuditOptions | None = None,
    channel: AuditedChannel = None,
    progress: Callable[[int, int], None] | None = None,
    num_workers: int | None = None,
) -> list[AudioAudit]:
    """Audit recordings, in the order given.

    Parameters
    ----------
    paths
        The files, for instance of `find_audio`.
    options, channel
        As for `audit_audio`.
    progress
        Told the recordings done and the recordings in all after each.
    num_workers
        Recordings read at a time; None for one a processor, 8 at most.

    Raises
    ------
    SubsongError
        In strict mode, when a recording cannot be used; names the first and tells how many there are.
    """
    options = options or AuditOptions()
    num_workers = num_workers or min(os.cpu_count() or 1, _MOST_WORKERS)
    audits: list[AudioAudit] = []
    # Threads: decoding and NumPy let others run meanwhile.
    with ThreadPoolExecutor(num_workers) as pool:
        for audit in pool.map(lambda path: audit_audio(path, options, channel), paths):
            audits.append(audit)
            if progress is not None:
                progress(len(audits), len(paths))
    if options.mode == "strict":
        _refuse_unusable(audits)
    return audits


def build_audit_table(audits: Sequence[AudioAudit], folder: str | Path | None = None) -> pl.DataFrame:
    """Return audits as a table, one row a recording.

    Parameters
    ----------
    audits
        As `audit_recordings` returns them.
    folder
        The folder that was read: recordings in it are named by their path below it, with forward slashes; others,
        and all with None, by their whole path.

    Returns
    -------
    polars.DataFrame
        Columns ``recording``, ``sample_rate_hz``, ``num_channels``, ``duration_s``, ``stored_as``, ``peak`` (1 is full
        scale), ``rms_db`` (null for digital silence), ``share_clipped``, ``findings`` (``kind: message``, joined by
        `` | ``; empty when nothing is wrong), ``usable``. What could not be read is null.
    """
    return pl.DataFrame([_row(audit, folder) for audit in audits], schema=_SCHEMA, orient="row")


def _refuse_unusable(audits: Sequence[AudioAudit]) -> None:
    unusable = [audit for audit in audits if not audit.is_usable]
    if not unusable:
        return
    first = unusable[0]
    others = f" ({len(unusable)} of {len(audits)} recordings cannot)" if len(unusable) > 1 else ""
    raise SubsongError(
        f"{first.path} cannot be used ({first.findings[0].kind}: {first.findings[0].message}){others}: mend or remove "
        "what is listed, or go on without it with mode: lenient"
    )


def _row(audit: AudioAudit, folder: str | Path | None) -> tuple[Any, ...]:
    info, levels = audit.info, audit.levels
    return (
        _recording_name(audit.path, folder),
        *((info.sample_rate_hz, info.num_channels, info.duration_s, info.stored_as) if info else (None,) * 4),
        *((levels.peak, levels.rms_db, levels.share_clipped) if levels else (None,) * 3),
        " | ".join(f"{finding.kind}: {finding.message}" for finding in audit.findings),
        audit.is_usable,
    )


def _recording_name(path: Path, folder: str | Path | None) -> str:
    folder = None if folder is None else Path(folder).expanduser()
    return (path.relative_to(folder) if folder and path.is_relative_to(folder) else path).as_posix()
