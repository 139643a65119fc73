"""Traditional acoustic features of vocalisations: how long, how high, how noisy, how modulated.

`compute_acoustic_features` cuts each segment into short frames (frames.py), measures each frame (frame_features.py,
pitch.py) and the mean spectrum of the segment (spectral_shape.py), and returns one row a segment.
"""

from __future__ import annotations

from subsong.sources.acoustic_features.config import AcousticFeatureConfig
from subsong.sources.acoustic_features.table import FEATURE_COLUMNS, compute_acoustic_features

__all__ = ["FEATURE_COLUMNS", "AcousticFeatureConfig", "compute_acoustic_features"]
