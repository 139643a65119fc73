"""``syllable-vae``: recordings + segments -> spectrograms -> latent map of vocalisations."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from subsong.core.config import ConfigBase, ImportedPart
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.syllables.building import build_syllables
from subsong.datasets.syllables.dataset import (
    SyllableDataset,
    build_syllable_splits,
    load_syllables,
    read_reading,
)
from subsong.datasets.syllables.reading import SyllableReading
from subsong.datasets.types import Splits
from subsong.inference.syllables import read_syllables
from subsong.models.portable import ModelDescription
from subsong.models.syllable_vae import SyllableVaeConfig
from subsong.recipes.base import RunConfig
from subsong.recipes.sound_vae import SoundVaeRecipe
from subsong.synthesis.song import SongOptions, write_songs


class SyllableDataConfig(ConfigBase):
    """Which syllables, and how they are divided."""

    kind: Literal["syllables"] = "syllables"
    path: Path | None = Field(
        None, description="Store made by 'subsong prepare syllables'; null: song made up of known syllables."
    )
    split_by: str = Field(
        "auto",
        description="What stays together: recording, or a column such as individual, session; syllable: nothing; "
        "auto: by recording where there are enough.",
    )
    validation: float = Field(0.1, gt=0, lt=1, description="Share of the syllables that every epoch is judged by.")
    test: float = Field(0.1, ge=0, lt=1, description="Share for the final evaluation; 0: validation is scored.")


class SyllableConfig(RunConfig):
    """A run of ``syllable-vae``."""

    recipe: Literal["syllable-vae"] = Field("syllable-vae", description="Which family this is.")
    data: SyllableDataConfig = Field(SyllableDataConfig(), description="Which syllables.")
    model: Annotated[SyllableVaeConfig | ImportedPart, Field(discriminator="kind")] = Field(
        SyllableVaeConfig(), description="The network."
    )


class SyllableVaeRecipe(SoundVaeRecipe):
    """A VAE of spectrograms of syllables."""

    name = "syllable-vae"
    summary = "recordings + segments -> spectrograms -> latent map of vocalisations"
    config_class = SyllableConfig
    item_name = "syllable"

    def tiny_overrides(self, folder: Path) -> dict[str, Any]:
        """Return a run on some dozen syllables, made up and prepared in `folder`, by a small network."""
        options = SongOptions(num_birds=1, num_days=1, num_songs=8, num_motifs=(1, 1), reverberation_s=0.0)
        write_songs(folder / "songs", options, seed=1)
        spectrogram = {"num_freq_bins": 16, "num_time_bins": 16}
        reading = SyllableReading.model_validate({"spectrogram": spectrogram, "features": False})
        build_syllables(folder / "songs", folder / "syllables", reading, options=WritingOptions(overwrite=True))
        network = {"kind": "residual", "channels": [4, 8], "num_blocks": [0, 1], "feature_dim": 16}
        return {
            "data.path": str(folder / "syllables"),
            "model.architecture": network,
            "model.latent_dim": 8,
            "training.batch_size": 8,
        }

    def build_data(self, config: SyllableConfig) -> Splits:
        """Open the store and divide it."""
        data = config.data
        dataset = _make_song() if data.path is None else load_syllables(data.path)
        fractions = {"train": 1 - data.validation - data.test, "validation": data.validation, "test": data.test}
        return build_syllable_splits(dataset, data.split_by, {k: v for k, v in fractions.items() if v}, config.seed)

    def describe_model(self, config: SyllableConfig, data: Splits) -> ModelDescription:
        """Return how spectrograms are made, so that other recordings can be read alike."""
        assert isinstance(data.train, SyllableDataset)
        reading = SyllableReading() if config.data.path is None else read_reading(config.data.path)
        # Where the training data lay says nothing about other data.
        general = reading.model_copy(update={"annotations": None, "annotation_format": None, "leave_out": None})
        preprocessing = {
            "kind": "syllables",
            "item_shape": list(data.train.item_shape),
            "value_range": data.train.value_range,
            "reading": general.model_dump(mode="json"),
        }
        return ModelDescription(self.name, config.model.model_dump(mode="json"), preprocessing)


def _make_song() -> SyllableDataset:
    with tempfile.TemporaryDirectory() as folder:
        write_songs(Path(folder), SongOptions(), seed=0)
        return read_syllables(folder, SyllableReading())


RECIPE = SyllableVaeRecipe()
