"""Laying a graph of neighbours out in two dimensions by UMAP, of which umap-learn does the moving about.

The graph comes from `subsong.inference.neighbour_graph`. Handed to umap-learn whole, items would be searched and tied
by functions that are compiled anew in every process, 21 s for 300 items and 62 s for 5,000 where this takes 5
(``python -m benchmarks.laying_out``); of its code only the optimisation is used, which is compiled in one.

Legend: N = items.
"""

from __future__ import annotations

import warnings

import numpy as np

from subsong.core.seeds import numpy_generator
from subsong.inference.neighbour_graph import NeighbourGraph, compute_ties

_START_NOISE = 1e-4
# As UMAP's own defaults.
_SPREAD, _LEARNING_RATE, _REPULSION, _NUM_NEGATIVE = 1.0, 1.0, 1.0, 5


def lay_out_graph(graph: NeighbourGraph, start_N2: np.ndarray, seed: int, min_distance: float) -> np.ndarray:
    """Return places of items, float64, shape (N, 2); the seed repeats them bit for bit, in a single thread.

    Parameters
    ----------
    graph
        The nearest neighbours of each item.
    start_N2
        Where they begin.
    seed
        Of what UMAP draws.
    min_distance
        How close items may come.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sklearn.utils import check_random_state
        from umap.umap_ import find_ab_params, simplicial_set_embedding

        # UMAP scales each direction of the start by its extent, which must not be zero.
        noise_N2 = numpy_generator(seed, "umap").normal(size=start_N2.shape)
        a, b = find_ab_params(_SPREAD, min_distance)
        places, _ = simplicial_set_embedding(
            data=None,
            graph=compute_ties(graph),
            n_components=2,
            initial_alpha=_LEARNING_RATE,
            a=a,
            b=b,
            gamma=_REPULSION,
            negative_sample_rate=_NUM_NEGATIVE,
            n_epochs=None,
            init=(start_N2 + _START_NOISE * np.abs(start_N2).max() * noise_N2).astype(np.float32),
            random_state=check_random_state(seed),
            metric="euclidean",
            metric_kwds={},
            densmap=False,
            densmap_kwds={},
            output_dens=False,
        )
    return np.asarray(places, dtype=np.float64)
