"""Long filters over time by Fourier transforms of short tiles: what `conv1d` computes, with a fifth of the arithmetic.

A tile of n frames is multiplied by the matrix of the discrete Fourier transform, each frequency by the spectra of the
filters, and the result by the inverse matrix (overlap-save): three matrix products, which is what processors do best.
A dilated filter is the same filter on every d-th frame, so that tiles are taken from each of the d interleaved series.

Legend: T = frames, C = channels in, O = channels out, J = taps, N = frames of a tile, M = good outputs of a tile,
Q = frequencies, G = tiles.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_TILE_TAPS = 4
# Of tiles that are transformed at once: more would not stay in the cache, fewer would read all filters too often.
_VALUES_AT_ONCE = 2**19


class SpectralFilters:
    """Filters, ready to be applied.

    Parameters
    ----------
    weight_OCJ
        As of `torch.nn.functional.conv1d`.
    bias_O
        Added to the result.
    dilation
        Frames between taps.

    Notes
    -----
    Float32 results differ from those of a direct convolution by the rounding of other sums, about 1e-6 of the largest.
    They depend on the length of what is filtered as those of a direct convolution do: by rounding alone.
    """

    def __init__(self, weight_OCJ: Tensor, bias_O: Tensor, dilation: int) -> None:
        num_taps = weight_OCJ.shape[2]
        self._num_taps, self._dilation = num_taps, dilation
        # An even number, so that there is one frequency of half the rate.
        self._tile = _TILE_TAPS * num_taps
        self._num_good = self._tile - num_taps + 1
        self._forth_PN, self._back_MP = _build_transforms(self._tile, self._num_good)
        spectrum_OCQ = torch.fft.rfft(weight_OCJ.double(), n=self._tile)
        real, imaginary = spectrum_OCQ.real, -spectrum_OCQ.imag
        # (x + iy)(r + is) as one real product: each frequency has its matrix of 2 C by 2 O.
        both = torch.cat([torch.cat([real, imaginary]), torch.cat([-imaginary, real])], dim=1)
        self._filters = both.permute(2, 1, 0).float().contiguous()
        self._constant_O = bias_O * self._tile

    def apply(self, padded_TC: Tensor) -> Tensor:
        """Return the filtered frames, shape (T - (J - 1) d, O).

        Parameters
        ----------
        padded_TC
            Frames with what is beside them, contiguous.
        """
        dilation, num_good = self._dilation, self._num_good
        num_channels = padded_TC.shape[1]
        num_frames = len(padded_TC) - (self._num_taps - 1) * dilation
        num_tiles = math.ceil(num_frames / (dilation * num_good))
        needed = (num_tiles * num_good + self._num_taps - 1) * dilation
        padded_TC = functional.pad(padded_TC, (0, 0, 0, needed - len(padded_TC)))
        steps = (num_good * dilation * num_channels, num_channels, dilation * num_channels, 1)
        tiles = padded_TC.as_strided((num_tiles, dilation, self._tile, num_channels), steps)
        num_out = len(self._constant_O)
        filtered = padded_TC.new_empty(num_tiles, num_good, dilation, num_out)
        step = max(1, _VALUES_AT_ONCE // (self._tile * num_channels * dilation))
        for first in range(0, num_tiles, step):
            some_GNC = tiles[first : first + step].flatten(0, 1)
            some_GMO = self._filter_tiles(some_GNC)
            filtered[first : first + step] = some_GMO.view(-1, dilation, num_good, num_out).transpose(1, 2)
        return filtered.view(-1, num_out)[:num_frames]

    def _filter_tiles(self, tiles_GNC: Tensor) -> Tensor:
        """Return the good outputs of tiles, shape (G, M, O)."""
        num_tiles = len(tiles_GNC)
        spectra_QG = torch.matmul(self._forth_PN, tiles_GNC).view(num_tiles, len(self._filters), -1).transpose(0, 1)
        products_QG = torch.bmm(spectra_QG, self._filters)
        products_QG[0, :, : len(self._constant_O)] += self._constant_O
        products_GP = products_QG.transpose(0, 1).reshape(num_tiles, self._back_MP.shape[1], -1)
        return torch.matmul(self._back_MP, products_GP)


def _build_transforms(tile: int, num_good: int) -> tuple[Tensor, Tensor]:
    """Return the matrices forth, shape (2 Q, N), and back, shape (M, 2 Q): real and imaginary part by turns."""
    frequency_Q = 2.0 * math.pi / tile * torch.arange(tile // 2 + 1, dtype=torch.float64)
    angle_QN = frequency_Q[:, None] * torch.arange(tile, dtype=torch.float64)
    forth = torch.stack([angle_QN.cos(), -angle_QN.sin()], dim=1).flatten(0, 1)
    # All frequencies but the first and last stand for their mirror images too.
    share_Q = torch.full_like(frequency_Q, 2.0 / tile)
    share_Q[[0, -1]] = 1.0 / tile
    angle_MQ = angle_QN.T[:num_good]
    back = torch.stack([angle_MQ.cos() * share_Q, -angle_MQ.sin() * share_Q], dim=2).flatten(1, 2)
    return forth.float(), back.float()
