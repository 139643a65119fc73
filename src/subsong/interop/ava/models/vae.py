"""AVA's ``ava.models.vae``: its model under its calls, on our engine.

Legend: B = spectrograms, L = latent dimensions, F, T = bins of frequency and time, 128 each.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.interop.ava.models.callbacks import EpochRoutine, Frequencies
from subsong.interop.ava.models.checkpoints import load_ava_checkpoint, read_ava_checkpoint, write_ava_checkpoint
from subsong.interop.ava.models.figures import draw_reconstructions
from subsong.interop.ava.models.training import adapt_loader, build_session, run_epochs
from subsong.models.ava import ITEM_SHAPE, AvaConfig
from subsong.models.correlated_posteriors import LowRankGaussian
from subsong.models.likelihoods import GaussianConfig
from subsong.models.syllable_vae import SyllableVaeConfig
from subsong.training.config import AdamConfig
from subsong.training.fabric import choose_device
from subsong.training.loader import BatchLoader
from subsong.training.optimizers import build_optimizer

log = logging.getLogger(__name__)

X_SHAPE = ITEM_SHAPE
X_DIM = ITEM_SHAPE[0] * ITEM_SHAPE[1]
INTERRUPTED = "checkpoint_interrupted.tar"
_PRECISION = 10.0
_BLOCK = 256


class VAE(nn.Module):
    """Variational autoencoder of spectrograms of 128 x 128.

    Parameters
    ----------
    save_dir
        Where checkpoints and figures go; made when missing. Empty: the working folder.
    lr
        Learning rate of Adam. It holds after `load_state` too.
    z_dim
        L.
    model_precision
        Precision (1 / variance) of the likelihood. Large values make reconstructions better, small ones the latent
        codes better behaved.
    device_name
        ``"cpu"``, ``"cuda"``, ``"mps"``, or ``"auto"``, the best there is.

    Attributes
    ----------
    loss
        ``{"train": {epoch: loss}, "test": {epoch: loss}}``: the negative ELBO of a spectrogram in nats. AVA's own
        numbers lack constants of the densities: see `convert_printed_loss`.
    epoch
        Epochs done.
    seed
        Of order and noise: torch's when the model was built, or a loaded checkpoint's.
    """

    def __init__(
        self,
        save_dir: str | Path = "",
        lr: float = 1e-3,
        z_dim: int = 32,
        model_precision: float = _PRECISION,
        device_name: str = "auto",
    ) -> None:
        super().__init__()
        self.save_dir, self.lr, self.z_dim, self.model_precision = str(save_dir), lr, z_dim, model_precision
        kind: Any = torch.device(device_name).type if device_name != "auto" else "auto"
        self.device = torch.device(choose_device(kind))
        config = SyllableVaeConfig(
            architecture=AvaConfig(), latent_dim=z_dim, likelihood=GaussianConfig(precision=model_precision)
        )
        self.network = config.build(ITEM_SHAPE).to(self.device)
        self.optimizer: Optimizer = build_optimizer(AdamConfig(learning_rate=lr), self.network.parameters())
        self.epoch, self.seed = 0, torch.initial_seed()
        self.loss: dict[str, dict[int, float]] = {"train": {}, "test": {}}

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the posterior of spectrograms (B, F, T): mean (B, L), factor u (B, L, 1) and diagonal d (B, L).

        Its covariance is ``u u^T + diag(d)``.
        """
        posterior = self.network.encode(x)
        assert isinstance(posterior, LowRankGaussian)
        return posterior.mean_BL, posterior.factor_BLR, posterior.log_diagonal_BL.exp()

    def decode(self, z: Tensor) -> Tensor:
        """Return the expected spectrograms at latent codes (B, L), flat, shape (B, F T)."""
        return self.network.decode(z).mean.flatten(1)

    def forward(self, x: Tensor, return_latent_rec: bool = False) -> Any:
        """Return the negative ELBO of spectrograms (B, F, T), summed over them, in nats.

        Parameters
        ----------
        x
            Spectrograms.
        return_latent_rec
            Return drawn codes (B, L) and reconstructions (B, F, T) besides, as arrays.
        """
        posterior = self.network.encode(x)
        z_BL = posterior.sample(_TorchNoise())
        likelihood = self.network.decode(z_BL)
        loss = posterior.compute_kl().sum() - likelihood.log_prob(x).sum()
        if return_latent_rec:
            return loss, z_BL.detach().cpu().numpy(), likelihood.mean.detach().cpu().numpy()
        return loss

    def train_loop(
        self,
        loaders: Mapping[str, Any],
        epochs: int = 100,
        test_freq: int | None = 2,
        save_freq: int | None = 10,
        vis_freq: int | None = 1,
    ) -> None:
        """Train, test, save and draw.

        Parameters
        ----------
        loaders
            ``"train"`` and ``"test"``; the latter may be missing or None.
        epochs
            How many more.
        test_freq, save_freq, vis_freq
            Test, save ``checkpoint_<epoch>.tar`` and draw ``reconstruction.pdf`` after every n-th epoch, epochs counted
            from 0; None never does. Epoch 0 is not saved, the last one always is.

        Raises
        ------
        Interrupted
            On Ctrl-C or SIGTERM, after ``checkpoint_interrupted.tar`` was saved.
        SubsongError
            When there is nothing to train on, and when the loss is not finite; names the spectrogram.

        Notes
        -----
        A run that was interrupted within an epoch keeps what it learned there, and begins that epoch again.
        """
        if epochs < 1:
            raise SubsongError(f"epochs is {epochs}: expected how many more epochs to train, at least 1")
        train = adapt_loader(loaders["train"], "train")
        test = None if loaders.get("test") is None else adapt_loader(loaders["test"], "test").dataset
        rule = "=" * 40
        lines = [rule, f"Training: epochs {self.epoch} to {self.epoch + epochs - 1}"]
        lines += [f"Training set: {len(train.dataset)}", f"Test set: {0 if test is None else len(test)}", rule]
        print("\n".join(lines))  # noqa: T201  AVA's users look at what it prints
        routine = EpochRoutine(self, train.dataset, test, Frequencies(test_freq, save_freq, vis_freq))
        try:
            run_epochs(self, train, epochs, [routine])
        except SubsongError:
            if self.optimizer.state and save_freq is not None:
                self.save_state(INTERRUPTED)
            raise

    def train_epoch(self, train_loader: Any) -> float:
        """Train for one epoch, print and return its mean loss."""
        train = adapt_loader(train_loader, "train")
        run_epochs(self, train, 1, [EpochRoutine(self, train.dataset, None, Frequencies(None, None, None))])
        return self.loss["train"][self.epoch - 1]

    def test_epoch(self, test_loader: Any) -> float:
        """Print and return the mean loss of test data, the same for any batch size."""
        loss = build_session(self).score(adapt_loader(test_loader, "test").dataset, _BLOCK)["loss"]
        print(f"Test loss: {loss:.4f}")  # noqa: T201  as AVA does
        return loss

    def save_state(self, filename: str | Path) -> None:
        """Write a checkpoint, a name relative to ``save_dir``, that AVA reads too; whole or not at all."""
        details = {"loss": self.loss, "z_dim": self.z_dim, "epoch": self.epoch, "lr": self.lr}
        details |= {"save_dir": self.save_dir, "model_precision": self.model_precision, "seed": self.seed}
        write_ava_checkpoint(Path(self.save_dir) / filename, self.network, self.optimizer, details)

    def load_state(self, filename: str | Path) -> None:
        """Read a checkpoint of AVA's or ours; the next `train_loop` goes on from there.

        Raises
        ------
        SubsongError
            When there is no such file, or it is none of AVA's checkpoints, or of another ``z_dim``.

        Notes
        -----
        A checkpoint of ours knows its ``model_precision``, which is taken over unless the model was built with another
        than the default; one of AVA's does not: build the model with the precision it was trained with.
        """
        content = read_ava_checkpoint(filename)
        if content["z_dim"] != self.z_dim:
            raise SubsongError(
                f"{filename} has {content['z_dim']} latent dimensions, this model {self.z_dim}: "
                f"build it with VAE(z_dim={content['z_dim']})"
            )
        load_ava_checkpoint(filename, content, self.network, self.optimizer)
        self.loss, self.epoch = content["loss"], content["epoch"]
        self.seed = content.get("seed", self.seed)
        self._take_precision(filename, content.get("model_precision"))

    def _take_precision(self, filename: str | Path, found: float | None) -> None:
        if found is None:
            log.info("%s is AVA's: its losses lack constants, see convert_printed_loss; model_precision=%g is taken",
                     filename, self.model_precision)  # fmt: skip
        elif found != self.model_precision:
            taken = found if self.model_precision == _PRECISION else self.model_precision
            log.warning("%s was trained with model_precision=%g; it goes on with %g", filename, found, taken)
            self.model_precision = taken
            self.network.likelihood = GaussianConfig(precision=taken)

    def visualize(
        self,
        loader: Any,
        num_specs: int = 5,
        gap: int | tuple[int, int] = (2, 6),
        save_filename: str = "reconstruction.pdf",
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw spectrograms, the same ones each time, above their reconstructions, in evaluation mode.

        Parameters
        ----------
        loader
            Where they are taken from.
        num_specs
            How many; fewer when there are fewer.
        gap
            White pixels between rows and columns.
        save_filename
            Relative to ``save_dir``.

        Returns
        -------
        The spectrograms and the decoded posterior means, shape (N, F, T) each.
        """
        dataset = adapt_loader(loader, "visualize").dataset
        rows = numpy_generator(self.seed, "visualize").permutation(len(dataset))[:num_specs]
        spec_BFT = dataset.fetch(rows).input
        with _evaluation(self.network):
            decoded_BFT = self.network.decode(self.network.encode(spec_BFT.to(self.device)).mean_BL).mean
        specs, reconstructions = spec_BFT.numpy(), decoded_BFT.cpu().numpy()
        draw_reconstructions(specs, reconstructions, gap, Path(self.save_dir) / save_filename)
        return specs, reconstructions

    def get_latent(self, loader: Any) -> np.ndarray:
        """Return the posterior means of a loader's spectrograms, float64, shape (N, L), in the order of its dataset.

        In evaluation mode: a latent mean depends on its own spectrogram alone. AVA's own depend on the others of the
        batch.
        """
        dataset = adapt_loader(loader, "loader").dataset
        rows = np.arange(len(dataset))
        blocks = [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]
        with _evaluation(self.network):
            means = [
                self.network.encode(batch.input.to(self.device)).mean_BL.cpu().double().numpy()
                for batch in BatchLoader(dataset).iterate(blocks)
            ]
        return np.concatenate(means)


class _TorchNoise:
    """Noise from torch's own generator, as a user of the bare module expects it."""

    def normal(self, like: Tensor) -> Tensor:
        return torch.randn_like(like)

    def uniform(self, like: Tensor) -> Tensor:
        return torch.rand_like(like)


@contextmanager
def _evaluation(module: nn.Module) -> Iterator[None]:
    """Switch evaluation mode on, and gradients off, for a block."""
    was_training = module.training
    module.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        module.train(was_training)
