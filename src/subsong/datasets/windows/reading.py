"""How windows are read: which stretches of the recordings they may lie in, and what a picture of one is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from subsong.datasets.syllables.reading import SegmentReading


class WindowReading(SegmentReading):
    """From recordings to the regions that windows are taken from.

    `max_duration_s` of the spectrogram is how long a window is unless something else is said later; its stretch and
    edges are not used, as a window shows what sounded in it, to its edges.
    """

    leave_out: Path | None = Field(
        None, description="Table of annotated segments to leave out (column id), as 'prepare syllables' names them."
    )
    regions: Literal["annotations", "recordings"] = Field(
        "annotations",
        description="annotations: windows lie within annotated segments; recordings: anywhere in a recording.",
    )
    labels: tuple[str, ...] | None = Field(None, description="Only segments with these labels; null: all.")
    merge_gap_s: float | None = Field(
        None, ge=0, description="Join segments of a recording with gaps up to this, as syllables to a song; null: none."
    )
    pad_s: float = Field(0.0, ge=0, description="Added to both sides of each region, as far as the recording goes.")
    stored_as: Literal["float16", "float32"] = Field(
        "float16", description="Number format of the frames on the disk; float16 keeps three digits."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.regions == "recordings":
            of_segments = ("annotations", "annotation_format", "leave_out", "labels", "merge_gap_s")
            idle = [name for name in of_segments if getattr(self, name) is not None]
            if idle:
                raise ValueError(
                    f"{', '.join(idle)} can change nothing where recordings are taken whole: leave it out, or say "
                    "regions: annotations"
                )
        return self
