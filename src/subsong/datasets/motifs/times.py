"""Windows of a motif's own time: which moments of a recording their columns show, and where they may begin.

Template time counts seconds from the onset of the motif in the template. A rendition sings a moment of it sooner or
later, as its warp says; beyond the warp's outer knots the tempo of its outer pieces goes on.

Legend: R = renditions (regions of the store), N = windows, T = columns of a picture.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from subsong.datasets.warps.time_base import TimeBase
from subsong.datasets.warps.warp import Warp

_TOLERANCE_S = 1e-6


class WarpedTimes:
    """Windows of equal length in the time of the template.

    Parameters
    ----------
    regions
        One row a rendition: ``onset_s`` and ``offset_s`` of what is stored of it, and ``motif_onset_s``.
    base
        What the warps' fractions are of; its zero is the onset of a rendition's motif.
    warp
        Of the same renditions.
    template_onset_s
        When the motif begins in the template, on the time base: where template time is 0.
    window_s
        From the first column to the last, in template time.
    num_time_bins
        Columns.
    """

    start_column = "template_start_s"

    def __init__(
        self,
        regions: pl.DataFrame,
        base: TimeBase,
        warp: Warp,
        template_onset_s: float,
        window_s: float,
        num_time_bins: int,
    ) -> None:
        self.window_s, self.num_time_bins = window_s, num_time_bins
        self._base, self._warp, self._template_onset_s = base, warp, template_onset_s
        self._motif_onset_R = regions["motif_onset_s"].to_numpy()
        self._span_R2 = regions.select("onset_s", "offset_s").to_numpy()

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and the last start in each rendition, shape (R,) each; the last below the first for none.

        A window that begins between them shows nothing but what was recorded.
        """
        first_R, last_R = self.to_template(np.arange(len(self._span_R2)), self._span_R2).T
        return first_R, last_R - self.window_s

    def times(self, region_N: np.ndarray, start_N: np.ndarray) -> np.ndarray:
        """Return the times of the columns, in seconds of the recording, ascending, shape (N, T).

        Raises
        ------
        ValueError
            When a window begins outside its `bounds`.
        """
        template_NT = start_N[:, None] + np.linspace(0.0, self.window_s, self.num_time_bins)
        times_NT = self.to_recording(region_N, template_NT)
        first_N1, last_N1 = self._span_R2[region_N, :1], self._span_R2[region_N, 1:]
        # Not more than a rounding error is mended: a moment that was not recorded has no spectrogram.
        if (times_NT < first_N1 - _TOLERANCE_S).any() or (times_NT > last_N1 + _TOLERANCE_S).any():
            raise ValueError(f"windows of {self.window_s:g} s reach beyond what is stored of their renditions")
        return np.asarray(times_NT.clip(first_N1, last_N1))

    def to_template(self, region_N: np.ndarray, times_NT: np.ndarray) -> np.ndarray:
        """Return times of recordings in template time, both in seconds, shape (N, T)."""
        real_NT = self._base.to_fraction(times_NT - self._motif_onset_R[region_N, None])
        return self._base.to_seconds(self._warp.to_template(region_N, real_NT)) - self._template_onset_s

    def to_recording(self, region_N: np.ndarray, template_NT: np.ndarray) -> np.ndarray:
        """Return template time in times of the recordings, both in seconds, shape (N, T)."""
        template_fraction_NT = self._base.to_fraction(template_NT + self._template_onset_s)
        real_s_NT = self._base.to_seconds(self._warp.to_recording(region_N, template_fraction_NT))
        return np.asarray(real_s_NT + self._motif_onset_R[region_N, None])


def compute_template_onset(base: TimeBase, warp: Warp) -> float:
    """Return when the motif begins in the template, in seconds of the time base: the mean over renditions."""
    trial_N = np.arange(len(warp.x_knots_NK))
    onset_N = np.full(len(trial_N), float(base.to_fraction(np.zeros(()))))
    return float(base.to_seconds(warp.to_template(trial_N, onset_N)).mean())
