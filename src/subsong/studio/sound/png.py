"""Grey or coloured pictures as PNG, written as quickly as zlib can: no filters, and the least compression.

Source: the PNG specification (W3C, third edition), sections 5 and 11.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _INDEXED = 0, 3


def encode_png(values_HW: np.ndarray, colours: np.ndarray | None = None) -> bytes:
    """Return a picture as PNG.

    Parameters
    ----------
    values_HW
        uint8, shape (H, W), row 0 at the top.
    colours
        The colour of each value, uint8, shape (256, 3); None: grey.
    """
    height, width = values_HW.shape
    kind = _GREY if colours is None else _INDEXED
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    # Every row begins with the number of its filter, 0.
    rows = zlib.compress(np.pad(values_HW, ((0, 0), (1, 0))).tobytes(), 1)
    palette = b"" if colours is None else _build_chunk(b"PLTE", np.ascontiguousarray(colours).tobytes())
    return b"".join(
        (_SIGNATURE, _build_chunk(b"IHDR", header), palette, _build_chunk(b"IDAT", rows), _build_chunk(b"IEND", b""))
    )


def _build_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
