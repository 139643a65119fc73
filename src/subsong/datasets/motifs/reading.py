"""How motifs are read: what a rendition is, what is kept around it, and how renditions are aligned and divided."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from subsong.datasets.syllables.reading import SegmentReading
from subsong.datasets.warps.config import WarpConfig


class MotifReading(SegmentReading):
    """From recordings to aligned renditions of a motif.

    `max_duration_s`, stretch and edges of the spectrogram are not used: a window shows what sounded in it, to its
    edges, and how long it is is said when a model is trained.
    """

    motif: str | tuple[str, ...] | None = Field(
        None,
        description="A label of annotated motifs, or the labels of consecutive syllables: abcde, or [a1, b, c] where "
        "labels are longer than a letter; null: every recording is one rendition, from its start to its end.",
    )
    max_gap_s: float = Field(0.1, ge=0, description="Longest silence between two syllables of a rendition.")
    max_tempo_change: float = Field(
        0.25, gt=0, description="Renditions further than this share from the median duration are listed as skipped."
    )
    margin_s: float = Field(
        0.05, ge=0, description="Sound kept before and after each rendition, which warps and windows may look at."
    )
    leave_out: Path | None = Field(None, description="Table of renditions to leave out (column id: 'recording #row').")
    warp: WarpConfig = Field(WarpConfig(), description="How renditions are aligned in time.")
    split_by: str = Field(
        "auto",
        description="What stays together: recording, rendition, or a column such as session; auto: by recording where "
        "there are enough.",
    )
    validation: float = Field(0.1, ge=0, lt=1, description="Share of renditions held out to judge training by.")
    test: float = Field(0.1, ge=0, lt=1, description="Share of renditions held out for the final evaluation.")
    seed: int = Field(0, ge=0, description="Of the division.")
    stored_as: Literal["float16", "float32"] = Field(
        "float16", description="Number format of the frames on the disk; float16 keeps three digits."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.motif is not None and (len(self.motif) == 0 or not all(self.motif)):
            raise ValueError(f"motif {self.motif!r} holds no label, or an empty one: give labels, or null")
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation {self.validation:g} and test {self.test:g} leave nothing to train on: lower them"
            )
        return self

    @property
    def fractions(self) -> dict[str, float]:
        """Share of each split."""
        shares = {"train": 1 - self.validation - self.test, "validation": self.validation, "test": self.test}
        return {name: share for name, share in shares.items() if share > 0}

    @property
    def kept_margin_s(self) -> float:
        """Sound kept around each rendition: there is none where a rendition is all of its recording."""
        return 0.0 if self.motif is None else self.margin_s
