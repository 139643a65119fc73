"""A store of annotated song from a dataset of DAS: its sound, its targets as intervals, and its splits."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from subsong.core.config_files import read_config
from subsong.core.errors import SubsongError
from subsong.core.overrides import Overrides, parse_overrides
from subsong.core.progress import Progress
from subsong.datasets.song.building import PreparedSong, write_song_store
from subsong.datasets.song.gathering import GatheredSong
from subsong.datasets.song.labels import add_boundary_events
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.splitting import PART_SCHEMA, list_missing
from subsong.datasets.store_writing import WritingOptions, begin_store
from subsong.datasets.syllables.gathering import SKIPPED_SCHEMA
from subsong.interop.das.attributes import ATTRIBUTES_NAME, DasAttributes, read_attributes
from subsong.interop.das.intervals import find_intervals, open_matrix
from subsong.sources.audio import AudioInfo, audit_audio, build_audit_table, read_audio_info
from subsong.sources.audio.rates import count_samples

SPLIT_FOLDERS = {"train": "train", "validation": "val", "test": "test"}
_SETTINGS = ("sample_rate_hz", "event_width_s", "gap_s", "targets_by_class", "boundary_events")


def is_das_dataset(path: str | Path) -> bool:
    """Whether `path` is a folder with ``attrs.npy`` and a folder ``train``, as DAS writes them."""
    path = Path(path).expanduser()
    return (path / ATTRIBUTES_NAME).is_file() and (path / "train" / "x.npy").is_file()


def prepare_das(
    source: str | Path,
    out: str | Path,
    overrides: Overrides | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    num_workers: int | None = None,
) -> PreparedSong:
    """Turn a dataset of DAS into a store of annotated song, whole or not at all.

    Parameters
    ----------
    source
        The folder ``NAME.npy``.
    out
        Folder of the store.
    overrides
        As of `prepare_song`; only what does not choose recordings, labels or splits, which the dataset has settled.
    overwrite, progress, num_workers
        As for `prepare_song`.

    Raises
    ------
    SubsongError
        When the dataset is damaged, its attributes could run something, or the store cannot be written.

    Notes
    -----
    Each split is one recording, as DAS puts its recordings together without a mark. See `find_intervals` for what
    targets cannot hold.
    """
    options = WritingOptions(overwrite, progress, num_workers)
    source, out = begin_store(source, out, options)
    for override in parse_overrides(overrides):
        if override.path[0] not in _SETTINGS:
            raise SubsongError(
                f"{'.'.join(override.path)} is settled in a dataset of DAS: prepare the recordings it was made from, "
                f"or leave it out (what can be said: {', '.join(_SETTINGS)})"
            )
    attributes = read_attributes(source / ATTRIBUTES_NAME)
    base = {"event_width_s": attributes.event_width_s} if attributes.event_width_s > 0 else {}
    reading = read_config(
        SongReading, overrides=overrides, base={**base, "gap_s": attributes.gap_s, "split_by": "split"}
    )
    return write_song_store(_gather(source, attributes, reading, options.tell), out, reading, options)


def _gather(source: Path, attributes: DasAttributes, reading: SongReading, tell: Progress) -> GatheredSong:
    infos, tables, audits, split_of = {}, [], [], {}
    for number, (split, folder) in enumerate(SPLIT_FOLDERS.items()):
        tell("reading targets", number, len(SPLIT_FOLDERS))
        name = f"{folder}/x.npy"
        if not (source / name).is_file() or len(open_matrix(source / name)) == 0:
            continue
        infos[name] = read_audio_info(source / name, attributes.sample_rate_hz)
        options = reading.audit.model_copy(update={"sample_rate_hz": attributes.sample_rate_hz})
        audits.append(audit_audio(source / name, options, "all"))
        if not audits[-1].is_usable:
            raise SubsongError(f"{source / name} cannot be used ({audits[-1].findings[0].message}): make it again")
        found = find_intervals(source / folder / "y.npy", attributes)
        tables.append(found.select(pl.lit(name).alias("source"), pl.lit(None, pl.Int64).alias("channel"), pl.all()))
        split_of[name] = split
    tell("reading targets", len(SPLIT_FOLDERS), len(SPLIT_FOLDERS))
    annotations = pl.concat(tables).with_columns(annotator=pl.lit(None, pl.String)) if tables else pl.DataFrame()
    if annotations.is_empty():
        raise SubsongError(
            f"{source} holds no annotated sound: its x.npy are empty, or its y.npy are nothing but noise"
        )
    annotations = add_boundary_events(annotations, reading.boundary_events)
    rate = reading.sample_rate_hz or attributes.sample_rate_hz
    recordings = _list_recordings(infos, rate)
    parts = _list_parts(recordings, split_of)
    return GatheredSong(
        source,
        infos,
        rate,
        recordings,
        annotations,
        parts,
        None,
        "as the dataset of DAS says",
        tuple(list_missing(parts, annotations)),
        build_audit_table(audits, source),
        pl.DataFrame(schema=SKIPPED_SCHEMA),
    )


def _list_recordings(infos: dict[str, AudioInfo], rate: int) -> pl.DataFrame:
    rows = [
        (name, channel, name.partition("/")[0], rate, count_samples(info, rate))
        for name, info in infos.items()
        for channel in range(info.num_channels)
    ]
    columns = {"source": pl.String, "channel": pl.Int64, "folder": pl.String}
    return pl.DataFrame(rows, {**columns, "sample_rate_hz": pl.Int64, "num_samples": pl.Int64}, orient="row")


def _list_parts(recordings: pl.DataFrame, split_of: dict[str, str]) -> pl.DataFrame:
    rows = [
        (source, channel, 0, num_samples, 0.0, num_samples / rate, split_of[source])
        for source, channel, _, rate, num_samples in recordings.iter_rows()
    ]
    return pl.DataFrame(rows, PART_SCHEMA, orient="row")
