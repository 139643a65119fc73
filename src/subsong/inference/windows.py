"""A trained VAE of windows in use: other recordings are read as those it was trained on."""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path

import numpy as np

from subsong.datasets.motifs.store import is_motif_store, load_motifs
from subsong.datasets.windows.axes import PlainTimes, WindowAxis
from subsong.datasets.windows.building import build_windows
from subsong.datasets.windows.dataset import FixedWindows
from subsong.datasets.windows.frames import RegionFrames, is_frame_store, load_frames, read_spectrogram
from subsong.datasets.windows.reading import WindowReading
from subsong.inference.sequence_plan import plan_sequences
from subsong.inference.sound import TrainedSoundVae
from subsong.inference.spectrogram_settings import check_same_spectrograms, parse_reading


class TrainedWindowVae(TrainedSoundVae):
    """A VAE of windows that knows how its spectrograms were made."""

    item_name = "window"

    @property
    def reading(self) -> WindowReading:
        """How recordings are read for it: as its training data, grey range included, for windows of its length."""
        reading = parse_reading(self.description, WindowReading)
        spectrogram = reading.spectrogram.model_copy(update={"max_duration_s": self.window_s})
        return reading.model_copy(update={"spectrogram": spectrogram})

    @property
    def window_s(self) -> float:
        """Length of its windows."""
        return float(self.description.preprocessing["window_s"])

    @property
    def num_time_bins(self) -> int:
        """Columns of its windows."""
        return int(self.item_shape[-1])

    def read_items(self, path: str | Path) -> FixedWindows:
        """Return the windows at `path`, one after the other, as `read_windows` does."""
        return self.read_windows(path)

    def read_frames(self, path: str | Path) -> RegionFrames:
        """Return the spectrograms of the regions at `path`: a store of windows or motifs, or recordings.

        Raises
        ------
        SubsongError
            When there are none, or a store was made with other settings than the model's.
        """
        path = Path(path).expanduser()
        if not is_frame_store(path):
            return read_frames(path, self.reading)
        # The length of windows and the number of their columns are the model's, not the store's.
        free = ("max_duration_s", "num_time_bins")
        check_same_spectrograms(path, read_spectrogram(path), self.reading.spectrogram, free)
        return load_frames(path)

    def open_windows(self, path: str | Path) -> tuple[RegionFrames, WindowAxis]:
        """Return the spectrograms at `path`, and the time in which the model's windows slide along them.

        That is the template's time for a store of motifs, so that equal starts are the same moment in all renditions,
        and the time of the recordings for everything else. Windows have the model's length, whatever a store was
        prepared for.

        Raises
        ------
        SubsongError
            As `read_frames`.
        """
        frames = self.read_frames(path)
        if is_motif_store(path):
            return frames, load_motifs(path).build_times(self.window_s, self.num_time_bins)
        return frames, PlainTimes(frames.regions, self.window_s, self.num_time_bins)

    def read_windows(self, path: str | Path, hop_s: float | None = None) -> FixedWindows:
        """Return windows at every `hop_s` of the regions at `path`; without it one after the other.

        They lie in the time that `open_windows` tells, where `plan_sequences` puts them.

        Raises
        ------
        SubsongError
            As `read_frames`, or when all regions are shorter than a window.
        """
        frames, axis = self.open_windows(path)
        plan = plan_sequences(axis, self.window_s if hop_s is None else hop_s)
        _, windows = plan.locate(np.arange(plan.num_windows))
        return FixedWindows(frames, axis, windows)


def read_frames(source: str | Path, reading: WindowReading) -> RegionFrames:
    """Return the spectrograms of the regions of recordings, in a store that is gone with what is returned.

    Parameters
    ----------
    source
        A folder of recordings, or one recording.
    reading
        How.
    """
    folder = tempfile.TemporaryDirectory(prefix="subsong-windows-")
    path = Path(folder.name) / "windows"
    try:
        build_windows(source, path, reading)
        frames = load_frames(path)
    except BaseException:
        folder.cleanup()
        raise
    weakref.finalize(frames, folder.cleanup)
    return frames
