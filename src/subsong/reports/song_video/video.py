"""Write the video of a song."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.reports.song_video.encoding import check_av, interleave, open_mp4
from subsong.reports.song_video.frames import draw_frames
from subsong.reports.song_video.options import SongVideoOptions
from subsong.reports.song_video.parts import LatentPath, MapPoints, Song
from subsong.reports.song_video.ribbon import Ribbon
from subsong.reports.song_video.sound import PLAYED_RATE_HZ, stream_sound
from subsong.reports.song_video.stage import draw_stage
from subsong.reports.song_video.timing import Timing, choose_timing


class SongVideo(NamedTuple):
    """What was written.

    Attributes
    ----------
    path
        The video.
    num_frames
        Its pictures.
    duration_s
        How long it lasts.
    slow_down, shift
        How many times longer it lasts than the song, and what frequencies are divided by at the song's own pace
        (None: nothing).
    """

    path: Path
    num_frames: int
    duration_s: float
    slow_down: float
    shift: float | None


def write_song_video(
    out: str | Path,
    song: Song,
    path: LatentPath,
    points: MapPoints,
    start_s: float,
    stop_s: float,
    options: SongVideoOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SongVideo:
    """Write the video of a part of a recording, whole or not at all.

    The same input gives the same video. Memory does not grow with its length.

    Parameters
    ----------
    out
        Its file, ending in ``.mp4``.
    song
        The recording.
    path
        Where its windows lie on the map; each frame shows the window centred nearest to its moment.
    points
        What the point moves over.
    start_s, stop_s
        Which part of the recording.
    options
        Pace, sound and size.
    progress
        Called with the number of frames done, and of all.

    Raises
    ------
    SubsongError
        When the file is to have another suffix, the part is empty or lies outside the recording, coordinates have
        another shape, PyAV is not installed, or the file cannot be written.
    """
    out, options = check_video_path(out), options or SongVideoOptions()
    check_av()
    _check_shapes(path, points)
    start_s, stop_s = check_part(start_s, stop_s, song.duration_s)
    timing = choose_timing(start_s, stop_s, song.sample_rate_hz, options)
    stage = draw_stage(song, path, points, options.title, _describe_sound(timing, options.shift), options.height)
    box = stage.ribbon
    ribbon = Ribbon(song.picture, timing, options.view_s, box.right - box.left, box.bottom - box.top)
    pictures = draw_frames(stage, ribbon, path, timing, options.tail_s)
    sound = stream_sound(song, timing, options.shift)
    height, width = stage.pixels.shape[:2]
    with open_mp4(out, width, height, timing.fps, PLAYED_RATE_HZ) as writer:
        for done in interleave(writer, pictures, sound, timing.fps, PLAYED_RATE_HZ):
            if progress is not None:
                progress(done, timing.num_frames)
    return SongVideo(out, timing.num_frames, timing.num_frames / timing.fps, timing.slow_down, options.shift)


def check_video_path(path: str | Path) -> Path:
    """Return the path of a video.

    Raises
    ------
    SubsongError
        When it does not end in ``.mp4``.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() != ".mp4":
        raise SubsongError(f"{path} ends in {path.suffix or 'nothing'}: a video's name should end in .mp4")
    return path


def check_part(start_s: float, stop_s: float | None, duration_s: float) -> tuple[float, float]:
    """Return the part of a recording that is meant, cut to what there is; without `stop_s` up to the end.

    Raises
    ------
    SubsongError
        When nothing is left.
    """
    if start_s >= duration_s:
        raise SubsongError(
            f"the part starts at {start_s:g} s, but the recording ends at {duration_s:g} s: start earlier"
        )
    stop_s = duration_s if stop_s is None else stop_s
    if not 0 <= start_s < stop_s:
        raise SubsongError(
            f"the part from {start_s:g} s to {stop_s:g} s is empty: expected a start of 0 or later, before the stop"
        )
    return start_s, min(stop_s, duration_s)


def _check_shapes(path: LatentPath, points: MapPoints) -> None:
    num_windows = len(path.start_s_N)
    if np.shape(path.coordinates_N2) != (num_windows, 2) or num_windows == 0:
        raise SubsongError(
            f"{num_windows} windows need coordinates of the shape ({num_windows}, 2), at least 1 window, "
            f"not {np.shape(path.coordinates_N2)}"
        )
    if not np.isfinite(path.coordinates_N2).all():
        raise SubsongError("a window's place on the map is not a finite number: the model has diverged")
    shape = np.shape(points.coordinates_M2)
    if len(shape) != 2 or shape[1] != 2 or shape[0] == 0:
        raise SubsongError(f"the map's points should have the shape (points, 2), at least 1 point, not {shape}")
    if points.labels_M is not None and len(points.labels_M) != shape[0]:
        raise SubsongError(f"a map of {shape[0]} points needs {shape[0]} labels, not {len(points.labels_M)}")


def _describe_sound(timing: Timing, shift: float | None) -> str:
    if shift is not None:
        return f"real time, pitch divided by {shift:g}"
    return "real time" if timing.slow_down == 1 else f"slowed {timing.slow_down:g} times"
