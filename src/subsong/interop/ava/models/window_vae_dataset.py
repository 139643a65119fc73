"""AVA's ``ava.models.window_vae_dataset``: windows of song, drawn while training.

Legend: F, T = rows and columns of a picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from torch import Tensor
from torch.utils.data import DataLoader

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.datasets.windows.axes import PlainTimes
from subsong.datasets.windows.drawing import Stretches, find_stretches, keep_loud
from subsong.interop.ava.models.roi_files import find_pairs
from subsong.interop.ava.models.warped_windows import WarpedWindowDataset, get_warped_window_data_loaders
from subsong.interop.ava.models.window_drawing import DrawnPictures, Transform, build_loader
from subsong.interop.ava.models.window_frames import build_region_frames
from subsong.interop.ava.models.window_pictures import (
    SHOULDER_S,
    CalledPictures,
    FramePictures,
    PictureSource,
    build_window_config,
    find_own_get_spec,
)
from subsong.interop.ava.models.window_regions import read_rois
from subsong.interop.ava.parameters import get_parameter
from subsong.interop.ava.recordings import read_segment_file

__all__ = [
    "FixedWindowDataset",
    "WarpedWindowDataset",
    "get_fixed_window_data_loaders",
    "get_warped_window_data_loaders",
    "get_window_partition",
]

Part = dict[str, np.ndarray]
_SEED = 42


def get_window_partition(
    audio_dirs: Sequence[str | Path],
    roi_dirs: Sequence[str | Path],
    split: float = 0.8,
    shuffle: bool = True,
    exclude_empty_roi_files: bool = True,
) -> dict[str, Part]:
    """Divide recordings, each with its ROI file, into those to train on and those to test on.

    Parameters
    ----------
    audio_dirs
        Folders of recordings.
    roi_dirs
        Of each, the folder with ``<name of the recording>.txt``: onsets and offsets in seconds, as of syllables, but of
        longer periods of vocalisation.
    split
        Share of the recordings to train on, in (0, 1]; 1.0 leaves none to test on.
    shuffle
        Whether recordings are put into a random order first, the same one each time and AVA's; else by name.
    exclude_empty_roi_files
        Whether recordings whose ROI file lists nothing are left out.

    Returns
    -------
    ``{"train": {"audio": paths, "rois": paths}, "test": ...}``, arrays in which a recording and its ROI file have the
    same place.

    Raises
    ------
    SubsongError
        When the split is none, a folder does not exist, a recording has no ROI file, or there are no recordings. ROI
        files without a recording are named in the log.
    """
    if not 0 < split <= 1:
        raise SubsongError(f"split is {split}: expected the share of recordings to train on, above 0 and at most 1")
    pairs = find_pairs(audio_dirs, roi_dirs)
    if exclude_empty_roi_files:
        pairs = [pair for pair in pairs if len(read_segment_file(pair[1]))]
    if not pairs:
        raise SubsongError(f"all ROI files in {', '.join(map(str, roi_dirs))} are empty: no song to take windows from")
    if shuffle:
        # NumPy's legacy generator: AVA's own order.
        pairs = [pairs[row] for row in np.random.RandomState(_SEED).permutation(len(pairs))]
    num_train = round(split * len(pairs))
    parts = {"train": pairs[:num_train], "test": pairs[num_train:]}
    return {
        name: dict(zip(("audio", "rois"), np.array(part, dtype=str).reshape(-1, 2).T, strict=True))
        for name, part in parts.items()
    }


def get_fixed_window_data_loaders(
    partition: Mapping[str, Mapping[str, Sequence[str]]],
    p: Mapping[str, Any],
    batch_size: int = 64,
    shuffle: tuple[bool, bool] = (True, False),
    num_workers: int = 4,
    min_spec_val: float | None = None,
) -> dict[str, DataLoader[Tensor] | None]:
    """Return ``{"train": loader, "test": loader}``; the latter is None when there are no recordings to test on.

    Training windows are drawn afresh for each epoch, test windows once: the test loss of two epochs is of the same
    windows, where AVA draws new ones.

    Parameters
    ----------
    partition
        From `get_window_partition`.
    p
        AVA's parameters, see `FixedWindowDataset`.
    batch_size
        Windows in a batch.
    shuffle
        Whether training and test come in random order.
    num_workers
        Used only when a loader is iterated over and ``p["get_spec"]`` is a function of yours; `VAE` makes whole batches
        itself.
    min_spec_val
        Silent windows are not drawn, see `FixedWindowDataset`.

    Raises
    ------
    SubsongError
        When there are no recordings to train on, and as of `FixedWindowDataset`.
    """
    if not len(partition["train"]["audio"]):
        raise SubsongError("there are no recordings to train on: give more recordings, or a larger split")
    loaders: dict[str, DataLoader[Tensor] | None] = {"test": None}
    for name, is_shuffled in zip(("train", "test"), shuffle, strict=True):
        part = partition[name]
        if len(part["audio"]):
            dataset = FixedWindowDataset(part["audio"], part["rois"], p, min_spec_val=min_spec_val)
            loaders[name] = build_loader(dataset, batch_size, is_shuffled, num_workers, is_drawn=name == "train")
    return loaders


class FixedWindowDataset(DrawnPictures):
    """Windows of one duration, anywhere in regions of recordings; longer regions are drawn from more often.

    Parameters
    ----------
    audio_filenames, roi_filenames
        Recordings, and the ROI file of each, at the same place of both lists.
    p
        ``window_length`` in seconds, and the parameters of `build_spectrogram_config` but ``max_dur`` and
        ``time_stretch``. ``get_spec`` may be left out; a function of yours is called as AVA calls it, once a window.
        Each recording's own sample rate counts, whatever ``fs`` says.
    transform
        Applied to each picture, a float32 array (F, T); None makes a float32 tensor of it.
    dataset_length
        Windows of an epoch.
    min_spec_val
        Windows without any grey value as large are never drawn; None draws all. Grey values count before
        ``within_syll_normalize``.
    seed
        Of the draws; None takes torch's, so that ``torch.manual_seed`` settles them. NumPy's is never touched.

    Attributes
    ----------
    filenames
        The recordings.

    Raises
    ------
    SubsongError
        When a parameter or file is missing, no region is as long as a window, or all is silent.

    Notes
    -----
    A picture is AVA's to within the grid of its STFT: AVA computes one for each window, beginning 50 ms before it; here
    the frames of a whole recording are computed once, at multiples of the hop from its start, and all windows share
    them. The two grids differ by less than a hop, both are interpolated to the same times. On whole songs of
    Bengalese finches, with the parameters of AVA's finch example, pixels differ by 0.013 on average and 99 % of them by
    less than 0.16; AVA's own pictures differ by 0.019 when its shoulder is half a hop longer. Where the two grids meet
    pictures are equal to 0.0005. One way of making pictures serves single windows, batches and files, so that
    a window looks the same in each.
    """

    def __init__(
        self,
        audio_filenames: Sequence[str],
        roi_filenames: Sequence[str],
        p: Mapping[str, Any],
        transform: Transform | None = None,
        dataset_length: int = 2048,
        min_spec_val: float | None = None,
        seed: int | None = None,
    ) -> None:
        window_s, config = float(get_parameter(p, "window_length")), build_window_config(p)
        self.filenames = [str(name) for name in audio_filenames]
        self.p, self.min_spec_val = p, min_spec_val
        regions = read_rois(self.filenames, [str(name) for name in roi_filenames], config, window_s)
        axis = PlainTimes(regions, window_s, config.num_time_bins)
        stretches, own = find_stretches(axis), find_own_get_spec(p)
        source: PictureSource
        if own is not None:
            source = CalledPictures(own, p, regions, min_spec_val)
        else:
            frames = build_region_frames(regions, config)
            source = FramePictures(frames, config)
            if min_spec_val is not None:
                stretches = _check_loud(keep_loud(stretches, frames, window_s, min_spec_val), regions, min_spec_val)
        super().__init__(source, axis, stretches, transform, dataset_length, seed)

    def __getitem__(
        self,
        index: int | Iterable[int],
        seed: int | None = None,
        shoulder: float = SHOULDER_S,
        return_seg_info: bool = False,
    ) -> Any:
        """Return a picture, or a list of them.

        Parameters
        ----------
        index
            Which windows of this epoch.
        seed
            Draw as many windows as indices by this seed alone instead.
        shoulder
            Seconds of sound on both sides that ``p["get_spec"]`` is given besides, where it is a function of yours.
        return_seg_info
            Return three more: which recording of ``filenames``, onset and offset in seconds; lists for a list.
        """
        pictures, windows = self._look_up(index, seed, shoulder)
        columns = [pictures]
        if return_seg_info:
            places = self._describe(windows)
            columns += [places[name].to_list() for name in ("recording", "onset_s", "offset_s")]
        if not isinstance(index, Iterable):
            columns = [column[0] for column in columns]
        return tuple(columns) if return_seg_info else columns[0]

    def write_hdf5_files(self, save_dir: str | Path, num_files: int = 500, sylls_per_file: int = 100) -> None:
        """Write windows to ``syllables_NNNN.hdf5``, as `process_sylls` does syllables.

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
        Besides AVA's ``specs`` and ``audio_filenames`` they hold ``onsets`` and ``offsets``: where each window is.
        """
        self._write_files(save_dir, "syllables", num_files, sylls_per_file)


def _check_loud(stretches: Stretches, regions: pl.DataFrame, min_spec_val: float) -> Stretches:
    if len(stretches.region_M) == 0:
        raise SubsongError(
            f"no window of {count_noun(len(regions), 'region')} in "
            f"{count_noun(regions['source'].n_unique(), 'recording')} has a value of min_spec_val={min_spec_val:g} or "
            "more: all are silent; lower min_spec_val, or spec_min_val where the recordings are quiet"
        )
    return stretches
