"""Which kind of warp the data bear: candidates scored on renditions and frequencies that were held out.

Legend: N = renditions, T = frames, F = frequencies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.datasets.warps.checks import check_renditions
from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.fitting import fit_warp
from subsong.datasets.warps.scoring import score_warp
from subsong.datasets.warps.template import fit_template

Progress = Callable[[int, int], None]
_KINDS = ("none", "shift", "linear", "piecewise")
_PARTS = ("train", "validation", "test")


class _Fold(NamedTuple):
    """Which renditions and frequencies belong to each part, bool masks by the name of the part."""

    trials: dict[str, np.ndarray]
    frequencies: dict[str, np.ndarray]


def build_candidates(
    knots: Sequence[int] = (1, 2, 3),
    warp_penalties: Sequence[float] = (0.001, 0.01, 0.1),
    smoothnesses: Sequence[float] = (0.1,),
    base: WarpConfig | None = None,
) -> list[WarpConfig]:
    """Return warps to choose from: none, and shift, line and pieces with each pair of penalties.

    Parameters
    ----------
    knots
        Numbers of inner knots of the piecewise ones.
    warp_penalties, smoothnesses
        Values of `WarpConfig`.
    base
        Where all other settings come from.
    """
    settings = (base or WarpConfig()).model_dump(exclude={"kind", "num_knots", "warp_penalty", "smoothness"})
    shapes: list[dict[str, object]] = [
        {"kind": "shift"},
        {"kind": "linear"},
        *({"kind": "piecewise", "num_knots": number} for number in knots),
    ]
    candidates = [WarpConfig(kind="none", smoothness=smoothness, **settings) for smoothness in smoothnesses]
    candidates += [
        WarpConfig.model_validate({**shape, "smoothness": smoothness, "warp_penalty": penalty, **settings})
        for shape in shapes
        for smoothness in smoothnesses
        for penalty in warp_penalties
    ]
    return candidates


def cross_validate_warps(
    spec_NTF: np.ndarray,
    candidates: Sequence[WarpConfig] | None = None,
    num_folds: int = 5,
    seed: int = 0,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Score candidates on what was held out.

    Parameters
    ----------
    spec_NTF
        Renditions on a common time base.
    candidates
        None takes `build_candidates`.
    num_folds
        Groups that renditions and frequencies are dealt into, 3 at least. In each fold one group validates, another
        tests, and the rest trains.
    seed
        Deals the groups.
    progress
        Called with the number of fits done and of all.

    Returns
    -------
    pl.DataFrame
        One row a candidate: its settings, ``train_r2``, ``validation_r2`` and ``test_r2`` as means over folds, each
        with ``..._sd``; ``behind``, by how much its validation score is below that of the best candidate, and
        ``behind_se``, the standard error of that over folds; ``num_folds``.

    Raises
    ------
    SubsongError
        When there are fewer renditions or frequencies than folds, no candidate, or values are not finite.

    Notes
    -----
    A warp of many knots follows any rendition. Its score is therefore taken at frequencies that it was not fitted to
    (Williams et al. 2020): warps of all renditions are fitted to the training frequencies, with a template of the
    training renditions; the template of the other frequencies comes from the training renditions under these warps,
    and is compared with the held-out renditions.
    """
    candidates = build_candidates() if candidates is None else list(candidates)
    _check(spec_NTF, candidates, num_folds)
    score_CSP = np.full((len(candidates), num_folds, len(_PARTS)), np.nan)
    folds = list(_deal_folds(spec_NTF.shape, num_folds, seed))
    for row, config in enumerate(candidates):
        for column, fold in enumerate(folds):
            score_CSP[row, column] = _score_fold(spec_NTF, config, fold)
            if progress is not None:
                progress(row * num_folds + column + 1, len(candidates) * num_folds)
    return _build_table(candidates, score_CSP)


def choose_warp(table: pl.DataFrame) -> WarpConfig:
    """Return the simplest candidate that is not clearly worse than the best: the one-standard-error rule.

    Parameters
    ----------
    table
        As of `cross_validate_warps`.

    Raises
    ------
    SubsongError
        When no candidate has a score.

    Notes
    -----
    Simpler is: fewer free numbers, then a larger `warp_penalty`, then a larger `smoothness`. Candidates share their
    folds, so the standard error is that of the difference to the best, fold by fold; it does not hold how much the
    folds themselves differ.
    """
    good = table.filter(pl.col("behind").is_not_nan() & (pl.col("behind") <= pl.col("behind_se")))
    if good.is_empty():
        raise SubsongError("no candidate has a score: the renditions are constant at the frequencies held out")
    order = pl.col("kind").replace_strict(_KINDS, list(range(len(_KINDS))), return_dtype=pl.Int64)
    first = good.sort(order, "num_knots", -pl.col("warp_penalty"), -pl.col("smoothness")).row(0, named=True)
    return WarpConfig(**{name: first[name] for name in WarpConfig.model_fields})


def _score_fold(spec_NTF: np.ndarray, config: WarpConfig, fold: _Fold) -> list[float]:
    train_N = fold.trials["train"]
    warp = fit_warp(spec_NTF[:, :, fold.frequencies["train"]], config, train_N).warp
    template_TF = fit_template(spec_NTF[train_N], warp.select(train_N), config.smoothness, config.l2)
    scores = []
    for part in _PARTS:
        trial_N, frequency_F = fold.trials[part], fold.frequencies[part]
        part_NTF = spec_NTF[trial_N][:, :, frequency_F]
        baseline_F = spec_NTF[:, :, frequency_F].mean(axis=(0, 1), dtype=np.float64)
        scores.append(score_warp(part_NTF, template_TF[:, frequency_F], warp.select(trial_N), baseline_F))
    return scores


def _deal_folds(shape: tuple[int, ...], num_folds: int, seed: int) -> Iterator[_Fold]:
    """Yield the folds; each rendition and each frequency validates once and tests once."""
    groups = []
    for axis, purpose in ((0, "renditions"), (2, "frequencies")):
        dealt = numpy_generator(seed, "warp folds", purpose).permutation(shape[axis])
        groups.append(dealt % num_folds)
    for fold in range(num_folds):
        masks = []
        for group in groups:
            validation, test = group == fold, group == (fold + 1) % num_folds
            masks.append({"train": ~(validation | test), "validation": validation, "test": test})
        yield _Fold(*masks)


def _build_table(candidates: Sequence[WarpConfig], score_CSP: np.ndarray) -> pl.DataFrame:
    """Return the table of mean scores and of how far each candidate is behind; S = folds, P = parts."""
    num_folds = score_CSP.shape[1]
    mean_CP, sd_CP = score_CSP.mean(axis=1), score_CSP.std(axis=1, ddof=1)
    columns: dict[str, np.ndarray] = {}
    for part, name in enumerate(_PARTS):
        columns |= {f"{name}_r2": mean_CP[:, part], f"{name}_r2_sd": sd_CP[:, part]}
    validation_CS = score_CSP[:, :, _PARTS.index("validation")]
    total_C = np.nan_to_num(validation_CS.mean(axis=1), nan=-np.inf)
    behind_CS = validation_CS[total_C.argmax()] - validation_CS
    columns |= {"behind": behind_CS.mean(axis=1), "behind_se": behind_CS.std(axis=1, ddof=1) / np.sqrt(num_folds)}
    settings = pl.DataFrame([config.model_dump() for config in candidates])
    scores = pl.DataFrame(columns).with_columns(num_folds=pl.lit(num_folds))
    return pl.concat([settings, scores], how="horizontal")


def _check(spec_NTF: np.ndarray, candidates: Sequence[WarpConfig], num_folds: int) -> None:
    if not candidates:
        raise SubsongError("there is no warp to choose from: give one candidate at least")
    for config in candidates:
        check_renditions(spec_NTF, config)
    if num_folds < 3:
        raise SubsongError(f"num_folds is {num_folds}, and training, validation and test need one each: use 3 or more")
    for axis, noun in ((0, "renditions"), (2, "frequencies")):
        if spec_NTF.shape[axis] < num_folds:
            raise SubsongError(
                f"{spec_NTF.shape[axis]} {noun} cannot be dealt into {num_folds} folds: use fewer folds, or mark "
                "anchors and choose the warp by them (search_by_anchors)"
            )
