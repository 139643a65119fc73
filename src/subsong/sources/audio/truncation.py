"""Whether a file ends before its own header says: decoders read such files without a word.

Told from the bytes that wav (RIFF, RF64), aiff, mp3 (Xing header) and ogg files promise. Of flac one learns it by
decoding; EvTAF and NumPy files are checked when they are opened.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import IO

from subsong.sources.reading import read_errors

_UNKNOWN_SIZE = 0xFFFFFFFF
_OGG_LAST_PAGE = 0x04
_LONGEST_OGG_PAGE = 27 + 255 + 255 * 255
_ID3_HEADER_SIZE = 10
_XING_SEARCH_SIZE = 512
_XING_NUM_FRAMES, _XING_NUM_BYTES = 0x1, 0x2


def describe_truncation(path: Path) -> str | None:
    """Return how a file falls short of what its header promises, or None when it does not or does not promise.

    Raises
    ------
    SubsongError
        When the file cannot be opened.
    """
    with read_errors(path), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        mark = file.read(12)
        if mark[:4] == b"OggS":
            return None if _ogg_is_whole(file, size) else "its last page is missing"
        if mark[:4] in (b"RIFF", b"RIFX", b"RF64", b"FORM"):
            promised = _find_sound_end(file, mark)
        else:
            promised = _find_mp3_end(file, mark)
    if promised is None or promised <= size:
        return None
    return f"its header promises {promised} bytes, the file has {size}"


def _find_sound_end(file: IO[bytes], mark: bytes) -> int | None:
    """Return where the chunk with the samples should end, or None when its header does not say."""
    order = ">" if mark[:4] in (b"RIFX", b"FORM") else "<"
    large_size: int | None = None
    while len(header := file.read(8)) == 8:
        name, size = struct.unpack(f"{order}4sI", header)
        start = file.tell()
        if name == b"ds64":
            large_size = struct.unpack("<8xQ", file.read(16))[0]
        if name in (b"data", b"SSND"):
            if size == _UNKNOWN_SIZE:
                return None if large_size is None else start + large_size
            return start + int(size)
        file.seek(start + size + size % 2)
    return None


def _ogg_is_whole(file: IO[bytes], size: int) -> bool:
    """Whether the last page is marked as the last and complete."""
    file.seek(max(0, size - _LONGEST_OGG_PAGE))
    tail = file.read()
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return False
    return bool(page[5] & _OGG_LAST_PAGE) and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])


def _find_mp3_end(file: IO[bytes], mark: bytes) -> int | None:
    """Return where the sound should end by the Xing header in the first frame, or None where there is none."""
    start = 0
    if mark[:3] == b"ID3":
        file.seek(0)
        # Four bytes of seven bits.
        start = _ID3_HEADER_SIZE + sum(b << s for b, s in zip(file.read(10)[6:], (21, 14, 7, 0), strict=True))
    file.seek(start)
    frame = file.read(_XING_SEARCH_SIZE)
    found = max(frame.find(b"Xing"), frame.find(b"Info"))
    if found < 0 or frame[:1] != b"\xff" or len(frame) < found + 16:
        return None
    flags, *numbers = struct.unpack(">III", frame[found + 4 : found + 16])
    if not flags & _XING_NUM_BYTES:
        return None
    return start + int(numbers[1] if flags & _XING_NUM_FRAMES else numbers[0])
