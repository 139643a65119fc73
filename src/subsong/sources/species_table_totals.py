"""Columns of a site-by-species table that sum up the others, and are no species.

Legend: N = rows, D = species.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

import numpy as np

from subsong.sources.species_table_cells import parse_detections
from subsong.sources.species_table_files import RawTable

_TOTAL = re.compile(
    r"((grand|row|site|list)[ _.]?)?(total|sum)s?([ _.]?(count|abundance|individuals|birds|species))?s?|"
    r"(species[ _.]?)?richness|abundance|(n|num|number of|no|nr)[ _.]*(species|spp|sp)\.?",
    re.IGNORECASE,
)
log = logging.getLogger(__name__)


def is_total(name: str) -> bool:
    """Tell whether a column's name is that of a sum over species rather than of a species.

    Examples
    --------
    >>> [is_total(name) for name in ("Total", "row_sum", "Richness", "num_species", "Summer Tanager")]
    [True, True, True, True, False]
    """
    return _TOTAL.fullmatch(name) is not None


def leave_out_totals(table: RawTable, columns: Sequence[str], missing: Sequence[str]) -> list[str]:
    """Return the columns of species without those that are totals of the others by name and content.

    A column that is called like a total, but is neither the sum nor the number of the species of its row, stays: it is
    for the user to say what it is, which a warning asks for.

    Raises
    ------
    SubsongError
        When a cell of one of these columns is no count.
    """
    named = [column for column in columns if is_total(column)]
    species = [column for column in columns if column not in named]
    if not named or not species:
        return list(columns)
    sum_N, richness_N = _add_up(table, species, missing)
    left_out = []
    for column in named:
        cells = parse_detections(table, column, missing)
        known = ~cells.is_unknown
        if known.any() and any(np.allclose(cells.values[known], of_row[known]) for of_row in (sum_N, richness_N)):
            left_out.append(column)
            log.warning("%s: column %r is left out, for it sums up the others", table.path, column)
        else:
            log.warning(
                "%s: column %r is taken for a species, though it is called like a total: leave it out with "
                "table.drop_columns=[%s] if it is none",
                table.path, column, column,
            )  # fmt: skip
    return [column for column in columns if column not in left_out]


def _add_up(table: RawTable, species: Sequence[str], missing: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return sum and number of what was found in each row, shape (N,) each; X adds nothing to the sum."""
    sum_N, richness_N = np.zeros(table.frame.height), np.zeros(table.frame.height)
    for column in species:
        cells = parse_detections(table, column, missing)
        sum_N += np.nan_to_num(cells.values)
        richness_N += (cells.values != 0) & ~cells.is_unknown
    return sum_N, richness_N
