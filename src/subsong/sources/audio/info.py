"""What a recording says of itself, and the scale its numbers are stored in."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError

# 2^(bits - 1): an integer divided by it lies in [-1, 1), whatever the number of bits.
FULL_SCALES = {
    "int8": 2.0**7,
    "uint8": 2.0**7,
    "int16": 2.0**15,
    "int24": 2.0**23,
    "int32": 2.0**31,
    "float16": 1.0,
    "float32": 1.0,
    "float64": 1.0,
}


class AudioInfo(NamedTuple):
    """The shape and the scale of a recording.

    Attributes
    ----------
    path
        Its file.
    sample_rate_hz
        Samples per second and channel.
    num_channels
        Channels, at least one.
    num_samples
        Samples per channel; 0 when the file is a header without sound.
    stored_as
        How the file holds its numbers: ``"int16"``, ``"uint8"``, ``"float32"``, ..., or the name of a lossy code
        such as ``"vorbis"``.
    full_scale
        What the stored numbers are divided by on reading, after half the range has been taken from unsigned ones:
        32768 for ``"int16"``, 1 for floats and lossy codes.
    """

    path: Path
    sample_rate_hz: int
    num_channels: int
    num_samples: int
    stored_as: str
    full_scale: float

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.num_samples / self.sample_rate_hz

    @property
    def is_integer(self) -> bool:
        """Whether the file holds whole numbers, so that nothing can lie outside full scale."""
        return self.full_scale > 1.0


def scale_samples(values: np.ndarray) -> np.ndarray:
    """Return stored numbers in units of full scale, float32, of the same shape.

    Parameters
    ----------
    values
        Of a type in `FULL_SCALES`, in any byte order.
    """
    type_name = values.dtype.name
    samples = values.astype(np.float32)
    if type_name == "uint8":
        samples -= np.float32(FULL_SCALES["uint8"])
    samples /= np.float32(FULL_SCALES[type_name])
    return samples


def check_sample_rate(path: Path, rate: object) -> int:
    """Return a sample rate as a whole number.

    Raises
    ------
    SubsongError
        When it is not a whole number above 0; names the file.
    """
    try:
        value = float(np.asarray(rate).item())
    except (TypeError, ValueError) as error:
        raise SubsongError(f"{path} has the sample rate {rate!r}: expected one number, in Hz") from error
    if not (value >= 1 and value.is_integer()):
        raise SubsongError(f"{path} has a sample rate of {value:g} Hz: expected a whole number above 0")
    return int(value)
