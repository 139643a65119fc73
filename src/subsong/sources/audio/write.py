"""Writing sound as wav or flac, whole or not at all.

Legend: T = samples per channel, C = channels.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import soundfile

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import atomic_file
from subsong.sources.audio.info import FULL_SCALES

_FORMATS = {".wav": "WAV", ".flac": "FLAC"}
_SUBTYPES = {
    "WAV": {"int16": "PCM_16", "int24": "PCM_24", "int32": "PCM_32", "float32": "FLOAT"},
    "FLAC": {"int16": "PCM_16", "int24": "PCM_24"},
}


def write_audio(path: str | Path, samples: np.ndarray, sample_rate_hz: int, stored_as: str = "int16") -> None:
    """Write sound to a file, whole or not at all.

    Parameters
    ----------
    path
        Ends in ``.wav`` or ``.flac``.
    samples
        In units of full scale, shape (T,) or (C, T), T at least 1.
    sample_rate_hz
        Samples per second.
    stored_as
        ``"int16"`` or ``"int24"``; for wav also ``"int32"`` and ``"float32"``. Integers are rounded to the nearest.

    Raises
    ------
    SubsongError
        When the suffix, type or rate is one the format does not have, there are no samples, or a sample is NaN,
        infinite or, for integers, beyond full scale: nothing is clipped or wrapped around.

    Notes
    -----
    What was read from an integer file and is written with the same type holds the same integers. The one value that
    cannot be stored, +1 exactly, becomes the largest integer.
    """
    path = Path(path)
    file_format, subtype = _find_format(path, stored_as)
    frames_TC = np.atleast_2d(samples).T
    _check_samples(path, frames_TC, stored_as)
    encoded = io.BytesIO()
    try:
        soundfile.write(encoded, _quantise(frames_TC, stored_as), sample_rate_hz, subtype, format=file_format)
    except soundfile.LibsndfileError as error:
        raise SubsongError(
            f"{path} cannot be written as {file_format.lower()} with {frames_TC.shape[1]} channels at "
            f"{sample_rate_hz} Hz ({error.error_string.removeprefix('Error : ')}): choose another format"
        ) from error
    with atomic_file(path) as file:
        file.write(encoded.getbuffer())


def _find_format(path: Path, stored_as: str) -> tuple[str, str]:
    file_format = _FORMATS.get(path.suffix.lower())
    if file_format is None:
        raise SubsongError(f"{path} ends in {path.suffix!r}: sound is written as {' or '.join(_FORMATS)}")
    subtypes = _SUBTYPES[file_format]
    if stored_as not in subtypes:
        raise SubsongError(
            f"{path}: {file_format.lower()} is not written as {stored_as!r}; {did_you_mean(stored_as, subtypes)}"
        )
    return file_format, subtypes[stored_as]


def _check_samples(path: Path, frames_TC: np.ndarray, stored_as: str) -> None:
    if frames_TC.ndim != 2 or frames_TC.size == 0:
        raise SubsongError(f"{path}: samples of shape {frames_TC.T.shape} are no sound; expected (T,) or (C, T)")
    peak = float(np.abs(frames_TC).max())
    if not np.isfinite(frames_TC).all():
        raise SubsongError(f"{path}: some samples are NaN or infinite; mend them before writing")
    if peak > 1.0 and stored_as != "float32":
        raise SubsongError(
            f"{path}: the loudest sample is {peak:.4g} times full scale, which {stored_as} cannot hold; divide the "
            "samples by at least that, or write them as float32"
        )


def _quantise(frames_TC: np.ndarray, stored_as: str) -> np.ndarray:
    """Return the numbers that are stored, int16, int32 (of which 24 bits take the upper 24) or float32."""
    if stored_as == "float32":
        return frames_TC.astype(np.float32)
    full_scale = FULL_SCALES[stored_as]
    whole_TC = np.rint(frames_TC.astype(np.float64) * full_scale).clip(-full_scale, full_scale - 1)
    if stored_as == "int16":
        return whole_TC.astype(np.int16)
    return whole_TC.astype(np.int32) << (8 if stored_as == "int24" else 0)
