"""AVA's ``ava.segmenting``: finding vocalisations in recordings."""

from __future__ import annotations

from subsong.interop.ava.segmenting.amplitude_segmentation import get_onsets_offsets
from subsong.interop.ava.segmenting.segment import segment

__all__ = ["get_onsets_offsets", "segment"]
