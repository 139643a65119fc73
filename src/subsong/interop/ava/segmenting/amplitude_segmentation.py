"""AVA's ``ava.segmenting.amplitude_segmentation``: where a recording is loud.

Legend: T = samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from subsong.interop.ava.parameters import build_segmentation_config, get_parameter
from subsong.sources.segmentation.amplitude import segment_amplitude


def get_onsets_offsets(audio: np.ndarray, p: Mapping[str, Any], return_traces: bool = False) -> Any:
    """Return onsets and offsets in seconds, a list each, and with `return_traces` a list with the smoothed trace.

    Parameters
    ----------
    audio
        Samples of one channel in the units the parameters are meant for, shape (T,).
    p
        AVA's parameters, see `build_segmentation_config`; and ``fs``, the sample rate.
    return_traces
        Whether to return the trace that was cut, too.

    Raises
    ------
    SubsongError
        When a parameter is missing, or ``max_freq`` lies above half the sample rate.

    Notes
    -----
    Mended: a vocalisation that touches an end of the recording is kept, where AVA drops it, and no offset lies behind
    the end.
    """
    found = segment_amplitude(
        np.asarray(audio, dtype=np.float32), int(get_parameter(p, "fs")), build_segmentation_config(p)
    )
    onsets, offsets = found.segments.T.tolist()
    return (onsets, offsets, [found.trace]) if return_traces else (onsets, offsets)
