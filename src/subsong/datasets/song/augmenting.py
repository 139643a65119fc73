"""Changing chunks of song in training: the sound before frames are made, then the frames; labels move with the sound.

What is done to a chunk follows from the seed, the epoch and the chunk's number in it, and from nothing else.

Legend: R = channels, S = samples, K = frames, F = rows (frequencies).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.datasets.song.augmentations import (
    AugmentationConfig,
    BackgroundAugmentation,
    FrameAugmentation,
    FrequencyMaskAugmentation,
    GainAugmentation,
    NoiseAugmentation,
    PolarityAugmentation,
    ResponseAugmentation,
    ShiftAugmentation,
    SoundAugmentation,
    TimeMaskAugmentation,
)
from subsong.datasets.song.backgrounds import Backgrounds, find_own_backgrounds, read_backgrounds
from subsong.datasets.song.chunks import ChunkPlan
from subsong.datasets.song.sound_effects import add_noise, change_response, draw_noise, draw_response
from subsong.datasets.song.store import SongStore
from subsong.sources.spectrograms import FrameSettings, SpectrogramConfig

_NOISE_SAMPLES = 1 << 20


class Augmenter:
    """Draws what is done to each chunk.

    Parameters
    ----------
    augmentations
        What may be done, in this order; sound before frames.
    store, plan
        Sound and places of the training split, where background is looked for.
    frames
        What a frame is.
    seed
        Of all draws.

    Raises
    ------
    SubsongError
        When there is no background to mix in, or frames have no frequencies to silence.
    """

    def __init__(
        self,
        augmentations: Sequence[AugmentationConfig],
        store: SongStore,
        plan: ChunkPlan,
        frames: FrameSettings,
        seed: int,
    ) -> None:
        self.augmentations, self.hop_size = tuple(augmentations), frames.hop_size
        self.hop_s = frames.hop_size / store.sample_rate_hz
        has_rows = isinstance(frames, SpectrogramConfig)
        if not has_rows and any(isinstance(one, FrequencyMaskAugmentation) for one in self.augmentations):
            raise SubsongError(
                "data.augmentation has a frequency_mask, but this network looks at samples: leave it out, and see "
                "kind: response"
            )
        self._seed = seed
        self._sounds = {
            number: _find_sounds(one, store, plan, seed)
            for number, one in enumerate(self.augmentations)
            if isinstance(one, BackgroundAugmentation | NoiseAugmentation)
        }

    def draw(self, epoch: int, chunk: int) -> ChunkChange:
        """Return what is done to a chunk: number `chunk` of the epoch `epoch`, both counted from 0."""
        return ChunkChange(self, numpy_generator(self._seed, "song augmentation", epoch, chunk))

    def change_sound(
        self, number: int, augmentation: SoundAugmentation, samples_S: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Return samples changed by one augmentation, the one at the place `number`, float32.

        Shape (S,), or (R, S) of channels together: all are changed alike, but each has noise of its own.
        """
        if isinstance(augmentation, PolarityAugmentation):
            return -samples_S
        if isinstance(augmentation, ResponseAugmentation):
            return change_response(samples_S, draw_response(augmentation.spread_db, rng))
        level_db = float(rng.uniform(augmentation.low_db, augmentation.high_db))
        if isinstance(augmentation, NoiseAugmentation):
            return add_noise(samples_S, self._draw_noise(number, samples_S.shape, rng), level_db)
        gain = np.float32(10 ** (level_db / 20))
        if isinstance(augmentation, GainAugmentation):
            return samples_S * gain
        return samples_S + gain * self._sounds[number].draw(samples_S.shape[-1], rng)

    def _draw_noise(self, number: int, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        noise = np.empty(shape, np.float32)
        for noise_S in np.atleast_2d(noise):
            noise_S[:] = self._sounds[number].draw(shape[-1], rng)
        return noise


class ChunkChange:
    """What is done to one chunk; first its sound is changed, once, then its frames.

    Parameters
    ----------
    augmenter
        Of what may be done.
    rng
        Of the draws.

    Attributes
    ----------
    shift
        Samples by which the frames lie later than on the recording's own grid, less than a hop.
    """

    def __init__(self, augmenter: Augmenter, rng: np.random.Generator) -> None:
        self._augmenter, self._rng = augmenter, rng
        happens = rng.random(len(augmenter.augmentations))
        self._chosen = [
            (number, one) for number, one in enumerate(augmenter.augmentations) if happens[number] < one.probability
        ]
        is_shifted = any(isinstance(one, ShiftAugmentation) for _, one in self._chosen)
        self.shift = int(rng.integers(augmenter.hop_size)) if is_shifted else 0

    def change_sound(self, samples_S: np.ndarray) -> np.ndarray:
        """Return other samples of the same length, float32, shape (S,) or (R, S)."""
        for number, one in self._chosen:
            if isinstance(one, SoundAugmentation):
                samples_S = self._augmenter.change_sound(number, one, samples_S, self._rng)
        return samples_S

    def change_frames(self, frames_KF: Tensor) -> Tensor:
        """Silence some frames and rows, in place, and return them, shape (K, F)."""
        for _, one in self._chosen:
            if isinstance(one, FrameAugmentation):
                _silence(one, frames_KF, self._augmenter.hop_s, self._rng)
        return frames_KF


def _find_sounds(
    augmentation: BackgroundAugmentation | NoiseAugmentation, store: SongStore, plan: ChunkPlan, seed: int
) -> Backgrounds:
    """Return what may be mixed in."""
    if isinstance(augmentation, NoiseAugmentation):
        # Stretches of one long noise are as good as noise of their own, and cost nothing.
        rng = numpy_generator(seed, "song noise", augmentation.colour)
        num_samples = max(_NOISE_SAMPLES, 4 * plan.chunk_samples)
        return Backgrounds([draw_noise(num_samples, augmentation.colour == "pink", rng)])
    if augmentation.folder is None:
        return find_own_backgrounds(store, plan.places, plan.chunk_samples, seed)
    return read_backgrounds(augmentation.folder, store.sample_rate_hz, plan.chunk_samples, seed)


def _silence(augmentation: FrameAugmentation, frames_KF: Tensor, hop_s: float, rng: np.random.Generator) -> None:
    """Set a stretch along one axis to the lowest grey value."""
    if isinstance(augmentation, TimeMaskAugmentation):
        axis, most = 0, augmentation.max_duration_s / hop_s
    else:
        axis, most = 1, augmentation.max_share * frames_KF.shape[1]
    total = frames_KF.shape[axis]
    size = min(total, int(rng.integers(int(most) + 1)))
    frames_KF.narrow(axis, int(rng.integers(total - size + 1)), size).zero_()
