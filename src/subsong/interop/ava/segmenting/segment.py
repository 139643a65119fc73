"""AVA's ``ava.segmenting.segment``: a folder of recordings -> a folder of segment files."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from subsong.core.errors import SubsongError
from subsong.interop.ava.recordings import read_raw_audio
from subsong.interop.ava.segmenting.amplitude_segmentation import get_onsets_offsets
from subsong.sources.annotations.read import write_annotations
from subsong.sources.annotations.table import build_annotations
from subsong.sources.audio import find_audio

log = logging.getLogger(__name__)


def segment(audio_dir: str | Path, seg_dir: str | Path, p: Mapping[str, Any], verbose: bool = True) -> None:
    """Write a segment file for each recording of a folder.

    Parameters
    ----------
    audio_dir
        Recordings of one channel.
    seg_dir
        Where ``<name of the recording>.txt`` go; made when missing.
    p
        AVA's parameters; ``algorithm``, a function ``(audio, p) -> (onsets, offsets)``, `get_onsets_offsets` where it
        is not given. ``fs`` is replaced by each recording's own rate.
    verbose
        Whether to log what was done.

    Raises
    ------
    SubsongError
        When the folder is missing or no recording can be read; one that cannot is logged and passed over.
    """
    algorithm, num_segments, num_done = p.get("algorithm", get_onsets_offsets), 0, 0
    for path in find_audio(audio_dir):
        try:
            audio = read_raw_audio(path)
            if p.get("fs", audio.sample_rate_hz) != audio.sample_rate_hz:
                log.warning("%s has %d Hz, the parameters say fs=%s", path, audio.sample_rate_hz, p["fs"])
            onsets, offsets = algorithm(audio.samples, {**p, "fs": audio.sample_rate_hz})
        except SubsongError as error:
            log.warning("%s is passed over: %s", path, error)
            continue
        table = build_annotations(recording=[path.stem] * len(onsets), onset_s=list(onsets), offset_s=list(offsets))
        write_annotations(Path(seg_dir) / f"{path.stem}.txt", table, format="ava")
        num_segments, num_done = num_segments + len(onsets), num_done + 1
    if not num_done:
        raise SubsongError(f"no recording of {audio_dir} could be segmented: the log says why, one line each")
    if verbose:
        log.info("%s: %d segments in %d recordings", seg_dir, num_segments, num_done)
