"""AVA's ``ava.preprocessing.preprocess``: recordings and segments -> files of spectrograms.

Legend: N = segments, H, W = rows (frequency) and columns (time) of an image.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from subsong.core.errors import SubsongError
from subsong.interop.ava.hdf5 import SUFFIX, SpecFile, write_specs
from subsong.interop.ava.parameters import build_spectrogram_config, get_parameter
from subsong.interop.ava.recordings import iterate_recordings, read_raw_audio, read_segment_file
from subsong.sources.spectrograms import SegmentStatus, SpectrogramMaker

log = logging.getLogger(__name__)

_SEED = 42


class _Syllable(NamedTuple):
    """A row of AVA's files."""

    spec: np.ndarray
    onset: float
    offset: float
    audio_filename: str


def get_syll_specs(
    onsets: Sequence[float], offsets: Sequence[float], audio_filename: str | Path, p: Mapping[str, Any]
) -> tuple[list[np.ndarray], list[int]]:
    """Return the images of segments of a recording, shape (H, W) each, and which segments they are.

    Parameters
    ----------
    onsets, offsets
        In seconds.
    audio_filename
        The recording; its own sample rate counts, whatever ``p["fs"]`` says.
    p
        AVA's parameters, see `build_spectrogram_config`.

    Raises
    ------
    SubsongError
        When the recording cannot be read, has several channels, or a rate too low for ``max_freq``.
    """
    audio = read_raw_audio(audio_filename)
    maker = SpectrogramMaker(build_spectrogram_config(p), audio.sample_rate_hz, dtype=torch.float64)
    made = maker.compute(audio.samples, np.stack([onsets, offsets], axis=1))
    for row in np.flatnonzero(made.status_N != SegmentStatus.SHOWN).tolist():
        reason = SegmentStatus(made.status_N[row]).reason
        log.warning("%s: the segment at %.4f s %s", audio_filename, onsets[row], reason)
    shown = np.flatnonzero(made.has_image_N).tolist()
    return [made.images_NFT[row].numpy() for row in shown], shown


def process_sylls(
    audio_dir: str | Path,
    segment_dir: str | Path,
    save_dir: str | Path,
    p: Mapping[str, Any],
    shuffle: bool = True,
    verbose: bool = True,
) -> None:
    """Write spectrograms of all segments of a folder to ``syllables_NNNN.hdf5``; no syllable is left over.

    Parameters
    ----------
    audio_dir, segment_dir
        Recordings and AVA's segment files of the same names; recordings without one are passed over, and counted.
    save_dir
        Where the files go. Those of an earlier call are replaced.
    p
        AVA's parameters, see `build_spectrogram_config`; ``sylls_per_file``, and ``max_num_syllables``, at most so
        many, None for all.
    shuffle
        Whether recordings come in a random order, the same one each time.
    verbose
        Whether to log what was done.

    Raises
    ------
    SubsongError
        When a folder is missing, or no segment can be shown. A recording that cannot be read is logged and passed over.
    """
    num_per_file = int(get_parameter(p, "sylls_per_file"))
    syllables = islice(_iterate_syllables(audio_dir, segment_dir, p, shuffle), p.get("max_num_syllables"))
    num_files = num_syllables = 0
    while block := list(islice(syllables, num_per_file)):
        _write_block(Path(save_dir) / f"syllables_{num_files:04d}{SUFFIX}", block)
        num_files, num_syllables = num_files + 1, num_syllables + len(block)
    if not num_files:
        raise SubsongError(f"no segment of {segment_dir} belongs to a recording in {audio_dir} and can be shown")
    _remove_older(Path(save_dir), num_files)
    if verbose:
        log.info("%s: %d spectrograms in %d files", save_dir, num_syllables, num_files)


def _iterate_syllables(
    audio_dir: str | Path, segment_dir: str | Path, p: Mapping[str, Any], shuffle: bool
) -> Iterator[_Syllable]:
    recordings = list(iterate_recordings(audio_dir, segment_dir))
    if shuffle:
        # NumPy's legacy generator: AVA's own order.
        np.random.RandomState(_SEED).shuffle(recordings)  # type: ignore[arg-type]
    for audio_path, segment_path in recordings:
        try:
            onsets, offsets = read_segment_file(segment_path).T
            specs, rows = get_syll_specs(onsets, offsets, audio_path, p)
        except SubsongError as error:
            log.warning("%s is passed over: %s", audio_path, error)
            continue
        for spec, row in zip(specs, rows, strict=True):
            yield _Syllable(spec, float(onsets[row]), float(offsets[row]), str(audio_path))


def _write_block(path: Path, block: list[_Syllable]) -> None:
    specs, onsets, offsets, names = zip(*block, strict=True)
    write_specs(path, SpecFile(np.stack(specs), np.array(onsets), np.array(offsets), list(names)))


def _remove_older(folder: Path, num_files: int) -> None:
    """Delete files of an earlier call that are not replaced, which would be taken for ones of this."""
    for path in folder.glob(f"syllables_*{SUFFIX}"):
        number = path.stem.removeprefix("syllables_")
        if number.isdigit() and int(number) >= num_files:
            log.info("%s of an earlier call is deleted", path)
            path.unlink()
