"""How two sets of annotations are compared."""

from __future__ import annotations

from pydantic import Field

from subsong.core.config import ConfigBase

TOLERANCES_S = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05)
IOUS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


class ScoringOptions(ConfigBase):
    """How two sets of annotations are compared."""

    tolerance_s: float = Field(0.01, gt=0, description="Edges, onsets and events this near agree, in seconds.")
    min_iou: float = Field(0.5, gt=0, le=1, description="Segments with this intersection over union agree.")
    use_labels: bool | None = Field(
        None,
        description="Whether only annotations of equal label agree; null: where both sets have labels, some in common.",
    )
    within: tuple[str, ...] = Field(
        (),
        description="Labels of the truth, * for any letters, that mark where it is complete; they are no sounds "
        "themselves. Elsewhere what is found beyond the truth is not judged.",
    )
    frame_s: float = Field(0.001, gt=0, description="Length of the frames that are compared, in seconds.")
    num_resamples: int = Field(1000, ge=1, description="Resamples of the bootstrap intervals.")
    seed: int = Field(0, description="Of the bootstrap.")
