"""Reading one channel of a recording, or all of them: whole, a stretch of it, or block by block.

Legend: T = samples, C = channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.audio.formats import open_frames
from subsong.sources.audio.frames import FrameSource
from subsong.sources.audio.info import AudioInfo

Channel = int | Literal["mean"] | None
OpenedChannel = Channel | Literal["all"]


class Audio(NamedTuple):
    """One channel of sound.

    Attributes
    ----------
    samples
        In units of full scale, float32, shape (T,).
    sample_rate_hz
        Samples per second.
    """

    samples: np.ndarray
    sample_rate_hz: int


class AudioReader:
    """One channel of an open recording, or all of them; a context manager that closes it.

    Parameters
    ----------
    frames
        The open recording.
    channel
        Which channel, as for `open_audio`.

    Attributes
    ----------
    info
        What the recording says of itself, all channels counted.
    """

    def __init__(self, frames: FrameSource, channel: OpenedChannel = None) -> None:
        if channel != "all":
            check_channel(frames.info, channel)
        self.info = frames.info
        self._frames = frames
        self._channel = channel

    def __enter__(self) -> AudioReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._frames.close()

    def read(self, start_sample: int, stop_sample: int) -> np.ndarray:
        """Return the samples ``start_sample`` to before ``stop_sample`` in units of full scale, float32, shape (T,).

        Of all channels the shape is (C, T). What lies beyond either end of the recording is left out: the answer may
        be shorter than asked for, and empty. A part equals the same slice of the whole bit for bit.

        Raises
        ------
        SubsongError
            When the file is cut short or damaged there.
        """
        start = min(max(start_sample, 0), self.info.num_samples)
        stop = min(max(stop_sample, start), self.info.num_samples)
        frames_TC = self._frames.read(start, stop)
        if self._channel == "all":
            return np.ascontiguousarray(frames_TC.T)
        return pick_channel(frames_TC, self._channel)

    def blocks(self, block_samples: int, overlap: int = 0) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the recording in blocks, each with the number of its first sample.

        Parameters
        ----------
        block_samples
            Samples of a block; the last one may be shorter.
        overlap
            Samples a block shares with the one before it; below `block_samples`.
        """
        if not 0 <= overlap < block_samples:
            raise ValueError(f"overlap is {overlap} samples: expected 0 or more, below block_samples ({block_samples})")
        for start in range(0, self.info.num_samples, block_samples - overlap):
            if start > 0 and start + overlap >= self.info.num_samples:
                return  # the block before reached the end
            yield start, self.read(start, start + block_samples)


def open_audio(path: str | Path, channel: OpenedChannel = None, sample_rate_hz: int | None = None) -> AudioReader:
    """Open one channel of a recording, or all of them, for reading in parts.

    Parameters
    ----------
    path
        wav, flac, ogg, mp3, aiff or whatever else libsndfile reads; ``.cbin`` with its ``.rec``; ``.npy``; ``.npz``.
    channel
        Number of the channel, from 0; ``"mean"`` for the mean of all; None for the only one there is; ``"all"``
        for all of them together.
    sample_rate_hz
        Samples per second, in place of what the file says; needed for ``.npy``, which does not say.

    Raises
    ------
    SubsongError
        When the file cannot be read, or has several channels and none was chosen.

    Notes
    -----
    Nothing is read ahead, so an hour-long file does not lie in memory. Formats that find any place exactly (wav,
    flac, aiff, cbin, npy, npz) are read there; ogg and mp3 are decoded from the start up to it, about 1,000 times as
    fast as they play, and best read in order.
    """
    frames = open_frames(path, sample_rate_hz)
    try:
        return AudioReader(frames, channel)
    except SubsongError:
        frames.close()
        raise


def read_audio(
    path: str | Path,
    channel: Channel = None,
    start_s: float = 0.0,
    stop_s: float | None = None,
    sample_rate_hz: int | None = None,
) -> Audio:
    """Read one channel of a recording, or a stretch of it.

    Parameters
    ----------
    path, channel, sample_rate_hz
        As for `open_audio`, but one channel alone.
    start_s, stop_s
        The stretch in seconds, each rounded to the nearest sample; None is the end. What lies beyond either end of
        the recording is left out.

    Raises
    ------
    SubsongError
        When the file cannot be read, or has several channels and none was chosen.
    """
    with open_audio(path, channel, sample_rate_hz) as reader:
        check_channel(reader.info, channel)
        rate = reader.info.sample_rate_hz
        stop_sample = reader.info.num_samples if stop_s is None else round(stop_s * rate)
        return Audio(reader.read(round(start_s * rate), stop_sample), rate)


def read_audio_info(path: str | Path, sample_rate_hz: int | None = None) -> AudioInfo:
    """Read what a recording says of itself, without its sound.

    Parameters
    ----------
    path, sample_rate_hz
        As for `open_audio`.

    Raises
    ------
    SubsongError
        When the file cannot be read.
    """
    frames = open_frames(path, sample_rate_hz)
    frames.close()
    return frames.info


def check_channel(info: AudioInfo, channel: Channel) -> None:
    """Check that a recording has the channel that is asked for.

    Raises
    ------
    SubsongError
        When it has not, or has several and none was chosen.
    """
    last = info.num_channels - 1
    if channel is None and last > 0:
        raise SubsongError(
            f"{info.path} has {info.num_channels} channels: choose one with channel=0 to channel={last}, "
            "or their mean with channel='mean'"
        )
    if isinstance(channel, str) and channel != "mean":
        raise SubsongError(f"channel is {channel!r}: expected a number, 'mean', or None for a recording of one channel")
    if isinstance(channel, int) and not 0 <= channel <= last:
        raise SubsongError(
            f"{info.path} has no channel {channel}: it has {info.num_channels}, numbered from 0 to {last}"
        )


def pick_channel(frames_TC: np.ndarray, channel: Channel) -> np.ndarray:
    """Return one channel of frames of shape (T, C), or the mean of all, float32, shape (T,)."""
    if channel == "mean":
        mean_T: np.ndarray = frames_TC.mean(axis=1, dtype=np.float64).astype(np.float32)
        return mean_T
    return np.ascontiguousarray(frames_TC[:, channel or 0])
