"""What the two VAEs of windows have in common: plain windows and warped ones."""

from __future__ import annotations

from typing import Any

from subsong.datasets.types import Splits
from subsong.datasets.windows.dataset import FixedWindows
from subsong.datasets.windows.reading import WindowReading
from subsong.models.portable import ModelDescription
from subsong.recipes.sound_vae import SoundVaeRecipe

# Where the training data lay, and which parts of them were used, says nothing about other data.
_OWN = ("annotations", "annotation_format", "leave_out")


class WindowVaeRecipe(SoundVaeRecipe):
    """A VAE of windows of song."""

    item_name = "window"

    def tiny_network(self) -> dict[str, Any]:
        """Return settings of a network that trains in seconds."""
        return {
            "data.num_held_out": 32,
            "model.architecture": {"kind": "residual", "channels": [4, 8], "num_blocks": [0, 1], "feature_dim": 16},
            "model.latent_dim": 8,
            "training.batch_size": 8,
        }

    def read_reading(self, config: Any) -> WindowReading:
        """Return how the spectrograms of a run were read."""
        raise TypeError(f"recipe {self.name} must say how its recordings were read")

    def describe_model(self, config: Any, data: Splits) -> ModelDescription:
        """Return how windows are made, so that other recordings can be read alike."""
        assert isinstance(data.train, FixedWindows)
        reading = self.read_reading(config).model_copy(update=dict.fromkeys(_OWN))
        preprocessing = {
            "kind": config.data.kind,
            "item_shape": list(data.train.item_shape),
            "value_range": data.train.value_range,
            "window_s": data.train.axis.window_s,
            "reading": reading.model_dump(mode="json"),
        }
        return ModelDescription(self.name, config.model.model_dump(mode="json"), preprocessing)
