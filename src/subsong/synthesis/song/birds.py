"""Individuals: a repertoire, a motif, and what follows on what.

Legend: S = types of syllables.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.synthesis.song.options import SongOptions
from subsong.synthesis.song.repertoires import draw_repertoire
from subsong.synthesis.song.syllables import SyllableType

_MAX_WALK = 12


class Bird(NamedTuple):
    """One individual (of whatever species).

    Attributes
    ----------
    name
        "bird1", "bird2", ...
    types
        Its S types of syllables; the first introduces its songs.
    motif
        Indices of the motif's types, in order.
    gaps_s
        Usual silence after each type, shape (S,).
    transitions
        Probability that a type follows on another, shape (S, S + 1); the last column is the end. Row 0 holds how the
        motif begins.
    gain
        Root mean square of a syllable, of full scale.
    seed
        What it was made from.
    """

    name: str
    types: tuple[SyllableType, ...]
    motif: tuple[int, ...]
    gaps_s: np.ndarray
    transitions: np.ndarray
    gain: float
    seed: int


def make_bird(seed: int = 0, number: int = 1, options: SongOptions | None = None) -> Bird:
    """Return an individual of a colony.

    Parameters
    ----------
    seed
        Of the colony; equal seeds, numbers and options give equal birds.
    number
        Which one, from 1.
    options
        None takes the usual ones.

    Raises
    ------
    SubsongError
        When the number is below 1.
    """
    if number < 1:
        raise SubsongError(f"birds are numbered from 1: there is no bird {number}")
    options = options or SongOptions()
    rng = numpy_generator(seed, "bird", options.species, number)
    types = draw_repertoire(options.species, options.num_types, rng)
    motif = tuple(range(1, options.motif_length + 1))
    gap_s = (0.02, 0.05) if options.species == "finch" else (0.03, 0.1)
    gaps_s = rng.uniform(*gap_s, options.num_types)
    gaps_s[0] += 0.03
    gain = float(rng.uniform(0.04, 0.08))
    return Bird(f"bird{number}", types, motif, gaps_s, _draw_transitions(motif, options.num_types, rng), gain, seed)


def _draw_transitions(motif: tuple[int, ...], num_types: int, rng: np.random.Generator) -> np.ndarray:
    """Return a matrix in which most follows the motif, and each type has a few other successors."""
    weight = rng.exponential(size=(num_types, num_types + 1)) * (rng.random((num_types, num_types + 1)) < 0.4)
    weight[:, 0] = 0
    weight[0, num_types] = 0
    weight[:, num_types] += 0.1
    weight /= weight.sum(axis=1, keepdims=True)
    usual = np.zeros_like(weight)
    usual[[0, *motif], [*motif, num_types]] = 1
    # Types outside the motif lead into it.
    usual[motif[-1] + 1 :, motif[0]] = 1
    return np.asarray(0.6 * usual + 0.4 * weight)


def draw_motif(bird: Bird, fidelity: float, rng: np.random.Generator) -> tuple[int, ...]:
    """Return the types of one rendition: the motif, or with probability ``1 - fidelity`` a walk over transitions."""
    if rng.random() < fidelity:
        return bird.motif
    num_types = len(bird.types)
    walk = [int(rng.choice(num_types, p=bird.transitions[0, :-1] / bird.transitions[0, :-1].sum()))]
    while len(walk) < _MAX_WALK:
        following = int(rng.choice(num_types + 1, p=bird.transitions[walk[-1]]))
        if following == num_types:
            break
        walk.append(following)
    return tuple(walk)
