"""Writing the store of syllables: several parts at a time, and on from where it stopped."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.seeds import numpy_generator
from subsong.datasets.manifest import describe_sources
from subsong.datasets.part_workers import Progress, divide_rows, hash_table, write_csv, write_parts
from subsong.datasets.parts import StorePlan, check_store_is_free
from subsong.datasets.syllables.gathering import GatheredSegments, gather_segments
from subsong.datasets.syllables.making import SyllableMaker
from subsong.datasets.syllables.rates import check_rates
from subsong.datasets.syllables.reading import SyllableReading
from subsong.sources.audio import read_audio
from subsong.sources.spectrograms import fit_range

KIND = "syllables"
AUDIT_NAME = "audit.csv"
SKIPPED_NAME = "skipped.csv"
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
    source: str | Path,
    out: str | Path,
    reading: SyllableReading | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    num_workers: int | None = None,
) -> PreparedSyllables:
    """Turn recordings and their segments into a store of spectrograms, whole or not at all.

    Parameters
    ----------
    source
        A folder of recordings, or one.
    out
        Folder of the store. Beside the store's own files it holds ``audit.csv`` and ``skipped.csv``.
    reading
        How.
    overwrite
        Replace the store that is there.
    progress
        Told what is done, how much of it is done and how much there is.
    num_workers
        Parts at a time; None: one a processor, 8 at most. Changes no number.

    Raises
    ------
    SubsongError
        When there is nothing to read, or the store cannot be written.

    Notes
    -----
    Interrupted, the parts that were done are kept beside `out`; the same call goes on and gives the same store.
    """
    source, out = Path(source).expanduser(), Path(out).expanduser()
    check_store_is_free(out, overwrite)
    reading = reading or SyllableReading()
    tell = progress or (lambda *_: None)
    gathered = gather_segments(source, reading, lambda done, total: tell("checking recordings", done, total))
    check_rates(gathered.recordings, reading.spectrogram)
    reading = fit_grey_range(gathered, reading)
    files = [gathered.root / name for name in gathered.recordings]
    rows_of_part = divide_rows(gathered.segments.height, _PART_SIZE)
    parameters = {**reading.model_dump(mode="json"), "sample_rates_hz": gathered.sample_rates_hz}
    sources = describe_sources(files, gathered.root)
    maker = SyllableMaker(gathered.root, gathered.recordings, reading)
    with StorePlan(out, KIND, parameters, sources, len(rows_of_part), overwrite, hash_table(gathered.segments)) as plan:

        def write(part: int, rows: range) -> None:
            items = maker.make(gathered.segments[rows.start : rows.stop])
            plan.write_part(part, {"x": items.blocks_NFT}, items.table, {"skipped": items.skipped})

        write_parts(plan, rows_of_part, write, tell, num_workers)
        skipped = pl.concat([gathered.skipped, *plan.read_notes("skipped")])
        write_csv(plan.folder / AUDIT_NAME, gathered.audit)
        write_csv(plan.folder / SKIPPED_NAME, skipped)
        num_items = plan.finish()
    return PreparedSyllables(out, num_items, gathered.audit, skipped, reading)


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
