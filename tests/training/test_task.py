"""What of a model's output an evaluation keeps."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from subsong.datasets.types import Batch
from subsong.models.likelihoods import Bernoulli
from subsong.models.posteriors import DiagonalGaussian
from subsong.models.vae import VaeOutput
from subsong.training.task import ModelTask

TARGET = torch.rand(3, 4)
BATCH = Batch(torch.arange(3), TARGET, TARGET)


class Tells(NamedTuple):
    """An output that says what is kept."""

    whole: Tensor

    def outputs(self, batch):
        return {"half": self.whole / 2, "target": batch.target}


class Holds(NamedTuple):
    """An output with a field, no method, of that name."""

    outputs: Tensor
    number: float


def keep(output):
    return ModelTask(torch.nn.Identity(), None).outputs(output, BATCH)


def test_an_output_says_itself_what_is_kept():
    kept = keep(Tells(TARGET))
    assert list(kept) == ["half", "target"]
    assert torch.equal(kept["half"], TARGET / 2)


def test_a_vae_s_output_is_kept_as_codes_reconstruction_and_target():
    posterior = DiagonalGaussian(torch.rand(3, 2), torch.rand(3, 2))
    kept = keep(VaeOutput(posterior, posterior.mean_BL, Bernoulli(torch.zeros(3, 4))))
    assert list(kept) == ["latent_mean", "latent_log_variance", "reconstruction", "target"]
    assert kept["latent_mean"] is posterior.mean_BL
    assert kept["latent_log_variance"] is posterior.log_variance_BL
    assert kept["reconstruction"].tolist() == [[0.5] * 4] * 3
    assert kept["target"] is TARGET


def test_of_any_other_output_the_tensors_with_a_row_an_example_are_kept():
    assert list(keep(Holds(TARGET, 1.0))) == ["outputs"]
    assert list(keep((TARGET, torch.zeros(2)))) == ["prediction_0"]
