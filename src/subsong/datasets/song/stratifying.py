"""Choosing one of several ways to divide each unit, so that all splits get their share of everything.

A unit is a group of recordings, which goes to one split whole, or a recording that is cut into pieces. A seeded search
from many starts changes one unit at a time.

Legend: U = units, O = ways to divide a unit, S = splits (the first is for training), C = things that are shared out:
sound, then annotations of each class.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_MISSING_IN_TRAINING, _MISSING, _EMPTY = 1e4, 10.0, 1e6
_STEPS, _MOST_STARTS, _MOST_SWEEPS = 200_000, 40, 20


class Division(NamedTuple):
    """What a search found.

    Attributes
    ----------
    option_U
        The way each unit is divided.
    share_SC
        The share of everything that each split has.
    """

    option_U: np.ndarray
    share_SC: np.ndarray


def choose_options(amount_UOSC: np.ndarray, fraction_S: np.ndarray, rng: np.random.Generator) -> Division:
    """Divide units so that the splits' shares of sound and of every class are as near to `fraction_S` as can be.

    Parameters
    ----------
    amount_UOSC
        How much each split gets when a unit is divided one way or another; the first of C is sound.
    fraction_S
        The shares that are wanted, above 0.
    rng
        Of the search: equal generators give equal divisions.

    Notes
    -----
    What is made small is the sum over splits of (share - fraction)^2 / fraction, for the sound and for the mean over
    classes; that a class lacks in a split costs more than any imbalance, in training most of all.
    """
    share_UOSC = amount_UOSC / np.maximum(amount_UOSC[:, 0].sum(axis=(0, 1)), 1e-12)
    num_units = max(1, len(share_UOSC))
    num_starts = int(np.clip(_STEPS // (10 * num_units), 2, _MOST_STARTS))
    num_sweeps = int(np.clip(_STEPS // (num_starts * num_units), 2, _MOST_SWEEPS))
    best, lowest = None, np.inf
    for _ in range(num_starts):
        found = _search(share_UOSC, fraction_S, rng, num_sweeps)
        cost = float(_compute_cost(found.share_SC, fraction_S))
        if cost < lowest:
            best, lowest = found, cost
    assert best is not None
    return best


def _search(share_UOSC: np.ndarray, fraction_S: np.ndarray, rng: np.random.Generator, num_sweeps: int) -> Division:
    """Return a division that no change of a single unit makes better, or the one reached after `num_sweeps`."""
    num_units, num_options = share_UOSC.shape[:2]
    option_U = np.asarray(rng.integers(num_options, size=num_units))
    share_SC = share_UOSC[np.arange(num_units), option_U].sum(axis=0)
    for _ in range(num_sweeps):
        has_changed = False
        for unit in rng.permutation(num_units):
            others_SC = share_SC - share_UOSC[unit, option_U[unit]]
            cost_O = _compute_cost(others_SC + share_UOSC[unit], fraction_S)
            option = int(cost_O.argmin())
            if cost_O[option] < cost_O[option_U[unit]] - 1e-12:
                option_U[unit], has_changed = option, True
                share_SC = others_SC + share_UOSC[unit, option]
        if not has_changed:
            break
    # Summed anew: differences add up rounding errors.
    return Division(option_U, share_UOSC[np.arange(num_units), option_U].sum(axis=0))


def _compute_cost(share_SC: np.ndarray, fraction_S: np.ndarray) -> np.ndarray:
    """Return how bad shares of shape (..., S, C) are, shape (...)."""
    error_SC = (share_SC - fraction_S[:, None]) ** 2 / fraction_S[:, None]
    is_missing_SC = share_SC < 1e-9
    missing = _MISSING_IN_TRAINING * is_missing_SC[..., 0, 1:].sum(-1) + _MISSING * is_missing_SC[..., 1:].sum((-1, -2))
    num_classes = max(1, share_SC.shape[-1] - 1)
    imbalance = error_SC[..., 0].sum(-1) + error_SC[..., 1:].sum((-1, -2)) / num_classes
    cost: np.ndarray = imbalance + missing + _EMPTY * is_missing_SC[..., 0].sum(-1)
    return cost
