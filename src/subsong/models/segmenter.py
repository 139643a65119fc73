"""The segmenter's network: grey frames -> which class sounds in each, and where sounds begin and end.

Legend: B = examples, F = rows (frequencies), K = frames, C = classes, P = kinds of sound with borders of their own:
1 where sounds exclude each other, else one a segment class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor, nn

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.models.segmenter_frontends import FrequencyFrontendConfig, FrontendConfig
from subsong.models.tcn import Reach, TcnConfig
from subsong.sources.song_class import SongClass

_START_BORDER_LOGIT = -3.0


class ClassLayout(NamedTuple):
    """Which columns of (…, C) are what.

    Attributes
    ----------
    segments
        Columns of classes with a beginning and an end.
    events
        Columns of classes that are points in time; each stands by itself.
    overlap
        Whether segment classes may sound at once. Where not, they and "nothing" exclude each other.
    """

    segments: tuple[int, ...]
    events: tuple[int, ...]
    overlap: bool

    @property
    def num_borders(self) -> int:
        """Kinds of sound that have borders of their own: P."""
        return len(self.segments) if self.overlap else min(1, len(self.segments))


def find_layout(classes: Sequence[SongClass], overlap: bool) -> ClassLayout:
    """Return the layout of classes in their order.

    Raises
    ------
    SubsongError
        When there is no class, or one is neither segment nor event.
    """
    if not classes:
        raise SubsongError("a segmenter needs at least one class: the data set has no annotations")
    for one in classes:
        if one.kind not in ("segment", "event"):
            raise SubsongError(f"class {one.name!r} is of kind {one.kind!r}: expected segment or event")
    segments = tuple(column for column, one in enumerate(classes) if one.kind == "segment")
    return ClassLayout(segments, tuple(column for column in range(len(classes)) if column not in segments), overlap)


class SegmenterOutput(NamedTuple):
    """What the network says of each frame.

    Attributes
    ----------
    logits_BCK
        Of each class, against nothing, whose logit is 0.
    border_logits_BPK
        Of a border in or near the frame, shape (B, 2 P, K): the onsets, then the offsets.
    layout
        Which classes exclude each other.
    """

    logits_BCK: Tensor
    border_logits_BPK: Tensor
    layout: ClassLayout

    def compute_probabilities(self) -> Tensor:
        """Return the probability of each class in each frame, shape (B, C, K).

        Segment classes that exclude each other share 1 with nothing; every other class stands by itself.
        """
        if self.layout.overlap or not self.layout.segments:
            return self.logits_BCK.sigmoid()
        columns = list(self.layout.segments)
        nothing_B1K = torch.zeros_like(self.logits_BCK[:, :1])
        shares_BSK = torch.cat([nothing_B1K, self.logits_BCK[:, columns]], dim=1).softmax(dim=1)[:, 1:]
        probabilities_BCK = self.logits_BCK.sigmoid()
        return probabilities_BCK.index_copy(1, torch.tensor(columns, device=shares_BSK.device), shares_BSK)


class SegmenterHead(nn.Conv1d):
    """The last layer of a segmenter: features of each frame (B, C, K) -> `SegmenterOutput`.

    Parameters
    ----------
    feature_dim
        Features of a frame.
    layout
        What the classes are.
    """

    def __init__(self, feature_dim: int, layout: ClassLayout) -> None:
        self.layout = layout
        self._sizes = [len(layout.segments) + len(layout.events), 2 * layout.num_borders]
        super().__init__(feature_dim, sum(self._sizes), 1)
        # Borders are rare: a network that was never taught them says that there are none.
        with torch.no_grad():
            self.bias[self._sizes[0] :] = _START_BORDER_LOGIT  # type: ignore[index]

    def forward(self, features_BCK: Tensor) -> SegmenterOutput:  # type: ignore[override]
        """Return logits and borders of every frame."""
        logits_BCK, border_logits_BPK = torch.split(super().forward(features_BCK), self._sizes, dim=1)
        return SegmenterOutput(logits_BCK, border_logits_BPK, self.layout)


class FrameNetwork(nn.Module):
    """What segmenters of every kind are: frames (B, F, K) -> `SegmenterOutput`, for any K.

    Attributes
    ----------
    layout
        What the classes are.
    receptive_frames
        Frames before and after its own that an output depends on. Prediction of a stretch with that much context on
        either side is the prediction of the whole.
    """

    layout: ClassLayout
    receptive_frames: Reach


class SegmenterConfig(ConfigBase):
    """Grey frames -> classes and borders, frame by frame."""

    kind: Literal["song-segmenter"] = "song-segmenter"
    frontend: FrontendConfig = Field(
        FrequencyFrontendConfig(), description="frequency: small convolutions over rows; plain: rows as channels."
    )
    tcn: TcnConfig = Field(TcnConfig(), description="The network along time.")
    overlap: bool = Field(False, description="Whether labels may sound at once: each class is then decided by itself.")

    def build(self, num_freq_bins: int, classes: Sequence[SongClass]) -> Segmenter:
        """Return an untrained network, drawn from torch's global generator.

        Parameters
        ----------
        num_freq_bins
            F, rows of the frames.
        classes
            The classes, in the order of the columns of targets.
        """
        return Segmenter(self, num_freq_bins, find_layout(classes, self.overlap))


class Segmenter(FrameNetwork):
    """Grey frames (B, F, K) -> `SegmenterOutput`, for any K.

    Parameters
    ----------
    config
        Its settings.
    num_freq_bins
        F.
    layout
        What the classes are.
    """

    def __init__(self, config: SegmenterConfig, num_freq_bins: int, layout: ClassLayout) -> None:
        super().__init__()
        self.layout = layout
        self.frontend = config.frontend.build(num_freq_bins)
        self.tcn = config.tcn.build(self.frontend.feature_dim)
        self.head = SegmenterHead(config.tcn.channels, layout)
        self.receptive_frames = self.frontend.reach + self.tcn.reach

    def forward(self, grey_BFK: Tensor) -> SegmenterOutput:
        """Return logits and borders of every frame."""
        # Grey values reach from 0 to 1: about zero, and of the size of one, layers start where they learn.
        output: SegmenterOutput = self.head(self.tcn(self.frontend(4.0 * grey_BFK - 2.0)))
        return output
