"""Stretches that a model suggests to correct: spectrogram with proposals, and how probable sound is.

Legend: F = frequency bins, K = frames of the spectrogram, P = frames of the network, N = proposals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from subsong.reports.style import BLUE, FULL_WIDTH_MM, MUTED, ORANGE, VERMILLION, house_style, new_figure

_HEIGHT_MM = 62.0
_CONTRAST = (0.3, 0.9995)


class Proposal(NamedTuple):
    """One proposal: seconds in the recording, its label, and whether the model doubts it."""

    onset_s: float
    offset_s: float
    label: str
    is_doubtful: bool


class SuggestedStretch(NamedTuple):
    """A stretch of a recording and what a model makes of it.

    Attributes
    ----------
    log_spec_FK
        Log magnitudes, low to high frequencies.
    high_hz
        Highest frequency; the lowest is 0.
    start_s, stop_s
        Where it lies in the recording.
    sound_P
        Probability that anything sounds, 0 to 1.
    times_s_P
        Of those, in the recording.
    threshold
        From which probability on a sound is proposed.
    proposals
        Those that touch the stretch.
    """

    log_spec_FK: np.ndarray
    high_hz: float
    start_s: float
    stop_s: float
    sound_P: np.ndarray
    times_s_P: np.ndarray
    threshold: float
    proposals: Sequence[Proposal]


@house_style()
def plot_suggestion(stretch: SuggestedStretch) -> Figure:
    """Draw the spectrogram of a stretch with its proposals, and below it the probability of sound."""
    figure = new_figure(FULL_WIDTH_MM, _HEIGHT_MM)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
    low, high = np.quantile(stretch.log_spec_FK, _CONTRAST) if stretch.log_spec_FK.size else (0.0, 1.0)
    extent = (stretch.start_s, stretch.stop_s, 0.0, stretch.high_hz / 1000)
    above.imshow(
        stretch.log_spec_FK, origin="lower", aspect="auto", extent=extent, cmap="gray_r", vmin=low, vmax=high + 1e-6
    )
    above.set_ylabel("kHz")
    below.plot(stretch.times_s_P, stretch.sound_P, color=MUTED, linewidth=0.8)
    below.axhline(stretch.threshold, color=VERMILLION, linewidth=0.7, linestyle="--")
    below.set_ylim(-0.02, 1.02)
    below.set_ylabel("sound (prob.)")
    for proposal in stretch.proposals:
        _draw_proposal(above, below, proposal)
    below.set_xlim(stretch.start_s, stretch.stop_s)
    below.set_xlabel("time in the recording (s)")
    return figure


def _draw_proposal(above: Axes, below: Axes, proposal: Proposal) -> None:
    colour = ORANGE if proposal.is_doubtful else BLUE
    for axes in (above, below):
        axes.axvspan(proposal.onset_s, proposal.offset_s, color=colour, alpha=0.15, linewidth=0)
        axes.axvline(proposal.onset_s, color=colour, linewidth=0.5)
        axes.axvline(proposal.offset_s, color=colour, linewidth=0.5)
    middle_s = 0.5 * (proposal.onset_s + proposal.offset_s)
    # Labels are the user's: a dollar sign among them begins no formula.
    above.text(
        middle_s, 1.01, proposal.label, transform=above.get_xaxis_transform(), ha="center", va="bottom",
        fontsize=6, color=colour, parse_math=False, clip_on=False,
    )  # fmt: skip
