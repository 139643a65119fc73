"""How many figures are made, in how many poses, and how they look."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from subsong.core.config import ConfigBase

_Side = Annotated[int, Field(ge=8)]


class FigureOptions(ConfigBase):
    """Figures that differ in appearance, each in the same poses."""

    body: Literal["person", "bird"] = Field(
        "person", description="person: 15 joints in VUNet's original layout; bird: 14 joints, seen from the side."
    )
    num_figures: int = Field(20, ge=1, description="Identities: colours, patterns, thickness and background.")
    num_poses: int = Field(20, ge=1, description="Poses, in each of which every figure is shown.")
    size: tuple[_Side, _Side] = Field(
        (64, 64), description="Height and width of the pictures in pixels, at least 8 each."
    )
    num_channels: Literal[1, 3] = Field(3, description="1: grey, 3: red, green and blue.")
    patterns: bool = Field(True, description="Stripes, dots and gradients on the parts; false: plain colours.")
    spread: float = Field(
        1.0, ge=0, le=1, description="Share of the natural range of every joint's angle that poses use; 0: one pose."
    )
