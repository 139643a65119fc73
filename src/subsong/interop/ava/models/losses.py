"""AVA's printed loss, and the negative ELBO it stands for."""

from __future__ import annotations

import math

PICTURE_DIM = 128 * 128


def convert_printed_loss(
    printed: float, num_samples: int, batch_size: int = 64, model_precision: float = 10.0, z_dim: int = 32
) -> float:
    """Return the negative ELBO of a spectrogram, in nats, that belongs to a loss AVA printed.

    AVA adds the constants of the two normal densities once a batch, where they belong to every spectrogram; what it
    prints depends on the batch size, and cannot be compared between precisions.

    Parameters
    ----------
    printed
        The mean over an epoch that AVA prints, and keeps in its checkpoints.
    num_samples
        Spectrograms of the training set or, for a test loss, of the test set.
    batch_size, model_precision, z_dim
        With which it was trained.

    Examples
    --------
    >>> round(convert_printed_loss(78.0, 6400), 3)
    -3640.463
    """
    constant = 0.5 * PICTURE_DIM * math.log(2 * math.pi / model_precision) + 0.5 * z_dim * math.log(2 * math.pi)
    num_batches = math.ceil(num_samples / batch_size)
    return printed + (1 - num_batches / num_samples) * constant
