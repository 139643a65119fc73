"""The spectrogram as a ribbon of pixels that runs by, painted as it is needed.

One pixel is one column: from frame to frame the ribbon moves by a whole number of pixels, so that it never shakes.

Legend: T = columns, F = rows of the spectrogram, H, W = pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image

from subsong.reports.song_video.parts import PictureSource
from subsong.reports.song_video.timing import Timing
from subsong.reports.sound_map.colours import build_colours

_BLOCK_COLUMNS = 2048
_NUM_COLOURS = 256


class Ribbon:
    """The running spectrogram.

    Parameters
    ----------
    picture
        The spectrogram by time.
    timing
        The pace.
    view_s
        About how many seconds of playing time it shows at once; `seconds_per_pixel` says what it came to.
    width, height
        Its size in pixels.

    Attributes
    ----------
    step
        Pixels from one frame to the next.
    seconds_per_pixel
        In seconds of the recording.
    """

    def __init__(self, picture: PictureSource, timing: Timing, view_s: float, width: int, height: int) -> None:
        self.step = max(1, round(width / (view_s * timing.fps)))
        self.seconds_per_pixel = timing.frame_s / self.step
        self._picture, self._timing, self._width, self._height = picture, timing, width, height
        self._colours = _build_colour_table()

    def views(self) -> Iterator[np.ndarray]:
        """Yield what each frame shows, uint8, shape (H, W, 3): the frame's moment is the middle of pixel W // 2."""
        first = -(self._width // 2)
        held, held_first = np.zeros((self._height, 0, 3), np.uint8), first
        for frame in range(self._timing.num_frames):
            low = first + frame * self.step
            while low + self._width > held_first + held.shape[1]:
                block = self._paint(held_first + held.shape[1])
                held, held_first = np.concatenate([held[:, low - held_first :], block], axis=1), low
            yield held[:, low - held_first : low - held_first + self._width]

    def _paint(self, first: int) -> np.ndarray:
        """Return the columns from `first` on, shape (H, columns of a block, 3); column 0 is the start of the part."""
        times_T = self._timing.start_s + np.arange(first, first + _BLOCK_COLUMNS) * self.seconds_per_pixel
        upright_FT = np.asarray(self._picture(times_T), np.float32)[::-1]
        grey = Image.fromarray(np.ascontiguousarray(upright_FT))
        stretched_HT = np.asarray(grey.resize((_BLOCK_COLUMNS, self._height), Image.Resampling.BILINEAR))
        return np.asarray(self._colours[(stretched_HT.clip(0.0, 1.0) * (_NUM_COLOURS - 1) + 0.5).astype(np.uint8)])


def _build_colour_table() -> np.ndarray:
    """Return the colours of values from 0 to 1, uint8, shape (256, 3): those of the map of sounds."""
    steps = np.array([to_rgb(colour) for colour in build_colours()["light"]["sound"]])
    places = np.linspace(0, len(steps) - 1, _NUM_COLOURS)
    table = np.stack([np.interp(places, np.arange(len(steps)), steps[:, part]) for part in range(3)], axis=1)
    return np.round(255 * table).astype(np.uint8)
