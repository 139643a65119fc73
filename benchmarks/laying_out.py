"""Seconds of processor time to lay a map out in a fresh process, and again in the same: ours, and umap-learn's whole.

Both move items about by the same code of umap-learn; they differ in who finds and ties the neighbours. How well each
map keeps neighbours is told beside: trustworthiness (Venna and Kaski 2001) among 15.
"""

from __future__ import annotations

import subprocess
import sys
import time
import warnings

import numpy as np

SIZES = (300, 3000, 5000)
WAYS = ("umap-learn", "subsong")
_LATENT_DIM, _NUM_GROUPS, _NUM_NEAR = 16, 6, 15


def main() -> None:
    for size in SIZES:
        for way in WAYS:
            subprocess.run([sys.executable, "-m", "benchmarks.laying_out", way, str(size)], check=True)


def lay_out(way: str, latents_NL: np.ndarray) -> np.ndarray:
    """Return places, shape (N, 2), from the same start, by the settings of `ProjectionOptions`."""
    from subsong.inference.projection import fit_projection

    if way == "subsong":
        return fit_projection(latents_NL, "umap").coordinates
    from umap import UMAP

    start = fit_projection(latents_NL, "pca").coordinates.astype(np.float32)
    fit = UMAP(n_neighbors=20, min_dist=0.1, init=start, random_state=0, n_jobs=1)
    return np.asarray(fit.fit_transform(latents_NL.astype(np.float32)))


def measure(way: str, size: int) -> None:
    """Print one line: processor time of the first map with what has to be imported, of the second, and how good."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    latents = rng.normal(size=(size, _LATENT_DIM)) + 3 * rng.integers(_NUM_GROUPS, size=(size, 1))
    seconds = []
    for _ in range(2):
        start = time.process_time()
        places = lay_out(way, latents)
        seconds.append(time.process_time() - start)
    from sklearn.manifold import trustworthiness

    kept = trustworthiness(latents, places, n_neighbors=_NUM_NEAR)
    print(f"{size:5} items, {way:<10}  first {seconds[0]:5.1f} s, second {seconds[1]:5.1f} s, trust {kept:.4f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        main()
