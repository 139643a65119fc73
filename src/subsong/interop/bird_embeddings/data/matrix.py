"""bird-embeddings' species matrix: which species stand on which checklist, as 0 and 1.

Legend: N = checklists, D = species.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np

from subsong.core.errors import SubsongError
from subsong.interop.bird_embeddings.frames import (
    LIST_COLUMN,
    METADATA_COLUMNS,
    Frame,
    check_columns,
    find_species,
    import_pandas,
    mark_species,
    to_pandas,
)

log = logging.getLogger(__name__)

# Before 2025 the kind of an observation stood under the protocol's name.
_TYPE_COLUMNS = ("OBSERVATION TYPE", "PROTOCOL NAME", "PROTOCOL TYPE")
_TYPES = ("Traveling", "Stationary")


def create_species_matrix(
    data: Frame,
    checklist_id_col: str = LIST_COLUMN,
    species_col: str = "COMMON NAME",
    min_species_observations: int | None = None,
    min_checklist_species: int | None = None,
    keep_checklist_metadata: bool = False,
    metadata_cols: Sequence[str] | None = None,
    apply_quality_filters: bool = True,
) -> tuple[Frame, list[str]]:
    """Make a checklist-by-species matrix of observations.

    Parameters
    ----------
    data
        One row an observation.
    checklist_id_col, species_col
        What makes the rows and the columns of the matrix.
    min_species_observations
        Species on fewer checklists are dropped.
    min_checklist_species
        Then checklists with fewer of the species that are left are dropped; once, not until nothing changes.
    keep_checklist_metadata, metadata_cols
        Add columns of the checklist, by default county, date, place and effort; they never count as species.
    apply_quality_filters
        First keep rows of category ``species``, then those of travelling and stationary observers, then those of
        complete checklists. A column the data lack is passed over with a warning.

    Returns
    -------
    matrix
        N rows in the order of the ids as text: the id, a column of 0 and 1 for each species in alphabetical order, the
        metadata.
    species
        The D species' names, in the order of the columns.

    Raises
    ------
    SubsongError
        When a column is missing, or nothing is left.

    Notes
    -----
    A count of 0 (a used nest) is no presence: such rows are dropped. For what this matrix cannot say (shared lists,
    subspecies, lists without a species), see ``subsong.sources``.
    """
    data = to_pandas(data)
    metadata = list(METADATA_COLUMNS if metadata_cols is None else metadata_cols) if keep_checklist_metadata else []
    check_columns(data, (checklist_id_col, species_col, *(metadata_cols or ())))
    if apply_quality_filters:
        data = _filter_quality(data)
    data = _drop_zeros(data)
    ids, species, present = _pivot(data[checklist_id_col], data[species_col])
    if min_species_observations is not None:
        is_kept = present.sum(axis=0) >= min_species_observations
        species, present = species[is_kept], present[:, is_kept]
    if min_checklist_species is not None:
        is_kept = present.sum(axis=1) >= min_checklist_species
        ids, present = ids[is_kept], present[is_kept]
    log.info("%d checklists x %d species, %.2f %% absences", *present.shape, 100 - 100 * present.mean())
    matrix = import_pandas().DataFrame(present, columns=species)
    matrix.insert(0, checklist_id_col, ids)
    if metadata:
        matrix = _add_metadata(matrix, data, checklist_id_col, metadata)
    names = [str(name) for name in species]
    return mark_species(matrix, names), names


def _filter_quality(data: Frame) -> Frame:
    type_column = next((name for name in _TYPE_COLUMNS if name in data.columns), _TYPE_COLUMNS[0])
    for name, accepted in (("CATEGORY", ("species",)), (type_column, _TYPES), ("ALL SPECIES REPORTED", (1, "1"))):
        if name not in data.columns:
            log.warning("the data have no column %s: that filter is passed over", name)
            continue
        data = data[data[name].isin(accepted)]
        log.info("%d rows left with %s in %s", len(data), name, accepted)
    return data


def _drop_zeros(data: Frame) -> Frame:
    if "OBSERVATION COUNT" not in data.columns:
        return data
    is_zero = data["OBSERVATION COUNT"].isin((0, "0"))
    return data[~is_zero] if is_zero.any() else data


def _pivot(ids: Frame, names: Frame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ids in the order of their text, names in alphabetical order, and who is where, int64, shape (N, D)."""
    pandas = import_pandas()
    is_named = (ids.notna() & names.notna()).to_numpy()
    rows, row_names = pandas.factorize(ids[is_named].astype(str).to_numpy(object), sort=True)
    columns, column_names = pandas.factorize(names[is_named].astype(str).to_numpy(object), sort=True)
    if not len(row_names):
        raise SubsongError("no observation is left to make a matrix of: check the filters and the columns")
    present = np.zeros((len(row_names), len(column_names)), np.int64)
    present[rows, columns] = 1
    return row_names, column_names, present


def _add_metadata(matrix: Frame, data: Frame, id_column: str, names: Sequence[str]) -> Frame:
    """Return the matrix with the checklists' columns behind; of a list whose rows differ, the first row's."""
    known = [name for name in names if name in data.columns]
    of_lists = data[[id_column, *known]].drop_duplicates(id_column)
    return matrix.merge(of_lists.astype({id_column: str}), on=id_column, how="left")


def get_species_statistics(matrix: Frame) -> Frame:
    """Return a table ``species_name``, ``num_checklists``, ``prevalence`` (a fraction), most widespread first."""
    matrix = to_pandas(matrix)
    present = matrix[find_species(matrix)]
    table = import_pandas().DataFrame(
        {
            "species_name": list(present.columns),
            "num_checklists": present.sum(axis=0).to_numpy(),
            "prevalence": present.mean(axis=0).to_numpy(),
        }
    )
    return table.sort_values("prevalence", ascending=False, kind="stable", ignore_index=True)
