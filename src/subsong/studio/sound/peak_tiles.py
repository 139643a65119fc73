"""Tiles of the spectrogram and of the waveform from far away, made of peaks.

Legend: H = rows, C = columns of a tile.
"""

from __future__ import annotations

import numpy as np

from subsong.sources.audio import AudioInfo
from subsong.studio.sound.bands import Band, BandRows
from subsong.studio.sound.grey import from_grey, to_grey
from subsong.studio.sound.grid import NUM_COLUMNS
from subsong.studio.sound.peak_columns import join_columns
from subsong.studio.sound.peak_file import PeakFile


class Stretch:
    """The columns of the file that a tile is made of.

    Parameters
    ----------
    peaks
        Of the channel.
    place
        Level and index of the tile, which begins inside the recording and is coarser than any that is computed from
        the samples.

    Attributes
    ----------
    is_ready
        Whether they are there.
    """

    def __init__(self, peaks: PeakFile, place: tuple[int, int]) -> None:
        level = peaks.plan.choose_level(place[0])
        assert level is not None, f"tiles of level {place[0]} are computed from the samples"
        self._step = 2 ** (place[0] - level.level)
        first = place[1] * NUM_COLUMNS * self._step
        stop = min(first + NUM_COLUMNS * self._step, level.num_columns)
        self._peaks, self._first, self._stop = peaks, level.first + first, level.first + stop
        self.is_ready = self._stop <= peaks.num_ready

    def join(self) -> np.ndarray:
        """Return the columns of the tile that lie inside the recording, at most C of them.

        Raises
        ------
        PeaksGoneError
            When the file was deleted meanwhile.
        """
        columns = self._peaks.read(self._first, self._stop)
        return join_columns(columns, np.arange(0, len(columns), self._step))


def draw_peaks(stretch: Stretch, info: AudioInfo, band: Band, window: int) -> np.ndarray:
    """Return a tile of the spectrogram, uint8, shape (H, 512), as `tiles.compute_tile` does.

    Parameters
    ----------
    stretch
        What it is made of.
    info
        The recording.
    band
        Its rows.
    window
        Samples of the frames that the peaks are of.
    """
    grey_CB = stretch.join()["grey"]
    rows = BandRows(band, info.sample_rate_hz, window)
    decibels_HC = rows.pool_decibels(np.ascontiguousarray(from_grey(grey_CB[:, rows.bins].T)))
    tile_HC = np.zeros((band.height, NUM_COLUMNS), np.uint8)
    tile_HC[:, : len(grey_CB)] = to_grey(decibels_HC)
    return tile_HC


def draw_extremes(stretch: Stretch) -> np.ndarray:
    """Return a tile of the waveform, float32, shape (512, 2), as `waveform.compute_waveform` does."""
    columns = stretch.join()
    extremes_C2 = np.zeros((NUM_COLUMNS, 2), np.float32)
    extremes_C2[: len(columns)] = np.stack([columns["least"], columns["greatest"]], axis=1)
    return extremes_C2
