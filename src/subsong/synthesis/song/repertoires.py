"""Repertoires: types of syllables drawn at random, unlike one another as those of an animal are."""

from __future__ import annotations

import string
from typing import Any

import numpy as np

from subsong.synthesis.song.syllables import Contour, SyllableType

_FLAT: Contour = ((0.0, 0.7), (0.2, 1.0), (0.8, 1.0), (1.0, 0.7))
_FALLING: Contour = ((0.0, 1.0), (0.4, 0.9), (1.0, 0.45))
_FINCH_KINDS = ("stack", "sweep down", "tone", "trill", "noise", "complex", "sweep up", "high stack")
_MOUSE_KINDS = ("up", "down", "chevron", "flat", "step up", "complex", "step down", "short")
INTRODUCTION = "i"
"""Label of the note that introduces a song; the others are a, b, c ... in the order of the motif."""


def draw_repertoire(species: str, num_types: int, rng: np.random.Generator) -> tuple[SyllableType, ...]:
    """Return the types of one animal; the first introduces its song.

    Parameters
    ----------
    species
        "finch" or "mouse".
    num_types
        How many, at least one. While there are kinds of sounds left, each type is of another kind.
    rng
        Draws them.
    """
    kinds = _FINCH_KINDS if species == "finch" else _MOUSE_KINDS
    draw = _draw_finch_type if species == "finch" else _draw_mouse_type
    order = [kinds[index % len(kinds)] for index in rng.permutation(max(num_types - 1, len(kinds)))]
    labels = [letter for letter in string.ascii_lowercase if letter != INTRODUCTION]
    introduction = draw(INTRODUCTION, "tone" if species == "finch" else "short", rng)._replace(
        duration_s=float(rng.uniform(0.03, 0.06) if species == "finch" else rng.uniform(0.01, 0.02)), noise_share=0.15
    )
    others = [draw(label, kind, rng) for label, kind in zip(labels, order[: num_types - 1], strict=False)]
    return (introduction, *others)


def _draw_finch_type(label: str, kind: str, rng: np.random.Generator) -> SyllableType:
    """Return a type of a kind; all numbers are of the size seen in finches."""
    low, high = rng.uniform(450, 850), rng.uniform(3500, 6500)
    middle = rng.uniform(1800, 4500)
    usual = SyllableType(
        label,
        kind,
        duration_s=float(rng.uniform(0.05, 0.11)),
        pitch=((0.0, middle), (1.0, middle)),
        level=_FLAT if rng.random() < 0.5 else _FALLING,
        tilt=float(rng.uniform(1.8, 2.6)),
        trill_cycles=0.0,
        trill_depth=0.0,
        noise_share=float(rng.uniform(0.002, 0.02)),
        noise_hz=(float(rng.uniform(2500, 6000)), float(rng.uniform(1500, 3000))),
        resonance_hz=(float(rng.uniform(2500, 5000)), float(rng.uniform(1200, 2200))),
    )
    arch = rng.uniform(1.02, 1.15)
    long_s = float(rng.uniform(0.1, 0.18))
    changes: dict[str, dict[str, Any]] = {
        "stack": {"pitch": _bend(low, rng), "tilt": rng.uniform(0.1, 0.6), "duration_s": long_s},
        "high stack": {"pitch": _bend(low * rng.uniform(1.6, 2.2), rng), "tilt": rng.uniform(0.3, 0.9)},
        "sweep down": {"pitch": ((0.0, high), (0.4, 0.6 * high), (1.0, rng.uniform(900, 1500))), "tilt": 1.5},
        "sweep up": {"pitch": ((0.0, rng.uniform(1000, 1800)), (0.6, 0.6 * high), (1.0, high)), "tilt": 1.5},
        "tone": {"pitch": ((0.0, middle), (0.5, arch * middle), (1.0, middle))},
        "trill": {
            "pitch": ((0.0, middle), (1.0, 0.85 * middle)),
            "trill_cycles": float(rng.integers(4, 8)),
            "trill_depth": rng.uniform(0.1, 0.22),
            "duration_s": long_s,
        },
        "noise": {"noise_share": rng.uniform(0.85, 0.97), "duration_s": float(rng.uniform(0.04, 0.08))},
        "complex": {
            "pitch": ((0.0, high), (0.38, 0.35 * high), (0.4, low), (1.0, 0.85 * low)),
            "tilt": rng.uniform(0.5, 0.9),
            "duration_s": long_s,
        },
    }
    return usual._replace(**changes[kind])


def _bend(pitch_hz: float, rng: np.random.Generator) -> Contour:
    """Return the contour of a stack: nearly level, lower at both ends."""
    start, end = rng.uniform(0.85, 1.0, 2)
    return (
        (0.0, start * pitch_hz),
        (0.15, pitch_hz),
        (0.75, rng.uniform(0.95, 1.05) * pitch_hz),
        (1.0, end * pitch_hz),
    )


def _draw_mouse_type(label: str, kind: str, rng: np.random.Generator) -> SyllableType:
    low, high = rng.uniform(38_000, 60_000), rng.uniform(70_000, 105_000)
    middle = rng.uniform(45_000, 85_000)
    contours: dict[str, Contour] = {
        "up": ((0.0, low), (1.0, high)),
        "down": ((0.0, high), (1.0, low)),
        "chevron": ((0.0, low), (0.5, high), (1.0, low)),
        "flat": ((0.0, middle), (1.0, 1.03 * middle)),
        "step up": ((0.0, low), (0.49, 1.1 * low), (0.5, high), (1.0, 0.95 * high)),
        "step down": ((0.0, high), (0.49, 0.95 * high), (0.5, low), (1.0, 1.1 * low)),
        "complex": ((0.0, middle), (0.25, high), (0.5, middle), (0.75, high), (1.0, low)),
        "short": ((0.0, middle), (1.0, 1.1 * middle)),
    }
    duration_s = rng.uniform(0.008, 0.02) if kind == "short" else rng.uniform(0.03, 0.1)
    return SyllableType(
        label,
        kind,
        duration_s=float(duration_s),
        pitch=contours[kind],
        level=_FLAT,
        tilt=4.0,
        trill_cycles=0.0,
        trill_depth=0.0,
        noise_share=0.0,
        noise_hz=(middle, 10_000.0),
        resonance_hz=(70_000.0, 40_000.0),
    )
