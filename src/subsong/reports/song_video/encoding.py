"""Pictures and sound become an MP4 that every browser plays: H.264 and AAC, its index at the front.

Legend: H, W = pixels, T = samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file

_SOUND_BITS_PER_S = 160_000
# Fixed, since another number of threads may give another stream.
_X264 = {"preset": "veryfast", "crf": "18", "threads": "4"}
_BT_709, _LIMITED_RANGE = 1, 1


def check_av() -> None:
    """Check that videos can be written here.

    Raises
    ------
    SubsongError
        When PyAV is not installed.
    """
    try:
        import av  # noqa: F401
    except ImportError as error:
        raise SubsongError("a video needs the extra: pip install 'subsong[video]'") from error


class Mp4Writer:
    """An open video of one picture and one sound stream.

    Parameters
    ----------
    container
        PyAV's, open for writing.
    width, height
        Of the picture; even.
    fps
        Frames per second.
    sample_rate_hz
        Of the sound.
    """

    def __init__(self, container: Any, width: int, height: int, fps: int, sample_rate_hz: int) -> None:
        self._container, self._sample_rate_hz = container, sample_rate_hz
        self._picture = container.add_stream("libx264", rate=fps, options=dict(_X264))
        codec = self._picture.codec_context
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT_709
        codec.color_range = _LIMITED_RANGE
        self._sound = container.add_stream("aac", rate=sample_rate_hz, layout="mono")
        self._sound.codec_context.bit_rate = _SOUND_BITS_PER_S
        self._num_frames = self._num_samples = 0

    def write_picture(self, pixels: np.ndarray) -> None:
        """Append a frame, uint8, shape (H, W, 3)."""
        from av import VideoFrame

        frame = VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
            format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG", threads=1
        )
        frame.pts, self._num_frames = self._num_frames, self._num_frames + 1
        self._container.mux(self._picture.encode(frame))

    def write_sound(self, samples_T: np.ndarray) -> None:
        """Append sound, float32, shape (T,), in [-1, 1]."""
        from av import AudioFrame

        frame = AudioFrame.from_ndarray(samples_T[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = self._sample_rate_hz, self._num_samples
        self._num_samples += len(samples_T)
        self._container.mux(self._sound.encode(frame))

    def finish(self) -> None:
        """Write what the encoders still hold."""
        for stream in (self._picture, self._sound):
            self._container.mux(stream.encode(None))


@contextmanager
def open_mp4(path: Path, width: int, height: int, fps: int, sample_rate_hz: int) -> Iterator[Mp4Writer]:
    """Open a video for writing that takes its name only when it is whole.

    Raises
    ------
    SubsongError
        When PyAV is not installed, the disk is full or the folder is not writable.
    """
    check_av()
    import av

    with (
        atomic_file(path) as file,
        # By name, not as an open file: to put the index in front, the file is read once more.
        av.open(file.name, "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        writer = Mp4Writer(container, width, height, fps, sample_rate_hz)
        yield writer
        writer.finish()


def interleave(
    writer: Mp4Writer, pictures: Iterator[np.ndarray], sound: Iterator[np.ndarray], fps: int, sample_rate_hz: int
) -> Iterator[int]:
    """Write pictures and sound side by side, so that neither has to wait in memory; yields the number of pictures."""
    written_s = 0.0
    for number, pixels in enumerate(pictures, start=1):
        writer.write_picture(pixels)
        while written_s < number / fps:
            block_T = next(sound, None)
            if block_T is None:
                break
            writer.write_sound(block_T)
            written_s += len(block_T) / sample_rate_hz
        yield number
    for block_T in sound:
        writer.write_sound(block_T)
