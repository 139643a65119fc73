"""Sound as a wav file of which a browser asks for any stretch of bytes.

Sources: the RIFF/WAVE format of 16-bit PCM; RFC 9110, section 14, for ranges.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Protocol

import numpy as np

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
HEADER_BYTES = _HEADER.size
_SAMPLE_BYTES = 2
_PCM, _ONE_CHANNEL, _BITS = 1, 1, 16
_BLOCK_SAMPLES = 1 << 16


class SampleSource(Protocol):
    """One channel of sound of which any stretch can be computed.

    Attributes
    ----------
    sample_rate_hz, num_samples
        Of the sound as it is heard.
    """

    sample_rate_hz: int
    num_samples: int

    def compute(self, start: int, stop: int) -> np.ndarray:
        """Return the samples `start` to before `stop` in units of full scale, float32."""
        ...


def build_header(sample_rate_hz: int, num_samples: int) -> bytes:
    """Return what stands before the samples of a wav file of one channel and 16 bits."""
    size = num_samples * _SAMPLE_BYTES
    byte_rate = sample_rate_hz * _SAMPLE_BYTES
    form = _PCM, _ONE_CHANNEL, sample_rate_hz, byte_rate, _SAMPLE_BYTES, _BITS
    return _HEADER.pack(b"RIFF", HEADER_BYTES - 8 + size, b"WAVE", b"fmt ", 16, *form, b"data", size)


def count_bytes(source: SampleSource) -> int:
    """Return how large the file is."""
    return HEADER_BYTES + source.num_samples * _SAMPLE_BYTES


def stream_bytes(source: SampleSource, wanted: range) -> Iterator[bytes]:
    """Yield a stretch of the file, block by block; the same bytes however it is cut into stretches.

    Parameters
    ----------
    source
        The sound.
    wanted
        Numbers of the bytes, all in the file.
    """
    if wanted.start < HEADER_BYTES:
        yield build_header(source.sample_rate_hz, source.num_samples)[wanted.start : wanted.stop]
    block_bytes = _BLOCK_SAMPLES * _SAMPLE_BYTES
    start, stop = max(0, wanted.start - HEADER_BYTES), wanted.stop - HEADER_BYTES
    # Blocks lie in the same places whatever is asked for, so that filters round the same.
    for first in range(start // block_bytes * block_bytes, stop, block_bytes):
        sample = first // _SAMPLE_BYTES
        block = source.compute(sample, min(sample + _BLOCK_SAMPLES, source.num_samples))
        yield _to_pcm(block)[max(0, start - first) : stop - first]


def parse_range(header: str | None, num_bytes: int) -> range | None:
    """Return which bytes a ``Range`` header asks for: None when it asks for all, empty when there are none such.

    Several ranges at once, and what is not understood, count as all, as RFC 9110 allows.

    Examples
    --------
    >>> parse_range("bytes=10-", 100), parse_range("bytes=-5", 100), parse_range("bytes=200-", 100)
    (range(10, 100), range(95, 100), range(0, 0))
    """
    found = re.fullmatch(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", header or "")
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return range(max(0, num_bytes - int(found[2])), num_bytes) if int(found[2]) else range(0)
    first = int(found[1])
    last = min(int(found[2]), num_bytes - 1) if found[2] else num_bytes - 1
    if found[2] and int(found[2]) < first:
        return None
    return range(first, last + 1) if first < num_bytes else range(0)


def _to_pcm(samples_T: np.ndarray) -> bytes:
    whole_T = np.rint(samples_T * np.float32(2**15)).clip(-(2**15), 2**15 - 1)
    return whole_T.astype("<i2").tobytes()
