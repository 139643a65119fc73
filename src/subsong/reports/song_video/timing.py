"""Which moment of the recording is seen and heard at which moment of the video.

Legend: K = frames of the video.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.reports.song_video.options import SongVideoOptions
from subsong.reports.sound_map.clips import choose_slow_down


class Timing(NamedTuple):
    """The pace of a video. Frame ``k`` and the sound at ``k / fps`` are the same moment of the recording.

    Attributes
    ----------
    start_s, stop_s
        The part of the recording that is played.
    slow_down
        How many times longer the video lasts than that part; 1 where the pitch is shifted instead.
    fps
        Frames per second.
    """

    start_s: float
    stop_s: float
    slow_down: float
    fps: int

    @property
    def play_s(self) -> float:
        """How long the video lasts."""
        return (self.stop_s - self.start_s) * self.slow_down

    @property
    def num_frames(self) -> int:
        """K; the last frame may end up to half a frame before or after the sound does."""
        return max(1, round(self.play_s * self.fps))

    @property
    def frame_s(self) -> float:
        """From one frame to the next, in seconds of the recording."""
        return 1.0 / (self.fps * self.slow_down)

    @property
    def moments_s_K(self) -> np.ndarray:
        """The moment of the recording that each frame shows, float64, shape (K,)."""
        return self.start_s + np.arange(self.num_frames) * self.frame_s


def choose_timing(start_s: float, stop_s: float, sample_rate_hz: int, options: SongVideoOptions) -> Timing:
    """Return the pace that the options ask for; ultrasound is slowed unless they say otherwise."""
    if options.shift is not None:
        return Timing(start_s, stop_s, 1.0, options.fps)
    slow_down = choose_slow_down(sample_rate_hz) if options.slow_down is None else options.slow_down
    return Timing(start_s, stop_s, slow_down, options.fps)
