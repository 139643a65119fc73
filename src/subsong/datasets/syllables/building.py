"""Writing the store of syllables: several parts at a time, and on from where it stopped."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.seeds import numpy_generator
from subsong.datasets.store_writing import (
    AS_USUAL,
    AUDIT_NAME,
    CHECKING,
    SKIPPED_NAME,
    Part,
    StoreContent,
    WritingOptions,
    begin_store,
    write_store,
)
from subsong.datasets.syllables.gathering import GatheredSegments, gather_segments
from subsong.datasets.syllables.making import SyllableMaker
from subsong.datasets.syllables.rates import check_rates
from subsong.datasets.syllables.reading import SyllableReading
from subsong.sources.audio import read_audio
from subsong.sources.spectrograms import fit_range

KIND = "syllables"
_PART_SIZE = 512
_NUM_FITTED, _FITTED_S = 40, 60.0


class PreparedSyllables(NamedTuple):
    """What was written.

    Attributes
    ----------
    path
        Folder of the store.
    num_items
        Syllables in it.
    audit
        One row a recording.
    skipped
        What is not in it, or was changed, and why.
    reading
        How it was read, with the grey range that was chosen.
    """

    path: Path
    num_items: int
    audit: pl.DataFrame
    skipped: pl.DataFrame
    reading: SyllableReading


def build_syllables(
    source: str | Path, out: str | Path, reading: SyllableReading | None = None, options: WritingOptions = AS_USUAL
) -> PreparedSyllables:
    """Turn recordings and their segments into a store of spectrograms, whole or not at all; see `write_store`.

    Parameters
    ----------
    source
        A folder of recordings, or one.
    out
        Folder of the store. Beside the store's own files it holds ``audit.csv`` and ``skipped.csv``.
    reading
        How recordings are read.
    options
        How the store is written.

    Raises
    ------
    SubsongError
        When there is nothing to read, or the store cannot be written.
    """
    source, out = begin_store(source, out, options)
    reading = reading or SyllableReading()
    gathered = gather_segments(source, reading, options.counting(CHECKING))
    check_rates(gathered.recordings, reading.spectrogram)
    reading = fit_grey_range(gathered, reading)
    parameters = {**reading.model_dump(mode="json"), "sample_rates_hz": gathered.sample_rates_hz}
    content = StoreContent(KIND, parameters, gathered.describe_sources(), gathered.segments, _PART_SIZE)
    maker = SyllableMaker(gathered.root, gathered.recordings, reading)

    def compute(rows: range) -> Part:
        made = maker.make(gathered.segments[rows.start : rows.stop])
        return Part({"x": made.blocks_NFT}, made.table, {SKIPPED_NAME: made.skipped})

    written = write_store(out, content, compute, {AUDIT_NAME: gathered.audit, SKIPPED_NAME: gathered.skipped}, options)
    return PreparedSyllables(out, written.num_items, gathered.audit, written.lists[SKIPPED_NAME], reading)


def fit_grey_range(gathered: GatheredSegments, reading: SyllableReading) -> SyllableReading:
    """Return `reading` with the grey range of its spectrogram chosen from a few dozen recordings."""
    spectrogram = reading.spectrogram
    if spectrogram.log_low is not None and spectrogram.log_high is not None:
        return reading
    names = list(gathered.recordings)
    drawn = np.sort(numpy_generator(0, "grey range").permutation(len(names))[:_NUM_FITTED])
    rate = gathered.recordings[names[drawn[0]]].sample_rate_hz
    chosen = [names[number] for number in drawn if gathered.recordings[names[number]].sample_rate_hz == rate]
    fitted = fit_range((_read_segments(gathered, name, reading) for name in chosen), spectrogram, rate)
    return reading.model_copy(update={"spectrogram": fitted})


def _read_segments(gathered: GatheredSegments, name: str, reading: SyllableReading) -> tuple[np.ndarray, np.ndarray]:
    info = gathered.recordings[name]
    times_s = gathered.segments.filter(pl.col("source") == name).select("onset_s", "offset_s").to_numpy()
    # The first minute with segments stands for the rest, and fits in memory however long the recording is.
    start_s = float(np.floor(times_s[0, 0]))
    stop_s = start_s + _FITTED_S
    samples = read_audio(gathered.root / name, reading.channel, start_s, stop_s, info.sample_rate_hz).samples
    times_s = times_s - start_s
    return samples, times_s[times_s[:, 1] <= len(samples) / info.sample_rate_hz]
