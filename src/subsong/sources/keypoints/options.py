"""How pictures with keypoints are to be read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from subsong.core.config import ConfigBase

PoseFormat = Literal[
    "auto", "arrays", "coco", "deeplabcut", "deepposekit", "people", "sleap", "sprites", "table", "vunet"
]
Layout = Literal["auto", "people15", "openpose18", "own"]
ChannelChoice = Literal["auto", "grey", "colour"]
_Pixels = Annotated[int, Field(ge=1)]


class PoseReading(ConfigBase):
    """What is told about pictures with keypoints beside their path; the defaults suit every format."""

    format: PoseFormat = Field("auto", description="Format of the keypoints; auto: told from names and content.")
    keypoints: Path | None = Field(
        None,
        description="File of keypoints, where the path that is read is a folder of pictures; null: looked for there.",
    )
    pictures: Path | None = Field(
        None,
        description="Pictures, where the path that is read is a file of keypoints: their folder, or an .npy or .npz "
        "file with one picture a frame; null: beside the file.",
    )
    size: _Pixels | tuple[_Pixels, _Pixels] | None = Field(
        None,
        description="Height and width in pixels every picture is brought to, keypoints along; one number: both; null: "
        "as they are, and all must be equal.",
    )
    channels: ChannelChoice = Field("auto", description="auto: grey where all pictures are grey, else colour.")
    layout: Layout = Field(
        "auto",
        description="Joints as VUNet's 15, OpenPose's 18 (COCO's 17 are converted) or as the source has them (own); "
        "auto: the first two where the source has no edges and calls its joints like theirs.",
    )
    skeleton: Path | None = Field(
        None,
        description="File that says how joints are joined: CSV (name, parent, swap), YAML or JSON; null: the source's.",
    )
    identity: str | None = Field(
        None,
        description="Who is seen: a column of the source, 'folder' (first sub-folder of a picture), or null: what the "
        "source says, and one identity where it says nothing.",
    )
    min_confidence: float = Field(0.0, ge=0, description="A joint less certain than this is missing.")
    crop: bool = Field(
        False,
        description="Cut each picture to its subject: the box of the source (COCO), else the one around its joints.",
    )
    crop_margin: float = Field(0.1, ge=0, description="Added on every side of that box, of its longer side.")
    on_error: Literal["raise", "skip"] = Field(
        "raise", description="At a row without joints or with a damaged or missing picture: stop, or leave it out."
    )

    @property
    def size_HW(self) -> tuple[int, int] | None:
        """Height and width asked for, or None."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size
