"""AVA's folders of recordings and of their segment files, which belong together by name.

Legend: N = segments of a recording, T = samples of a segment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.annotations.read import read_annotations
from subsong.sources.audio import Audio, find_audio, read_audio, read_audio_info

_AVAS_SCALES = {"int24": 2.0**31}
"""Where the numbers SciPy reads, which AVA computes on, are not those of the file: 24 bits come as 32."""

Segments = dict[str, dict[str, np.ndarray]]
SegmentAudio = dict[str, dict[str, list[np.ndarray]]]


def read_segment_file(path: str | Path) -> np.ndarray:
    """Return onsets and offsets in seconds, float64, shape (N, 2), of one of AVA's segment files."""
    segments: np.ndarray = read_annotations(path, format="ava").select("onset_s", "offset_s").to_numpy()
    return segments


def read_raw_audio(path: str | Path) -> Audio:
    """Read a recording of one channel in the units AVA sees: those of the file, -32768 to 32767 for int16."""
    info = read_audio_info(path)
    audio = read_audio(path)
    return audio._replace(samples=audio.samples * np.float32(_AVAS_SCALES.get(info.stored_as, info.full_scale)))


def iterate_recordings(audio_dir: str | Path, segment_dir: str | Path) -> Iterator[tuple[Path, Path]]:
    """Yield the recordings of a folder that have a segment file, by name, with that file.

    Raises
    ------
    SubsongError
        When one of the folders does not exist.
    """
    for folder in (audio_dir, segment_dir):
        if not Path(folder).is_dir():
            raise SubsongError(f"no folder {folder}: expected recordings in audio_dir, AVA's .txt files in segment_dir")
    for audio_path in find_audio(audio_dir):
        segment_path = Path(segment_dir) / f"{audio_path.stem}.txt"
        if audio_path.parent == Path(audio_dir) and segment_path.is_file():
            yield audio_path, segment_path


def read_segments(audio_dirs: Sequence[str | Path], segment_dirs: Sequence[str | Path]) -> Segments:
    """Return audio folder -> name of the recording -> segments (N, 2) in seconds; recordings without any are left out.

    Raises
    ------
    SubsongError
        When a folder or file cannot be read.
    """
    result: Segments = {}
    for audio_dir, segment_dir in zip(audio_dirs, segment_dirs, strict=True):
        found = {audio.name: read_segment_file(text) for audio, text in iterate_recordings(audio_dir, segment_dir)}
        result[str(audio_dir)] = {name: segments for name, segments in found.items() if len(segments)}
    return result


def read_segment_audio(segments: Segments) -> SegmentAudio:
    """Return audio folder -> name of the recording -> samples of its segments, float32 in units of full scale."""
    return {
        audio_dir: {name: _cut(Path(audio_dir) / name, segments_N2) for name, segments_N2 in recordings.items()}
        for audio_dir, recordings in segments.items()
    }


def _cut(path: Path, segments_N2: np.ndarray) -> list[np.ndarray]:
    audio = read_audio(path)
    edges_N2 = np.rint(segments_N2 * audio.sample_rate_hz).astype(np.int64).clip(min=0)
    return [audio.samples[start:stop] for start, stop in edges_N2]
