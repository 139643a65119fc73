"""How probabilities become annotations: the settings, chosen by hand or by `tuning`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase


class DecodingOptions(ConfigBase):
    """How probabilities become annotations.

    Notes
    -----
    Raising a threshold never adds sound: every stretch annotated with the higher is annotated with the lower.
    """

    low_threshold: float = Field(0.5, gt=0, lt=1, description="A segment lasts while its probability is at least this.")
    high_threshold: float = Field(0.5, gt=0, lt=1, description="A segment has at least this probability somewhere.")
    fill_gap_s: float = Field(0.0, ge=0, description="Gaps shorter than this between segments are filled.")
    min_duration_s: float = Field(0.0, ge=0, description="Segments shorter than this are dropped.")
    split_touching: bool = Field(
        True, description="Split a segment where its label changes; otherwise all of it has the label of most of it."
    )
    switch_nats: float = Field(
        12.0, ge=0, description="Evidence that a change of label needs: nats gained by it over one label throughout."
    )
    refine_borders: bool = Field(
        True, description="Put ends of segments where the network saw a border, if within a frame of the threshold's."
    )
    event_threshold: float = Field(0.5, gt=0, lt=1, description="An event is a peak of at least this probability.")
    event_spacing_s: float = Field(
        0.01, ge=0, description="Events of a class are at least this far apart; of closer ones the more probable stays."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low_threshold > self.high_threshold:
            raise ValueError(
                f"low_threshold {self.low_threshold:g} is above high_threshold {self.high_threshold:g}: "
                "a segment begins at the high and lasts to the low one"
            )
        return self
