"""Types of sounds: as many clusters a bird as its sounds tell, named so that they stay what they are called.

Legend: N = sounds, M = sounds of one bird, L = latent dimensions, P = principal components.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.seeds import derive_seed, numpy_generator
from subsong.evaluation.clusters import NOISE, find_clusters, find_dense_clusters
from subsong.evaluation.variability import count_effective_dimensions
from subsong.inference.projection import check_latents, fit_principal_axes, project
from subsong.projects.config import ClusterStep

_SMALLEST_TYPE, _TYPE_SHARE = 5, 0.005
"""A type has this many sounds at least, and this share of a bird's."""
_MIN_ITEMS, _MAX_ITEMS = 10, 20_000
_MIN_NEAR, _NUM_VOTERS = 3, 5
_MIN_LABELLED = 3


def cluster_embedding(
    latents_NL: np.ndarray,
    groups: Sequence[str],
    config: ClusterStep | None = None,
    seed: int = 0,
    labels: Sequence[str | None] | None = None,
) -> list[str]:
    """Divide each bird's sounds into types.

    Parameters
    ----------
    latents_NL
        Shape (N, L).
    groups
        Whose sound each is: a bird's types are found among its own.
    config
        How many types; None: as many as the sounds tell.
    seed
        Of mixtures, where the number of types is given, and of a sample, where a bird has more than 20,000 sounds.
    labels
        What people call each sound, None where nobody said: a cluster of whose labelled sounds more than half, and
        three at least, have one label is called by it.

    Returns
    -------
    list[str]
        ``bird:type`` of each sound. Types without a label are A, B, ... by size; of two of the same label the smaller
        is called ``a2``.

    Raises
    ------
    SubsongError
        When the numbers of sounds differ, or a latent code is not finite.

    Notes
    -----
    Density-based clusters (HDBSCAN, Campello et al. 2013) of the principal components that count. What HDBSCAN leaves
    out goes to the type that most of its nearest neighbours have. A type has five sounds at least, and one in 200 of a
    bird's; what is sung less often joins another type. Where a number of types is given: a mixture of Gaussians.
    """
    if len(groups) != len(latents_NL) or (labels is not None and len(labels) != len(latents_NL)):
        raise SubsongError(f"{len(latents_NL)} sounds need as many birds and labels, not {len(groups)}")
    config, group_N = config or ClusterStep(), np.asarray(groups, dtype=object)
    names = np.empty(len(groups), dtype=object)
    for group in sorted(set(groups)):
        rows = np.flatnonzero(group_N == group)
        found_M = _find_types(check_latents(latents_NL[rows]), config, derive_seed(seed, "types", group))
        given = None if labels is None else [labels[row] for row in rows.tolist()]
        called = name_types(found_M, given)
        names[rows] = [f"{group}:{called[number]}" for number in found_M]
    return list(names)


def _find_types(latents_ML: np.ndarray, config: ClusterStep, seed: int) -> np.ndarray:
    """Return the type of each sound of one bird, a number, shape (M,)."""
    if len(latents_ML) < max(_MIN_ITEMS, config.num_clusters or 0):
        return np.zeros(len(latents_ML), np.int64)
    num_axes = max(1, count_effective_dimensions(latents_ML))
    reduced_MP = project(latents_ML, fit_principal_axes(latents_ML, num_axes), num_axes)
    if config.num_clusters is not None:
        return find_clusters(reduced_MP, config.num_clusters, seed=seed)
    return _find_dense_types(reduced_MP, config.max_clusters, seed)


def _find_dense_types(reduced_MP: np.ndarray, max_clusters: int, seed: int) -> np.ndarray:
    rows = np.sort(numpy_generator(seed, "sample").permutation(len(reduced_MP))[:_MAX_ITEMS])
    smallest = max(_SMALLEST_TYPE, round(_TYPE_SHARE * len(rows)))
    found = _find_dense(reduced_MP[rows], smallest)
    while found.max() >= max_clusters:
        smallest = 1 + round(1.5 * smallest)
        found = _find_dense(reduced_MP[rows], smallest)
    found_M = np.full(len(reduced_MP), NOISE)
    found_M[rows] = found
    return _fill_in(reduced_MP, found_M)


def _find_dense(reduced_MP: np.ndarray, smallest: int) -> np.ndarray:
    return find_dense_clusters(reduced_MP, smallest, max(_MIN_NEAR, smallest // 2))


def _fill_in(reduced_MP: np.ndarray, found_M: np.ndarray) -> np.ndarray:
    """Return types in which what belonged to none has that of most of its neighbours; all one where none was found."""
    is_noise_M = found_M == NOISE
    if is_noise_M.all():
        return np.zeros(len(found_M), np.int64)
    if not is_noise_M.any():
        return found_M
    from sklearn.neighbors import KNeighborsClassifier

    near = KNeighborsClassifier(min(_NUM_VOTERS, int((~is_noise_M).sum()))).fit(
        reduced_MP[~is_noise_M], found_M[~is_noise_M]
    )
    filled_M = found_M.copy()
    filled_M[is_noise_M] = near.predict(reduced_MP[is_noise_M])
    return filled_M


def name_types(found_M: np.ndarray, labels: Sequence[str | None] | None = None) -> dict[int, str]:
    """Return a name for each type of one bird: its label where it is mostly one, else letters, the largest first.

    Parameters
    ----------
    found_M
        The type of each sound, a number, shape (M,).
    labels
        What people call each sound; None where nobody said.

    Examples
    --------
    >>> name_types(np.array([3, 3, 3, 7, 7, 9]), ["b", "b", "b", None, None, None])
    {3: 'b', 7: 'A', 9: 'B'}
    """
    sizes = Counter(found_M.tolist())
    order = sorted(sizes, key=lambda number: (-sizes[number], int(np.flatnonzero(found_M == number)[0])))
    given = {} if labels is None else {number: _find_label(found_M, labels, number) for number in order}
    taken: set[str] = {label for label in given.values() if label is not None}
    letters = (name for name in _list_letters() if name not in taken)
    names: dict[int, str] = {}
    for number in order:
        label = given.get(number)
        names[number] = next(letters) if label is None else _make_different(label, set(names.values()))
    return names


def _find_label(found_M: np.ndarray, labels: Sequence[str | None], number: int) -> str | None:
    said = Counter(label for row in np.flatnonzero(found_M == number).tolist() if (label := labels[row]) is not None)
    if not said:
        return None
    # Of labels that are as frequent, the first by name.
    label, num = min(said.items(), key=lambda pair: (-pair[1], pair[0]))
    return label if num >= _MIN_LABELLED and 2 * num > said.total() else None


def _make_different(label: str, taken: set[str]) -> str:
    return label if label not in taken else next(name for n in count(2) if (name := f"{label}{n}") not in taken)


def _list_letters() -> Iterator[str]:
    """Yield A to Z, then AA, AB, ..."""
    for number in count():
        letters, rest = "", number
        while rest >= 0:
            letters, rest = chr(ord("A") + rest % 26) + letters, rest // 26 - 1
        yield letters
