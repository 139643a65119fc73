"""A trained VAE of windows in use: other recordings are read as those it was trained on."""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path

from subsong.core.errors import SubsongError
from subsong.datasets.windows.axes import PlainTimes
from subsong.datasets.windows.building import build_windows
from subsong.datasets.windows.dataset import FixedWindows
from subsong.datasets.windows.drawing import find_stretches, tile_windows
from subsong.datasets.windows.frames import RegionFrames, is_frame_store, load_frames, read_spectrogram
from subsong.datasets.windows.reading import WindowReading
from subsong.inference.model import TrainedVae
from subsong.inference.spectrogram_settings import check_same_spectrograms, parse_reading


class TrainedWindowVae(TrainedVae):
    """A VAE of windows that knows how its spectrograms were made."""

    @property
    def reading(self) -> WindowReading:
        """How its training data were read, grey range included."""
        return parse_reading(self.description, WindowReading)

    @property
    def window_s(self) -> float:
        """Length of its windows."""
        return float(self.description.preprocessing["window_s"])

    @property
    def num_time_bins(self) -> int:
        """Columns of its windows."""
        return int(self.item_shape[-1])

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

    def read_windows(self, path: str | Path, hop_s: float | None = None) -> FixedWindows:
        """Return windows at every `hop_s` of the regions at `path`; without it one after the other.

        Raises
        ------
        SubsongError
            As `read_frames`, or when all regions are shorter than a window.
        """
        frames = self.read_frames(path)
        axis = PlainTimes(frames.regions, self.window_s, self.num_time_bins)
        stretches = find_stretches(axis)
        if len(stretches.region_M) == 0:
            raise SubsongError(f"{path}: no region is as long as the model's windows, {self.window_s:g} s")
        return FixedWindows(frames, axis, tile_windows(stretches, hop_s or self.window_s))


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
