"""Sound at another sample rate: any stretch of it, or a stream, equal bit for bit to the whole resampled at once.

The filter is that of ``scipy.signal.resample_poly``. The ratio of the rates is exact, so that nothing drifts: sample
number i of the new sound stands for the time i / new rate, as in the old one.

Legend: T = samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

_BLOCK_SAMPLES = 1 << 16
_FILTER_REACH = 10
"""Half the length of SciPy's filter, in samples of the lower rate."""


class Resampler:
    """Computes stretches of a sound at another rate.

    Parameters
    ----------
    ratio
        New samples a second over old ones, exactly: ``Fraction(10_000, 11_025)``. Numerators or denominators of
        hundreds of thousands make filters of millions of taps, which takes seconds.
    """

    def __init__(self, ratio: Fraction) -> None:
        self._up, self._down = ratio.numerator, ratio.denominator
        # Cuts lie on multiples of `down`, where samples of both rates meet.
        self._margin = self._down * math.ceil((_FILTER_REACH * max(1.0, float(1 / ratio)) + 1) / self._down)

    def count(self, num_samples: int) -> int:
        """Return how many new samples a sound has: its length at the new rate, rounded to the nearest (half up)."""
        return (2 * num_samples * self._up + self._down) // (2 * self._down)

    def find_reach(self, new: range) -> range:
        """Return the old samples that `new` ones are computed from; the range may reach beyond both ends."""
        first = new.start // self._up * self._down - self._margin
        return range(first, -(-new.stop // self._up) * self._down + self._margin)

    def find_ready(self, num_samples: int) -> int:
        """Return how many new samples no old one after the first `num_samples` has a part in."""
        return max(0, num_samples - self._margin) // self._down * self._up

    def compute(self, held_T: np.ndarray, new: range) -> np.ndarray:
        """Return the samples `new` of the new sound, float32.

        Parameters
        ----------
        held_T
            The old samples `find_reach` names, float32, with zeros where it reaches beyond the sound.
        new
            Which ones.
        """
        from scipy.signal import resample_poly

        assert len(held_T) == len(self.find_reach(new))
        if len(new) == 0:
            return np.zeros(0, np.float32)
        resampled_T = resample_poly(np.asarray(held_T, np.float32), self._up, self._down)
        first = new.start % self._up + self._margin // self._down * self._up
        part_T: np.ndarray = resampled_T[first : first + len(new)]
        return part_T


def resample_stream(
    blocks: Iterator[np.ndarray], ratio: Fraction, min_samples: int = _BLOCK_SAMPLES
) -> Iterator[np.ndarray]:
    """Yield a sound at another rate, block by block, in a memory that does not grow with its length.

    Parameters
    ----------
    blocks
        The sound in order, blocks of any length, float32, shape (T,).
    ratio
        New samples a second over old ones, as for `Resampler`.
    min_samples
        Fewest new samples computed at a time; 1 gives each as soon as it can be known. Changes none of them.
    """
    resampler = Resampler(ratio)
    # Before the sound there is silence.
    first = resampler.find_reach(range(0)).start
    held, num_read, num_done = [np.zeros(-first, np.float32)], 0, 0
    for block_T in blocks:
        held.append(block_T)
        num_read += len(block_T)
        num_ready = resampler.find_ready(num_read)
        if num_ready - num_done < min_samples:
            continue
        held_T = np.concatenate(held)
        while num_ready - num_done >= min_samples:
            new = range(num_done, min(num_ready, num_done + _BLOCK_SAMPLES))
            yield resampler.compute(_cut(held_T, first, resampler.find_reach(new)), new)
            num_done = new.stop
        kept_from = resampler.find_reach(range(num_done, num_done)).start
        held, first = [held_T[kept_from - first :]], kept_from
    new = range(num_done, resampler.count(num_read))
    if len(new):
        yield resampler.compute(_cut(np.concatenate(held), first, resampler.find_reach(new)), new)


def _cut(held_T: np.ndarray, first: int, reach: range) -> np.ndarray:
    """Return the samples `reach` of a sound whose samples from `first` on are held; silence after its end."""
    part_T = held_T[reach.start - first : reach.stop - first]
    return np.pad(part_T, (0, len(reach) - len(part_T)))
