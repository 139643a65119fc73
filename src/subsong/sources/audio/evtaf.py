"""EvTAF recordings: a ``.cbin`` of bare big-endian int16, described by the ``.rec`` text file beside it.

The channels are interleaved. The format is that of the Brainard and Sober laboratories; see also ``evfuncs``
(Nicholson 2021).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.audio.frames import ArrayFrames
from subsong.sources.audio.info import FULL_SCALES, AudioInfo, check_sample_rate
from subsong.sources.reading import read_errors

_SAMPLE_TYPE = np.dtype(">i2")


class EvtafHeader(NamedTuple):
    """What a ``.rec`` file says of the ``.cbin`` beside it.

    Attributes
    ----------
    sample_rate_hz
        ``ADFREQ``.
    num_channels
        ``Chans``.
    num_samples
        ``Samples``, per channel.
    """

    sample_rate_hz: int
    num_channels: int
    num_samples: int


def open_evtaf(path: Path, sample_rate_hz: int | None = None) -> ArrayFrames:
    """Open a ``.cbin`` by memory map.

    Parameters
    ----------
    path
        The ``.cbin``; the ``.rec`` of the same name lies beside it.
    sample_rate_hz
        In place of the rate in the ``.rec``.

    Raises
    ------
    SubsongError
        When the ``.rec`` is missing, lacks an entry, or tells of another number of samples than the file holds.
    """
    header_path = _find_header(path)
    header = read_evtaf_header(header_path)
    expected = header.num_channels * header.num_samples * _SAMPLE_TYPE.itemsize
    size = path.stat().st_size
    if size != expected:
        raise SubsongError(
            f"{path} has {size} bytes, but {header_path.name} says {header.num_channels} channels of "
            f"{header.num_samples} samples, which are {expected} bytes: copy both files again"
        )
    rate = header.sample_rate_hz if sample_rate_hz is None else check_sample_rate(path, sample_rate_hz)
    info = AudioInfo(path, rate, header.num_channels, header.num_samples, "int16", FULL_SCALES["int16"])
    return ArrayFrames(info, np.memmap(path, _SAMPLE_TYPE, "r", shape=(info.num_samples, info.num_channels)))


def read_evtaf_header(path: str | Path) -> EvtafHeader:
    """Read the ``.rec`` file of an EvTAF recording.

    Raises
    ------
    SubsongError
        When the file cannot be read, or an entry is missing or not a whole number above 0.
    """
    path = Path(path)
    with read_errors(path):
        text = path.read_text(encoding="latin-1")
    return EvtafHeader(*(_find_number(path, text, name) for name in ("ADFREQ", "Chans", "Samples")))


def _find_header(path: Path) -> Path:
    for candidate in (path.with_suffix(".rec"), path.with_suffix(".REC")):
        if candidate.is_file():
            return candidate
    raise SubsongError(
        f"{path} cannot be read without {path.with_suffix('.rec').name}, which tells its rate and channels: "
        "put that file beside it"
    )


def _find_number(path: Path, text: str, name: str) -> int:
    found = re.search(rf"^\s*{name}\s*=\s*(\S+)", text, re.IGNORECASE | re.MULTILINE)
    if found is None:
        raise SubsongError(f"{path} has no line '{name} = ...': expected the .rec file of an EvTAF recording")
    try:
        value = float(found[1])
    except ValueError:
        value = 0.0
    if not (value >= 1 and value.is_integer()):
        raise SubsongError(f"{path} says {name} = {found[1]}: expected a whole number above 0")
    return int(value)
