"""Tempo: how the time of a rendition follows the time of what is rendered, as straight lines between known knots.

Legend: K = knots.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.synthesis.song.options import SongOptions


class Warp(NamedTuple):
    """A rising map from the time of a template to that of a recording, straight between its knots.

    Attributes
    ----------
    template_s
        Seconds from the start of the template, ascending from 0 to its duration, shape (K,).
    recording_s
        Seconds in the recording at which those are sung, ascending, shape (K,).
    """

    template_s: np.ndarray
    recording_s: np.ndarray

    def to_recording(self, template_s: np.ndarray) -> np.ndarray:
        """Return when moments of the template are sung; beyond the outer knots their tempo goes on."""
        return _follow(template_s, self.template_s, self.recording_s)

    def to_template(self, recording_s: np.ndarray) -> np.ndarray:
        """Return which moment of the template is sung at times of the recording."""
        return _follow(recording_s, self.recording_s, self.template_s)


def draw_warp(
    duration_s: float, start_s: float, options: SongOptions, variability: float, rng: np.random.Generator
) -> Warp:
    """Return the warp of one rendition.

    Parameters
    ----------
    duration_s
        Length of the template.
    start_s
        Time of the recording at which it begins, but for its shift.
    options
        Kind and size of the warp.
    variability
        Factor on its size.
    rng
        Draws it. The same numbers are drawn for every kind, so that songs of different kinds differ in nothing else.

    Notes
    -----
    Shifts are cut at two standard deviations. The log tempo of a piece is the rendition's plus its own, each drawn
    with the spread `tempo_spread`.
    """
    num_pieces = options.num_warp_knots + 1
    shift, overall, own = rng.normal(), rng.normal(), rng.normal(size=num_pieces)
    shift_s = 0.0 if options.warp == "none" else float(np.clip(shift, -2, 2)) * options.shift_spread_s * variability
    log_tempo = np.full(num_pieces, overall * (options.warp in ("linear", "piecewise")))
    log_tempo += own * (options.warp == "piecewise")
    template_s = np.linspace(0, duration_s, num_pieces + 1)
    pieces_s = np.diff(template_s) * np.exp(options.tempo_spread * variability * log_tempo)
    return Warp(template_s, start_s + shift_s + np.concatenate([[0], np.cumsum(pieces_s)]))


def _follow(x: np.ndarray, known_x: np.ndarray, known_y: np.ndarray) -> np.ndarray:
    """Interpolate between knots and go on with the outer slopes beyond them."""
    slope = np.diff(known_y) / np.diff(known_x)
    piece = np.clip(np.searchsorted(known_x, x, side="right") - 1, 0, len(slope) - 1)
    return np.asarray(known_y[piece] + slope[piece] * (x - known_x[piece]))
