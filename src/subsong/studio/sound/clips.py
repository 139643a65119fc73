"""Small coloured spectrograms of single sounds, for tables and maps.

Legend: H = rows, C = columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from subsong.sources.audio import AudioInfo
from subsong.studio.sound.bands import Band
from subsong.studio.sound.colours import Scale, build_colours
from subsong.studio.sound.columns import choose_window, compute_columns
from subsong.studio.sound.grid import lay_stretch
from subsong.studio.sound.png import encode_png

# The quietest fifth is background; a handful of the loudest pixels may be clicks.
_FLOOR_PERCENT, _CEILING_PERCENT = 20.0, 99.8
_LEAST_RANGE_DB = 24.0
# Wind and mains hum, louder than any song, lie in the lowest rows.
_RUMBLE_SHARE = 0.04


class ClipLook(NamedTuple):
    """How a clip is drawn.

    Attributes
    ----------
    width
        Pixels from onset to offset with margins.
    band
        The rows.
    scale
        Of the colours.
    floor_db, ceiling_db
        What gets the first and the last colour; None: as the clip has it.
    """

    width: int
    band: Band
    scale: Scale
    floor_db: float | None
    ceiling_db: float | None


def draw_clip(
    read: Callable[[int, int], np.ndarray], info: AudioInfo, start_s: float, stop_s: float, look: ClipLook
) -> bytes:
    """Return a stretch of a recording as a coloured PNG.

    Parameters
    ----------
    read
        Returns the samples of a channel from one number to before another, zeros beyond the ends of the recording.
    info
        The recording, which is not empty.
    start_s, stop_s
        The stretch; what reaches beyond the recording is cut off.
    look
        How it is drawn.
    """
    grid = lay_stretch(info, start_s, stop_s, look.width)
    window = choose_window(info.sample_rate_hz, look.band.high_hz, grid.hop)
    decibels_HC = compute_columns(read, grid, look.band, info.sample_rate_hz, window)
    floor_db, ceiling_db = _choose_contrast(decibels_HC, look)
    values_HC = np.rint((decibels_HC - floor_db) * (255 / (ceiling_db - floor_db))).clip(0, 255).astype(np.uint8)
    return encode_png(values_HC, build_colours(look.scale))


def _choose_contrast(decibels_HC: np.ndarray, look: ClipLook) -> tuple[float, float]:
    num_rumbling = math.ceil(_RUMBLE_SHARE * len(decibels_HC)) if look.band.low_hz == 0 else 0
    heard_HC = decibels_HC[: max(1, len(decibels_HC) - num_rumbling)]
    quiet_db, loud_db = np.percentile(heard_HC, (_FLOOR_PERCENT, _CEILING_PERCENT)).tolist()
    ceiling_db = loud_db if look.ceiling_db is None else look.ceiling_db
    floor_db = min(quiet_db, ceiling_db - _LEAST_RANGE_DB) if look.floor_db is None else look.floor_db
    return floor_db, max(ceiling_db, floor_db + 1.0)
