"""Where the windows of latent sequences begin: one at every hop of every region that holds a window.

Windows of warped motifs begin at whole hops of the template's time, so that step k is the same moment in every
rendition. Windows of plain song begin with their region.

Legend: M = sequences, N = windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.datasets.windows.axes import WindowAxis
from subsong.datasets.windows.drawing import Windows, find_stretches

DEFAULT_HOP_S = 0.005
# Rounding of times must neither add nor take away a window.
_ROUNDING = 1e-6


class SequencePlan(NamedTuple):
    """Sequences of windows; those of one region follow one another.

    Attributes
    ----------
    region_M
        The region of each sequence, int64, ascending.
    origin_M
        Start of the window of step 0, in the seconds of a `WindowAxis`.
    first_step_M
        Step of each sequence's first window, int64.
    last_start_M
        Where a window of the region may begin at the latest.
    num_windows_M
        Windows of each sequence, int64, at least 1.
    hop_s
        From one start to the next.
    """

    region_M: np.ndarray
    origin_M: np.ndarray
    first_step_M: np.ndarray
    last_start_M: np.ndarray
    num_windows_M: np.ndarray
    hop_s: float

    @property
    def num_windows(self) -> int:
        """The number of windows of all sequences, N."""
        return int(self.num_windows_M.sum())

    def pick(self, chosen_M: np.ndarray) -> SequencePlan:
        """Return the sequences that `chosen_M` says, bool or indices."""
        return self._replace(
            region_M=self.region_M[chosen_M],
            origin_M=self.origin_M[chosen_M],
            first_step_M=self.first_step_M[chosen_M],
            last_start_M=self.last_start_M[chosen_M],
            num_windows_M=self.num_windows_M[chosen_M],
        )

    def locate(self, index_N: np.ndarray) -> tuple[np.ndarray, Windows]:
        """Return the step of windows, int64, and where they begin; `index_N` counts through all sequences."""
        ends_M = np.cumsum(self.num_windows_M)
        sequence_N = np.searchsorted(ends_M, index_N, side="right")
        within_N = index_N - (ends_M - self.num_windows_M)[sequence_N]
        step_N = self.first_step_M[sequence_N] + within_N
        start_N = self.origin_M[sequence_N] + step_N * self.hop_s
        return step_N, Windows(self.region_M[sequence_N], np.minimum(start_N, self.last_start_M[sequence_N]))

    def iterate_parts(self, part_size: int) -> Iterator[tuple[np.ndarray, Windows]]:
        """Yield what `locate` returns for consecutive windows, `part_size` at a time."""
        for begin in range(0, self.num_windows, part_size):
            yield self.locate(np.arange(begin, min(begin + part_size, self.num_windows)))


def plan_sequences(axis: WindowAxis, hop_s: float = DEFAULT_HOP_S) -> SequencePlan:
    """Return windows at every `hop_s` in all regions that hold one.

    Raises
    ------
    SubsongError
        When the hop is not above 0, or every region is shorter than a window.
    """
    check_hop(hop_s)
    stretches = find_stretches(axis)
    is_sung = axis.start_column == "onset_s"
    origin_M = stretches.low_M if is_sung else np.zeros(len(stretches.low_M))
    first_step_M = np.ceil((stretches.low_M - origin_M) / hop_s - _ROUNDING).astype(np.int64)
    last_step_M = np.floor((stretches.high_M - origin_M) / hop_s + _ROUNDING).astype(np.int64)
    num_windows_M = last_step_M - first_step_M + 1
    plan = SequencePlan(stretches.region_M, origin_M, first_step_M, stretches.high_M, num_windows_M, hop_s)
    plan = plan.pick(num_windows_M > 0)
    if not len(plan.region_M):
        raise SubsongError(
            f"no region holds a window of {axis.window_s:g} s, which is what the model sees at a time: expected longer "
            "regions, as of whole songs; train a model of shorter windows, or annotate longer regions"
        )
    return plan


def check_hop(hop_s: float, sample_s: float = 0.0) -> None:
    """Raise a `SubsongError` when `hop_s` is no time to step by, or less than from one sample to the next."""
    if not (np.isfinite(hop_s) and hop_s > 0):
        raise SubsongError(f"the hop from one window to the next is {hop_s:g} s: expected more than 0, such as 0.005")
    if hop_s < sample_s:
        raise SubsongError(
            f"the hop from one window to the next is {hop_s:g} s: expected no less than from one sample of the "
            f"recordings to the next, {sample_s:.3g} s, such as 0.005"
        )
