"""AVA's windows of warped song: of equal length in the time of a template that all renditions of a motif share.

Legend: N = renditions, K = knots, F, T = rows and columns of a picture.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader

from subsong.core.errors import SubsongError, did_you_mean
from subsong.datasets.motifs.times import WarpedTimes
from subsong.datasets.warps.fitting import fit_warp
from subsong.datasets.warps.time_base import TimeBase
from subsong.datasets.warps.warp import Warp, null_warp
from subsong.datasets.windows.drawing import Stretches
from subsong.interop.ava.models.motif_recordings import (
    DEFAULT_WARP_PARAMS,
    Motifs,
    WarpType,
    build_warp_config,
    check_warp_type,
    fetch_renditions,
    find_motifs,
    read_motifs,
)
from subsong.interop.ava.models.warp_files import WarpFile, read_warp_file, select_warps, write_warp_file
from subsong.interop.ava.models.window_drawing import DrawnPictures, Transform, build_loader
from subsong.interop.ava.models.window_pictures import (
    CalledPictures,
    FramePictures,
    PictureSource,
    build_window_config,
    find_own_get_spec,
)
from subsong.interop.ava.parameters import get_parameter

log = logging.getLogger(__name__)

_SEED = 42
_SPLIT = 0.8
_FEWEST_TO_SPLIT = 5


def get_warped_window_data_loaders(
    audio_dirs: Sequence[str | Path],
    p: Mapping[str, Any],
    batch_size: int = 64,
    num_workers: int = 4,
    load_warp: bool = False,
    warp_fn: str | Path | None = None,
    warp_params: Mapping[str, Any] = {},
    warp_type: WarpType = "spectrogram",
) -> dict[str, DataLoader[Tensor]]:
    """Return ``{"train": loader, "test": loader}`` of windows of warped song.

    Parameters
    ----------
    audio_dirs
        Folders of recordings, each of one rendition of the motif and of about the same duration.
    p
        AVA's parameters, see `WarpedWindowDataset`.
    batch_size
        Windows in a batch.
    num_workers
        As of `get_fixed_window_data_loaders`.
    load_warp, warp_fn, warp_params, warp_type
        See `WarpedWindowDataset`.

    Raises
    ------
    SubsongError
        As of `WarpedWindowDataset`.

    Notes
    -----
    AVA tests on what it trains on. Here a fifth of the renditions is held out for the test, the same ones each time,
    where there are 5 or more; the windows of the test stay the same. Warps are fitted to all renditions together: they
    see sound, not the network.
    """
    dataset = WarpedWindowDataset(
        find_motifs(audio_dirs), p, load_warp=load_warp, save_warp=warp_fn is not None, warp_fn=warp_fn,
        warp_params=warp_params, warp_type=warp_type,
    )  # fmt: skip
    names = np.random.RandomState(_SEED).permutation(dataset.audio_filenames).tolist()
    if len(names) < _FEWEST_TO_SPLIT:
        log.warning("%d renditions are too few to hold some out: the test is on what is trained on", len(names))
        train = test = dataset
    else:
        num_train = round(_SPLIT * len(names))
        train, test = dataset.restrict(names[:num_train]), dataset.restrict(names[num_train:])
    return {
        "train": build_loader(train, batch_size, True, num_workers, is_drawn=True),
        "test": build_loader(test, batch_size, False, num_workers, is_drawn=False),
    }


class WarpedWindowDataset(DrawnPictures):
    """Windows of warped song: those that begin at one quantile show the same moment of the motif in all renditions.

    Parameters
    ----------
    audio_filenames
        Recordings of one rendition each.
    p
        As of `FixedWindowDataset`; ``window_length`` is in the time of the template.
    transform
        Applied to each picture, a float32 array (F, T); None makes a float32 tensor of it.
    dataset_length
        Windows of an epoch; every rendition is as likely.
    load_warp
        Read the warps from `warp_fn`, which may have more recordings than these, instead of fitting them.
    save_warp
        Write fitted warps to `warp_fn`, where that is given.
    start_q, stop_q
        First and last moment that windows show, as quantiles of the template.
    warp_fn
        File of the warps; npz, whatever its name, see `write_warp_file`.
    warp_params
        See `build_warp_config`.
    warp_type
        ``"spectrogram"``, ``"amplitude"`` (its sum over frequencies), or ``"null"`` for no warp.
    seed
        Of the draws; None takes torch's.

    Attributes
    ----------
    audio_filenames
        The recordings, sorted.
    x_knots, y_knots
        The warps: quantiles of the recordings, and of the template, shape (N, K). ``1`` is `template_dur`.
    template_dur
        Seconds. T frames last T - 1 steps; AVA counts T, which makes times late by up to a frame.
    window_frac
        The window as a fraction of the template.

    Raises
    ------
    SubsongError
        When a parameter or file is missing, a warp cannot be read, or no rendition holds a window.

    Notes
    -----
    With AVA's quantiles of -0.1 to 1.1 some windows would lie outside their recording, where AVA's are black. Windows
    are drawn from those alone that the recording holds.
    """

    _shoulder = None

    def __init__(  # noqa: PLR0913  AVA's own arguments
        self,
        audio_filenames: Sequence[str],
        p: Mapping[str, Any],
        transform: Transform | None = None,
        dataset_length: int = 2048,
        load_warp: bool = False,
        save_warp: bool = True,
        start_q: float = -0.1,
        stop_q: float = 1.1,
        warp_fn: str | Path | None = None,
        warp_params: Mapping[str, Any] = {},
        warp_type: WarpType = "spectrogram",
        seed: int | None = None,
    ) -> None:
        check_warp_type(warp_type)
        config, self.p = build_window_config(p), p
        self.audio_filenames = sorted(map(str, audio_filenames))
        self.start_q, self.stop_q, self.warp_fn = start_q, stop_q, warp_fn
        self.warp_params = {**DEFAULT_WARP_PARAMS, **warp_params}
        motifs = read_motifs(self.audio_filenames, config)
        if load_warp:
            base, warp = self._load(motifs.base)
        else:
            base, warp = motifs.base, self._fit(motifs, warp_type)
            if save_warp and warp_fn is not None:
                write_warp_file(warp_fn, WarpFile(warp, base.duration_s, self.audio_filenames, self.warp_params))
        self.x_knots, self.y_knots = warp
        self.template_dur = base.duration_s
        self.window_frac = float(get_parameter(p, "window_length")) / self.template_dur
        regions, own = motifs.frames.regions, find_own_get_spec(p)
        self._times = WarpedTimes(regions, base, warp, 0.0, config.max_duration_s, config.num_time_bins)
        source: PictureSource = FramePictures(motifs.frames, config)
        if own is not None:
            source = CalledPictures(own, p, regions)
        super().__init__(source, self._times, self._find_stretches(), transform, dataset_length, seed)

    def restrict(self, filenames: Sequence[str]) -> WarpedWindowDataset:
        """Return a dataset that draws windows of some of the renditions only, with the same warps."""
        rows = [self._find(name) for name in filenames]
        some = copy.copy(self)
        some._stretches = self._stretches.pick(np.isin(self._stretches.region_M, rows))
        if len(some._stretches.region_M) == 0:
            raise SubsongError("none of the renditions to take windows of holds one: give longer recordings")
        some.start_epoch(0)
        return some

    def get_specific_item(self, query_filename: str, quantile: float) -> np.ndarray:
        """Return the window of a rendition at a quantile of those between `start_q` and `stop_q`, shape (F, T).

        Parameters
        ----------
        query_filename
            One of `audio_filenames`.
        quantile
            0 is the first window, 1 the last. A window that the recording does not hold is moved inside.
        """
        row = self._find(query_filename)
        start_s = (self.start_q + quantile * (self.stop_q - self.start_q - self.window_frac)) * self.template_dur
        first_R, last_R = self._times.bounds()
        if last_R[row] < first_R[row]:
            raise SubsongError(f"{query_filename} holds no window of {self._times.window_s:g} s: it is too short")
        start_N = np.clip([start_s], first_R[row], last_R[row])
        return self._show(row, self._times.times(np.array([row]), start_N))

    def get_whole_warped_spectrogram(self, query_filename: str, time_bins: int = 128) -> np.ndarray:
        """Return the spectrogram of a rendition from `start_q` to `stop_q`, shape (F, `time_bins`).

        Before the recording begins and after it ends its first and last moment are held, so that columns of all
        renditions show the same moment of the motif.
        """
        row = self._find(query_filename)
        template_NT = np.linspace(self.start_q, self.stop_q, time_bins)[None] * self.template_dur
        ends = self._source.regions.select("onset_s", "offset_s").row(row)
        return self._show(row, self._times.to_recording(np.array([row]), template_NT).clip(*ends))

    def write_hdf5_files(self, save_dir: str | Path, num_files: int = 400, sylls_per_file: int = 100) -> None:
        """Write windows to ``sylls_NNNN.hdf5``.

        Parameters
        ----------
        save_dir
            Where the files go; made when missing. Files of the same names are replaced, others stay.
        num_files
            How many. The windows of each are drawn by its number.
        sylls_per_file
            Windows of each.

        Notes
        -----
        Besides AVA's ``specs`` they hold ``audio_filenames``, and ``onsets`` and ``offsets`` in seconds of these.
        """
        self._write_files(save_dir, "sylls", num_files, sylls_per_file)

    def _load(self, base: TimeBase) -> tuple[TimeBase, Warp]:
        if self.warp_fn is None:
            raise SubsongError("load_warp is set and warp_fn is not: give the file to read the warps from")
        content = read_warp_file(self.warp_fn, base.dt_s)
        self.warp_params = {**self.warp_params, **content.warp_params}
        num_time_bins = round(content.template_dur / base.dt_s) + 1
        dt_s = content.template_dur / (num_time_bins - 1)
        return TimeBase(0.0, dt_s, num_time_bins), select_warps(content, self.audio_filenames, self.warp_fn)

    def _fit(self, motifs: Motifs, warp_type: WarpType) -> Warp:
        if warp_type == "null":
            return null_warp(len(motifs.frames))
        return fit_warp(fetch_renditions(motifs, warp_type), build_warp_config(self.warp_params)).warp

    def _find_stretches(self) -> Stretches:
        """Return where windows may begin that their recording holds; every rendition has the same weight."""
        first_N, last_N = self._times.bounds()
        low_N = np.maximum(first_N, self.start_q * self.template_dur)
        high_N = np.minimum(last_N, self.stop_q * self.template_dur - self._times.window_s)
        region_M = np.flatnonzero(high_N >= low_N)
        if len(region_M) == 0:
            raise SubsongError(
                f"none of {len(low_N)} renditions holds a window of {self._times.window_s:g} s: the template lasts "
                f"{self.template_dur:.3f} s, from start_q={self.start_q:g} to stop_q={self.stop_q:g} of it; set a "
                "smaller window_length"
            )
        if len(region_M) < len(low_N):
            log.warning("%d of %d renditions hold no window and are left out", len(low_N) - len(region_M), len(low_N))
        return Stretches(region_M, low_N[region_M], high_N[region_M], np.ones(len(region_M)))

    def _find(self, filename: str) -> int:
        if str(filename) not in self.audio_filenames:
            raise SubsongError(f"no rendition {filename!r}; {did_you_mean(str(filename), self.audio_filenames)}")
        return self.audio_filenames.index(str(filename))

    def _show(self, row: int, times_1T: np.ndarray) -> np.ndarray:
        image_FT: np.ndarray = self._source.make(np.array([row]), times_1T, self._shoulder).images_NFT[0].numpy()
        return image_FT
