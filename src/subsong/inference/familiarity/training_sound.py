"""What the recordings that a model was trained on sound like, in a few hundred numbers.

Legend: K = frames, M = prototypes, B = bands, U = pieces of training sound.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import polars as pl

from subsong.core.seeds import numpy_generator
from subsong.datasets.song.store import SongStore
from subsong.inference.familiarity.bands import NUM_BANDS, BandFrames, sample_bands

_NUM_PROTOTYPES, _NUM_ROUNDS, _NUM_FOLDS = 64, 15, 5
_MAX_PARTS, _MIN_PIECES, _MIN_RECORDINGS = 80, 8, 4
_LOUD_QUANTILE, _LEVEL_MARGIN_DB = 0.95, 6.0
_SPREADS, _MIN_SLACK = 3.0, 0.25


class TrainingSound(NamedTuple):
    """Typical frames of the training recordings, and how far recordings of their kind lie from them.

    Attributes
    ----------
    prototype_db_MB
        Levels of typical frames by band; see `compute_bands`.
    distance_db
        Median of how far training recordings lie from the prototypes of others; see `measure_distance`.
    limit_db
        How far a recording of their kind hardly ever lies.
    low_db, high_db
        Between which `measure_level` of a recording of their kind hardly ever does not lie.
    share_clipped, share_silent
        Largest share of clipped samples, and of frames of digital silence, in a training recording.
    """

    prototype_db_MB: np.ndarray
    distance_db: float
    limit_db: float
    low_db: float
    high_db: float
    share_clipped: float
    share_silent: float

    def to_values(self) -> dict[str, Any]:
        """Return it as plain values, rounded."""
        values: dict[str, Any] = self._asdict()
        return {**values, "prototype_db_MB": self.prototype_db_MB.tolist()}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Return what `to_values` wrote."""
        prototypes_MB = np.array(values["prototype_db_MB"], dtype=np.float32).reshape(-1, NUM_BANDS)
        return cls(**{**values, "prototype_db_MB": prototypes_MB})


def measure_distances(level_db_KB: np.ndarray, prototype_db_MB: np.ndarray) -> np.ndarray:
    """Return how far each frame lies from the nearest prototype, in decibels, root mean square over bands, (K,)."""
    square_KM = (
        (level_db_KB**2).sum(axis=1)[:, None] - 2.0 * level_db_KB @ prototype_db_MB.T + (prototype_db_MB**2).sum(axis=1)
    )
    nearest_K: np.ndarray = np.sqrt(square_KM.min(axis=1).clip(min=0.0) / level_db_KB.shape[1])
    return nearest_K


def measure_level(level_db_KB: np.ndarray) -> float:
    """Return the level of the louder frames of a recording in decibels: their 95th percentile; some frames."""
    level_K = 10.0 * np.log10((10.0 ** (level_db_KB / 10.0)).mean(axis=1))
    return float(np.quantile(level_K, _LOUD_QUANTILE))


def fit_training_sound(store: SongStore, seed: int = 0) -> TrainingSound | None:
    """Return what the training split of a store sounds like, or None where it is digital silence throughout.

    Notes
    -----
    Recordings are held out in turn: what lies farther from the prototypes of the others than the farthest of them, by
    three standard deviations and at least a quarter of the median, is of another kind.
    """
    pieces, group_U = _gather_pieces(store, seed)
    sounding = [piece.sounding_KB for piece in pieces]
    group_U, sounding = group_U[[len(one) > 0 for one in sounding]], [one for one in sounding if len(one)]
    if not sounding:
        return None
    distance_U = _measure_held_out(sounding, group_U % _NUM_FOLDS, seed)
    middle, slack = float(np.median(distance_U)), _SPREADS * float(distance_U.std())
    level_U = np.array([measure_level(one) for one in sounding])
    margin_db = max(_LEVEL_MARGIN_DB, 0.5 * float(np.ptp(level_U)))
    return TrainingSound(
        find_prototypes(np.concatenate(sounding), seed).round(1),
        round(middle, 2),
        round(float(distance_U.max()) + max(slack, _MIN_SLACK * middle), 2),
        round(float(level_U.min()) - margin_db, 2),
        round(float(level_U.max()) + margin_db, 2),
        max(float(piece.share_clipped_K.mean()) for piece in pieces),
        max(float(piece.is_silent_K.mean()) for piece in pieces),
    )


def find_prototypes(level_db_KB: np.ndarray, seed: int) -> np.ndarray:
    """Return typical frames (k-means), shape (M, B): 64, or one for four frames where there are few."""
    num = max(1, min(_NUM_PROTOTYPES, len(level_db_KB) // 4))
    drawn = numpy_generator(seed, "prototypes").permutation(len(level_db_KB))[:num]
    prototype_MB = level_db_KB[drawn].astype(np.float64)
    for _ in range(_NUM_ROUNDS):
        square_KM = (prototype_MB**2).sum(axis=1) - 2.0 * level_db_KB @ prototype_MB.T
        nearest_K = square_KM.argmin(axis=1)
        counts_M = np.bincount(nearest_K, minlength=num)
        sums_MB = np.stack([np.bincount(nearest_K, band_K, num) for band_K in level_db_KB.T], axis=1)
        is_used_M = counts_M > 0
        prototype_MB[is_used_M] = sums_MB[is_used_M] / counts_M[is_used_M, None]
    return prototype_MB.astype(np.float32)


def _gather_pieces(store: SongStore, seed: int) -> tuple[list[BandFrames], np.ndarray]:
    """Return frames of parts of the training split, and which of them belong together, (U,)."""
    parts = store.parts.filter(pl.col("split") == "train")
    drawn = np.sort(numpy_generator(seed, "training sound").permutation(parts.height)[:_MAX_PARTS])
    rows: list[tuple[int, int, int]] = parts[drawn].select("recording", "first_sample", "stop_sample").rows()
    rows = rows if len(rows) >= _MIN_PIECES else [piece for row in rows for piece in _divide(row, len(rows))]
    pieces = [_sample(store, row, seed) for row in rows]
    kept = [number for number, piece in enumerate(pieces) if len(piece.is_silent_K)]
    recording_U = np.unique([rows[number][0] for number in kept], return_inverse=True)[1]
    num_recordings = len(np.unique(recording_U))
    group_U = recording_U if num_recordings >= _MIN_RECORDINGS else np.arange(len(kept))
    return [pieces[number] for number in kept], group_U


def _divide(row: tuple[int, int, int], num_parts: int) -> list[tuple[int, int, int]]:
    """Return a part in so many pieces that there are enough of them to be held out in turn."""
    recording, first, stop = row
    edges = np.linspace(first, stop, -(-_MIN_PIECES // num_parts) + 1).astype(int).tolist()
    return [(recording, start, end) for start, end in itertools.pairwise(edges)]


def _sample(store: SongStore, row: tuple[int, int, int], seed: int) -> BandFrames:
    recording, first, stop = row
    return sample_bands(
        lambda low, high: store.read(recording, first + low, first + high), stop - first, store.sample_rate_hz, seed
    )


def _measure_held_out(sounding: Sequence[np.ndarray], fold_U: np.ndarray, seed: int) -> np.ndarray:
    """Return how far each piece lies from the prototypes of pieces of other folds, (U,)."""
    distance_U = np.zeros(len(sounding))
    for fold in np.unique(fold_U):
        others = [one for one, other in zip(sounding, fold_U, strict=True) if other != fold] or list(sounding)
        prototype_MB = find_prototypes(np.concatenate(others), seed)
        for place in np.flatnonzero(fold_U == fold).tolist():
            distance_U[place] = measure_distances(sounding[place], prototype_MB).mean()
    return distance_U
