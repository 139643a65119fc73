"""What can be chosen about a map of sounds."""

from __future__ import annotations

from pydantic import Field

from subsong.core.config import ConfigBase


class SoundMapOptions(ConfigBase):
    """How a map of sounds looks, and how large its file may grow."""

    id_column: str | None = Field(
        default=None, description="Column that names an item; by default 'id' where there is one, else row numbers."
    )
    colour_by: str | None = Field(
        default=None, description="Column the points are coloured by at first; by default 'label' or the first fit one."
    )
    subtitle: str = Field(default="", description="One line under the title.")
    note: str = Field(default="", description="How the map was made and how to read it; stands in the page's help.")
    picture_height: int = Field(default=96, ge=16, le=256, description="Height of an embedded spectrogram in pixels.")
    picture_megabytes: float = Field(
        default=40.0, ge=0.0, description="About how much of the file pictures may take; beyond it a random sample."
    )
    sound_megabytes: float = Field(
        default=40.0, ge=0.0, description="How much of the file sounds may take; beyond it a random sample."
    )
    slow_down: float | None = Field(
        default=None,
        gt=0.0,
        description="Times a sound is slowed; by default 10 when sampled above 96 kHz (ultrasound), else 1.",
    )
    seed: int = Field(default=0, description="Of the samples taken where not everything fits.")
