"""AVA's figure of spectrograms above their reconstructions.

Legend: N = spectrograms, F, T = bins of frequency and time.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from subsong.reports.style import house_style, new_figure, save_figure

_SPEC_MM = 30.0


@house_style()
def draw_reconstructions(
    specs_NFT: np.ndarray, reconstructions_NFT: np.ndarray, gap: int | tuple[int, int], path: str | Path
) -> None:
    """Write a figure of two rows: spectrograms, and what the model makes of them.

    Parameters
    ----------
    specs_NFT, reconstructions_NFT
        Values from 0 to 1, low frequencies first.
    gap
        White pixels between rows and between columns, or one number for both.
    path
        Ends in ``.pdf``, ``.png`` or ``.svg``.
    """
    gap_rows, gap_columns = (gap, gap) if isinstance(gap, int) else gap
    num_specs, height, width = specs_NFT.shape
    canvas = np.full((2 * height + gap_rows, num_specs * (width + gap_columns) - gap_columns), np.nan)
    for number in range(num_specs):
        columns = slice(number * (width + gap_columns), number * (width + gap_columns) + width)
        canvas[:height, columns] = reconstructions_NFT[number]
        canvas[height + gap_rows :, columns] = specs_NFT[number]
    size_mm = num_specs * _SPEC_MM
    figure = new_figure(size_mm, size_mm * canvas.shape[0] / canvas.shape[1], layout=None)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(canvas, origin="lower", cmap="viridis", vmin=0, vmax=1, interpolation="none", aspect="auto")
    axes.set_axis_off()
    save_figure(figure, path)
