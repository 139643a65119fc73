"""What an ONNX file says of itself: one JSON text among its properties, so that the file alone suffices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.models.portable import ModelDescription

PROPERTY = "subsong"


class GraphFrames(ConfigBase):
    """Which frames a graph returns: number k is centred ``k * hop_size + window_size // 2`` samples after the first."""

    sample_rate_hz: int = Field(ge=1, description="Samples a second that the graph takes.")
    hop_size: int = Field(ge=1, description="Samples from frame to frame.")
    window_size: int = Field(ge=1, description="Samples a frame looks at.")
    context_before: int = Field(ge=0, description="Frames before its own that an output depends on.")
    context_after: int = Field(ge=0, description="Frames after its own that an output depends on.")


class OnnxMetadata(ConfigBase):
    """What a file says of itself."""

    version: Literal[1] = Field(1, description="Of this description.")
    subsong: str = Field(description="Version of Subsong that wrote the file.")
    part: Literal["segmenter", "encoder", "decoder"] = Field(description="What the graph is.")
    recipe: str = Field(description="The family the model was trained as.")
    model: dict[str, Any] = Field(description="Configuration of the network.")
    preprocessing: dict[str, Any] = Field(description="What an input is, classes, decoding: as in the model folder.")
    training: dict[str, Any] | None = Field(None, description="Where the model comes from.")
    frames: GraphFrames | None = Field(None, description="Which frames a segmenter's graph returns.")
    overlap: bool = Field(False, description="Whether a segmenter's segments may sound at once.")

    def describe(self) -> ModelDescription:
        """Return what the model's folder said."""
        classes = self.preprocessing.get("classes")
        labels = None if classes is None else [one["name"] for one in classes]
        return ModelDescription(self.recipe, self.model, self.preprocessing, labels, self.training)

    def render(self) -> dict[str, str]:
        """Return the properties of the file."""
        return {PROPERTY: json.dumps(self.model_dump(mode="json"), ensure_ascii=False)}


def parse_metadata(path: Path, properties: Mapping[str, str]) -> OnnxMetadata:
    """Return what a file says of itself.

    Raises
    ------
    SubsongError
        When it was not written by Subsong, or by a later version.
    """
    text = properties.get(PROPERTY)
    if text is None:
        raise SubsongError(f"{path} was not written by 'subsong export': it does not say what its numbers mean")
    try:
        return OnnxMetadata.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SubsongError(
            f"{path} does not say what this version of subsong expects of an exported model ({place}: "
            f"{first['msg']}): export it again"
        ) from error
