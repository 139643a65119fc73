"""What trained VAEs of sound have in common: other recordings are read as those they were trained on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from subsong.datasets.syllables.dataset import SyllableDataset
from subsong.datasets.syllables.reading import SegmentReading
from subsong.datasets.windows.dataset import FixedWindows
from subsong.inference.model import TrainedVae


class TrainedSoundVae(TrainedVae, ABC):
    """A VAE of spectrograms that knows how these were made.

    Attributes
    ----------
    item_name
        What one spectrogram shows, such as ``syllable``.
    """

    item_name: ClassVar[str]

    @property
    @abstractmethod
    def reading(self) -> SegmentReading:
        """How recordings are read for it, grey range included."""

    @abstractmethod
    def read_items(self, path: str | Path) -> SyllableDataset | FixedWindows:
        """Return the spectrograms at `path`: of a store, or of recordings, made now.

        Raises
        ------
        SubsongError
            When there are none, or a store was made with other settings than the model's.
        """
