"""How much renditions of a motif vary from moment to moment, and whether two contexts differ in it.

Goffinet et al. 2021 (eLife 10:e67855, figure 6e) show the variability index of directed and undirected song along the
motif. Theirs has no intervals, and the contexts have different numbers of renditions (186 and 2,227), on which the
index of a medoid depends. Here every index is of equally many renditions.

Legend: R = renditions, S = steps along the motif, L = latent dimensions, M = renditions compared of each context, U =
units (recordings), B = resamples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.evaluation.variability import Centre
from subsong.evaluation.variability_steps import compute_index_along

MIN_RENDITIONS = 3
"""Of a context, before anything is said of its variability."""
_MAX_COMPARED = 200
_NUM_SUBSAMPLES = 20


class AlongOptions(NamedTuple):
    """How variability along a motif is computed.

    Attributes
    ----------
    centre
        ``"median"`` of each coordinate (Goffinet et al. 2021, figure 6) or ``"medoid"`` (figure 4), which costs more.
    num_resamples, level
        Of the bootstrap intervals (percentiles, Efron & Tibshirani 1993).
    num_permutations
        Of the test.
    max_compared
        More renditions of a context are not compared at a time.
    seed
        Of every draw.
    """

    centre: Centre = "median"
    num_resamples: int = 200
    level: float = 0.95
    num_permutations: int = 999
    max_compared: int = _MAX_COMPARED
    seed: int = 0


class MotifVariability(NamedTuple):
    """What was found.

    Attributes
    ----------
    steps
        One row a context and step: ``context``, ``step``, ``variability``, ``low``, ``high``.
    overall
        One row a context: ``context``, ``num_renditions``, ``num_compared``, ``variability`` (mean over steps),
        ``low``, ``high``.
    """

    steps: pl.DataFrame
    overall: pl.DataFrame


class VariabilityContrast(NamedTuple):
    """How the variability of two contexts differs: first minus second.

    Attributes
    ----------
    steps
        One row a step: ``first``, ``second``, ``step``, ``difference``, ``low``, ``high``, ``p_value``, and
        ``p_corrected`` for as many tests as there are steps (Westfall & Young 1993, largest statistic).
    overall
        One row: ``first``, ``second``, ``difference`` of the means over steps, ``low``, ``high``, ``reduction``
        (``1 - first / second``), ``p_value``, ``num_compared``.
    """

    steps: pl.DataFrame
    overall: pl.DataFrame


def describe_variability_along(
    latents_RSL: np.ndarray,
    contexts: Sequence[str] | np.ndarray,
    units: Sequence[str] | np.ndarray | None = None,
    options: AlongOptions | None = None,
) -> MotifVariability:
    """Return the variability of each context along the motif, of equally many renditions of each.

    Parameters
    ----------
    latents_RSL
        Renditions of one motif, step by step.
    contexts
        Of each rendition, such as directed and undirected, shape (R,).
    units
        What is drawn together, shape (R,), such as the recording: renditions of one song are alike, and an interval
        over renditions is then too narrow. None draws renditions.
    options
        How.

    Raises
    ------
    SubsongError
        When a context has fewer than three renditions, or the lengths differ.

    Notes
    -----
    The index is the mean of indices of random subsamples of as many renditions as the smallest context has; intervals
    say how sure so many renditions make it. A rendition that a resample holds twice would make itself look central:
    it is its own neighbour once only.
    """
    options = options or AlongOptions()
    groups = _group(latents_RSL, contexts, units)
    num_compared = _count_compared(groups, options)
    steps, overall = [], []
    for name, group in groups.items():
        generator = numpy_generator(options.seed, "along", name)
        value_S = _average_subsamples(group, num_compared, options.centre, generator)
        drawn_BS = _resample(group, num_compared, options, generator)
        low_S, high_S = np.quantile(drawn_BS, _levels(options), axis=0)
        low, high = np.quantile(drawn_BS.mean(axis=1), _levels(options))
        columns = {"variability": value_S, "low": low_S, "high": high_S}
        steps.append(pl.DataFrame({"context": [name] * len(value_S), "step": np.arange(len(value_S)), **columns}))
        overall.append((name, len(group.latents_RSL), num_compared, value_S.mean(), low, high))
    names = ["context", "num_renditions", "num_compared", "variability", "low", "high"]
    return MotifVariability(pl.concat(steps), pl.DataFrame(overall, names, orient="row"))


def compare_variability_along(
    latents_RSL: np.ndarray,
    contexts: Sequence[str] | np.ndarray,
    pair: tuple[str, str],
    units: Sequence[str] | np.ndarray | None = None,
    options: AlongOptions | None = None,
) -> VariabilityContrast:
    """Return how the variability of two contexts differs at each step and over all.

    Parameters
    ----------
    latents_RSL, contexts, units, options
        As for `describe_variability_along`.
    pair
        The two contexts: the first minus the second.

    Raises
    ------
    SubsongError
        As `describe_variability_along`, and when there is no such context.

    Notes
    -----
    The test shuffles contexts among units. Each context is first moved so that its medians coincide with the other's:
    a motif that is only sung higher in one context does not count as varying differently. Where one context has many
    more renditions, the test is cautious: the difference is a mean over subsamples, each shuffled one is of one.
    """
    options = options or AlongOptions()
    groups = _group(latents_RSL, contexts, units)
    missing = [name for name in pair if name not in groups]
    if missing:
        raise SubsongError(f"no rendition has the context {missing[0]!r}: there are {', '.join(groups)}")
    first, second = (groups[name] for name in pair)
    num_compared = _count_compared({name: groups[name] for name in pair}, options)
    generator = numpy_generator(options.seed, "contrast", *pair)
    values = [_average_subsamples(group, num_compared, options.centre, generator) for group in (first, second)]
    drawn_BS = np.subtract(*(_resample(group, num_compared, options, generator) for group in (first, second)))
    null_BS = _permute(first, second, num_compared, options, generator)
    difference_S = values[0] - values[1]
    low_S, high_S = np.quantile(drawn_BS, _levels(options), axis=0)
    low, high = np.quantile(drawn_BS.mean(axis=1), _levels(options))
    p_S, p_corrected_S = _test_steps(difference_S, null_BS)
    steps = pl.DataFrame({"step": np.arange(len(p_S)), "difference": difference_S, "low": low_S, "high": high_S,
                          "p_value": p_S, "p_corrected": p_corrected_S})  # fmt: skip
    overall = pl.DataFrame(
        {
            "difference": [difference_S.mean()],
            "low": [low],
            "high": [high],
            "reduction": [1 - values[0].mean() / values[1].mean() if values[1].any() else float("nan")],
            "p_value": [float(_count_share(difference_S.mean(), null_BS.mean(axis=1)))],
            "num_compared": [num_compared],
        }
    )
    named = [pl.lit(name).alias(column) for column, name in zip(("first", "second"), pair, strict=True)]
    return VariabilityContrast(steps.select(*named, pl.all()), overall.select(*named, pl.all()))


class _Group(NamedTuple):
    """The renditions of a context: codes (R, S, L), and the rows of each unit."""

    latents_RSL: np.ndarray
    rows_of_unit: list[np.ndarray]


def _group(
    latents_RSL: np.ndarray, contexts: Sequence[str] | np.ndarray, units: Sequence[str] | np.ndarray | None
) -> dict[str, _Group]:
    """Return the renditions of each context, by name."""
    latents, names = np.asarray(latents_RSL, np.float64), np.asarray(contexts).astype(str)
    unit_R = np.arange(len(latents)) if units is None else np.asarray(units)
    if latents.ndim != 3 or not len(latents) == len(names) == len(unit_R):
        raise SubsongError(
            f"renditions should have the shape (renditions, steps, dimensions) and a context and a unit each, not "
            f"{latents.shape} with {len(names)} contexts and {len(unit_R)} units"
        )
    groups = {}
    for name in np.unique(names).tolist():
        mine = np.flatnonzero(names == name)
        if len(mine) < MIN_RENDITIONS:
            raise SubsongError(
                f"context {name!r} has {len(mine)} renditions: expected at least {MIN_RENDITIONS} to speak of their "
                "variability; leave it out"
            )
        rows = [np.flatnonzero(unit_R[mine] == unit) for unit in np.unique(unit_R[mine])]
        groups[name] = _Group(latents[mine], rows)
    return groups


def _count_compared(groups: dict[str, _Group], options: AlongOptions) -> int:
    return min(options.max_compared, *(len(group.latents_RSL) for group in groups.values()))


def _levels(options: AlongOptions) -> list[float]:
    return [(1 - options.level) / 2, (1 + options.level) / 2]


def _average_subsamples(group: _Group, num_compared: int, centre: Centre, generator: np.random.Generator) -> np.ndarray:
    """Return the mean index of random subsamples of `num_compared` renditions, shape (S,)."""
    num = len(group.latents_RSL)
    if num == num_compared:
        return compute_index_along(group.latents_RSL, np.arange(num), centre)
    drawn = (generator.permutation(num)[:num_compared] for _ in range(_NUM_SUBSAMPLES))
    return np.asarray(np.mean([compute_index_along(group.latents_RSL, rows, centre) for rows in drawn], axis=0))


def _resample(group: _Group, num_compared: int, options: AlongOptions, generator: np.random.Generator) -> np.ndarray:
    """Return indices of resamples of units, shape (B, S)."""
    num_units = len(group.rows_of_unit)
    found = []
    for _ in range(options.num_resamples):
        units = generator.integers(num_units, size=num_units)
        rows = np.concatenate([group.rows_of_unit[unit] for unit in units])
        found.append(compute_index_along(group.latents_RSL, _take(rows, num_compared, generator), options.centre))
    return np.stack(found)


def _take(rows: np.ndarray, num: int, generator: np.random.Generator) -> np.ndarray:
    """Return `num` of the rows, each once before one comes twice."""
    order = np.concatenate([generator.permutation(rows) for _ in range(-(-num // len(rows)))])
    return order[:num]


def _permute(
    first: _Group, second: _Group, num_compared: int, options: AlongOptions, generator: np.random.Generator
) -> np.ndarray:
    """Return differences with contexts shuffled among units, shape (B, S)."""
    centred = [group.latents_RSL - np.median(group.latents_RSL, axis=0) for group in (first, second)]
    pooled_RSL, num_first = np.concatenate(centred), len(first.latents_RSL)
    units = [*first.rows_of_unit, *(rows + num_first for rows in second.rows_of_unit)]
    found = []
    for _ in range(options.num_permutations):
        order = generator.permutation(len(units))
        parts = order[: len(first.rows_of_unit)], order[len(first.rows_of_unit) :]
        rows = [np.concatenate([units[unit] for unit in part]) for part in parts]
        indices = [
            compute_index_along(pooled_RSL, _take(some, num_compared, generator), options.centre) for some in rows
        ]
        found.append(indices[0] - indices[1])
    return np.stack(found)


def _test_steps(difference_S: np.ndarray, null_BS: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return p-values of each step by itself, and corrected for all steps, shape (S,) each."""
    # Steps vary differently: in units of their own spread, none decides the largest of all.
    spread_S = np.maximum(null_BS.std(axis=0), 1e-300)
    statistic_S, null_BS = np.abs(difference_S) / spread_S, np.abs(null_BS) / spread_S
    largest_B = null_BS.max(axis=1)
    p_corrected_S = np.array([_count_share(statistic, largest_B) for statistic in statistic_S])
    return _count_share(statistic_S, null_BS), p_corrected_S


def _count_share(value: float | np.ndarray, null_B: np.ndarray) -> np.ndarray:
    """Return the share of draws, the value's own among them, that are as far from 0."""
    reached = (np.abs(null_B) >= np.abs(value) * (1 - 1e-12)).sum(axis=0)
    return np.asarray((reached + 1) / (len(null_B) + 1))
