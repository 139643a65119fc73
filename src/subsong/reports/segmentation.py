"""What a segmentation did to a few stretches of sound: spectrogram, trace, thresholds, segments.

Legend: F = frequency bins, K = frames of the spectrogram, P = frames of the trace, N = segments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from subsong.reports.style import BLUE, FULL_WIDTH_MM, MUTED, ORANGE, VERMILLION, house_style, new_figure

_HEIGHT_MM = 62.0
_CONTRAST = (0.3, 0.9995)
_EDGE_COLOUR, _COLOUR = ORANGE, BLUE


class SegmentedExcerpt(NamedTuple):
    """A stretch of a recording, and what was found in it.

    Attributes
    ----------
    name
        Of the recording.
    log_spec
        Log magnitudes, shape (F, K), low to high frequencies.
    start_s, stop_s
        Where the stretch lies in its recording.
    band_hz
        Lowest and highest frequency of the spectrogram.
    trace, trace_times
        What was cut, shape (P,), and its seconds in the recording.
    trace_name
        What the trace is, with its unit.
    thresholds
        Name -> height.
    segments
        Onsets and offsets in seconds of the recording, shape (N, 2).
    at_edge
        Whether each touches an end of the recording, shape (N,).
    """

    name: str
    log_spec: np.ndarray
    start_s: float
    stop_s: float
    band_hz: tuple[float, float]
    trace: np.ndarray
    trace_times: np.ndarray
    trace_name: str
    thresholds: Mapping[str, float]
    segments: np.ndarray
    at_edge: np.ndarray


@house_style()
def plot_segmented_excerpt(excerpt: SegmentedExcerpt) -> Figure:
    """Draw the spectrogram of a stretch with its segments, and below it the trace with its thresholds."""
    figure = new_figure(FULL_WIDTH_MM, _HEIGHT_MM)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
    _draw_spectrogram(above, excerpt)
    _draw_trace(below, excerpt)
    for axes in (above, below):
        _draw_segments(axes, excerpt, 0.12 if axes is above else 0.2)
    below.set_xlim(excerpt.start_s, excerpt.stop_s)
    below.set_xlabel("time in the recording (s)")
    return figure


def _draw_spectrogram(axes: Axes, excerpt: SegmentedExcerpt) -> None:
    low_khz, high_khz = (hz / 1000 for hz in excerpt.band_hz)
    low, high = np.quantile(excerpt.log_spec, _CONTRAST) if excerpt.log_spec.size else (0.0, 1.0)
    extent = (excerpt.start_s, excerpt.stop_s, low_khz, high_khz)
    axes.imshow(
        excerpt.log_spec,
        origin="lower",
        aspect="auto",
        extent=extent,
        cmap="gray_r",
        vmin=low,
        vmax=max(high, low + 1e-6),
    )
    axes.set_ylabel("kHz")


def _draw_trace(axes: Axes, excerpt: SegmentedExcerpt) -> None:
    axes.plot(excerpt.trace_times, excerpt.trace, color=MUTED, linewidth=0.8)
    for (name, height), style in zip(_group_by_height(excerpt.thresholds), ("--", ":", "-."), strict=False):
        axes.axhline(height, color=VERMILLION, linewidth=0.7, linestyle=style, label=name)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.set_ylabel(excerpt.trace_name)


def _group_by_height(thresholds: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the finite thresholds, those of equal height under one name."""
    names: dict[float, list[str]] = {}
    for name, height in thresholds.items():
        if np.isfinite(height):
            names.setdefault(height, []).append(name)
    return [(" and ".join(same), height) for height, same in names.items()]


def _draw_segments(axes: Axes, excerpt: SegmentedExcerpt, alpha: float) -> None:
    for (onset_s, offset_s), is_edge in zip(excerpt.segments, excerpt.at_edge, strict=True):
        colour = _EDGE_COLOUR if is_edge else _COLOUR
        axes.axvspan(onset_s, offset_s, color=colour, alpha=alpha, linewidth=0)
        for edge_s in (onset_s, offset_s):
            axes.axvline(edge_s, color=colour, linewidth=0.5)


def find_segments_within(segments_N2: np.ndarray, start_s: float, stop_s: float) -> np.ndarray:
    """Return which segments overlap a stretch, bool, shape (N,)."""
    return np.asarray((segments_N2[:, 1] > start_s) & (segments_N2[:, 0] < stop_s))


def describe_durations(durations_s: Sequence[float]) -> str:
    """Return one sentence about how long segments are."""
    if not len(durations_s):
        return "No segment was found."
    low, middle, high = np.quantile(durations_s, (0.05, 0.5, 0.95)) * 1000
    return (
        f"Half of the segments last longer than {middle:.0f} ms; nine of ten lie between {low:.0f} and {high:.0f} ms."
    )
