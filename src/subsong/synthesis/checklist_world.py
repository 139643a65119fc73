"""A world to make checklists from: places in habitats, species with their rates, and visits that try more or less hard.

Legend: N = lists, D = species, K = habitats, P = places (localities), B = rows asked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.seeds import numpy_generator

DAYS_IN_YEAR = 365


class ChecklistWorldOptions(NamedTuple):
    """How large and how hard a world of checklists is.

    Attributes
    ----------
    num_lists, num_species, num_habitats, num_localities, num_observers
        Sizes.
    specialist_share
        Share of the species that have one home habitat; the others are about as common everywhere.
    away_rate
        How common a specialist is away from home, as a fraction of how common it is there.
    top_rate, rarity
        Occurrence of the most common species at home, and how far the rarest lies below it: ``exp(-rarity)``.
    mixed_share
        Share of the places that lie between two habitats.
    migrant_share
        Share of the species that are away for part of the year.
    shared_share
        Share of the lists that two to four observers wrote together.
    stationary_share, uncounted_share, empty_share
        Share of lists without travel, of detections without a count, and of lists that could find nothing (fog).
    first_year, num_years
        Of the dates.
    """

    num_lists: int = 4000
    num_species: int = 200
    num_habitats: int = 4
    num_localities: int = 400
    num_observers: int = 150
    specialist_share: float = 0.7
    away_rate: float = 0.03
    top_rate: float = 0.9
    rarity: float = 3.5
    mixed_share: float = 0.1
    migrant_share: float = 0.2
    shared_share: float = 0.1
    stationary_share: float = 0.3
    uncounted_share: float = 0.1
    empty_share: float = 0.005
    first_year: int = 2019
    num_years: int = 5


class ChecklistTruth(NamedTuple):
    """What the lists were made from.

    Attributes
    ----------
    habitat
        int64, shape (N,): the main habitat of each list's place.
    locality, observer
        int64, shape (N,): place, and (first) observer.
    num_members
        int64, shape (N,): how many observers hold a copy of the list; 1 where it is not shared.
    mixture
        float64, shape (P, K): shares of the habitats at a place.
    rates
        float64, shape (K, D): probability that a species occurs at a visit of a habitat in its season.
    season
        float64, shape (365, D): factor on it, by day of the year (from 0).
    conspicuousness
        float64, shape (D,): how easily a species that is there is found.
    effort
        float64, shape (N,): what skill, duration, distance, party and hour add up to; about 1 for a usual visit.
    day
        int64, shape (N,): day of the year, from 0.
    """

    habitat: np.ndarray
    locality: np.ndarray
    observer: np.ndarray
    num_members: np.ndarray
    mixture: np.ndarray
    rates: np.ndarray
    season: np.ndarray
    conspicuousness: np.ndarray
    effort: np.ndarray
    day: np.ndarray

    def occurrence(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return the probability that each species is there at the lists `rows`, float64, shape (B, D)."""
        probability: np.ndarray = (self.mixture @ self.rates)[self.locality[rows]] * self.season[self.day[rows]]
        return probability

    def detection(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return the probability that each species is on the lists `rows`: there, and found; float64, (B, D)."""
        found = -np.expm1(-np.outer(self.effort[rows], self.conspicuousness))
        probability: np.ndarray = self.occurrence(rows) * found
        return probability


def make_visits(options: ChecklistWorldOptions, rng: np.random.Generator) -> pl.DataFrame:
    """Return when and how long each list's visit was; within the limits that eBird's guide to good practice keeps."""
    num = options.num_lists
    duration_min = np.clip(rng.lognormal(np.log(60), 0.7, num), 10, 300).round()
    is_stationary = rng.random(num) < options.stationary_share
    speed_km_h = rng.lognormal(np.log(2), 0.5, num)
    distance_km = np.where(is_stationary, 0.0, np.clip(duration_min / 60 * speed_km_h, 0.05, 10).round(3))
    start_hour = np.where(rng.random(num) < 0.75, rng.normal(7.5, 1.5, num), rng.normal(16.5, 1.5, num))
    return pl.DataFrame(
        {
            "duration_min": duration_min,
            "distance_km": distance_km,
            "num_observers": 1 + np.minimum(rng.poisson(0.6, num), 9),
            # To the minute: what is written to a file is what it was made from.
            "hour": np.round(np.clip(start_hour, 0, 23.9) * 60) / 60,
            "year": options.first_year + rng.integers(0, options.num_years, num),
        }
    )


def make_truth(options: ChecklistWorldOptions, covariates: pl.DataFrame, seed: int) -> ChecklistTruth:
    """Return the places, species and observers of a world, and who went where; `covariates` say how each visit was."""
    rng = numpy_generator(seed, "world")
    mixture = _mix_habitats(options, rng)
    rates = _make_rates(options, rng)
    # Some places and observers are met with far more often than others.
    locality = _draw_unevenly(options.num_localities, options.num_lists, rng)
    observer = _draw_unevenly(options.num_observers, options.num_lists, rng)
    skill = rng.lognormal(0, 0.4, options.num_observers)
    is_clear = rng.random(options.num_lists) >= options.empty_share
    num_members = np.where(
        rng.random(options.num_lists) < options.shared_share, 2 + rng.binomial(2, 0.2, options.num_lists), 1
    )
    return ChecklistTruth(
        habitat=mixture.argmax(axis=1)[locality],
        locality=locality,
        observer=observer,
        num_members=np.minimum(num_members, options.num_observers),
        mixture=mixture,
        rates=rates,
        season=_make_season(options, rng),
        conspicuousness=rng.lognormal(0.3, 0.5, options.num_species),
        effort=skill[observer] * _weigh_effort(covariates) * is_clear,
        day=rng.integers(0, DAYS_IN_YEAR, options.num_lists),
    )


def _mix_habitats(options: ChecklistWorldOptions, rng: np.random.Generator) -> np.ndarray:
    """Return the habitats of every place, (P, K): one, or one and less of another."""
    num, num_habitats = options.num_localities, options.num_habitats
    # Every habitat has its places, however few there are.
    main = rng.permutation(np.arange(num) % num_habitats)
    other = (main + rng.integers(1, max(2, num_habitats), num)) % num_habitats
    share = np.where(rng.random(num) < options.mixed_share, rng.uniform(0.2, 0.45, num), 0.0)
    mixture = np.zeros((num, num_habitats))
    np.add.at(mixture, (np.arange(num), main), 1 - share)
    np.add.at(mixture, (np.arange(num), other), share)
    return mixture


def _make_rates(options: ChecklistWorldOptions, rng: np.random.Generator) -> np.ndarray:
    """Return the occurrence of species in habitats, (K, D): a few common ones, a long tail of rare ones."""
    num, num_habitats = options.num_species, options.num_habitats
    rank = rng.permutation(num) / max(1, num - 1)
    base = options.top_rate * np.exp(-options.rarity * rank)
    home = rng.permutation(np.arange(num) % num_habitats)
    is_specialist = rng.random(num) < options.specialist_share
    anywhere = base * rng.uniform(0.7, 1.0, (num_habitats, num))
    at_home = np.where(np.arange(num_habitats)[:, None] == home, base, options.away_rate * base)
    return np.where(is_specialist, at_home, anywhere)


def _make_season(options: ChecklistWorldOptions, rng: np.random.Generator) -> np.ndarray:
    """Return the factor of the day of the year on each species, (365, D): 1 for who stays, a hump for who comes."""
    day = np.arange(DAYS_IN_YEAR)[:, None]
    peak = rng.uniform(0, DAYS_IN_YEAR, options.num_species)
    sharpness = np.where(rng.random(options.num_species) < options.migrant_share, rng.uniform(1, 3), 0.0)
    season: np.ndarray = np.exp(sharpness * (np.cos(2 * np.pi * (day - peak) / DAYS_IN_YEAR) - 1))
    return season


def _weigh_effort(covariates: pl.DataFrame) -> np.ndarray:
    """Return how much duration, distance, party and hour help in finding birds, shape (N,)."""
    duration, distance, party, hour = (
        covariates[name].to_numpy() for name in ("duration_min", "distance_km", "num_observers", "hour")
    )
    dawn = 0.7 + 0.6 * np.exp(-(((hour - 6.5) / 2.5) ** 2))
    effort: np.ndarray = (duration / 60) ** 0.7 * (1 + 0.15 * np.sqrt(distance)) * party**0.2 * dawn
    return effort


def _draw_unevenly(num_kinds: int, num: int, rng: np.random.Generator) -> np.ndarray:
    weight = rng.exponential(size=num_kinds) + 0.05
    return rng.choice(num_kinds, num, p=weight / weight.sum())
