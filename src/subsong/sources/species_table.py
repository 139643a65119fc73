"""Site-by-species tables (CSV, TSV, Parquet) -> `Checklists`; an empty cell is unknown, not absent.

Legend: N = lists (rows), D = species.
"""

from __future__ import annotations

import fnmatch
import logging
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.checklists import ATTRITION_SCHEMA, Checklists
from subsong.sources.species_table_cells import holds_numbers, is_description, parse_covariate, parse_detections
from subsong.sources.species_table_files import RawTable, as_text, read_table
from subsong.sources.species_table_options import SpeciesTableOptions, as_names
from subsong.sources.species_table_totals import leave_out_totals

__all__ = ["SpeciesTableOptions", "read_species_table"]

_DEFAULTS = SpeciesTableOptions()
log = logging.getLogger(__name__)


def read_species_table(path: str | Path, options: SpeciesTableOptions = _DEFAULTS) -> Checklists:
    """Read a table with one row a list and one column a species.

    Parameters
    ----------
    path
        ``.csv``, ``.tsv`` or ``.txt``, packed with gzip or not; or ``.parquet``. The same cells give the same answer.
    options
        What the columns are.

    Returns
    -------
    Checklists
        Lists and species in the order of the file. Cells may be 0 and 1, TRUE and FALSE, counts, cover (any number
        above 0 is a detection, with that value) or X (present, not counted). Items: ``list``, ``source``, ``row``, the
        group columns. Species: ``key`` (the column's name), ``name`` (null without a table of names).

    Raises
    ------
    SubsongError
        When a file is missing, empty or damaged, a row has too many or too few cells, an id or a column is there
        twice, a column is missing, a cell is not a number or below 0, or there is no species.

    Notes
    -----
    Where `SpeciesTableOptions.species_columns` is null, columns of text are passed over, and columns named like a
    coordinate, a time or an effort (``x``, ``latitude``, ``year``, ``duration_min``) are covariates; what was done
    with them is logged. A column that holds numbers and a few other words is an error rather than passed over. A
    column called like a total that is one is left out; one that is none stays, with a warning.
    """
    table = read_table(path)
    id_columns = as_names(options.id_column) if options.id_column is not None else (table.frame.columns[0],)
    ids = _read_ids(table, id_columns)
    species_columns, covariate_columns = _choose_columns(table, id_columns, options)
    counts, unknown = _read_cells(table, species_columns, options)
    items = pl.DataFrame({"list": ids, "source": [table.path.name] * len(ids), "row": table.rows})
    groups = [as_text(table.frame[table.require(column)]).alias(column) for column in options.group_columns]
    covariates = pl.DataFrame([parse_covariate(table, name, options.missing) for name in covariate_columns])
    covariates = _add_covariates(covariates, table, id_columns, options)
    lists = Checklists(
        counts, unknown, items.with_columns(groups), _name_species(species_columns, options), covariates, _note([])
    )
    return _drop_empty(lists, options)


def _read_ids(table: RawTable, columns: tuple[str, ...]) -> pl.Series:
    ids = table.join_text(columns)
    if ids.n_unique() < len(ids):
        second = int((~ids.is_first_distinct()).arg_max() or 0)
        first = int((ids == ids[second]).arg_max() or 0)
        raise SubsongError(
            f"{table.say_where(second)}: id {ids[second]!r} is there for the second time (first at "
            f"{table.say_where(first)}), expected each id once: take one out, or join several columns to the id"
        )
    return ids


def _choose_columns(
    table: RawTable, id_columns: tuple[str, ...], options: SpeciesTableOptions
) -> tuple[list[str], list[str]]:
    """Return the columns of species and of covariates."""
    covariates = [table.require(column) for column in options.covariate_columns]
    if options.covariates_path is None:
        for column in options.drop_columns:
            table.require(column)
    used = {*id_columns, *options.group_columns, *covariates, *options.drop_columns}
    free = [column for column in table.frame.columns if column not in used]
    if options.species_columns is not None:
        species = [c for pattern in as_names(options.species_columns) for c in _match(table, pattern, free)]
        return list(dict.fromkeys(species)), covariates
    described = [column for column in free if is_description(column)]
    texts = [c for c in free if c not in described and not holds_numbers(table.frame[c], options.missing)]
    described = [column for column in described if holds_numbers(table.frame[column], options.missing)]
    if described or texts:
        log.info("%s: taken for covariates: %s; passed over: %s", table.path, described or "none", texts or "none")
    species = [column for column in free if not is_description(column) and column not in texts]
    species = leave_out_totals(table, species, options.missing)
    if not species:
        raise SubsongError(
            f"{table.path} has no column of a species: expected columns of numbers beside {', '.join(sorted(used))}; "
            "name them in species_columns"
        )
    return species, covariates + described


def _match(table: RawTable, pattern: str, columns: list[str]) -> list[str]:
    found = [column for column in columns if column == pattern or fnmatch.fnmatchcase(column, pattern)]
    if not found:
        raise SubsongError(f"{table.path} has no species column {pattern!r}: {did_you_mean(pattern, columns)}")
    return found


def _read_cells(
    table: RawTable, columns: list[str], options: SpeciesTableOptions
) -> tuple[csr_array, csr_array | None]:
    """Return counts and what is unknown, both shape (N, D)."""
    shape = (table.frame.height, len(columns))
    found_rows, found_values, unknown_rows = [], [], []
    for column in columns:
        values, is_unknown = parse_detections(table, column, options.missing)
        rows = np.flatnonzero((values != 0) & ~is_unknown)
        found_rows.append(rows)
        found_values.append(values[rows].astype(np.float32))
        unknown_rows.append(np.flatnonzero(is_unknown))
    counts = _build_matrix(found_rows, np.concatenate(found_values), shape)
    num_unknown = sum(map(len, unknown_rows))
    return counts, _build_matrix(unknown_rows, np.ones(num_unknown, bool), shape) if num_unknown else None


def _build_matrix(rows: list[np.ndarray], values: np.ndarray, shape: tuple[int, int]) -> csr_array:
    """Return a matrix from the rows of its entries, column by column."""
    columns = np.repeat(np.arange(shape[1]), [len(part) for part in rows])
    matrix = csr_array((values, (np.concatenate(rows), columns)), shape=shape)
    matrix.sort_indices()
    return matrix


def _add_covariates(
    covariates: pl.DataFrame, table: RawTable, id_columns: tuple[str, ...], options: SpeciesTableOptions
) -> pl.DataFrame:
    """Return covariates with those of the second table; null where it has no row."""
    if options.covariates_path is None:
        return covariates
    other = read_table(options.covariates_path)
    given = as_names(options.covariates_id or tuple(c for c in id_columns if c in other.frame.columns))
    if not given:
        raise SubsongError(f"{other.path} has none of the columns {', '.join(id_columns)}: name one in covariates_id")
    keys, other_keys = table.join_text(given), _read_ids(other, given)
    passed = {*given, *covariates.columns, *options.drop_columns}
    free = [c for c in other.frame.columns if c not in passed and holds_numbers(other.frame[c], options.missing)]
    added = pl.DataFrame([other_keys, *(parse_covariate(other, column, options.missing) for column in free)])
    num_lacking = len(keys) - int(keys.is_in(other_keys.to_list()).sum())
    if num_lacking:
        lacking = keys.filter(~keys.is_in(other_keys.to_list()))[0]
        message = f"{other.path} has no row for {num_lacking} of {len(keys)} lists of {table.path}, such as {lacking!r}"
        if num_lacking == len(keys):
            raise SubsongError(f"{message}: the tables do not belong together, or covariates_id names another column")
        log.warning("%s: their covariates are unknown", message)
    joined = keys.to_frame().join(added, on="list", how="left", maintain_order="left").drop("list")
    return pl.DataFrame([*covariates.get_columns(), *joined.get_columns()])


def _name_species(columns: list[str], options: SpeciesTableOptions) -> pl.DataFrame:
    species = pl.DataFrame({"key": columns}, schema={"key": pl.String})
    if options.species_path is None or options.species_key_column is None or options.species_name_column is None:
        return species.with_columns(name=pl.lit(None, pl.String))
    table = read_table(options.species_path)
    keys = _read_ids(table, (options.species_key_column,))
    names = as_text(table.frame[table.require(options.species_name_column)])
    named = pl.DataFrame({"key": keys, "name": names})
    joined = species.join(named, on="key", how="left", maintain_order="left")
    if joined["name"].null_count() == len(columns):
        raise SubsongError(
            f"{table.path} names none of the species, such as {columns[0]!r}: expected them in column "
            f"{options.species_key_column!r}, found {keys[0]!r}"
        )
    return joined


def _drop_empty(lists: Checklists, options: SpeciesTableOptions) -> Checklists:
    """Leave out lists of which nothing is known, where `options` say so, and fill the attrition table."""
    attrition = [("read", lists)]
    num_species = lists.species.height
    if options.drop_empty and lists.unknown is not None:
        kept = np.flatnonzero(np.diff(lists.unknown.indptr) < num_species)
        if not len(kept):
            raise SubsongError(f"every cell of {num_species} species is empty: check species_columns")
        unknown = lists.unknown[kept]
        lists = Checklists(
            lists.counts[kept],
            unknown if unknown.nnz else None,
            lists.items[kept],
            lists.species,
            lists.covariates[kept] if lists.covariates.width else lists.covariates,
            lists.attrition,
        )
        attrition.append(("lists with a cell that is not empty", lists))
    return lists._replace(attrition=_note(attrition))


def _note(steps: list[tuple[str, Checklists]]) -> pl.DataFrame:
    rows = [
        (name, lists.items.height, len(np.unique(lists.counts.indices)), int(lists.counts.nnz)) for name, lists in steps
    ]
    return pl.DataFrame(rows, schema=ATTRITION_SCHEMA, orient="row")
