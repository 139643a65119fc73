"""How annotated recordings are read: which annotations, what each label is, and how the sound is divided."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from subsong.datasets.syllables.reading import AnnotatedReading
from subsong.sources.song_class import SongKind

SplitName = Literal["train", "validation", "test"]


class SongReading(AnnotatedReading):
    """From recordings and annotations to sound, intervals and splits."""

    channel: int | Literal["mean", "all"] | None = Field(
        "all", description="Channel of recordings that have several, from 0; mean: of all; all: each by itself."
    )
    annotators: tuple[str, ...] | None = Field(None, description="Only annotations by these; null: by all, together.")
    unannotated: Literal["skip", "background"] = Field(
        "skip", description="Recordings without annotations: left out, or taken as holding nothing but background."
    )
    bad_rows: Literal["error", "skip"] = Field(
        "error", description="Annotations that cannot be, such as an offset before its onset; skip: listed, left out."
    )
    overlaps: Literal["keep", "error"] = Field(
        "keep", description="Segments of one channel and annotator that overlap: kept, or an error that names them."
    )

    rename: dict[str, str] = Field({}, description="Old label: new label; several old ones may become one.")
    labels: tuple[str, ...] | None = Field(
        None, description="Only these labels, as they are after renaming; null: all."
    )
    ignore: tuple[str, ...] = Field((), description="Labels that are left out, as they are after renaming.")
    kinds: dict[str, SongKind] = Field(
        {}, description="Label: segment or event; not named: event where none of its annotations has a duration."
    )
    boundary_events: bool | Literal["syllable"] = Field(
        False, description="true: adds events LABEL_onset, LABEL_offset; syllable: one such pair for all segments."
    )

    within: tuple[str, ...] = Field(
        (),
        description="Labels, * for any letters, or files of annotations, that mark where annotations are complete; "
        "they are no sounds themselves. What nobody looked at is not taught as nothing. Empty: complete everywhere.",
    )
    within_margin_s: float = Field(
        0.02, ge=0, description="With within: this much before and after each annotation is taken as complete as well."
    )

    sample_rate_hz: int | None = Field(None, gt=0, description="Rate of the store; null: that of most recordings.")
    event_width_s: float = Field(0.0016, gt=0, description="Standard deviation of the bump an event is in the targets.")
    gap_s: float = Field(0.0, ge=0, description="Least gap between segments in the targets, taken from both.")
    targets_by_class: bool = Field(False, description="Keep targets for a network of each class by itself as well.")

    split_by: str = Field(
        "auto",
        description="What is not divided: individual, session, day, recording or another column; time: pieces of every "
        "recording; split: as the column of this name says; auto: the coarsest with all classes in all splits.",
    )
    test_by: str | None = Field(
        None, description="Test on whole recordings or groups (a column), the rest is divided by time; null: no."
    )
    fractions: dict[SplitName, float] = Field(
        {"train": 0.6, "validation": 0.2, "test": 0.2}, description="Share of each split; test may be 0."
    )
    split_gap_s: float = Field(0.25, ge=0, description="Left out between pieces of one recording in two splits.")
    split_block_s: float | None = Field(
        None, gt=0, description="With time: every split has a piece in each stretch of about this length; null: chosen."
    )
    seed: int = Field(0, description="Of the splits.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        total = math.fsum(self.fractions.values())
        if not math.isclose(total, 1, abs_tol=1e-6) or min(self.fractions.values()) < 0:
            shares = ", ".join(f"{name} {share:g}" for name, share in self.fractions.items())
            raise ValueError(f"fractions are {shares}, expected shares of 0-1 that sum to 1")
        if not (self.fractions.get("train") and self.fractions.get("validation")):
            raise ValueError("fractions must give train and validation a share; test may have none")
        if self.test_by is not None and self.split_by not in ("auto", "time"):
            raise ValueError(f"test_by goes with split_by: time, found {self.split_by!r}")
        if self.test_by is not None and not self.fractions.get("test"):
            raise ValueError("test_by needs a share for test: set fractions.test above 0")
        return self

    @property
    def shares(self) -> dict[str, float]:
        """The splits that have a share, train first."""
        names: tuple[SplitName, ...] = ("train", "validation", "test")
        return {name: self.fractions[name] for name in names if self.fractions.get(name)}
