"""The sample rate of recordings, for annotation files that count in samples."""

from __future__ import annotations

import contextlib
import glob
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.sources.audio import AUDIO_SUFFIXES, read_audio_info

_NO_RECORDINGS: Mapping[str, Path] = MappingProxyType({})


class SampleRates(NamedTuple):
    """Where the rate of a recording may be found.

    Attributes
    ----------
    given_hz
        The rate the caller says all recordings have; goes before all else.
    recordings
        Recordings whose headers may be read, by `recording_stem`.
    folders
        Folders that may hold recordings.
    """

    given_hz: int | None = None
    recordings: Mapping[str, Path] = _NO_RECORDINGS
    folders: Sequence[Path] = ()

    def find(self, recording: str) -> int | None:
        """Return the rate of the recording that an annotation file calls `recording`; None where it is not found.

        Names may differ in the suffix: a recording may have been packed since it was annotated. One of `recordings`
        that cannot be read has the rate of another.
        """
        if self.given_hz is not None:
            return self.given_hz
        stem = recording_stem(recording)
        path = self.recordings.get(stem) or self._find_in_folders(stem)
        try:
            return None if path is None else read_audio_info(path).sample_rate_hz
        except SubsongError:
            # A recording that cannot be read cannot be used: its annotations are only to be listed.
            if common := self._find_common():
                return common
            raise

    def _find_common(self) -> int | None:
        """Return the rate of the first of the recordings that can be read."""
        for path in self.recordings.values():
            with contextlib.suppress(SubsongError):
                return read_audio_info(path).sample_rate_hz
        return None

    def _find_in_folders(self, stem: str) -> Path | None:
        paths = (path for folder in self.folders for path in sorted(folder.glob(f"{glob.escape(stem)}.*")))
        return next((path for path in paths if is_audio(path.name) and recording_stem(path.name) == stem), None)


def is_audio(name: str) -> bool:
    """Tell whether a name ends as recordings do."""
    return PurePosixPath(name).suffix.lower() in AUDIO_SUFFIXES


def recording_stem(name: str) -> str:
    """Return a recording's name without folders and the suffixes of recordings.

    Examples
    --------
    >>> recording_stem("day1/bird1.0412.cbin.flac"), recording_stem("bird1.0412.cbin"), recording_stem("bird1.0412")
    ('bird1.0412', 'bird1.0412', 'bird1.0412')
    """
    name = PurePosixPath(name.replace("\\", "/")).name
    while is_audio(name):
        name = PurePosixPath(name).stem
    return name
