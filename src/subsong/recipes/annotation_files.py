"""Which file the annotations of a recording are written to, in each format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType

from subsong.core.errors import SubsongError, did_you_mean

# What takes the place of the recording's suffix.
FILE_ENDS: Mapping[str, str] = MappingProxyType(
    {
        "csv": "_annotations.csv",
        "ava": ".txt",
        "audacity": ".txt",
        "raven": ".selections.txt",
        "textgrid": ".TextGrid",
        "das": "_annotations.csv",
        "whisperseg": ".json",
        "songexplorer": "-annotated-subsong.csv",
        "not-mat": ".not.mat",
    }
)
_AFTER_SUFFIX = ("not-mat",)


def name_files(recordings: Sequence[str], format: str, end: str | None = None) -> dict[str, str]:
    """Return recording -> annotation file, relative to the folder that mirrors the recordings'.

    Parameters
    ----------
    recordings
        Paths relative to their folder, forward slashes.
    format
        One that we write.
    end
        Of the files' names, in place of the format's own.

    Raises
    ------
    SubsongError
        When we do not write the format, or two recordings would share a file.
    """
    if format not in FILE_ENDS:
        raise SubsongError(f"annotations are not written as {format!r}: {did_you_mean(format, list(FILE_ENDS))}")
    owners: dict[str, str] = {}
    for name in recordings:
        path = PurePosixPath(name)
        stem = path.name if format in _AFTER_SUFFIX else path.stem
        file = path.with_name(stem + (end or FILE_ENDS[format])).as_posix()
        if file in owners:
            raise SubsongError(
                f"{owners[file]} and {name} would share the annotation file {file}: rename one of them, or annotate "
                "them into different folders"
            )
        owners[file] = name
    return {name: file for file, name in owners.items()}
