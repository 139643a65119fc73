"""AVA's ``ava.preprocessing.utils``: one spectrogram image of a segment.

Legend: T = samples, H, W = rows (frequency) and columns (time) of the image.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from subsong.core.errors import SubsongError
from subsong.interop.ava.parameters import build_spectrogram_config
from subsong.sources.spectrograms import SpectrogramMaker


def get_spec(  # noqa: PLR0913  AVA's own arguments
    t1: float,
    t2: float,
    audio: np.ndarray,
    p: Mapping[str, Any],
    fs: int = 32000,
    target_freqs: np.ndarray | None = None,
    target_times: np.ndarray | None = None,
    fill_value: float = -1e12,
    max_dur: float | None = None,
    remove_dc_offset: bool = True,
) -> tuple[np.ndarray, bool]:
    """Return the image of a segment, float64 in [0, 1], shape (H, W), and whether it shows the segment.

    Parameters
    ----------
    t1, t2
        Onset and offset in seconds.
    audio
        Samples of one channel in the units the parameters are meant for, shape (T,).
    p
        AVA's parameters, see `build_spectrogram_config`.
    fs
        Sample rate in Hz.
    target_freqs, target_times, fill_value
        Not taken over: the axes of the image follow from the parameters, and what is outside is black.
    max_dur, remove_dc_offset
        The duration that fills the image, in place of ``p["max_dur"]``; whether the segment's mean is subtracted.

    Raises
    ------
    SubsongError
        When a parameter is missing, the rate too low for ``max_freq``, or target frequencies or times were given.

    Notes
    -----
    A segment of no image, too short for a window say, gives a black one and False; AVA says True.
    """
    if target_freqs is not None or target_times is not None:
        raise SubsongError(
            "get_spec takes no target_freqs or target_times here: leave them out, or use SpectrogramMaker"
        )
    maker = SpectrogramMaker(build_spectrogram_config(p, max_dur, remove_dc_offset), fs, dtype=torch.float64)
    made = maker.compute(np.asarray(audio, dtype=np.float64), np.array([[t1, t2]]))
    return made.images_NFT[0].numpy(), bool(made.has_image_N[0])
