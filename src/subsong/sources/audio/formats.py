"""Which files are recordings, and what opens each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from subsong.core.errors import SubsongError
from subsong.sources.audio.arrays import open_npy, open_npz
from subsong.sources.audio.evtaf import open_evtaf
from subsong.sources.audio.frames import FrameSource
from subsong.sources.audio.sound_files import open_sound_file
from subsong.sources.reading import read_errors

# What is looked for in folders. A file that is named outright may end in anything libsndfile reads.
AUDIO_SUFFIXES = (".aif", ".aiff", ".cbin", ".flac", ".mp3", ".npy", ".npz", ".ogg", ".wav")
_OPENERS: dict[str, Callable[[Path, int | None], FrameSource]] = {
    ".cbin": open_evtaf,
    ".npy": open_npy,
    ".npz": open_npz,
}


def open_frames(path: str | Path, sample_rate_hz: int | None = None) -> FrameSource:
    """Open a recording with all its channels; the caller closes it.

    Parameters
    ----------
    path
        The file; its suffix (upper or lower case) only tells EvTAF and NumPy files from the rest.
    sample_rate_hz
        Samples per second, in place of what the file says; needed for ``.npy``.

    Raises
    ------
    SubsongError
        When the file is missing, empty, damaged or of another kind.
    """
    path = Path(path).expanduser()
    with read_errors(path), path.open("rb") as file:
        if not file.read(1):
            raise SubsongError(f"{path} is empty (0 bytes): copy it again or take it out")
    return _OPENERS.get(path.suffix.lower(), open_sound_file)(path, sample_rate_hz)
