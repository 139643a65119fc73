"""A trained VAE of syllables in use: other recordings are read as those it was trained on."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from subsong.core.errors import SubsongError
from subsong.datasets.store import StoredArray, load_store
from subsong.datasets.syllables.building import build_syllables
from subsong.datasets.syllables.dataset import SyllableDataset, is_syllable_store, load_syllables, read_reading
from subsong.datasets.syllables.reading import SyllableReading
from subsong.inference.model import TrainedVae


class TrainedSyllableVae(TrainedVae):
    """A VAE of syllables that knows how its spectrograms were made."""

    @property
    def reading(self) -> SyllableReading:
        """How its training data were read, grey range included."""
        try:
            return SyllableReading.model_validate(self.description.preprocessing["reading"])
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"]))
            raise SubsongError(
                f"the model says of its spectrograms what this version of subsong does not know ({place}): use the "
                "version it was trained with, or train it again"
            ) from error

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
        theirs, ours = read_reading(path).spectrogram.model_dump(), self.reading.spectrogram.model_dump()
        differing = [name for name in ours if ours[name] != theirs[name]]
        if differing:
            name = differing[0]
            raise SubsongError(
                f"{path} was prepared with spectrogram.{name} = {theirs[name]}, the model was trained with "
                f"{ours[name]}: give the recordings themselves, which are then read as the model needs them, or "
                "prepare them with the model's settings"
            )
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
