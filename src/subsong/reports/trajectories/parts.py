"""What the parts of a page on trajectories are given.

Legend: N = windows, M = sequences.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.datasets.windows.axes import WindowAxis
from subsong.datasets.windows.frames import RegionFrames
from subsong.evaluation.variability import Centre
from subsong.inference.projection import Projection
from subsong.inference.sequence_plan import SequencePlan
from subsong.inference.sequences import TEMPLATE_COLUMN, LatentSequences

ALL = "all"


class Layout(NamedTuple):
    """A map of windows.

    Attributes
    ----------
    name
        Of files: ``umap``, ``pca`` or ``strands``.
    projection
        The map, for other windows to be placed on.
    places_N2
        Where each window is.
    """

    name: str
    projection: Projection
    places_N2: np.ndarray


class Song(NamedTuple):
    """Sequences, and the sound they are of.

    Attributes
    ----------
    sequences
        Codes of windows.
    plan
        Where their windows begin; of the same sequences.
    frames, axis
        The spectrograms, and the time that starts are counted in.
    frequency_F
        Of each row of a spectrogram, in Hz.
    by
        Column that sequences are compared by; None where they are not.
    classes_M
        Its value for each sequence, text; ``all`` where nothing is compared.
    seed
        Of every draw.
    centre
        Of the variability index.
    """

    sequences: LatentSequences
    plan: SequencePlan
    frames: RegionFrames
    axis: WindowAxis
    frequency_F: np.ndarray
    by: str | None
    classes_M: np.ndarray
    seed: int
    centre: Centre = "median"

    @property
    def is_warped(self) -> bool:
        """Whether these are motifs on one time."""
        return TEMPLATE_COLUMN in self.sequences.items.columns

    @property
    def noun(self) -> str:
        """What a sequence is called."""
        return "rendition" if self.is_warped else "region"

    def compute_times(self) -> np.ndarray:
        """Return the middle of each window, in template time or in time since the region began, shape (N,)."""
        items, middle_s = self.sequences.items, self.axis.window_s / 2
        if self.is_warped:
            return np.asarray(items[TEMPLATE_COLUMN].to_numpy() + middle_s)
        start_N = items["start_s"].to_numpy()
        first_N = np.repeat(start_N[self.sequences.offsets[:-1]], np.diff(self.sequences.offsets))
        return np.asarray(start_N - first_N + middle_s)
