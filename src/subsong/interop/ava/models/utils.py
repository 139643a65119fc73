"""AVA's ``ava.models.utils``: searches for the parameters of a time warp, and a transform of pictures.

Legend: C = candidates, N = renditions, A = anchors.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import atomic_file
from subsong.core.seeds import numpy_generator
from subsong.datasets.warps.anchors import search_by_anchors
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.cross_validation import cross_validate_warps
from subsong.datasets.warps.fitting import fit_warp
from subsong.interop.ava.models.motif_recordings import (
    WarpType,
    build_warp_config,
    check_warp_type,
    fetch_renditions,
    find_motifs,
    read_motifs,
)
from subsong.interop.ava.models.search_figures import draw_anchor_search, draw_cross_validation
from subsong.interop.ava.parameters import build_spectrogram_config
from subsong.interop.ava.recordings import read_segment_file
from subsong.sources.spectrograms import SpectrogramConfig

log = logging.getLogger(__name__)

DEFAULT_SEARCH_PARAMS: dict[str, Any] = {
    "samples_per_knot": 10,
    "n_valid_samples": 5,
    "n_train_folds": 3,
    "n_valid_folds": 1,
    "n_test_folds": 1,
    "knot_range": (-1, 2),
    "smoothness_range": (1e-1, 1e2),
    "warpreg_range": (1e-1, 1e2),
    "iter_range": (50, 51),
    "warp_iter_range": (50, 101),
    "outfile": None,
}
_SEED = 42


def numpy_to_tensor(x: np.ndarray) -> Tensor:
    """Return an array as a float32 tensor: the `transform` that AVA's data sets of windows need, and ours do not."""
    return torch.from_numpy(np.asarray(x, dtype=np.float32))


def cross_validation_warp_parameter_search(
    audio_dirs: Sequence[str | Path],
    spec_params: Mapping[str, Any],
    search_params: Mapping[str, Any] = {},
    warp_type: WarpType = "spectrogram",
    verbose: bool = True,
    make_plot: bool = True,
    img_fn: str | Path = "temp.pdf",
) -> dict[str, Any]:
    """Score warps of several numbers of knots and penalties on renditions and frequencies that were held out.

    Parameters
    ----------
    audio_dirs
        Folders of recordings, each of one rendition of the motif.
    spec_params
        The parameters of `build_spectrogram_config` but ``max_dur`` and ``time_stretch``.
    search_params
        ``knot_range``, half-open (-1 shift, 0 linear, k for k + 1 pieces), ``samples_per_knot``, ``smoothness_range``
        and ``warpreg_range``, which are drawn from uniformly in their logarithm, ``iter_range``, whose first number is
        the most rounds of fitting, the three numbers of folds, whose sum counts, and ``outfile``, an npz to write;
        `DEFAULT_SEARCH_PARAMS` where they are not given.
    warp_type
        ``"spectrogram"``; the one frequency of ``"amplitude"`` cannot be held out.
    verbose
        Whether to log what is done.
    make_plot, img_fn
        Whether to draw the scores over the number of knots, and where.

    Returns
    -------
    Of each candidate: ``knots``, ``smoothness``, ``warp_reg``, ``iterations``, ``warp_iterations``, shape (C,);
    ``train_rsq`` and ``valid_rsq``, shape (C, 1), and ``test_rsq``, shape (C,), the share of variance explained; and
    ``loss_hists``, the objective of a fit to all renditions after each round.

    Raises
    ------
    SubsongError
        When a parameter is unknown, recordings are missing, or there are too few of them to hold some out.

    Notes
    -----
    Each group of renditions and frequencies is held out once, and scores are means over the folds, so that
    ``n_valid_samples`` is not needed; nor is ``warp_iter_range``: how many warps are tried is settled by the fitter,
    and ``warp_iterations`` is 0. Draws are the same each time.
    """
    settings = _read_search_params(search_params)
    check_warp_type(warp_type)
    motifs = read_motifs(find_motifs(audio_dirs), _build_config(spec_params))
    song_NTF = fetch_renditions(motifs, warp_type)
    if verbose:
        log.info("%d renditions of %d frames and %d frequencies", *song_NTF.shape)
    drawn = _draw_candidates(settings)
    candidates = [_build_candidate(*values, settings["iter_range"][0]) for values in drawn]
    num_folds = sum(int(settings[f"n_{part}_folds"]) for part in ("train", "valid", "test"))
    table = cross_validate_warps(song_NTF, candidates, num_folds, _SEED)
    knots_C, smoothness_C, warp_reg_C = (np.array(values) for values in zip(*drawn, strict=True))
    result: dict[str, Any] = {
        "knots": knots_C,
        "smoothness": smoothness_C,
        "warp_reg": warp_reg_C,
        "iterations": np.array([config.num_iterations for config in candidates]),
        "warp_iterations": np.zeros(len(candidates), dtype=np.int64),
        "train_rsq": table["train_r2"].to_numpy()[:, None],
        "valid_rsq": table["validation_r2"].to_numpy()[:, None],
        "test_rsq": table["test_r2"].to_numpy(),
    }
    if settings["outfile"] is not None:
        _write_arrays(settings["outfile"], result)
    if make_plot:
        draw_cross_validation(result, img_fn)
    return {**result, "loss_hists": [fit_warp(song_NTF, config).loss_history for config in candidates]}


def anchor_point_warp_parameter_search(  # noqa: PLR0913  AVA's own arguments
    audio_dirs: Sequence[str | Path],
    anchor_dir: str | Path,
    spec_params: Mapping[str, Any],
    search_params: Mapping[str, Any],
    num_iter: int = 20,
    gridpoints: int = 6,
    warp_type: WarpType = "amplitude",
    aw_iterations: int = 25,
    aw_warp_iterations: int = 100,
    verbose: bool = True,
    make_plot: bool = True,
    img_fn: str | Path = "temp.pdf",
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Score warps by how well they bring moments together that were marked by hand.

    Parameters
    ----------
    audio_dirs
        Folders of recordings, each of one rendition of the motif.
    anchor_dir
        Folder of further ones with a segment file each, all of as many rows; the onset of row i is anchor i.
    spec_params
        As of `cross_validation_warp_parameter_search`.
    search_params
        ``knot_range``, ``smoothness_range`` and ``warpreg_range``.
    num_iter
        Candidates that are drawn, the same ones each time.
    gridpoints
        Values of each penalty to draw from.
    warp_type
        What warps are fitted to: ``"amplitude"`` or ``"spectrogram"``.
    aw_iterations
        Most rounds of fitting.
    aw_warp_iterations
        Not used: how many warps are tried is settled by the fitter.
    verbose
        Whether to log the errors.
    make_plot, img_fn
        Whether to draw the errors over each parameter, and where.

    Returns
    -------
    ``param_history``, places in ``support`` of each candidate's ``n_knots``, ``warp_reg_scale`` and
    ``smoothness_reg_scale``, shape (C, 3); ``loss_history``, mean absolute errors in ms, shape (C,); ``support``, the
    values of each parameter.

    Raises
    ------
    SubsongError
        When a parameter is unknown, recordings or marks are missing, or their numbers differ.

    Notes
    -----
    AVA scores the warps of other recordings than those with marks. Here the marks of a recording are scored by its own
    warp.
    """
    settings = _read_search_params(search_params)
    check_warp_type(warp_type)
    plain, marked = find_motifs(audio_dirs), find_motifs([anchor_dir])
    names = sorted({*plain, *marked})
    motifs = read_motifs(names, _build_config(spec_params))
    anchors_NA = motifs.base.to_fraction(_read_anchors(names, marked, Path(anchor_dir)))
    support = [np.arange(*settings["knot_range"])]
    for low, high in (settings["warpreg_range"], settings["smoothness_range"]):
        support.append(np.geomspace(low, high, num=gridpoints))
    param_history = numpy_generator(_SEED, "anchor search").integers(
        [len(values) for values in support], size=(num_iter, len(support))
    )
    values_C3 = [[support[column][place] for column, place in enumerate(places)] for places in param_history]
    candidates = [_build_candidate(knots, smooth, penalty, aw_iterations) for knots, penalty, smooth in values_C3]
    renditions = fetch_renditions(motifs, warp_type)
    errors_ms = search_by_anchors(renditions, anchors_NA, motifs.base.duration_s, candidates).table["error_ms"]
    null_ms, loss_history = float(errors_ms[0]), errors_ms[1:].to_numpy()
    if verbose:
        log.info("error %.3f ms without a warp, %.3f ms with the best of %d", null_ms, loss_history.min(), num_iter)
    if make_plot:
        draw_anchor_search(param_history, loss_history, support, null_ms, img_fn)
    return param_history, loss_history, support


def _read_search_params(search_params: Mapping[str, Any]) -> dict[str, Any]:
    unknown = [name for name in search_params if name not in DEFAULT_SEARCH_PARAMS]
    if unknown:
        raise SubsongError(f"search_params has {unknown[0]!r}; {did_you_mean(unknown[0], DEFAULT_SEARCH_PARAMS)}")
    settings = {**DEFAULT_SEARCH_PARAMS, **search_params}
    if not len(range(*settings["knot_range"])):
        raise SubsongError(
            f"knot_range is {settings['knot_range']}: expected the first number of knots and one past the last, -1 for "
            "shifts, 0 for lines"
        )
    return settings


def _build_config(spec_params: Mapping[str, Any]) -> SpectrogramConfig:
    # The longest window there is: only the frequencies and grey values count here.
    return build_spectrogram_config({**spec_params, "time_stretch": False}, max_dur=1e9)


def _draw_candidates(settings: Mapping[str, Any]) -> list[tuple[int, float, float]]:
    """Return number of knots, smoothness and penalty of each candidate."""
    generator = numpy_generator(_SEED, "warp search")
    logs = [np.log(settings[name]) for name in ("smoothness_range", "warpreg_range")]
    return [
        (knots, *(float(np.exp(generator.uniform(*ends))) for ends in logs))  # type: ignore[misc]
        for knots in range(*settings["knot_range"])
        for _ in range(int(settings["samples_per_knot"]))
    ]


def _build_candidate(knots: int, smoothness: float, penalty: float, num_rounds: int) -> WarpConfig:
    parameters = {"n_knots": knots, "smoothness_reg_scale": smoothness, "warp_reg_scale": penalty}
    return build_warp_config(parameters).model_copy(update={"num_iterations": int(num_rounds)})


def _read_anchors(names: Sequence[str], marked: Sequence[str], anchor_dir: Path) -> np.ndarray:
    """Return the marks of each recording in seconds, a row of NaN where there are none, shape (N, A)."""
    found: dict[str, np.ndarray] = {}
    for name in marked:
        path = anchor_dir / f"{Path(name).stem}.txt"
        if not path.is_file():
            raise SubsongError(f"no file {path}: expected one with the anchor points of {name}")
        found[name] = read_segment_file(path)[:, 0]
        first = next(iter(found))
        if len(found[name]) != len(found[first]):
            raise SubsongError(
                f"{path} has {len(found[name])} anchor points, that of {Path(first).name} {len(found[first])}: "
                "expected the same moments in each"
            )
    nothing_A = np.full(len(next(iter(found.values()))), np.nan)
    return np.stack([found.get(name, nothing_A) for name in names])


def _write_arrays(path: str | Path, result: Mapping[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **result)
    with atomic_file(path) as file:
        file.write(buffer.getbuffer())
