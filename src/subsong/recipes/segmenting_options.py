"""How a folder of recordings is segmented."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.sources.segmentation.config import AmplitudeSegmentation
from subsong.sources.segmentation.template import TemplateSegmentation


class Segmenting(ConfigBase):
    """How recordings are segmented, and how the result is kept."""

    amplitude: AmplitudeSegmentation = Field(AmplitudeSegmentation(), description="The trace, and what cuts it.")
    exemplars: Path | None = Field(
        None, description="Recording or folder of what is sought, from onset to offset; null: segment by amplitude."
    )
    template: TemplateSegmentation = Field(
        TemplateSegmentation(), description="How exemplars are compared with recordings."
    )
    channel: int | Literal["mean"] | None = Field(
        None, description="Channel of recordings that have several, from 0; mean: of all; null: there must be one."
    )
    sample_rate_hz: int | None = Field(None, gt=0, description="Of files that do not say it (.npy).")
    annotation_format: Literal["csv", "ava", "audacity", "raven", "textgrid", "das", "whisperseg"] = Field(
        "csv", description="Format of the annotation files; ava: onset and offset in a .txt file."
    )
    label: str | None = Field(None, min_length=1, description="Label of what is found, such as motif; null: none.")
    mode: Literal["strict", "lenient"] = Field(
        "lenient", description="strict: a recording that cannot be used is an error; lenient: it is named and left out."
    )
    num_excerpts: int = Field(6, ge=0, description="Stretches of sound shown on the page; 0: no page.")
    excerpt_s: float = Field(3.0, gt=0, description="Length of each.")
    seed: int = Field(0, ge=0, description="Draws which stretches are shown.")
