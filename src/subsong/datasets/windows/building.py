"""From recordings to a store of windows: the regions are found, and their frames computed once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.seeds import numpy_generator
from subsong.datasets.store_writing import AS_USUAL, CHECKING, WritingOptions, begin_store
from subsong.datasets.syllables.gathering import GatheredSegments
from subsong.datasets.syllables.rates import check_rates
from subsong.datasets.windows.axes import check_window_length
from subsong.datasets.windows.frames import KIND
from subsong.datasets.windows.reading import WindowReading
from subsong.datasets.windows.regions import gather_regions
from subsong.datasets.windows.tiling import TileMaker, describe_regions, write_region_store
from subsong.sources.audio import Channel, open_audio
from subsong.sources.spectrograms import SpectrogramConfig, fit_range

_NUM_FITTED = 200


class PreparedWindows(NamedTuple):
    """What was written.

    Attributes
    ----------
    path
        Folder of the store.
    num_regions
        Regions in it.
    duration_s
        Of all regions together.
    audit
        One row a recording.
    skipped
        What is not in it, or was changed, and why.
    reading
        How it was read, with the grey range that was chosen.
    """

    path: Path
    num_regions: int
    duration_s: float
    audit: pl.DataFrame
    skipped: pl.DataFrame
    reading: WindowReading


def build_windows(
    source: str | Path, out: str | Path, reading: WindowReading | None = None, options: WritingOptions = AS_USUAL
) -> PreparedWindows:
    """Turn recordings into a store that windows of song are taken from, whole or not at all; see `write_store`.

    Parameters
    ----------
    source
        A folder of recordings, or one.
    out
        Folder of the store. Beside the store's own files it holds ``audit.csv``, ``skipped.csv`` and ``regions.csv``.
    reading
        How recordings are read.
    options
        How the store is written.

    Raises
    ------
    SubsongError
        When there is nothing to read, no region holds a window, or the store cannot be written.

    Notes
    -----
    Memory does not grow with the length of the recordings.
    """
    source, out = begin_store(source, out, options)
    reading = reading or WindowReading()
    gathered = gather_regions(source, reading, options.counting(CHECKING))
    check_rates(gathered.recordings, reading.spectrogram)
    frame_s = reading.spectrogram.hop_size / gathered.sample_rates_hz[0]
    check_window_length(reading.spectrogram.max_duration_s, frame_s)
    fitted = fit_grey_range(gathered, reading.spectrogram, reading.channel)
    reading = reading.model_copy(update={"spectrogram": fitted})
    maker = TileMaker(gathered, fitted, reading.channel, reading.stored_as)
    write_region_store(out, describe_regions(KIND, reading, gathered), maker, gathered, options)
    duration_s = float((gathered.segments["offset_s"] - gathered.segments["onset_s"]).sum())
    return PreparedWindows(out, gathered.segments.height, duration_s, gathered.audit, gathered.skipped, reading)


def fit_grey_range(gathered: GatheredSegments, spectrogram: SpectrogramConfig, channel: Channel) -> SpectrogramConfig:
    """Return `spectrogram` with its grey range chosen from windows at random places of the regions."""
    if spectrogram.log_low is not None and spectrogram.log_high is not None:
        return spectrogram
    length = (pl.col("offset_s") - pl.col("onset_s")).sum().alias("length_s")
    lengths = gathered.segments.group_by("sample_rate_hz").agg(length)
    rate = lengths.sort("length_s", "sample_rate_hz", descending=True)["sample_rate_hz"][0]
    regions = gathered.segments.filter(pl.col("sample_rate_hz") == rate)
    return fit_range(_read_windows(gathered, regions, spectrogram, channel), spectrogram, rate)


def _read_windows(
    gathered: GatheredSegments, regions: pl.DataFrame, spectrogram: SpectrogramConfig, channel: Channel
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the sound around each of some windows, and where the window is in it."""
    generator = numpy_generator(0, "grey range of windows")
    times_N2 = regions.select("onset_s", "offset_s").to_numpy()
    # A region may be shorter than a window when it is a motif.
    window_N = np.minimum(spectrogram.max_duration_s, times_N2[:, 1] - times_N2[:, 0])
    length_N = times_N2[:, 1] - times_N2[:, 0]
    drawn = np.sort(generator.choice(len(length_N), _NUM_FITTED, p=length_N / length_N.sum()))
    onset_s = times_N2[drawn, 0] + generator.random(_NUM_FITTED) * (length_N - window_N)[drawn]
    windows = regions[drawn].select("source", pl.Series("onset_s", onset_s), pl.Series("duration_s", window_N[drawn]))
    for (name,), of_recording in windows.sort("source", "onset_s").group_by(["source"], maintain_order=True):
        rate = gathered.recordings[str(name)].sample_rate_hz
        with open_audio(gathered.root / str(name), channel, rate) as reader:
            for start_s, duration_s in of_recording.select("onset_s", "duration_s").iter_rows():
                first = max(0, round(start_s * rate) - spectrogram.window_size)
                stop = round((start_s + duration_s) * rate) + spectrogram.window_size
                within_s = start_s - first / rate
                yield reader.read(first, stop), np.array([[within_s, within_s + duration_s]])
