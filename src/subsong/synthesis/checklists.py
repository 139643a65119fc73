"""Made-up checklists from known habitats: who was there, who looked how hard, and so who was written down.

Every place lies in a habitat (some between two), every habitat has its own species, and what an observer finds depends
on skill, duration, distance, party, hour and season. All probabilities are kept, so that what a model finds can be held
against the truth.

Legend: N = lists, D = species, P = places (localities).
"""

from __future__ import annotations

import calendar
import datetime
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from subsong.core.errors import SubsongError
from subsong.core.seeds import derive_seed, numpy_generator
from subsong.sources.checklists import ATTRITION_SCHEMA, Checklists
from subsong.synthesis.bird_names import make_bird_names
from subsong.synthesis.checklist_world import ChecklistTruth, ChecklistWorldOptions, make_truth, make_visits

HABITAT_NAMES = ("forest", "wetland", "farmland", "coast", "town", "grassland", "scrub", "mountain")
COVARIATES = (
    "duration_min",
    "distance_km",
    "num_observers",
    "hour",
    "day_of_year",
    "year",
    "latitude",
    "longitude",
    "is_traveling",
)
"""What is known of every list's visit, under the names and in the order in which eBird files are read."""
_CHUNK_SIZE = 4096


class MadeChecklists(NamedTuple):
    """Lists, what they were made from, and the seed.

    Attributes
    ----------
    checklists
        One row a list; a shared list is one row, under its group's id (``G...``). ``items`` holds ``list``, ``source``,
        ``row``, ``locality``, ``observer``, ``date`` and the truth ``habitat`` (a name).
    truth
        Probabilities and what they follow from, row by row of the lists.
    seed
        Of everything drawn; what is drawn for files of them follows from it too.
    """

    checklists: Checklists
    truth: ChecklistTruth
    seed: int


def make_checklists(options: ChecklistWorldOptions | None = None, seed: int = 0) -> MadeChecklists:
    """Make lists from known habitats.

    Parameters
    ----------
    options
        Sizes and shares; None takes the usual ones.
    seed
        Equal seeds and options give equal lists.

    Raises
    ------
    SubsongError
        When a size is below 1, or there are fewer species than habitats.

    Notes
    -----
    Species ``d`` is written down at list ``i`` with probability ``o * (1 - exp(-e_i * c_d))``: ``o`` its occurrence at
    the place and season, ``e`` the effort, ``c`` the species' conspicuousness.
    """
    options = options or ChecklistWorldOptions()
    _check_options(options)
    covariates = make_visits(options, numpy_generator(seed, "visits"))
    truth = make_truth(options, covariates, seed)
    counts = _draw_counts(truth, options, seed)
    items = _describe_lists(options, truth, covariates, seed)
    species = make_bird_names(options.num_species, seed)
    places = _place_localities(truth, seed)[truth.locality]
    numbers = covariates.with_columns(
        day_of_year=items["date"].dt.ordinal_day(),
        latitude=pl.Series(places[:, 0]),
        longitude=pl.Series(places[:, 1]),
        is_traveling=pl.col("distance_km") > 0,
    ).select(COVARIATES)
    steps = [("made", options.num_lists, options.num_species, counts.nnz)]
    attrition = pl.DataFrame(steps, ATTRITION_SCHEMA, orient="row")
    lists = Checklists(counts, None, items, species, numbers.cast(pl.Float64), attrition)
    return MadeChecklists(lists, truth, seed)


def _check_options(options: ChecklistWorldOptions) -> None:
    for name, value in options._asdict().items():
        if name.startswith("num_") and value < 1:
            raise SubsongError(f"{name} is {value}: expected at least 1")
    if options.num_species < options.num_habitats:
        raise SubsongError(
            f"{options.num_species} species cannot tell {options.num_habitats} habitats apart: make as many or more"
        )


def _draw_counts(truth: ChecklistTruth, options: ChecklistWorldOptions, seed: int) -> csr_array:
    """Return what was found, (N, D), with counts of at least 1 and NaN for what was not counted."""
    rng = numpy_generator(seed, "detections")
    found = []
    for start in range(0, options.num_lists, _CHUNK_SIZE):
        probability = truth.detection(slice(start, start + _CHUNK_SIZE))
        row, column = np.nonzero(rng.random(probability.shape) < probability)
        found.append((row + start, column))
    rows, columns = (np.concatenate(part) for part in zip(*found, strict=True))
    flock = 1 + numpy_generator(seed, "flocks").exponential(4, options.num_species)
    counts = rng.geometric(1 / flock[columns]).astype(np.float32)
    counts[rng.random(len(counts)) < options.uncounted_share] = np.nan
    starts = np.searchsorted(rows, np.arange(options.num_lists + 1)).astype(np.int32)
    shape = (options.num_lists, options.num_species)
    return csr_array((counts, columns.astype(np.int32), starts), shape=shape)


def _describe_lists(
    options: ChecklistWorldOptions, truth: ChecklistTruth, covariates: pl.DataFrame, seed: int
) -> pl.DataFrame:
    """Return ids, places, observers, dates and habitats; ids do not sort by date, nor as text as they do by number."""
    number = 9_999_500 + 7 * numpy_generator(seed, "ids").permutation(options.num_lists)
    prefix = np.where(truth.num_members > 1, "G", "S")
    names = [*HABITAT_NAMES, *(f"habitat {k}" for k in range(len(HABITAT_NAMES), options.num_habitats))]
    return pl.DataFrame(
        {
            "list": [f"{letter}{digits}" for letter, digits in zip(prefix, number, strict=True)],
            "source": pl.Series(["made"] * options.num_lists),
            "row": pl.Series([None] * options.num_lists, dtype=pl.Int64),
            "locality": [f"L{100_000 + place}" for place in truth.locality],
            "observer": [f"obsr{200_000 + person}" for person in truth.observer],
            "date": [_find_date(year, day) for year, day in zip(covariates["year"], truth.day.tolist(), strict=True)],
            "habitat": np.array(names)[truth.habitat],
        }
    )


def _find_date(year: int, day: int) -> datetime.date:
    """Return the date of a day of the year, from 0; 29 February is nobody's."""
    is_late = calendar.isleap(year) and day >= 59
    return datetime.date(year, 1, 1) + datetime.timedelta(days=day + is_late)


def _place_localities(truth: ChecklistTruth, seed: int) -> np.ndarray:
    """Return latitude and longitude of every place in degrees, (P, 2): places of one habitat lie around two centres."""
    rng = numpy_generator(derive_seed(seed, "map"), "places")
    num_places, num_habitats = truth.mixture.shape
    centres = rng.uniform([8.3, 74.9], [12.7, 77.3], (2, num_habitats, 2))
    chosen = centres[rng.integers(0, 2, num_places), truth.mixture.argmax(axis=1)]
    places: np.ndarray = np.round(chosen + rng.normal(0, 0.15, (num_places, 2)), 6)
    return places
