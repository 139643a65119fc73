"""What any model of pictures has to beat: the mean picture, and principal components of the same dimension.

Legend: N = examples, D = entries of an example, L = components.
"""

from __future__ import annotations

import numpy as np

_SMALLEST_PROBABILITY = 1e-3


def compute_cross_entropy(target_ND: np.ndarray, probability_ND: np.ndarray) -> np.ndarray:
    """Return the Bernoulli cross-entropy of each example in nats, summed over entries, shape (N,).

    Probabilities are kept within [0.001, 0.999], which favours a baseline that was not fitted to this score.
    """
    probability = np.clip(probability_ND, _SMALLEST_PROBABILITY, 1 - _SMALLEST_PROBABILITY).astype(np.float64)
    log_likelihood = target_ND * np.log(probability) + (1 - target_ND) * np.log1p(-probability)
    return -np.asarray(log_likelihood.sum(axis=1))


def fit_mean(train_ND: np.ndarray) -> np.ndarray:
    """Return the mean example, shape (D,)."""
    return np.asarray(train_ND.mean(axis=0, dtype=np.float64))


def reconstruct_by_pca(train_ND: np.ndarray, test_ND: np.ndarray, num_components: int) -> np.ndarray:
    """Return `test_ND` as the first principal components of `train_ND` describe it, shape (N, D)."""
    mean_D = fit_mean(train_ND)
    axes_DL = _find_principal_axes((train_ND - mean_D).astype(np.float64), num_components)
    return np.asarray((test_ND - mean_D) @ axes_DL @ axes_DL.T + mean_D)


def _find_principal_axes(centred_ND: np.ndarray, num_components: int) -> np.ndarray:
    """Return orthonormal directions of greatest variance, shape (D, at most `num_components`)."""
    num_items, num_dimensions = centred_ND.shape
    if num_items >= num_dimensions:
        _, vectors_DD = np.linalg.eigh(centred_ND.T @ centred_ND)
        return np.asarray(vectors_DD[:, ::-1][:, :num_components])
    # Fewer items than dimensions: the same from the products of the items, a matrix of N x N.
    _, vectors_NN = np.linalg.eigh(centred_ND @ centred_ND.T)
    # The last of N centred items is no direction of its own.
    kept_NL = vectors_NN[:, ::-1][:, : min(num_components, num_items - 1)]
    axes_DL, _ = np.linalg.qr(centred_ND.T @ kept_NL)
    return np.asarray(axes_DL)


def compute_neighbour_accuracy(
    train_NL: np.ndarray,
    train_labels: np.ndarray,
    test_NL: np.ndarray,
    test_labels: np.ndarray,
    num_neighbours: int = 10,
) -> float:
    """Return the share of examples whose label is that of most of their nearest neighbours among `train_NL`."""
    from sklearn.neighbors import KNeighborsClassifier

    classifier = KNeighborsClassifier(min(num_neighbours, len(train_NL)))
    return float(classifier.fit(train_NL, train_labels).score(test_NL, test_labels))
