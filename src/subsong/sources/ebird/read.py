"""eBird files -> `Checklists`: the steps in their order."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from subsong.core.errors import SubsongError
from subsong.sources.checklists import Checklists
from subsong.sources.ebird.blocks import Progress
from subsong.sources.ebird.collapse import collapse_lists
from subsong.sources.ebird.files import EbirdFiles, find_ebird_files, find_release
from subsong.sources.ebird.headers import require_fields
from subsong.sources.ebird.lists import needed_list_fields
from subsong.sources.ebird.options import EbirdOptions
from subsong.sources.ebird.records import needed_record_fields
from subsong.sources.ebird.steps import (
    Attrition,
    Stage,
    apply_list_filters,
    apply_minimums,
    keep_lists,
    keep_species,
    map_columns,
)
from subsong.sources.ebird.tables import Tables
from subsong.sources.ebird.taxa import build_species

_DEFAULTS = EbirdOptions()
# A file and the sampling events of its own release differ by a few lists that members of a group have changed.
_MAX_UNMATCHED_SHARE, _MAX_UNMATCHED = 0.1, 10
log = logging.getLogger(__name__)


def read_ebird(
    path: str | Path,
    sampling: str | Path | None = None,
    options: EbirdOptions = _DEFAULTS,
    progress: Progress | None = None,
) -> Checklists:
    """Read the eBird Basic Dataset, of any header since 2017, in bounded memory.

    Parameters
    ----------
    path
        ``.txt``, ``.txt.gz``, ``.zip`` (custom download), ``.tar`` (full download), or a folder of such.
    sampling
        The sampling event data; None takes what lies in the same archive or folder, or beside the file as
        ``<stem>_sampling.txt`` (packed or not). Where there is none, complete lists without a species are missing,
        and a warning is logged.
    options
        What is kept.
    progress
        Called after each block with the bytes done and the bytes in all.

    Returns
    -------
    Checklists
        Lists in the order of their ids, species in that of their keys. Items: ``list`` (the group's id for a shared
        list), ``source``, ``row`` (null), ``members`` (ids joined by commas), ``group``, ``locality``, ``observer``,
        ``date``, ``county``, ``state``. Species: ``key``, ``name``, ``taxonomic_order``. Covariates:
        ``duration_min``, ``distance_km`` (0 for a stationary list), ``num_observers``, ``hour``, ``day_of_year``,
        ``year``, ``latitude``, ``longitude``, ``is_traveling`` (0 or 1).

    Raises
    ------
    SubsongError
        When a file is missing, damaged or of another kind, lacks a column, has a line with too many or too few
        fields, a value that cannot be read, a list or record twice, when the sampling file is of another release, or
        when no list is left. Names the file and the line.

    Notes
    -----
    The order, a row each in ``attrition``: read (a sample of the lists, if asked for); lists without a sampling
    event dropped; complete lists without a record added; counts of 0 dropped (they are no detections); records that
    are not approved, and escapees, dropped; taxa rolled up to species, counts added up; complete lists; copies of
    shared lists merged; protocol; duration; distance; speed; observers; dates; region; rare species; short lists.

    Where `EbirdOptions.complete_only` is off, each species that an incomplete list does not name is marked in
    ``unknown``: 5 bytes for each such cell.
    """
    files = find_ebird_files(Path(path), None if sampling is None else Path(sampling))
    _check_files(files, options)
    tables = Tables(files, options)
    tables.read(progress)
    attrition = Attrition()
    stage = _join_events(tables, files, options, attrition)
    stage = _select_records(stage, options, attrition)
    stage = attrition.note("taxa as species", _roll_up(stage))
    if options.complete_only:
        stage = attrition.note("complete lists", keep_lists(stage, stage.lists["complete"].to_numpy()))
    stage = collapse_lists(stage, by_group=options.collapse_shared)
    if options.collapse_shared:
        attrition.note("shared lists merged", stage)
    stage = apply_list_filters(stage, options, attrition)
    stage = apply_minimums(stage, options, attrition)
    return _build_checklists(stage, attrition.to_frame(), str(path))


def read_ebird_header(path: str | Path) -> list[str]:
    """Return the names of the columns of an eBird file of records, as it writes them.

    Raises
    ------
    SubsongError
        When there is no such file.
    """
    return list(find_ebird_files(Path(path), None).records[0].header.names)


def _check_files(files: EbirdFiles, options: EbirdOptions) -> None:
    for member in files.records:
        require_fields(member.header, needed_record_fields(options), member.name)
    for member in files.events or files.records:
        require_fields(member.header, needed_list_fields(options), member.name)
    if not files.events:
        log.warning(
            "%s: no sampling file found, so complete lists without a species are missing; give it, or lay it beside "
            "the file as %s_sampling.txt",
            files.records[0].name,
            files.records[0].path.name.split(".")[0],
        )
    releases = {release for member in files.records if (release := find_release(member))}
    for member in files.events:
        release = find_release(member)
        if releases and release and release not in releases and not options.allow_other_release:
            raise SubsongError(
                f"{member.name} is of release {release}, expected {' or '.join(sorted(releases))} as "
                f"{files.records[0].name}: download both together, or set ebird.allow_other_release=true"
            )


def _join_events(tables: Tables, files: EbirdFiles, options: EbirdOptions, attrition: Attrition) -> Stage:
    counts, lists = tables.build_counts(), tables.build_lists()
    num_unmatched = tables.num_unmatched
    has_records = np.diff(counts.indptr) > 0
    num_lists = int(has_records.sum())
    step = "read" if options.sample_fraction == 1 else f"read, a sample of {options.sample_fraction:g}"
    attrition.add(step, num_lists + num_unmatched, tables.num_taxa, tables.num_records)
    stage = Stage(lists, tables.taxa.build(), counts)
    if not files.events:
        return stage
    if num_unmatched > max(_MAX_UNMATCHED, _MAX_UNMATCHED_SHARE * num_lists) and not options.allow_other_release:
        raise SubsongError(
            f"{files.events[0].name} lacks {num_unmatched} of the {num_lists + num_unmatched} lists of "
            f"{files.records[0].name}: it is of another release or region; download both together, or set "
            "ebird.allow_other_release=true to drop these lists"
        )
    attrition.note("with a sampling event", keep_lists(stage, has_records))
    is_kept = has_records | lists["complete"].to_numpy()
    return attrition.note("complete lists without a record added", keep_lists(stage, is_kept))


def _select_records(stage: Stage, options: EbirdOptions, attrition: Attrition) -> Stage:
    """Drop what is no detection, is not approved or has escaped; the lists stay."""
    stage.counts.eliminate_zeros()
    attrition.note("counts above 0", stage)
    if options.approved_only:
        stage = attrition.note("approved records", keep_species(stage, stage.species["is_approved"].to_numpy()))
    if options.exclude_escapees:
        stage = attrition.note("no escapees", keep_species(stage, ~stage.species["is_escapee"].to_numpy()))
    return stage


def _roll_up(stage: Stage) -> Stage:
    """Turn columns of taxa into columns of species, counts added up; what is no species falls away."""
    species = build_species(stage.species)
    numbers = species.select("key").with_row_index("number", offset=0)
    placed = stage.species.join(numbers, on="key", how="left", maintain_order="left")
    columns = placed.select(pl.when("is_species").then(pl.col("number").cast(pl.Int64)).fill_null(-1)).to_series()
    return Stage(stage.lists, species, map_columns(stage.counts, columns.to_numpy(), species.height))


def _build_checklists(stage: Stage, attrition: pl.DataFrame, path: str) -> Checklists:
    if not stage.lists.height or not stage.species.height:
        emptied = attrition.filter((pl.col("num_lists") == 0) | (pl.col("num_species") == 0))["step"].to_list()
        raise SubsongError(
            f"{path}: no list or no species is left after the step {(emptied or [attrition['step'][-1]])[0]!r}; "
            "switch that filter off or give it another limit"
        )
    lists = stage.lists.with_columns(row=pl.lit(None, pl.Int64))
    items = ("list", "source", "row", "members", "group", "locality", "observer", "date", "county", "state")
    date = pl.col("date")
    covariates = lists.select(
        *(pl.col(name) for name in ("duration_min", "distance_km", "num_observers", "hour")),
        *(date.dt.ordinal_day().alias("day_of_year"), date.dt.year().alias("year")),
        *(pl.col(name) for name in ("latitude", "longitude", "is_traveling")),
    ).cast(pl.Float64)
    return Checklists(stage.counts, _find_unknown(stage), lists.select(items), stage.species, covariates, attrition)


def _find_unknown(stage: Stage) -> csr_array | None:
    """Return what incomplete lists do not name, or None where all lists are complete."""
    is_complete = stage.lists["complete"].to_numpy()
    if is_complete.all():
        return None
    num_lists, num_species = stage.counts.shape
    rows = [
        np.empty(0, np.int32)
        if complete
        else np.delete(np.arange(num_species, dtype=np.int32), stage.counts.indices[start:end])
        for complete, start, end in zip(is_complete, stage.counts.indptr[:-1], stage.counts.indptr[1:], strict=True)
    ]
    row_ends = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    columns = np.concatenate(rows)
    return csr_array((np.ones(len(columns), bool), columns, row_ends), shape=(num_lists, num_species))
