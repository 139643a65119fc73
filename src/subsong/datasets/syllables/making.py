"""Computing items: the images and features of some segments, read from their recordings in bounded stretches.

Legend: N = segments, F, T = rows and columns of an image.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.datasets.syllables.gathering import list_skipped
from subsong.datasets.syllables.reading import SyllableReading
from subsong.sources.acoustic_features import FEATURE_COLUMNS, compute_acoustic_features
from subsong.sources.audio import AudioInfo, open_audio
from subsong.sources.spectrograms import SegmentStatus, SpectrogramBatch, SpectrogramMaker, compute_reach

_MAX_STRETCH_S = 60.0
_STATUS_NAMES = {
    SegmentStatus.SHOWN: "whole",
    SegmentStatus.CROPPED: "cropped",
    SegmentStatus.PARTLY_OUTSIDE: "partly outside",
}


class Items(NamedTuple):
    """Items of the store.

    Attributes
    ----------
    blocks_NFT
        Blocks of images, one after the other, in the number format of the store; some may be empty.
    table
        One row an image: the columns of the segments, ``shown``, and the features.
    skipped
        Segments without an image, and why.
    """

    blocks_NFT: list[np.ndarray]
    table: pl.DataFrame
    skipped: pl.DataFrame


class SyllableMaker:
    """Computes the items of any segments.

    Parameters
    ----------
    root
        The folder that recordings are named relative to.
    recordings
        Those that segments may lie in, by name.
    reading
        How to compute; its spectrogram has its grey range.
    device
        Where images are computed.
    """

    def __init__(
        self, root: Path, recordings: Mapping[str, AudioInfo], reading: SyllableReading, device: str = "cpu"
    ) -> None:
        self._root, self._recordings, self._reading = root, recordings, reading
        rates = {info.sample_rate_hz for info in recordings.values()}
        self._makers = {rate: SpectrogramMaker(reading.spectrogram, rate, device) for rate in sorted(rates)}
        self._features = reading.choose_features() if reading.features else None

    def make(self, segments: pl.DataFrame) -> Items:
        """Return the items of `segments`, which are sorted by recording and onset."""
        # Blocks stay apart: putting the images together would take as long as making them, and their memory twice.
        blocks, status, features = [], [], []
        for (name,), rows in _group(segments):
            for batch, measured in self._make_of_recording(str(name), rows):
                blocks.append(_store_as(_pick_shown(batch), self._reading.stored_as))
                status.append(batch.status_N)
                features.append(measured)
        return Items(blocks, *_build_tables(segments, np.concatenate(status), pl.concat(features)))

    def _make_of_recording(self, name: str, segments: pl.DataFrame) -> Iterator[tuple[SpectrogramBatch, pl.DataFrame]]:
        info = self._recordings[name]
        times_s = segments.select("onset_s", "offset_s").to_numpy()
        reach_s = compute_reach(times_s, self._reading.spectrogram, info.sample_rate_hz)
        with open_audio(self._root / name, self._reading.channel, info.sample_rate_hz) as reader:
            for rows in _divide_into_stretches(reach_s):
                first = max(0, int(np.floor(reach_s[rows, 0].min() * info.sample_rate_hz)))
                samples = reader.read(first, int(np.ceil(reach_s[rows, 1].max() * info.sample_rate_hz)) + 1)
                start_s = first / info.sample_rate_hz
                batch = self._makers[info.sample_rate_hz].compute(samples, times_s[rows], start_s)
                yield batch, self._measure(samples, first, info.sample_rate_hz, times_s[rows])

    def _measure(self, samples: np.ndarray, first: int, sample_rate_hz: int, times_s: np.ndarray) -> pl.DataFrame:
        duration = pl.Series("duration_s", times_s[:, 1] - times_s[:, 0])
        if self._features is None:
            return pl.DataFrame([duration])
        # In whole samples from the start of the stretch, so that where it starts changes no number.
        within_s = (np.rint(times_s * sample_rate_hz) - first) / sample_rate_hz
        table = compute_acoustic_features(samples, sample_rate_hz, within_s, self._features)
        return table.select(FEATURE_COLUMNS).with_columns(duration)


def _build_tables(
    segments: pl.DataFrame, status_N: np.ndarray, features: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the table of the segments that have an image, and that of the others, with the reason."""
    shown_N = status_N <= SegmentStatus.PARTLY_OUTSIDE
    status = pl.Series("shown", [_STATUS_NAMES.get(SegmentStatus(value), "") for value in status_N], pl.String)
    table = pl.concat([segments.with_columns(status), features], how="horizontal").filter(shown_N)
    reasons = pl.Series("reason", [SegmentStatus(value).reason for value in status_N[~shown_N]], pl.String)
    return table, list_skipped(segments.filter(~shown_N).rename({"source": "recording"}), reasons)


def _group(segments: pl.DataFrame) -> Iterator[tuple[tuple[object, ...], pl.DataFrame]]:
    return iter(segments.group_by(["source"], maintain_order=True))


def _divide_into_stretches(reach_s: np.ndarray) -> Iterator[np.ndarray]:
    """Yield rows whose sound lies in at most `_MAX_STRETCH_S`, so that an hour is never held at once."""
    first = 0
    for row in range(1, len(reach_s) + 1):
        if row == len(reach_s) or reach_s[first : row + 1, 1].max() - reach_s[first, 0] > _MAX_STRETCH_S:
            yield np.arange(first, row)
            first = row


def _pick_shown(batch: SpectrogramBatch) -> np.ndarray:
    images: np.ndarray = batch.images_NFT.cpu().numpy()
    return images if batch.has_image_N.all() else images[batch.has_image_N]


def _store_as(images: np.ndarray, stored_as: str) -> np.ndarray:
    if stored_as == "uint8":
        images = np.rint(images * 255)
    return images.astype(stored_as, copy=False)
