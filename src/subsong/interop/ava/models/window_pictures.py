"""Pictures of windows: from the frames of their regions, or by a user's own ``get_spec``.

Legend: N = windows, F, T = rows and columns of a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import polars as pl
import torch
from torch import Tensor

from subsong.core.errors import SubsongError
from subsong.datasets.windows.frames import RegionFrames
from subsong.interop.ava.models.bounded_cache import BoundedCache
from subsong.interop.ava.parameters import build_spectrogram_config, get_parameter
from subsong.interop.ava.preprocessing.utils import get_spec
from subsong.interop.ava.recordings import read_raw_audio
from subsong.sources.audio import Audio
from subsong.sources.spectrograms import SpectrogramConfig
from subsong.sources.spectrograms.columns import normalize_within

SHOULDER_S = 0.05
_MOST_BYTES = 4 * 2**30
GetSpec = Callable[..., tuple[np.ndarray, bool]]


class Pictures(NamedTuple):
    """Pictures of windows.

    Attributes
    ----------
    images_NFT
        float32.
    shown_N
        Whether each is to be used, bool.
    """

    images_NFT: Tensor
    shown_N: np.ndarray


class PictureSource(Protocol):
    """What makes pictures.

    Attributes
    ----------
    regions
        One row a region.
    in_workers
        Whether processes of a loader make them sooner.
    """

    regions: pl.DataFrame
    in_workers: bool

    def make(self, region_N: np.ndarray, times_NT: np.ndarray, shoulder: float | None) -> Pictures:
        """Return pictures whose columns show times of recordings, in seconds, shape (N, T)."""
        ...


class FramePictures:
    """Pictures from frames, whole batches at a time; shoulders are not needed, the frames go on beyond a window.

    Parameters
    ----------
    frames
        Of the regions.
    config
        What a spectrogram is.
    """

    in_workers = False

    def __init__(self, frames: RegionFrames, config: SpectrogramConfig) -> None:
        self._frames, self._config, self.regions = frames, config, frames.regions

    def make(self, region_N: np.ndarray, times_NT: np.ndarray, shoulder: float | None) -> Pictures:
        """Return pictures, as of `PictureSource`."""
        images_NFT = self._frames.fetch(region_N, times_NT)
        if self._config.within_normalize:
            images_NFT = normalize_within(images_NFT, self._config.normalize_quantile)
        return Pictures(images_NFT, np.ones(len(region_N), dtype=bool))


class CalledPictures:
    """Pictures by a function of the user's, called as AVA calls it, once a window.

    Parameters
    ----------
    get_spec
        ``get_spec(t1, t2, audio, p, fs=..., target_times=...)`` returns a picture (F, T) and whether it is one.
    p
        Handed on.
    regions
        See `describe_regions`.
    min_spec_val
        Pictures without any value as large are not used; None uses all.
    """

    in_workers = True

    def __init__(
        self, get_spec: GetSpec, p: Mapping[str, Any], regions: pl.DataFrame, min_spec_val: float | None = None
    ) -> None:
        self._get_spec, self._p, self.regions, self._min_spec_val = get_spec, p, regions, min_spec_val
        self._source_R = regions["source"].to_list()
        self._audio = BoundedCache(read_raw_audio, _count_bytes, _MOST_BYTES)

    def make(self, region_N: np.ndarray, times_NT: np.ndarray, shoulder: float | None) -> Pictures:
        """Return pictures, as of `PictureSource`.

        The function is given the window with `shoulder` seconds on both sides, None: the recording.
        """
        made = [
            self._call(self._source_R[region], times_T, shoulder)
            for region, times_T in zip(region_N.tolist(), times_NT, strict=True)
        ]
        images, shown = zip(*made, strict=True)
        return Pictures(torch.from_numpy(np.stack(images)), np.array(shown))

    def _call(self, source: str, times_T: np.ndarray, shoulder: float | None) -> tuple[np.ndarray, bool]:
        audio = self._audio.get(source)
        t1, t2 = 0.0, len(audio.samples) / audio.sample_rate_hz
        if shoulder is not None:
            t1, t2 = max(0.0, float(times_T[0]) - shoulder), float(times_T[-1]) + shoulder
        spec, flag = self._get_spec(t1, t2, audio.samples, self._p, fs=audio.sample_rate_hz, target_times=times_T)
        image_FT = np.asarray(spec, dtype=np.float32)
        if not np.isfinite(image_FT).all():
            raise SubsongError(f"p['get_spec'] gave values that are not finite for {source} at {times_T[0]:.4f} s")
        is_loud = self._min_spec_val is None or float(image_FT.max()) >= self._min_spec_val
        return image_FT, bool(flag) and is_loud


def find_own_get_spec(p: Mapping[str, Any]) -> GetSpec | None:
    """Return ``p["get_spec"]`` where it is a user's own, None where it is AVA's, ours, or not given."""
    found: GetSpec | None = p.get("get_spec")
    is_avas = (getattr(found, "__module__", ""), getattr(found, "__name__", "")) == (
        "ava.preprocessing.utils",
        "get_spec",
    )
    return None if found is get_spec or is_avas else found


def build_window_config(p: Mapping[str, Any]) -> SpectrogramConfig:
    """Return what a spectrogram of a window is by AVA's parameters; a window is never stretched.

    Raises
    ------
    SubsongError
        When a parameter is missing; names it.
    """
    return build_spectrogram_config({**p, "time_stretch": False}, max_dur=get_parameter(p, "window_length"))


def _count_bytes(audio: Audio) -> int:
    return audio.samples.nbytes
