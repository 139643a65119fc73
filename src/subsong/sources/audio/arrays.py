"""Recordings saved as NumPy arrays: ``.npy``, and ``.npz`` with its sample rate, as DAS writes them.

Read by memory map. Compressed members of an ``.npz`` are unpacked into a file without a name first, so that an
hour-long recording does not lie in memory.

Legend: T = samples per channel, C = channels.
"""

from __future__ import annotations

import shutil
import struct
import tempfile
import tokenize
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.audio.frames import ArrayFrames
from subsong.sources.audio.info import FULL_SCALES, AudioInfo, check_sample_rate
from subsong.sources.reading import read_errors

_AUDIO_KEYS = ("audio", "data", "x", "samples", "song")
_RATE_KEYS = ("sample_rate", "samplerate", "sr", "fs", "rate")
# What NumPy was seen to raise on damaged headers, beside ValueError.
_DAMAGE = (ValueError, SyntaxError, tokenize.TokenError, struct.error)
_ZIP_MEMBER_HEADER = struct.Struct("<26xHH")


def open_npy(path: Path, sample_rate_hz: int | None = None) -> ArrayFrames:
    """Open an ``.npy`` file by memory map.

    Parameters
    ----------
    path
        Holds an array of shape (T,), or of two axes of which the longer is time.
    sample_rate_hz
        Samples per second; must be given, as the file does not say.

    Raises
    ------
    SubsongError
        When no rate is given, or the file holds anything else.
    """
    if sample_rate_hz is None:
        raise SubsongError(f"{path} does not say its sample rate: give sample_rate_hz, or save an .npz that holds it")
    with read_errors(path), path.open("rb") as file:
        return _array_frames(path, _map_array(path, file), sample_rate_hz)


def open_npz(path: Path, sample_rate_hz: int | None = None) -> ArrayFrames:
    """Open the recording in an ``.npz`` file by memory map.

    Parameters
    ----------
    path
        Holds the samples under one of the names audio, data, x, samples or song, and the rate under sample_rate,
        samplerate, sr, fs or rate, with or without ``_hz`` and in any case. Samples as in `open_npy`.
    sample_rate_hz
        In place of the rate in the file.

    Raises
    ------
    SubsongError
        When the samples or the rate are not found, or are of a shape or type that sound does not have.
    """
    with read_errors(path), zipfile.ZipFile(path) as archive:
        names = {_plain_name(name): name for name in archive.namelist() if name.endswith(".npy")}
        audio_name = _find_key(path, names, _AUDIO_KEYS, "samples")
        if sample_rate_hz is None:
            with archive.open(_find_key(path, names, _RATE_KEYS, "sample rate")) as member:
                sample_rate_hz = check_sample_rate(path, _read_array(path, member))
        return _array_frames(path, _map_member(path, archive, audio_name), sample_rate_hz)


def _plain_name(member_name: str) -> str:
    return member_name.removesuffix(".npy").lower().removesuffix("_hz")


def _find_key(path: Path, names: dict[str, str], wanted: tuple[str, ...], what: str) -> str:
    for key in wanted:
        if key in names:
            return names[key]
    known = ", ".join(sorted(names)) or "no arrays"
    hint = "" if what == "samples" else "; or give sample_rate_hz"
    raise SubsongError(f"{path} holds {known}: expected the {what} under one of the names {', '.join(wanted)}{hint}")


def _read_array(path: Path, file: IO[bytes]) -> np.ndarray:
    """Read a small array whole."""
    try:
        values: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    except _DAMAGE as error:
        raise SubsongError(f"{path} is damaged or holds Python objects ({error}): save plain numbers") from error
    return values


def _map_member(path: Path, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """Return the memory map of an array in a zip file."""
    member = archive.getinfo(name)
    if member.compress_type == zipfile.ZIP_STORED:
        with path.open("rb") as file:
            # The lengths of name and extra field may differ from those in the archive's table of contents.
            file.seek(member.header_offset)
            header = file.read(_ZIP_MEMBER_HEADER.size).ljust(_ZIP_MEMBER_HEADER.size)
            file.seek(sum(_ZIP_MEMBER_HEADER.unpack(header)), 1)
            return _map_array(path, file)
    with archive.open(member) as packed, tempfile.TemporaryFile() as file:
        shutil.copyfileobj(packed, file, 1 << 20)
        file.seek(0)
        return _map_array(path, file)


def _map_array(path: Path, file: IO[bytes]) -> np.ndarray:
    """Return the memory map of the array that starts where `file` stands."""
    try:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read_header(file)
        if 0 in shape:
            return np.empty(shape, dtype)
        return np.memmap(file, dtype, "r", file.tell(), shape, "F" if is_fortran else "C")
    except _DAMAGE as error:
        raise SubsongError(f"{path} is damaged, cut short or no NumPy array ({error}): save it again") from error


def _array_frames(path: Path, values: np.ndarray, sample_rate_hz: int) -> ArrayFrames:
    """Return the frames of an array, after a check of its type and shape."""
    type_name = values.dtype.name
    if type_name not in FULL_SCALES:
        raise SubsongError(
            f"{path} holds numbers of type {type_name}, whose full scale is not known: save them as one of "
            f"{', '.join(name for name in FULL_SCALES if name != 'int24')}"
        )
    if values.ndim == 1:
        values_TC = values[:, None]
    elif values.ndim == 2 and values.shape[0] != values.shape[1]:
        values_TC = values if values.shape[0] > values.shape[1] else values.T
    else:
        raise SubsongError(
            f"{path} holds an array of shape {values.shape}: expected (samples,), (samples, channels) or "
            "(channels, samples), with more samples than channels"
        )
    rate = check_sample_rate(path, sample_rate_hz)
    num_samples, num_channels = values_TC.shape
    if num_channels == 0:
        raise SubsongError(f"{path} holds an array of shape {values.shape}: expected at least one channel")
    return ArrayFrames(AudioInfo(path, rate, num_channels, num_samples, type_name, FULL_SCALES[type_name]), values_TC)
