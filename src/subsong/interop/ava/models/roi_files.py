"""Which ROI file belongs to which recording: the one of the same name in the folder beside its folder in the lists."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.sources.audio import find_audio

log = logging.getLogger(__name__)


def find_pairs(audio_dirs: Sequence[str | Path], roi_dirs: Sequence[str | Path]) -> list[tuple[str, str]]:
    """Return recordings and their ROI files, by name of the recording.

    Parameters
    ----------
    audio_dirs
        Folders of recordings.
    roi_dirs
        Of each, the folder with ``<name of the recording>.txt``.

    Raises
    ------
    SubsongError
        When a folder does not exist, a recording has no ROI file, or the lists differ in length. ROI files without a
        recording are named in the log.
    """
    if isinstance(audio_dirs, str | Path) or isinstance(roi_dirs, str | Path) or len(audio_dirs) != len(roi_dirs):
        raise SubsongError(
            f"audio_dirs is {audio_dirs!r}, roi_dirs {roi_dirs!r}: expected two lists of as many folders"
        )
    folders = [Path(folder).expanduser() for folder in roi_dirs]
    pairs = []
    for audio_dir, roi_dir in zip(audio_dirs, folders, strict=True):
        if not roi_dir.is_dir():
            raise SubsongError(f"no folder {roi_dir}: expected one with a ROI file for each recording of {audio_dir}")
        paths = [path for path in find_audio(audio_dir) if path.parent == Path(audio_dir).expanduser()]
        pairs += [(str(path), str(roi_dir / f"{path.stem}.txt")) for path in paths]
    _check_present(pairs)
    for path in _find_unused(folders, pairs):
        log.warning("%s is a ROI file without a recording: it is passed over", path)
    return sorted(pairs)


def _check_present(pairs: Sequence[tuple[str, str]]) -> None:
    lacking = [pair for pair in pairs if not Path(pair[1]).is_file()]
    if lacking:
        audio, roi = lacking[0]
        raise SubsongError(
            f"{count_noun(len(lacking), 'recording')} without a ROI file, the first is {audio}: expected {roi}; write "
            "it, empty if there is no song, or leave the recording out"
        )


def _find_unused(folders: Sequence[Path], pairs: Sequence[tuple[str, str]]) -> list[Path]:
    used = {Path(roi) for _, roi in pairs}
    return sorted({path for folder in folders for path in folder.glob("*.txt")} - used)
