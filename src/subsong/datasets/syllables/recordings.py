"""Which recordings can be used: each is read once from start to end before anything is computed from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.syllables.reading import AnnotatedReading
from subsong.sources.audio import AudioAudit, AudioInfo, audit_recordings, build_audit_table

Progress = Callable[[int, int], None]


class UsableRecordings(NamedTuple):
    """What is known of the recordings after their audit.

    Attributes
    ----------
    root
        The folder that recordings are named relative to.
    recordings
        Those that can be used, by name, in order.
    means
        Mean of the samples of each of them, in units of full scale.
    reasons
        Why the others cannot be used, by name.
    audit
        One row a recording (see `build_audit_table`).
    """

    root: Path
    recordings: Mapping[str, AudioInfo]
    means: Mapping[str, float]
    reasons: Mapping[str, str]
    audit: pl.DataFrame


def find_usable_recordings(
    source: Path, paths: Sequence[Path], reading: AnnotatedReading, progress: Progress | None = None
) -> UsableRecordings:
    """Audit the recordings `paths`, which were found at `source` (a file or folder).

    Raises
    ------
    SubsongError
        When none can be used, or in strict mode when one cannot.
    """
    root = source if source.is_dir() else source.parent
    audits = audit_recordings(paths, reading.audit, reading.channel, progress)
    names = {audit.path.relative_to(root).as_posix(): audit for audit in audits}
    usable = {name: audit for name, audit in names.items() if audit.is_usable}
    if not usable:
        raise SubsongError(_explain_unusable(source, names))
    return UsableRecordings(
        root,
        {name: audit.info for name, audit in usable.items() if audit.info is not None},
        {name: audit.levels.mean for name, audit in usable.items() if audit.levels is not None},
        {name: _explain(audit) for name, audit in names.items() if not audit.is_usable},
        build_audit_table(audits, root),
    )


def _explain(audit: AudioAudit) -> str:
    first = audit.findings[0]
    return f"the recording cannot be used ({first.kind}: {first.message})"


def _explain_unusable(source: Path, audits: Mapping[str, AudioAudit]) -> str:
    name, first = next(iter(audits.items()))
    which = (
        f"{source} cannot be used" if source.is_file() else f"{source}: none of {len(audits)} recordings can be used"
    )
    return f"{which} ({name}: {first.findings[0].message}): mend that, or name other recordings"
