"""Recordings that libsndfile decodes: wav, flac, ogg, mp3, aiff and their kin, told apart by content, not by name.

Legend: T = samples per channel, C = channels.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
import soundfile

from subsong.core.errors import SubsongError
from subsong.sources.audio.frames import FrameSource
from subsong.sources.audio.info import FULL_SCALES, AudioInfo, check_sample_rate

_CHUNK_SAMPLES = 1 << 16
_KEPT_CHUNKS = 8
_STORED_AS = {
    "PCM_S8": "int8",
    "PCM_U8": "uint8",
    "PCM_16": "int16",
    "PCM_24": "int24",
    "PCM_32": "int32",
    "FLOAT": "float32",
    "DOUBLE": "float64",
}


def open_sound_file(path: Path, sample_rate_hz: int | None = None) -> FrameSource:
    """Open a file of any format libsndfile knows.

    Parameters
    ----------
    path
        The file.
    sample_rate_hz
        In place of the rate in the file, for instance of time-expanded recordings.

    Raises
    ------
    SubsongError
        When the file is damaged or of another kind.

    Notes
    -----
    mp3 files, and flac files that were written to a pipe, do not say reliably how long they are: they are decoded
    once to count (about one second for an hour of mp3).
    """
    file = _open(path)
    num_samples, sample_rate_hz = file.frames, file.samplerate if sample_rate_hz is None else sample_rate_hz
    if file.format == "MP3" or num_samples >= np.iinfo(np.int64).max:
        num_samples = _count_samples(path)
    stored_as = _STORED_AS.get(file.subtype, file.subtype.lower())
    info = AudioInfo(
        path,
        check_sample_rate(path, sample_rate_hz),
        file.channels,
        num_samples,
        stored_as,
        FULL_SCALES.get(stored_as, 1.0),
    )
    if file.subtype in _STORED_AS and file.format != "OGG":
        return _SeekingFrames(info, file)
    return _SequentialFrames(info, file)


class _SoundFile(soundfile.SoundFile):  # type: ignore[misc]
    """Without the seek that soundfile does after every read, to the place where the file stands already.

    It costs time, and libsndfile's decoders of mp3 and ogg go on with other samples after it (libsndfile 1.2.2).
    """

    def seekable(self) -> bool:
        return False


class _SeekingFrames:
    """Frames of a format in which every place can be found exactly: uncompressed or lossless."""

    def __init__(self, info: AudioInfo, file: _SoundFile) -> None:
        self.info = info
        self._file = file
        self._position = 0

    def read(self, start_sample: int, stop_sample: int) -> np.ndarray:
        if start_sample != self._position:
            self._seek(start_sample)
        self._position = -1  # unknown, should decoding fail
        frames_TC = _decode(self._file, self.info, start_sample, stop_sample - start_sample)
        self._position = stop_sample
        return frames_TC

    def close(self) -> None:
        self._file.close()

    def _seek(self, sample: int) -> None:
        try:
            self._file.seek(sample)
        except soundfile.LibsndfileError as error:
            raise _decoding_error(self.info, sample, error.error_string) from error


class _SequentialFrames:
    """Frames of a lossy format, decoded from the start, as a sample there depends on those before it.

    Decoded in chunks of one size; the last few are kept, so that windows that overlap do not start it over.
    """

    def __init__(self, info: AudioInfo, file: _SoundFile) -> None:
        self.info = info
        self._file = file
        self._num_decoded = 0
        self._chunks: OrderedDict[int, np.ndarray] = OrderedDict()

    def read(self, start_sample: int, stop_sample: int) -> np.ndarray:
        parts = [np.empty((0, self.info.num_channels), np.float32)]
        for number in range(start_sample // _CHUNK_SAMPLES, -(-stop_sample // _CHUNK_SAMPLES)):
            first = number * _CHUNK_SAMPLES
            parts.append(self._chunk(number)[max(0, start_sample - first) : stop_sample - first])
        return np.concatenate(parts)

    def close(self) -> None:
        self._file.close()

    def _chunk(self, number: int) -> np.ndarray:
        if number not in self._chunks and number < self._num_decoded:
            self._file.close()
            self._file = _open(self.info.path)
            self._num_decoded = 0
        while number not in self._chunks:
            start = self._num_decoded * _CHUNK_SAMPLES
            num_samples = min(_CHUNK_SAMPLES, self.info.num_samples - start)
            self._chunks[self._num_decoded] = _decode(self._file, self.info, start, num_samples)
            self._num_decoded += 1
            if len(self._chunks) > _KEPT_CHUNKS:
                self._chunks.popitem(last=False)
        return self._chunks[number]


def _open(path: Path) -> _SoundFile:
    try:
        return _SoundFile(path)
    except soundfile.LibsndfileError as error:
        raise SubsongError(
            f"{path} is damaged or no audio file ({_plain(error.error_string)}): copy it again or take it out"
        ) from error


def _decode(file: _SoundFile, info: AudioInfo, start_sample: int, num_samples: int) -> np.ndarray:
    """Return the next frames of a file, float32, shape (T, C)."""
    try:
        frames_TC = _read_float32(file, info, num_samples)
    except soundfile.LibsndfileError as error:
        raise _decoding_error(info, start_sample, error.error_string) from error
    if len(frames_TC) < num_samples:
        raise _decoding_error(info, start_sample + len(frames_TC), "no more data")
    return frames_TC


def _read_float32(file: _SoundFile, info: AudioInfo, num_samples: int) -> np.ndarray:
    """Return the next frames in units of full scale, at most `num_samples`."""
    frames_TC: np.ndarray
    if info.stored_as != "int16":
        frames_TC = file.read(num_samples, dtype="float32", always_2d=True)
        return frames_TC
    # The same numbers as libsndfile's own conversion of integers, in a third of the time.
    frames_TC = file.read(num_samples, dtype="int16", always_2d=True)
    scaled_TC: np.ndarray = np.multiply(frames_TC, np.float32(1 / info.full_scale), dtype=np.float32)
    return scaled_TC


def _decoding_error(info: AudioInfo, sample: int, reason: str) -> SubsongError:
    return SubsongError(
        f"{info.path} cannot be decoded beyond {sample / info.sample_rate_hz:.3f} s of {info.duration_s:.3f} s "
        f"({_plain(reason)}): it is cut short or damaged; copy it again"
    )


def _plain(reason: str) -> str:
    return reason.removeprefix("Error : ").rstrip(".")


def _count_samples(path: Path) -> int:
    """Return the samples per channel that decode without an error."""
    num_samples = 0
    with _open(path) as file:
        block_TC = np.empty((_CHUNK_SAMPLES, file.channels), np.float32)
        try:
            while num_new := len(file.read(out=block_TC)):
                num_samples += num_new
        except soundfile.LibsndfileError as error:
            raise SubsongError(
                f"{path} cannot be decoded beyond {num_samples / file.samplerate:.3f} s "
                f"({_plain(error.error_string)}): it is cut short or damaged; copy it again"
            ) from error
    return num_samples
