"""A trained VAE of syllables in use: other recordings are read as those it was trained on."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from subsong.datasets.store import StoredArray, load_store
from subsong.datasets.syllables.building import build_syllables
from subsong.datasets.syllables.dataset import SyllableDataset, is_syllable_store, load_syllables, read_reading
from subsong.datasets.syllables.reading import SyllableReading
from subsong.inference.sound import TrainedSoundVae
from subsong.inference.spectrogram_settings import check_same_spectrograms, parse_reading


class TrainedSyllableVae(TrainedSoundVae):
    """A VAE of syllables that knows how its spectrograms were made."""

    item_name = "syllable"

    @property
    def reading(self) -> SyllableReading:
        """How its training data were read, grey range included."""
        return parse_reading(self.description, SyllableReading)

    def read_items(self, path: str | Path) -> SyllableDataset:
        """Return the syllables at `path`, as `read_syllables` does."""
        return self.read_syllables(path)

    def read_syllables(self, path: str | Path) -> SyllableDataset:
        """Return the syllables at `path`: a store, or recordings with annotations, whose spectrograms are made now.

        Raises
        ------
        SubsongError
            When there are none, or a store was made with other settings than the model's.
        """
        path = Path(path).expanduser()
        if not is_syllable_store(path):
            return read_syllables(path, self.reading)
        check_same_spectrograms(path, read_reading(path).spectrogram, self.reading.spectrogram)
        return load_syllables(path)


def read_syllables(source: str | Path, reading: SyllableReading) -> SyllableDataset:
    """Return the syllables of recordings, held in memory.

    Parameters
    ----------
    source
        A folder of recordings with annotations, or one recording.
    reading
        How.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = build_syllables(source, Path(folder) / "syllables", reading)
        store = load_store(prepared.path)
        rows = np.arange(store.items.height)
        return SyllableDataset(StoredArray([store.arrays["x"].fetch(rows)]), store.items, rows)
