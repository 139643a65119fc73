"""How a model's spectrograms were made: read back from its description, and compared with those of a store."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.models.portable import ModelDescription
from subsong.sources.spectrograms import SpectrogramConfig

Reading = TypeVar("Reading", bound=ConfigBase)


def parse_reading(description: ModelDescription, kind: type[Reading]) -> Reading:
    """Return how a model's training data were read.

    Raises
    ------
    SubsongError
        When the model was written by a version that knows other settings.
    """
    try:
        return kind.model_validate(description.preprocessing["reading"])
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise SubsongError(
            f"the model says of its spectrograms what this version of subsong does not know ({place}): use the "
            "version it was trained with, or train it again"
        ) from error


def check_same_spectrograms(
    path: Path, found: SpectrogramConfig, expected: SpectrogramConfig, passed_over: Collection[str] = ()
) -> None:
    """Check that the store `path` was prepared with a model's settings, but for those that are passed over.

    Raises
    ------
    SubsongError
        When a setting differs; names it.
    """
    theirs, ours = found.model_dump(), expected.model_dump()
    for name in ours:
        if name not in passed_over and ours[name] != theirs[name]:
            raise SubsongError(
                f"{path} was prepared with spectrogram.{name} = {theirs[name]}, the model was trained with "
                f"{ours[name]}: give the recordings themselves, which are then read as the model needs them, or "
                "prepare them with the model's settings"
            )
